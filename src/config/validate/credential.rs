//! `[tenant.credential]`, and the tables of the sign-in that writes.

use super::Desk;
use super::files::{self, Secret};
use crate::config::Credential;
use crate::config::raw::{RawCredential, RawCredentialType};

/// What a sign-in is for.
#[derive(Clone, Copy)]
pub(super) enum Role {
    /// It reads.
    Auditing,
    /// It writes.
    Writing,
}

/// Checks how a tenant is signed in to.
pub(super) fn credential(
    raw: Option<RawCredential>,
    table: &str,
    role: Role,
    desk: &mut Desk<'_>,
) -> Option<Credential> {
    let Some(raw) = raw else {
        desk.missing(table, "Add `[tenant.credential]` with its `type`");
        return None;
    };
    let Some(kind) = raw.kind else {
        let remedy = "Set it to `certificate`, `workload-identity`, `managed-identity`, `azure-cli` or \
                      `client-secret`";
        desk.missing(&format!("{table}.type"), remedy);
        return None;
    };
    refuse_foreign_keys(&raw, kind, table, desk);
    match kind {
        RawCredentialType::Certificate => certificate(&raw, table, desk),
        RawCredentialType::WorkloadIdentity => workload_identity(&raw, table, desk),
        RawCredentialType::ManagedIdentity => Some(Credential::ManagedIdentity),
        RawCredentialType::AzureCli => Some(Credential::AzureCli),
        RawCredentialType::ClientSecret => client_secret(&raw, table, role, desk),
    }
}

/// A key that another type needs is a sign that the type is not the one that was meant.
fn refuse_foreign_keys(raw: &RawCredential, kind: RawCredentialType, table: &str, desk: &mut Desk<'_>) {
    use RawCredentialType::{Certificate, ClientSecret, WorkloadIdentity};

    let RawCredential {
        client_id: _,
        kind: _,
        certificate_file,
        certificate_password_file,
        certificate_password_env,
        token_file,
        secret_file,
        secret_env,
    } = raw;
    for (key, given, owner, word) in [
        ("certificate_file", certificate_file.is_some(), Certificate, "certificate"),
        ("certificate_password_file", certificate_password_file.is_some(), Certificate, "certificate"),
        ("certificate_password_env", certificate_password_env.is_some(), Certificate, "certificate"),
        ("token_file", token_file.is_some(), WorkloadIdentity, "workload-identity"),
        ("secret_file", secret_file.is_some(), ClientSecret, "client-secret"),
        ("secret_env", secret_env.is_some(), ClientSecret, "client-secret"),
    ] {
        if given && kind != owner {
            let remedy = format!("Remove it, or set `type = \"{word}\"`");
            desk.problem(&format!("{table}.{key}"), "belongs to another type of credential", remedy);
        }
    }
}

fn certificate(raw: &RawCredential, table: &str, desk: &mut Desk<'_>) -> Option<Credential> {
    let key = format!("{table}.certificate_file");
    let file = match raw.certificate_file.as_deref() {
        Some(text) => files::key_file(text, &key, desk),
        None => {
            desk.missing(&key, "Name the certificate with its private key, PEM or PKCS#12");
            None
        }
    };
    let password = files::secret(
        raw.certificate_password_file.as_deref(),
        raw.certificate_password_env.as_deref(),
        table,
        "certificate_password",
        desk,
    );
    let password = match password {
        Secret::Absent => None,
        Secret::Read(password) => Some(password),
        Secret::Refused => return None,
    };
    Some(Credential::Certificate { file: file?, password })
}

/// The token file is not looked for: the platform may write it after the service started.
fn workload_identity(raw: &RawCredential, table: &str, desk: &mut Desk<'_>) -> Option<Credential> {
    let key = format!("{table}.token_file");
    match raw.token_file.as_deref().map(str::trim) {
        Some("") => desk.problem(&key, "is empty", "Name the token file that the platform keeps fresh"),
        Some(text) => {
            let token_file = files::locate(text, desk);
            return Some(Credential::WorkloadIdentity { token_file });
        }
        None => {
            let remedy = "Name the token file; on Azure Kubernetes Service it is \
                          `/var/run/secrets/azure/tokens/azure-identity-token`";
            desk.missing(&key, remedy);
        }
    }
    None
}

fn client_secret(raw: &RawCredential, table: &str, role: Role, desk: &mut Desk<'_>) -> Option<Credential> {
    let given = files::secret(raw.secret_file.as_deref(), raw.secret_env.as_deref(), table, "secret", desk);
    match given {
        Secret::Absent => {
            let remedy = "Name the file that holds the secret, or its environment variable by `secret_env`";
            desk.missing(&format!("{table}.secret_file"), remedy);
            None
        }
        Secret::Refused => None,
        Secret::Read(secret) => {
            let what = match role {
                Role::Auditing => {
                    "signs in with a client secret, which the audit reports as `auditor-uses-secret`"
                }
                Role::Writing => "signs in with a client secret: whoever reads it can change the directory",
            };
            let remedy = "Use `certificate`, `workload-identity` or `managed-identity`";
            desk.warn(&format!("{table}.type"), what, remedy);
            Some(Credential::ClientSecret { secret })
        }
    }
}
