//! Bodies as Graph sends them, of what is read beside objects and policies. As in `graph::wire`, everything may
//! be null or absent, and members that are not named here are passed over.

use serde::Deserialize;

use crate::graph::lent::Lent;

/// A service principal with the application permissions it offers (`servicePrincipal`, `appRole`).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Offer<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Lent<'a>>,
    #[serde(borrow)]
    pub(super) app_roles: Option<Vec<Option<AppRole<'a>>>>,
}

/// `appRole`.
#[derive(Debug, Deserialize)]
pub(super) struct AppRole<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Lent<'a>>,
    #[serde(borrow)]
    pub(super) value: Option<Lent<'a>>,
}

/// `appRoleAssignment`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Assignment<'a> {
    #[serde(borrow)]
    pub(super) app_role_id: Option<Lent<'a>>,
    #[serde(borrow)]
    pub(super) principal_id: Option<Lent<'a>>,
    #[serde(borrow)]
    pub(super) principal_type: Option<Lent<'a>>,
    #[serde(borrow)]
    pub(super) resource_id: Option<Lent<'a>>,
}

/// A service principal by its two ids.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Principal<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Lent<'a>>,
    #[serde(borrow)]
    pub(super) app_id: Option<Lent<'a>>,
}
