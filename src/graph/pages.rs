//! Listings: page after page to the last one (FACTS §4.1).

use std::collections::HashSet;

use reqwest::Url;

use super::entry::Entry;
use super::error::GraphError;
use super::gaps::Problems;
use super::http::{Call, Graph};
use super::progress::Watch;
use super::wire;

/// How often a listing whose page token expired starts anew. Tokens expire when Graph is slow; more
/// often than that, and a large tenant would never come to its end.
const RESTARTS: u32 = 3;

/// Takes an entry, or notes why it cannot.
pub(super) type Read<T> = fn(Entry<'_>) -> Option<T>;

/// What a listing brought.
#[derive(Debug)]
pub(super) struct Listed<T> {
    /// The entries that could be read, in the order of their arrival.
    pub(super) items: Vec<T>,
    /// Those that could not.
    pub(super) problems: Problems,
    /// How many Graph said there were, if it was asked and answered.
    pub(super) count: Option<u64>,
    /// Whether the last page was reached.
    pub(super) end: Result<(), GraphError>,
    pages: usize,
    places: usize,
}

/// A listing goes round in a circle when it has more pages than this. Ten million objects on full pages:
/// fewer could cut off a tenant, more would let links that never end run for hours.
const MOST_PAGES: usize = 10_000;

impl<T> Listed<T> {
    pub(super) fn new() -> Self {
        Self {
            items: Vec::new(),
            problems: Problems::default(),
            count: None,
            end: Ok(()),
            pages: 0,
            places: 0,
        }
    }

    /// Whether nothing is missing.
    pub(super) fn is_complete(&self) -> bool {
        self.end.is_ok() && self.problems.is_empty()
    }

    /// Takes the entries of a page, and leaves its link.
    pub(super) fn take(&mut self, page: wire::Page, read: Read<T>) -> Option<String> {
        self.pages += 1;
        if self.pages == 1 {
            self.count = page.count.as_ref().and_then(serde_json::Value::as_u64);
        }
        self.items.reserve(page.value.len());
        for json in page.value {
            self.places += 1;
            self.items.extend(read(Entry::new(self.places, json, &mut self.problems)));
        }
        page.next_link
    }
}

impl Graph {
    /// Reads a listing to its end. What was read before an error stays, except that a listing whose
    /// page token has expired starts anew, a few times at most.
    pub(super) async fn list<T>(&self, first: &Call, watch: Watch<'_>, read: Read<T>) -> Listed<T> {
        let mut restarts = 0;
        loop {
            let mut listed = Listed::new();
            match self.follow(first, watch, read, &mut listed).await {
                Err(error) if error.is_expired_page_token() && restarts < RESTARTS => {
                    restarts += 1;
                    tracing::warn!(
                        request = first.name,
                        restarts,
                        "the page token expired: starting `{}` anew",
                        first.name
                    );
                }
                end => {
                    listed.end = end;
                    return listed;
                }
            }
        }
    }

    async fn follow<T>(
        &self,
        first: &Call,
        watch: Watch<'_>,
        read: Read<T>,
        listed: &mut Listed<T>,
    ) -> Result<(), GraphError> {
        let mut call = first.clone();
        let mut seen = HashSet::from([call.url.clone()]);
        loop {
            let page = self.send::<wire::Page>(&call, watch).await?;
            let link = listed.take(page, read);
            watch.page(listed.items.len());
            let Some(link) = link else { return Ok(()) };
            call.url = self.next(&call, &link)?;
            if !seen.insert(call.url.clone()) || listed.pages >= MOST_PAGES {
                return Err(GraphError::Circle { request: call.name });
            }
        }
    }

    /// The next page, as Graph gave it. The token goes wherever this points, so it must be Graph.
    pub(super) fn next(&self, call: &Call, link: &str) -> Result<Url, GraphError> {
        let request = call.name.clone();
        let Ok(url) = Url::parse(link) else {
            let problem = "its `@odata.nextLink` is no URL".to_owned();
            return Err(GraphError::Shape { request, problem });
        };
        if !self.is_own(&url) {
            return Err(GraphError::ForeignLink { request, origin: url.origin().ascii_serialization() });
        }
        Ok(url)
    }
}
