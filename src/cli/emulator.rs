//! `keysweep emulator`: the Graph emulator alone.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::Context;

use super::args;
use super::exit::{End, Failure};
use super::interrupt;
use super::show::note;
use super::workspace::{self, Results};
use crate::emulator::{
    AUDITOR_ROLES, Emulator, Limits, Options, TenantData, TenantSize, Transport, WRITER_ROLES,
};
use crate::run::clock;

pub(super) async fn emulator(args: &args::Emulator) -> Result<End, Failure> {
    if !args.listen.ip().is_loopback() {
        return Err(Failure::usage(format!(
            "--listen {}: the emulator hands tokens to anybody, so it listens on loopback only. Use 127.0.0.1:{}.",
            args.listen,
            args.listen.port()
        )));
    }
    let now = clock::system();
    let tenant = match (&args.tenant_file, args.applications) {
        (Some(file), _) => from_file(file)?,
        (None, Some(applications)) => TenantData::generated(applications, args.seed, now),
        (None, None) => TenantData::sample(now),
    };
    serve(
        args,
        Options {
            graph_listen: args.listen,
            authority_listen: beside(args.listen),
            graph_transport: if args.http { Transport::PlainHttp } else { Transport::Https },
            latency: args.latency,
            roles: AUDITOR_ROLES.map(str::to_owned).to_vec(),
            writer_roles: WRITER_ROLES.map(str::to_owned).to_vec(),
            limits: args.enforce_limits.then(|| Limits::of(size(args.tenant_size))),
            ..Options::new(tenant, now, clock::system)
        },
    )
    .await
    .map_err(Failure::run)
}

fn size(size: args::TenantSize) -> TenantSize {
    match size {
        args::TenantSize::Small => TenantSize::Small,
        args::TenantSize::Medium => TenantSize::Medium,
        args::TenantSize::Large => TenantSize::Large,
    }
}

fn from_file(file: &Path) -> Result<TenantData, Failure> {
    let named = |problem: String| Failure::usage(format!("--tenant-file {}: {problem}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| named(error.to_string()))?;
    TenantData::from_json(&text, clock::system()).map_err(|error| named(error.to_string()))
}

/// The address of the token endpoint: the next port, so that it is known beforehand.
fn beside(graph: SocketAddr) -> SocketAddr {
    SocketAddr::new(graph.ip(), if graph.port() == 0 { 0 } else { graph.port().wrapping_add(1) })
}

async fn serve(args: &args::Emulator, options: Options) -> anyhow::Result<End> {
    let emulator = Emulator::start(options).await.context("the emulator does not start")?;
    let results = Results { tenant: "emulated", reports: Path::new("reports"), mail: Path::new("data/mail") };
    let config = workspace::write(&args.directory, &emulator, &results)?;
    note(&format!("Graph         {}", emulator.graph_url()));
    note(&format!("Tokens        {}/{}/oauth2/v2.0/token", emulator.authority_url(), emulator.tenant_id()));
    note(&format!("Tenant        {}", emulator.tenant_id()));
    note(&format!("Client        {}", emulator.client_id()));
    note(&format!("Client secret {}", emulator.client_secret()));
    note(&format!("Writer        {}", emulator.writer_client_id()));
    note(&format!("Writer secret {}", emulator.writer_secret()));
    note(&format!("Trust         {}", args.directory.join("ca.pem").display()));
    note(&format!("Certificate   {}", args.directory.join("client.pem").display()));
    note(&format!("To write      {}", args.directory.join("writer.pem").display()));
    note(&format!("Audit it      keysweep --config {} audit", config.display()));
    note("Stop with Ctrl-C.");
    interrupt::asked().await?;
    emulator.stop().await;
    Ok(End::Done)
}
