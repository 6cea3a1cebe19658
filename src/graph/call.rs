//! A request before it is sent: where to, and what it costs.

use reqwest::Url;

use super::batch::Reads;
use super::budget::Cost;
use super::http::Graph;

/// A request, as often as it may have to be sent. All of them only read: there is no method to name, and no
/// body but the reads of a batch.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) url: Url,
    /// Method and path, which is all of it that is ever shown.
    pub(super) name: String,
    /// What to grant where Graph refuses it.
    pub(super) needs: &'static str,
    /// `application/json`, but for a count.
    pub(super) accept: &'static str,
    /// Whether it is an advanced query, on every page of it (FACTS §4.1).
    pub(super) eventual: bool,
    /// The members of a batch; a GET where there are none.
    pub(super) batch: Option<Reads>,
    /// What it takes from the budget.
    pub(super) cost: Cost,
}

/// A version of Graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    /// That of nearly everything.
    V1,
    /// That of reports which no other version has (FACTS §15).
    Beta,
}

impl Version {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "v1.0",
            Self::Beta => "beta",
        }
    }
}

impl Graph {
    /// A GET of a path below v1.0, with its query as it is written in the documentation.
    pub(super) fn call(&self, path: &str, query: Option<&str>, needs: &'static str) -> Call {
        self.call_of(Version::V1, path, query, needs)
    }

    /// As [`Graph::call`], below another version.
    pub(super) fn call_of(
        &self,
        version: Version,
        path: &str,
        query: Option<&str>,
        needs: &'static str,
    ) -> Call {
        let mut url = self.url(version, path);
        url.set_query(query);
        let cost = Cost::of_get(path, &url);
        let name = format!("GET /{}/{path}", version.as_str());
        Call { url, name, needs, accept: "application/json", eventual: false, batch: None, cost }
    }

    /// Where a path is to be found.
    pub(super) fn url(&self, version: Version, path: &str) -> Url {
        let mut url = self.root.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}/{}/{path}", version.as_str()));
        url
    }

    /// The path below v1.0, and the query, as a batch names its members.
    pub(super) fn below_version(&self, call: &Call) -> String {
        let base = format!("{}/{}", self.root.path().trim_end_matches('/'), Version::V1.as_str());
        let path = call.url.path();
        let path = path.strip_prefix(&base).unwrap_or(path);
        call.url.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))
    }
}
