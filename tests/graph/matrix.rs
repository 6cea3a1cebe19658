//! Every fault on every route of an audit, once and for ever: it recovers with the same result or ends
//! incomplete with the gap named; never clean, never hung, no token sent elsewhere (DESIGN §2.5, §9).

#[path = "matrix/expected.rs"]
mod expected;
#[path = "matrix/faults.rs"]
mod faults;
#[path = "matrix/routes.rs"]
mod routes;
#[path = "matrix/stand.rs"]
mod stand;
#[path = "matrix/tenants.rs"]
mod tenants;
#[path = "matrix/verdict.rs"]
mod verdict;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::StreamExt;
use keysweep::domain::{HowRead, Inventory, Part, PolicyId};
use keysweep::emulator::{Emulator, Fault, Options, Side, TenantData, Transport};
use keysweep::graph::client;
use tokio::time::timeout;

use self::expected::{End, Strikes, expected};
use self::faults::{Ill, Nature};
use self::routes::{Place, Route};
use self::stand::{Journey, Stand, Which, short_attempts, short_of_patience};
use self::verdict::{Seen, earlier, judge};
use crate::tenant::{id, now, parts, reasons};

/// An audit that takes longer hangs: whatever goes wrong, it is given up in a second or two, the sign-in
/// after fifteen.
const HUNG: Duration = Duration::from_secs(120);

/// What there is, and where nobody may be led.
struct World {
    /// The small tenant in both phases.
    one: Inventory,
    two: Inventory,
    /// The large one, before and after owners are named.
    unnamed: Inventory,
    named: Inventory,
    /// The one of which everything is read that can be.
    beside: Inventory,
    elsewhere: Emulator,
    /// Those that nobody uses at the moment.
    stands: Mutex<HashMap<Use, Vec<Stand>>>,
}

/// What an emulator is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Use {
    which: Which,
    /// What was given up may still be on its way to the emulator, and would meet the fault of the next cell.
    /// To another silence it does no harm.
    silence: bool,
}

/// One fault on one route.
struct Cell {
    route: Arc<Route>,
    ill: Ill,
    strikes: Strikes,
}

impl World {
    async fn new() -> Self {
        let options = Options::new(TenantData::empty(now()), now(), now);
        let elsewhere = Options { graph_transport: Transport::PlainHttp, ..options };
        let mut small = Stand::start(Which::Small).await;
        let one = small.audit(Journey::Full, None).await.inventory;
        small.change();
        let by_delta = small.audit(Journey::Delta, None).await;
        assert!(matches!(by_delta.how, HowRead::ByDelta { .. }));
        let two = small.audit(Journey::Full, None).await.inventory;
        assert_eq!(by_delta.inventory, two);
        let large = Stand::start(Which::Large).await;
        let unnamed = large.unnamed().await;
        let named = large.name(unnamed.clone(), None).await;
        let beside = Stand::start(Which::Beside).await.audit(Journey::Beside, None).await.inventory;
        for inventory in [&one, &two, &named, &beside] {
            assert!(inventory.is_complete(), "{}", reasons(inventory));
        }
        let elsewhere = Emulator::start(elsewhere).await.unwrap();
        Self { one, two, unnamed, named, beside, elsewhere, stands: Mutex::default() }
    }

    async fn stand(&self, wanted: Use) -> Stand {
        let free = self.stands.lock().unwrap().entry(wanted).or_default().pop();
        match free {
            Some(stand) => stand,
            None => Stand::start(wanted.which).await,
        }
    }

    /// What there is in the phase that the tenant is in, and what there was in the other.
    fn truth(&self, stand: &Stand) -> (&Inventory, &Inventory) {
        match stand.phase {
            tenants::Phase::One => (&self.one, &self.two),
            tenants::Phase::Two => (&self.two, &self.one),
        }
    }

    /// Carries out one cell; in its own words what is wrong.
    async fn strike(&self, cell: &Cell) -> Result<End, String> {
        let which = Which::of(cell.route.journey);
        let wanted = Use { which, silence: cell.ill.nature == Nature::Silent };
        let mut stand = self.stand(wanted).await;
        let end = timeout(HUNG, self.audit(&mut stand, cell)).await.map_err(|_| "it hangs".to_owned())??;
        self.stands.lock().unwrap().entry(wanted).or_default().push(stand);
        Ok(end)
    }

