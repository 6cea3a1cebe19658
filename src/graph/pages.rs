//! Listings: page after page to the last one (FACTS §4.1).

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::mem;

use reqwest::Url;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tokio::task::JoinHandle;

use super::bounded::TooMany;
use super::entry::Entry;
use super::error::GraphError;
use super::gaps::Problems;
use super::http::{Call, Graph, shape};
use super::progress::Watch;
use super::wire::{self, MOST_ENTRIES};
use crate::domain::{Gathering, Object};

/// How often a listing whose page token expired starts anew. Tokens expire when Graph is slow; more
/// often than that, and a large tenant would never come to its end.
const RESTARTS: u32 = 3;

/// A listing goes round in a circle when it has more pages than this. Ten million objects on full pages:
/// fewer could cut off a tenant, more would let links that never end run for hours.
const MOST_PAGES: usize = 10_000;

/// A page may be empty and not be the last one; so many one after another are nobody's listing.
const MOST_EMPTY: usize = 200;

/// Takes an entry, or notes why it cannot.
pub(super) type Read<T> = fn(Entry<'_>) -> Option<T>;

/// Where the entries of a listing go, one by one and in the order of their arrival.
pub(super) trait Sink<T>: Default + Send + 'static {
    /// Takes an entry.
    fn put(&mut self, item: T);

    /// Forgets everything: the listing starts anew.
    fn clear(&mut self);
}

impl<T: Send + 'static> Sink<T> for Vec<T> {
    fn put(&mut self, item: T) {
        self.push(item);
    }

    fn clear(&mut self) {
        Self::clear(self);
    }
}

impl Sink<Object> for Gathering {
    fn put(&mut self, item: Object) {
        self.push(&item);
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}

/// What a listing brought.
#[derive(Debug)]
pub(super) struct Listed<S> {
    /// The entries that could be read.
    pub(super) items: S,
    /// How many those are; one that stands on two pages is counted twice.
    pub(super) taken: usize,
    /// Those that could not.
    pub(super) problems: Problems,
    /// How many Graph said there were, if it was asked and answered.
    pub(super) count: Option<u64>,
    /// Where to ask for changes, on the last page of a delta listing.
    pub(super) delta_link: Option<String>,
    /// Whether the last page was reached.
    pub(super) end: Result<(), GraphError>,
    pages: usize,
    places: usize,
}

impl<S> Listed<S> {
    pub(super) fn new(items: S) -> Self {
        Self {
            items,
            taken: 0,
            problems: Problems::default(),
            count: None,
            delta_link: None,
            end: Ok(()),
            pages: 0,
            places: 0,
        }
    }

    /// Whether nothing is missing.
    pub(super) fn is_complete(&self) -> bool {
        self.end.is_ok() && self.problems.is_empty()
    }

    /// Whether any page came.
    pub(super) fn has_begun(&self) -> bool {
        0 < self.pages
    }

    /// Takes the entries of a page, and leaves its link.
    pub(super) fn take<T>(&mut self, page: wire::Page, read: Read<T>) -> Option<String>
    where
        S: Sink<T>,
    {
        let (link, entries) = self.open(page);
        self.taken += entries.read_into(&mut self.items, &mut self.problems, read);
        link
    }

    /// Takes note of a page, and leaves its link and its entries.
    fn open(&mut self, page: wire::Page) -> (Option<String>, Entries) {
        let wire::Page { value, next_link, delta_link, count, _error: () } = page;
        self.pages += 1;
        if self.pages == 1 {
            self.count = count.and_then(|count| serde_json::from_str(count.get()).ok());
        }
        self.delta_link = delta_link;
        let json = value.get().unwrap_or_else(|TooMany| {
            let wrong = format!("it holds more than {MOST_ENTRIES} entries");
            self.problems.add(|| format!("page {}", self.pages), wrong);
            Vec::new()
        });
        let entries = Entries { before: self.places, json };
        self.places += entries.json.len();
        (next_link, entries)
    }

    /// As if nothing had come yet.
    fn start_anew<T>(&mut self)
    where
        S: Sink<T>,
    {
        self.items.clear();
        *self = Self::new(mem::take(&mut self.items));
    }
}

/// The entries of one page, still JSON.
struct Entries {
    /// Those of the pages before.
    before: usize,
    json: Vec<Box<RawValue>>,
}

impl Entries {
    /// Reads each entry and forgets its JSON at once. Says how many could be read.
    fn read_into<T, S: Sink<T>>(self, items: &mut S, problems: &mut Problems, read: Read<T>) -> usize {
        let mut taken = 0;
        for (place, json) in (self.before + 1..).zip(self.json) {
            if let Some(item) = read(Entry::new(place, &json, problems)) {
                items.put(item);
                taken += 1;
            }
        }
        taken
    }
}

/// Where pages have led so far. Links may be as long as an answer, so they are not held.
pub(super) struct Trail {
    hasher: RandomState,
    seen: HashSet<u64>,
    most: usize,
    places: usize,
    empty: usize,
}

impl Trail {
    /// A trail of at most so many pages that begins here.
    pub(super) fn from(first: &Url, most: usize) -> Self {
        let hasher = RandomState::new();
        let seen = HashSet::from([hasher.hash_one(first.as_str())]);
        Self { hasher, seen, most, places: 0, empty: 0 }
    }

