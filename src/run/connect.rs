//! A tenant's Graph, as one of its sign-ins sees it.

use std::sync::Arc;

use super::clock::Clock;
use crate::config::Tenant;
use crate::graph::client::{ClientError, Proxies};
use crate::graph::sign_in::SignInError;
use crate::graph::{self, Budgets, Graph, Patience};

/// Why Graph cannot be talked to at all. Nothing was asked for yet.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// No HTTP client.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The sign-in cannot work.
    #[error(transparent)]
    SignIn(#[from] SignInError),
    /// There is no sign-in that may write.
    #[error("no sign-in that may write is configured for the tenant `{0}`")]
    NoWriter(String),
}

impl ConnectError {
    /// What to do next, in a sentence or two.
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        match self {
            Self::Client(error) => error.advice(),
            Self::SignIn(error) => error.advice(),
            Self::NoWriter(_) => Some(
                "Add `[remediation.credential]`: an app registration that may write, apart from the one that audits."
                    .to_owned(),
            ),
        }
    }
}

/// Graph as the sign-in of this tenant sees it. Nothing is asked for yet.
///
/// # Errors
/// When the client cannot be built, or the sign-in cannot work.
pub(super) fn connect(tenant: &Tenant, clock: Clock, budgets: &Budgets) -> Result<Graph, ConnectError> {
    let proxies = Proxies::towards(&tenant.graph_url, &tenant.authority_url);
    let http = graph::client::build(tenant.ca_file.as_deref(), proxies)?;
    let tokens = graph::sign_in::sign_in(tenant, &http, Arc::new(clock))?;
    let budget = budgets.of(tenant.tenant_id, tenant.size);
    Ok(Graph::new(http, tenant.graph_url.clone(), tokens, Patience::default())
        .within(budget)
        .of_cloud(tenant.cloud)
        .of_tenant(&tenant.name))
}