    async fn audit(&self, stand: &mut Stand, cell: &Cell) -> Result<End, String> {
        let Cell { route, ill, strikes } = cell;
        let end = expected(route, ill.nature, *strikes);
        let patience = match (ill.nature, strikes) {
            (Nature::Silent, Strikes::Once) => Some(short_attempts()),
            (Nature::Silent, Strikes::Always) => Some(short_of_patience()),
            _ => None,
        };
        if route.place == Place::SignIn {
            stand.sign_out();
        }
        if route.journey == Journey::Delta {
            if !stand.has_basis() {
                stand.audit(Journey::Full, None).await;
            }
            if ill.nature != Nature::Stale {
                stand.change();
            }
        }
        if route.place == Place::ListingAfterAll {
            stand.emulator.lose_delta_tokens();
        }
        route.standing().into_iter().for_each(|fault| stand.emulator.fault(fault));
        let fault = ill.at(route.aim(stand), self.elsewhere.graph_url(), route.place);
        stand.emulator.fault(match strikes {
            Strikes::Once => fault,
            Strikes::Always => fault.always(),
        });
        if ill.nature == Nature::Stale && matches!(route.journey, Journey::Full | Journey::Delta) {
            stand.change();
        }
        let (how, found, (truth, before)) = if route.journey == Journey::Naming {
            let named = stand.name(self.unnamed.clone(), patience).await;
            (HowRead::InFull, named, (&self.named, &self.named))
        } else {
            let read = stand.audit(route.journey, patience).await;
            let truth = match route.journey {
                Journey::Beside => (&self.beside, &self.beside),
                Journey::Full | Journey::Delta | Journey::Naming => self.truth(stand),
            };
            (read.how, read.inventory, truth)
        };
        stand.emulator.clear_faults();
        judge(&Seen { found: &found, how: &how, truth, before }, route, ill, *strikes, end)?;
        if route.journey == Journey::Delta || route.place == Place::Latest {
            let next = stand.audit(Journey::Delta, None).await.inventory;
            if route.place == Place::ListingAfterAll && ill.nature == Nature::Stale {
                // The link was of now and the listing from before: nobody tells of what lies in between. The
                // next full read sees it.
                earlier(&next, truth, before)?;
            } else if next != *truth {
                let differing = crate::delta_emulated::difference(&next, truth);
                return Err(format!("the next run does not see what there is: {differing}"));
            }
        }
        // Changes are not told of what is as it was, or of relationships: the next cell starts from the truth.
        if !matches!(end, End::Same | End::SameInFull | End::Gap) || ill.nature == Nature::Stale {
            stand.forget();
        }
        Ok(end)
    }
}

/// Every fault on every route. What is asked for in the same way a second time is struck once by each nature
/// of fault.
fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for route in routes::all() {
        let route = Arc::new(route);
        let mut natures = HashSet::new();
        for ill in faults::all().into_iter().filter(|ill| ill.applies_to(&route)) {
            if natures.insert(ill.nature) || !route.is_asked_for_again() {
                for strikes in [Strikes::Once, Strikes::Always] {
                    cells.push(Cell { route: Arc::clone(&route), ill, strikes });
                }
            }
        }
    }
    cells
}

/// Strikes with all of these, so many at a time, and says how each ended.
async fn strike(
    world: &Arc<World>,
    cells: Vec<Cell>,
    at_a_time: usize,
) -> Vec<(String, Result<End, String>)> {
    let strikes = futures_util::stream::iter(cells).map(|cell| {
        let world = Arc::clone(world);
        let name = format!("{}, {}, {:?}", cell.route.name, cell.ill.name, cell.strikes);
        tokio::spawn(async move { (name, world.strike(&cell).await) })
    });
    strikes.buffer_unordered(at_a_time).map(|end| end.unwrap()).collect().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_goes_wrong_is_made_up_for_or_named() {
    let world = Arc::new(World::new().await);
    // These mostly wait.
    let waits = |cell: &Cell| cell.ill.nature == Nature::Silent || cell.route.place == Place::SignIn;
    let (waiting, working): (Vec<_>, Vec<_>) = cells().into_iter().partition(waits);
    let (ends, others) = tokio::join!(strike(&world, waiting, 16), strike(&world, working, 4));
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (cell, end) in ends.into_iter().chain(others) {
        let count = match end {
            Ok(End::Gap) => "incomplete, and the gap named".to_owned(),
            Ok(End::Unavailable) => "complete, and named as not to be had".to_owned(),
            Ok(end) => format!("recovered: {end:?}"),
            Err(why) => {
                wrong.push(format!("{cell}: {why}"));
                "wrong".to_owned()
            }
        };
        *counts.entry(count).or_default() += 1;
    }
    println!("{counts:#?}");
    wrong.sort();
    wrong.extend(world.elsewhere.log().iter().map(|request| format!("somebody was led astray: {request:?}")));
    assert!(wrong.is_empty(), "{}\n{} wrong", wrong.join("\n"), wrong.len());
    // Whoever had followed would have been seen.
    let astray = client::build(None, client::Proxies::Direct).unwrap().get(world.elsewhere.graph_url());
    astray.send().await.unwrap();
    assert_eq!(world.elsewhere.log().len(), 1);
}

/// A permission that is not granted is missing on every route that needs it, and on no other.
#[tokio::test]
async fn what_a_missing_permission_keeps_from_being_read_is_named() {
    let assignments = (0..3).map(|number| Part::Assignments(PolicyId(id(tenants::ASSIGNED + number))));
    let policies = vec![Part::TenantDefault, Part::CustomPolicies];
    // Where policies are not listed, nobody knows what to ask about.
    let objects = [Part::Applications, Part::ServicePrincipals].into_iter().chain(assignments);
    let objects: Vec<Part> = objects.chain([Part::Owners]).collect();
    let (read, read_policies) = ("Application.Read.All", "Policy.Read.All");
    for (granted, lacking, missing) in [
        (&[read, read_policies, "Directory.Read.All"][..], "Directory.Read.All", vec![]),
        (&[read, read_policies], read_policies, policies),
        (&[read, read_policies], read, objects),
    ] {
        let mut stand = Stand::start(Which::Small).await;
        stand.emulator.grant(granted);
        stand.emulator.fault(Fault::on(Side::Graph, "*", "*").lacking(lacking).always());
        let read = stand.audit(Journey::Full, None).await;
        assert_eq!(parts(&read.inventory), missing, "{lacking}: {}", reasons(&read.inventory));
        assert!(read.inventory.gaps.iter().all(|gap| gap.reason.as_str().contains(lacking)), "{lacking}");
        assert_eq!(read.state, None, "{lacking}: without Directory.Read.All there are no delta queries");
    }
}