    /// Goes on from the page that was listed last, where that leads anywhere.
    pub(super) fn go<S>(&mut self, call: &mut Call, next: Url, listed: &Listed<S>) -> Result<(), GraphError> {
        self.empty = if listed.places == self.places { self.empty + 1 } else { 0 };
        self.places = listed.places;
        let request = || call.name.clone();
        if self.empty == MOST_EMPTY {
            let problem = format!("{MOST_EMPTY} empty pages one after another");
            return Err(GraphError::Shape { request: request(), problem });
        }
        if !self.seen.insert(self.hasher.hash_one(next.as_str())) || self.most < self.seen.len() {
            return Err(GraphError::Circle { request: request() });
        }
        call.url = next;
        Ok(())
    }
}

/// A page that is being read aside while the next one is on its way, and with it what was read so far.
struct Aside<S>(Option<JoinHandle<(S, Problems, usize)>>);

impl<S: Send + 'static> Aside<S> {
    fn start<T: 'static>(&mut self, entries: Entries, listed: &mut Listed<S>, read: Read<T>)
    where
        S: Sink<T>,
    {
        let (mut items, mut problems) = (mem::take(&mut listed.items), mem::take(&mut listed.problems));
        self.0 = Some(tokio::task::spawn_blocking(move || {
            let taken = entries.read_into(&mut items, &mut problems, read);
            (items, problems, taken)
        }));
    }

    /// Waits for it, so that no more than one is ever read at a time.
    async fn finish(
        &mut self,
        call: &Call,
        listed: &mut Listed<S>,
        watch: Watch<'_>,
    ) -> Result<(), GraphError> {
        let Some(page) = self.0.take() else { return Ok(()) };
        let (items, problems, taken) =
            page.await.map_err(|_| GraphError::Interrupted { request: call.name.clone() })?;
        (listed.items, listed.problems) = (items, problems);
        listed.taken += taken;
        watch.page(listed.taken);
        Ok(())
    }
}

impl Graph {
    /// Reads a listing to its end. What was read before an error stays, except that a listing whose
    /// page token has expired starts anew, a few times at most.
    pub(super) async fn list<T: Send + 'static>(
        &self,
        first: &Call,
        watch: Watch<'_>,
        read: Read<T>,
    ) -> Listed<Vec<T>> {
        self.list_into(first, watch, read).await
    }

    /// As [`Graph::list`], into another kind of collection.
    pub(super) async fn list_into<T: 'static, S: Sink<T>>(
        &self,
        first: &Call,
        watch: Watch<'_>,
        read: Read<T>,
    ) -> Listed<S> {
        self.list_onto(S::default(), first, watch, read).await
    }

    /// As [`Graph::list_into`], into one that knows already what it is for.
    pub(super) async fn list_onto<T: 'static, S: Sink<T>>(
        &self,
        items: S,
        first: &Call,
        watch: Watch<'_>,
        read: Read<T>,
    ) -> Listed<S> {
        self.list_as::<wire::Page, T, S>(items, first, watch, read).await
    }

    /// As [`Graph::list_onto`], from pages that look otherwise.
    pub(super) async fn list_as<P, T, S>(
        &self,
        items: S,
        first: &Call,
        watch: Watch<'_>,
        read: Read<T>,
    ) -> Listed<S>
    where
        P: DeserializeOwned + Into<wire::Page>,
        T: 'static,
        S: Sink<T>,
    {
        let mut restarts = 0;
        let mut listed = Listed::new(items);
        loop {
            match self.follow::<P, T, S>(first, watch, read, &mut listed).await {
                Err(error) if error.is_expired_page_token() && restarts < RESTARTS => {
                    restarts += 1;
                    listed.start_anew();
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

    /// A listing whose first page came in a batch, to its end, or until there is enough.
    pub(super) async fn list_from<T: Send + 'static>(
        &self,
        call: &Call,
        first: &RawValue,
        watch: Watch<'_>,
        read: Read<T>,
        enough: impl Fn(&[T]) -> bool,
    ) -> Result<Listed<Vec<T>>, GraphError> {
        let page = serde_json::from_str(first.get()).map_err(|error| shape(&call.name, &error))?;
        let mut listed = Listed::new(Vec::new());
        // A page may be empty and not be the last one.
        let link = listed.take(page, read);
        let Some(link) = link.filter(|_| !enough(&listed.items)) else { return Ok(listed) };
        let rest = Call { url: self.next(call, &link)?, ..call.clone() };
        if rest.url == call.url {
            return Err(GraphError::Circle { request: rest.name });
        }
        let rest = self.list(&rest, watch, read).await;
        rest.end?;
        listed.taken += rest.taken;
        listed.items.extend(rest.items);
        listed.problems.extend(rest.problems);
        Ok(listed)
    }

    /// Asks for the next page as soon as the one before has arrived, and reads that one meanwhile.
    async fn follow<P, T, S>(
        &self,
        first: &Call,
        watch: Watch<'_>,
        read: Read<T>,
        listed: &mut Listed<S>,
    ) -> Result<(), GraphError>
    where
        P: DeserializeOwned + Into<wire::Page>,
        T: 'static,
        S: Sink<T>,
    {
        let mut call = first.clone();
        let mut trail = Trail::from(&call.url, MOST_PAGES);
        let mut aside = Aside(None);
        loop {
            let (page, finished) =
                tokio::join!(self.send::<P>(&call, watch), aside.finish(&call, listed, watch));
            finished?;
            let (link, entries) = listed.open(page?.into());
            aside.start(entries, listed, read);
            let end = match link.map(|link| self.next(&call, &link)) {
                Some(Ok(next)) => match trail.go(&mut call, next, listed) {
                    Ok(()) => continue,
                    Err(error) => Err(error),
                },
                Some(Err(error)) => Err(error),
                None => Ok(()),
            };
            aside.finish(&call, listed, watch).await?;
            return end;
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
