//! The two kinds of objects: where they are, and what of them is read.

use super::convert;
use super::http::{Call, Graph};
use super::pages::Read;
use crate::domain::{Object, ObjectKey, ObjectKind, Part};

pub(super) const READ_OBJECTS: &str = "`Application.Read.All`";

const READ_BLUEPRINTS: &str = "`AgentIdentityBlueprint.Read.All`";

/// Delta queries want more than listings (FACTS §10).
const READ_CHANGES: &str = "`Directory.Read.All`";

/// A kind of objects.
pub(super) struct Source {
    pub(super) path: &'static str,
    cast: &'static str,
    pub(super) part: Part,
    /// What is read of each, besides `id`: what is not named here is not told of by delta either.
    pub(super) properties: &'static [&'static str],
    /// The one relationship that can be expanded; with at most 20 entries it is then complete (FACTS §4.3).
    expand: Option<&'static str>,
    /// Reads an entry of the listing.
    pub(super) listed: Read<Object>,
    /// Reads the same without what is expanded.
    pub(super) read: Read<Object>,
}

const APPLICATIONS: Source = Source {
    path: "applications",
    cast: "microsoft.graph.application",
    part: Part::Applications,
    properties: &[
        "appId",
        "displayName",
        "createdDateTime",
        "signInAudience",
        "passwordCredentials",
        "keyCredentials",
        "tags",
        "notes",
        "description",
        "isDisabled",
        "disabledByMicrosoftStatus",
        "servicePrincipalLockConfiguration",
    ],
    expand: Some("federatedIdentityCredentials"),
    listed: convert::listed_application,
    read: convert::application,
};

const SERVICE_PRINCIPALS: Source = Source {
    path: "servicePrincipals",
    cast: "microsoft.graph.servicePrincipal",
    part: Part::ServicePrincipals,
    properties: &[
        "appId",
        "displayName",
        "createdDateTime",
        "appOwnerOrganizationId",
        "servicePrincipalType",
        "accountEnabled",
        "passwordCredentials",
        "keyCredentials",
        "tags",
        "notes",
        "description",
    ],
    expand: None,
    listed: convert::service_principal,
    read: convert::service_principal,
};

impl Source {
    pub(super) fn of(kind: ObjectKind) -> &'static Self {
        match kind {
            ObjectKind::Application => &APPLICATIONS,
            ObjectKind::ServicePrincipal => &SERVICE_PRINCIPALS,
        }
    }

    fn select(&self) -> String {
        format!("$select=id,{}", self.properties.join(","))
    }

    /// All that is asked for of an object.
    pub(super) fn terms(&self) -> String {
        match self.expand {
            Some(expand) => format!("{}&$expand={expand}", self.select()),
            None => self.select(),
        }
    }

    /// The listing. Selecting `keyCredentials` costs one of 150 requests a minute, hence the largest page
    /// there is (FACTS §4.1).
    pub(super) fn listing(&self, graph: &Graph) -> Call {
        self.list(graph, &format!("{}&$top=999", self.terms()))
    }

    /// The agent identity blueprints among them, with the same properties.
    pub(super) fn blueprints(&self, graph: &Graph) -> Call {
        let path = format!("{}/microsoft.graph.agentIdentityBlueprint", self.path);
        graph.call(&path, Some(&format!("{}&$top=100", self.terms())), READ_BLUEPRINTS)
    }

    /// Another listing of the kind.
    pub(super) fn list(&self, graph: &Graph, query: &str) -> Call {
        graph.call(self.path, Some(query), READ_OBJECTS)
    }

    /// The soft-deleted ones. The cast is a required part of the path.
    pub(super) fn deleted(&self, graph: &Graph) -> Call {
        let query = format!("{},deletedDateTime&$top=999", self.select());
        graph.call(&format!("directory/deletedItems/{}", self.cast), Some(&query), READ_OBJECTS)
    }

    /// One object, without what is expanded in a listing.
    pub(super) fn object(&self, graph: &Graph, key: ObjectKey) -> Call {
        graph.call(&format!("{}/{}", self.path, key.id), Some(&self.select()), READ_OBJECTS)
    }

    /// Of one object only whether it is there.
    pub(super) fn bare(&self, graph: &Graph, key: ObjectKey) -> Call {
        graph.call(&format!("{}/{}", self.path, key.id), Some("$select=id"), READ_OBJECTS)
    }

    /// A relationship of one object.
    pub(super) fn related(&self, graph: &Graph, key: ObjectKey, what: &str, query: &str) -> Call {
        graph.call(&format!("{}/{}/{what}", self.path, key.id), Some(query), READ_OBJECTS)
    }

    /// A query for changes from now on.
    pub(super) fn changes(&self, graph: &Graph) -> Call {
        let query = format!("{}&$deltatoken=latest", self.select());
        graph.call(&format!("{}/delta", self.path), Some(&query), READ_CHANGES)
    }
}
