//! The one who writes.

use reqwest::Method;
use serde_json::{Value, json};

use super::call::WriteCall;
use super::error::WriteError;
use super::held::Held;
use super::sending::{created, held_back};
use super::target::{WriteKind, WriteTarget};
use super::waits::Waits;
use crate::domain::{KeyId, ObjectId, ObjectKey, ObjectKind, PolicyId};
use crate::graph::budget::Cost;
use crate::graph::call::Version;
use crate::graph::error::GraphError;
use crate::graph::http::Graph;
use crate::graph::retry::Pacing;

const DEFAULT: &str = "policies/defaultAppManagementPolicy";
const CUSTOM: &str = "policies/appManagementPolicies";

/// Graph as one tenant sees it, to be changed. Whoever does not hold one cannot change anything.
///
/// Each method sends one request, and that once: what was looked at before may be otherwise after a wait, so whoever
/// sends it again looks again. Whoever gives up waiting for a method knows no more than after
/// [`WriteError::Unknown`].
pub struct GraphWriter {
    pub(super) graph: Graph,
}

impl GraphWriter {
    /// `graph` is signed in as the one who may write.
    #[must_use]
    pub fn new(graph: Graph) -> Self {
        Self { graph }
    }

    /// What the token says that the writer may do.
    ///
    /// # Errors
    /// When there is no token to be had.
    pub async fn permissions(&self) -> Result<Held, GraphError> {
        Ok(Held::in_token(self.graph.bearer().await?.secret()))
    }

    /// Waits until there is a token, and room in the budget for a write to this object, or to a policy. What is sent
    /// next is sent at once.
    ///
    /// # Errors
    /// When there is no token to be had.
    pub async fn ready(&self, to: Option<WriteTarget>) -> Result<(), WriteError> {
        self.graph.bearer().await.map_err(|error| WriteError::Denied(error.into()))?;
        let cost = to.map_or(Cost::of_write(false), |target| target.cost());
        self.graph.budget.room(cost, |pause| held_back("the next write", pause)).await;
        Ok(())
    }

    /// The waits for a change, of which there were none yet.
    #[must_use]
    pub fn waits(&self) -> Waits<'_> {
        Waits::new(Pacing::new(&self.graph.patience))
    }

    /// Changes the tenant default policy: `PATCH /policies/defaultAppManagementPolicy` with these members (FACTS
    /// §5.7). Collections of restrictions are replaced as a whole, so each has to hold all that is to stay.
    ///
    /// # Errors
    /// As [`WriteError`] tells them apart.
    pub async fn patch_tenant_default(&self, members: &Value) -> Result<(), WriteError> {
        let call = self.call(WriteKind::Policy, Method::PATCH, DEFAULT).with(members);
        self.carry_out(&call).await
    }

    /// Creates a custom policy: `POST /policies/appManagementPolicies`. It applies to nothing yet. A policy that was
    /// created while the answer got lost is found only by listing all of them: nothing keeps two from being alike.
    ///
    /// # Errors
    /// As [`WriteError`] tells them apart.
    pub async fn create_policy(&self, policy: &Value) -> Result<PolicyId, WriteError> {
        let call = self.call(WriteKind::Policy, Method::POST, CUSTOM).with(policy);
        let body = self.send(&call).await?;
        created(&call, &body).map_err(WriteError::Unknown)
    }

    /// Deletes a custom policy: `DELETE /policies/appManagementPolicies/{id}`.
    ///
    /// # Errors
    /// As [`WriteError`] tells them apart.
    pub async fn delete_policy(&self, policy: PolicyId) -> Result<(), WriteError> {
        let call = self.call(WriteKind::Policy, Method::DELETE, &format!("{CUSTOM}/{policy}"));
        self.carry_out(&call).await
    }

    /// Assigns a custom policy: `POST /{kind}/{id}/appManagementPolicies/$ref` (FACTS §5.6). An object that has one
    /// already is [`WriteError::Changed`]; whatever else a 400 may mean here is not documented.
    ///
    /// # Errors
    /// As [`WriteError`] tells them apart.
    pub async fn assign_policy(
        &self,
        to: impl Into<WriteTarget>,
        policy: PolicyId,
    ) -> Result<(), WriteError> {
        let reference = self.graph.url(Version::V1, &format!("{CUSTOM}/{policy}"));
        let body = json!({ "@odata.id": reference.as_str() });
        let call = self.to(to.into(), WriteKind::Assignment, Method::POST, "appManagementPolicies/$ref");
        self.carry_out(&call.of_a_member().with(&body)).await
    }

    /// Takes a custom policy away: `DELETE /{kind}/{id}/appManagementPolicies/{policy}/$ref`. The tenant default
    /// applies from then on.
    ///
    /// # Errors
    /// As [`WriteError`] tells them apart.
    pub async fn unassign_policy(
        &self,
        from: impl Into<WriteTarget>,
        policy: PolicyId,
    ) -> Result<(), WriteError> {
        let path = format!("appManagementPolicies/{policy}/$ref");
        let call = self.to(from.into(), WriteKind::Assignment, Method::DELETE, &path);
        self.carry_out(&call.of_a_member()).await
    }

    /// Removes a password credential for good: `POST /{kind}/{id}/removePassword` (FACTS §7.1). What Graph says when
    /// it is not there is not documented: a 400 is taken for that, and is [`WriteError::Changed`].
    ///
    /// # Errors
    /// As [`WriteError`] tells them apart.
    pub async fn remove_password(&self, of: impl Into<WriteTarget>, key: KeyId) -> Result<(), WriteError> {
        let call = self.to(of.into(), WriteKind::Object, Method::POST, "removePassword");
        self.carry_out(&call.of_a_member().with(&json!({ "keyId": key }))).await
    }

    /// Lets a service principal sign in, or no more: `PATCH /servicePrincipals/{id}` with `accountEnabled` (FACTS
    /// §7.4). None puts null back, where that is what there was. Tokens that were issued stay valid.
    ///
    /// # Errors
    /// As [`WriteError`] tells them apart.
    pub async fn set_account_enabled(
        &self,
        principal: ObjectId,
        enabled: impl Into<Option<bool>>,
    ) -> Result<(), WriteError> {
        let key = ObjectKey { kind: ObjectKind::ServicePrincipal, id: principal };
        let call = self.call(WriteKind::Object, Method::PATCH, &WriteTarget::from(key).path());
        self.carry_out(&call.with(&json!({ "accountEnabled": enabled.into() }))).await
    }

    fn call(&self, kind: WriteKind, method: Method, path: &str) -> WriteCall {
        WriteCall::new(&self.graph, kind, method, path)
    }

    fn to(&self, target: WriteTarget, kind: WriteKind, method: Method, what: &str) -> WriteCall {
        let path = format!("{}/{what}", target.path());
        self.call(kind, method, &path).costing(target.cost())
    }
}
