//! Delta queries: `GET /applications/delta` and `GET /servicePrincipals/delta`.
//!
//! A first round tells everything, each later one what changed since the one before. Which objects changed
//! is seen by holding the selected properties of their versions against each other; relationships are not
//! tracked. A property that lost its value comes as null, one that did not change does not come at all.

use serde::{Deserialize, Serialize};

use super::listing;
use super::query::Query;
use super::refusal::Refusal;
use super::view;
use super::{Conditions, Served};
use crate::emulator::ObjectKind;
use crate::emulator::front::{Answer, Received};
use crate::emulator::state::State;
use round::News;
use token::{Asked, At, Round, Token};

mod round;
mod token;

const SKIP: &str = "$skiptoken";
const DELTA: &str = "$deltatoken";

/// How delta answers come: everything that Graph reserves the right to do, and a test wants to see done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeltaHabits {
    /// The most objects on a page. Callers cannot choose: `$top` is not offered.
    pub page: usize,
    /// Every other page is empty and has a link to the next, the first page among them.
    pub empty_pages: bool,
    /// Every object comes twice within a round; one that changed several times first as it was in between.
    pub duplicates: bool,
    /// A round tells once more what the round before it told.
    pub replays: bool,
    /// Objects come in an order that means nothing.
    pub shuffled: bool,
}

impl Default for DeltaHabits {
    /// Pages of 999, and no surprises. The size is not documented; it is that of the largest listing page.
    fn default() -> Self {
        Self { page: 999, empty_pages: false, duplicates: false, replays: false, shuffled: false }
    }
}

pub(super) fn serve(state: &State, received: &Received, kind: ObjectKind, conditions: &Conditions) -> Served {
    let tenant = conditions.tenant(state);
    let (collection, epoch) = (tenant.collection(kind), tenant.epoch());
    let journal = collection.journal();
    let start = |since: Option<usize>| Round {
        since,
        until: journal.now().max(since.unwrap_or_default()),
        places: collection.places(),
        page: 1,
        offset: 0,
        habits: state.delta_habits(),
    };
    let (round, asked) = match request(&received.query, kind)? {
        Request::First(asked) => (start(None), asked),
        Request::Latest(asked) => {
            let at = At::Round { since: journal.now() };
            return Ok(page(state, received, kind, "", DELTA, (epoch, at, asked)));
        }
        Request::Further(text) => {
            let token = Token::accept(state, &received.path, epoch, &text)?;
            match token.at {
                // A replica that is behind tells only of what it knows, and the next round starts there.
                At::Page(round) => {
                    let known = journal.now().max(round.since.unwrap_or_default());
                    (Round { until: round.until.min(known), ..round }, token.query)
                }
                At::Round { .. } if state.delta_habits().replays => {
                    (start(Some(journal.oldest())), token.query)
                }
                At::Round { since } => (start(Some(since)), token.query),
            }
        }
    };
    let news = News::new(collection, kind, &asked, &round)?;
    let (mut value, mut told, mut offset) = (String::new(), 0, round.offset);
    let empty = conditions.empty_page || round.habits.empty_pages && round.page % 2 == 1;
    while !empty && offset < news.len() && told < round.habits.page.max(1) {
        let before = value.len();
        if told > 0 {
            value.push(',');
        }
        if news.write(offset, &mut value) {
            told += 1;
        } else {
            value.truncate(before);
        }
        offset += 1;
    }
    let (name, at) = if empty || offset < news.len() {
        (SKIP, At::Page(Round { page: round.page + 1, offset, ..round }))
    } else {
        (DELTA, At::Round { since: round.until })
    };
    Ok(page(state, received, kind, &value, name, (epoch, at, asked)))
}

fn page(
    state: &State,
    received: &Received,
    kind: ObjectKind,
    value: &str,
    name: &str,
    (epoch, at, asked): (u64, At, Asked),
) -> Answer {
    let link = if name == SKIP { "@odata.nextLink" } else { "@odata.deltaLink" };
    let query = Query { select: asked.select.clone(), ..Query::default() };
    let context = format!("{}/v1.0/$metadata#{}", state.graph_root, listing::context(kind, &query));
    let token = Token::issue(state, &received.path, epoch, at, asked);
    let url = Received { query: vec![(name.to_owned(), token)], ..received.clone() }.url(&state.graph_root);
    Answer::json_text(
        200,
        format!("{{\"@odata.context\":\"{context}\",\"{link}\":\"{url}\",\"value\":[{value}]}}"),
    )
}

/// What a request wants.
enum Request {
    First(Asked),
    /// The present, without any data.
    Latest(Asked),
    /// What the token says.
    Further(String),
}

/// Options stand in the first request only; after that the token carries them.
fn request(query: &[(String, String)], kind: ObjectKind) -> Result<Request, Refusal> {
    let mut asked = Asked::default();
    let (mut token, mut latest, mut options) = (None, false, 0);
    for (name, value) in query {
        match name.as_str() {
            DELTA if value.is_empty() => (),
            DELTA if value == "latest" => latest = true,
            DELTA | SKIP => token = Some(value.clone()),
            "$select" => {
                options += 1;
                asked.select = Some(value.split(',').map(|name| name.trim().to_owned()).collect());
            }
            "$filter" => {
                options += 1;
                asked.ids = Some(ids(value).ok_or_else(|| {
                    Refusal::unsupported("A delta query is filtered by 'id eq' only, joined with 'or'.")
                })?);
            }
            other if other.starts_with('$') => {
                return Err(Refusal::unsupported(format!("'{other}' is not supported on a delta query.")));
            }
            _ => (),
        }
    }
    match token {
        Some(_) if options > 0 || latest => {
            Err(Refusal::bad_request("Query options stand in the first request of a delta query only."))
        }
        Some(token) => Ok(Request::Further(token)),
        None => {
            let query = Query { select: asked.select.clone(), ..Query::default() };
            view::check_select(&query, &[kind])?;
            Ok(if latest { Request::Latest(asked) } else { Request::First(asked) })
        }
    }
}

/// `id eq '…' or id eq '…'`
fn ids(filter: &str) -> Option<Vec<String>> {
    let id = |term: &str| {
        let literal = term.trim().strip_prefix("id eq ")?.trim();
        let id = literal.strip_prefix('\'')?.strip_suffix('\'')?;
        (!id.contains('\'')).then(|| id.to_owned())
    };
    filter.split(" or ").map(id).collect()
}

/// The number of the page a token stands for; for faults.
pub(super) fn page_number(token: &str) -> Option<usize> {
    Token::page_number(token)
}

/// Whether the query, on whichever of its pages, selects a property.
pub(super) fn selects(query: &[(String, String)], property: &str) -> bool {
    let carried = |text: &String| Token::selected(text).unwrap_or_default();
    query.iter().any(|(name, value)| match name.as_str() {
        "$select" => value.split(',').any(|name| name.trim() == property),
        DELTA | SKIP => carried(value).iter().any(|name| name == property),
        _ => false,
    })
}
