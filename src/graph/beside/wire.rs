//! Bodies as Graph sends them, of what is read beside objects and policies. As in `graph::wire`, everything may
//! be null or absent, and members that are not named here are passed over.

use serde::de::{Error, IgnoredAny};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::graph::lent::Lent;
use crate::graph::wire::{Page, Reference};

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

/// `unifiedRoleAssignment`, with one of the two that can be expanded.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RoleAssignment<'a> {
    #[serde(borrow)]
    pub(super) principal_id: Option<Lent<'a>>,
    #[serde(borrow)]
    pub(super) role_definition_id: Option<Lent<'a>>,
    #[serde(borrow)]
    pub(super) directory_scope_id: Option<Lent<'a>>,
    #[serde(borrow)]
    pub(super) app_scope_id: Option<Lent<'a>>,
    #[serde(borrow)]
    pub(super) role_definition: Option<RoleDefinition<'a>>,
    #[serde(borrow)]
    pub(super) principal: Option<Reference<'a>>,
}

/// `unifiedRoleDefinition`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RoleDefinition<'a> {
    #[serde(borrow)]
    pub(super) display_name: Option<Lent<'a>>,
}

/// What only a deleted object has.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Deleted<'a> {
    #[serde(borrow)]
    pub(super) deleted_date_time: Option<Lent<'a>>,
}

/// A page of a report of sign-ins, or a row of it where a collection is due (FACTS §15).
#[derive(Debug)]
pub(super) struct Report(Page);

impl From<Report> for Page {
    fn from(Report(page): Report) -> Self {
        page
    }
}

impl<'de> Deserialize<'de> for Report {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let body: Box<RawValue> = Deserialize::deserialize(deserializer)?;
        match serde_json::from_str(body.get()) {
            Ok(page) => Ok(Self(page)),
            Err(_) if is_row(&body) => Ok(Self(Page::of(body))),
            Err(error) => Err(D::Error::custom(error)),
        }
    }
}

/// What tells a row from anything else.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    #[serde(borrow)]
    key_id: Option<Lent<'a>>,
    #[serde(borrow)]
    app_id: Option<Lent<'a>>,
    value: Option<IgnoredAny>,
    error: Option<IgnoredAny>,
}

fn is_row(body: &RawValue) -> bool {
    let row: Option<Row<'_>> = serde_json::from_str(body.get()).ok();
    row.is_some_and(|row| {
        (row.key_id.is_some() || row.app_id.is_some()) && row.value.is_none() && row.error.is_none()
    })
}
