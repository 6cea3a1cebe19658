//! The fault matrix: every request that changes something, times everything that can go wrong with it. Each cell says
//! what came of the step, what the tenant looks like, how often something was sent and how often that was carried
//! out; then the plan is applied once more, with nothing in the way, and again nothing is doubled, lost or unrecorded.

use keysweep::domain::ObjectKind;
use keysweep::emulator::{Fault, ObjectKind as Emulated, Side, TenantData, shapes};
use keysweep::remediation::{Outcome, Skipped, StepOutcome, Stopped};
use keysweep::run::apply::{ApplyError, Refusal};
use serde_json::{Value, json};

use crate::rig::{
    BOUND_APPLICATION, BOUND_PRINCIPAL, IDLE, KEY, LOOSE, PAYROLL, PORTAL, Rig, STRICT, hasty, secret, state,
    steady,
};
use crate::routes::{Route, body};

/// What came of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Came {
    /// Done, and it is known that this did it.
    Done,
    /// It was found done.
    Found,
    /// One of these two.
    Either,
    AlreadySo,
    Gone,
    Changed,
    Failed,
    Unclear,
}

impl Came {
    fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Done { found: false, .. } => Self::Done,
            Outcome::Done { found: true, .. } => Self::Found,
            Outcome::Skipped(Skipped::AlreadySo) => Self::AlreadySo,
            Outcome::Skipped(Skipped::Gone) => Self::Gone,
            Outcome::Skipped(Skipped::Changed { .. }) => Self::Changed,
            Outcome::Failed { .. } => Self::Failed,
            Outcome::Unclear { .. } => Self::Unclear,
            other => panic!("{other:?}"),
        }
    }

    fn is(self, came: Self) -> bool {
        self == came || (self == Self::Either && matches!(came, Self::Done | Self::Found))
    }
}

type Edit = fn(&mut TenantData);

/// What the tenant looks like in the end.
#[derive(Clone, Copy)]
enum End {
    Before,
    After,
    /// As before, with this.
    BeforeAnd(Edit),
    /// As after, with this.
    AfterAnd(Edit),
    /// The step was done twice, and it is said so.
    Twice,
}

/// What to expect of a cell.
#[derive(Clone, Copy)]
struct Expect {
    came: Came,
    end: End,
    /// How often something was sent; none where that hangs on how fast the machine is.
    sent: Option<usize>,
    /// How often that was carried out.
    carried_out: usize,
    /// How often it was on record as about to be sent.
    attempts: Option<u32>,
    /// Whether the plan was stopped because the next step would not fare better.
    hopeless: bool,
    /// What comes of it when the plan is applied again, with nothing in the way; none where it is at its end.
    again: Option<Came>,
}

const fn expect(came: Came, end: End, sent: usize, carried_out: usize, attempts: u32) -> Expect {
    let again = match came {
        Came::Failed | Came::Unclear => Some(Came::Done),
        _ => None,
    };
    Expect { came, end, sent: Some(sent), carried_out, attempts: Some(attempts), hopeless: false, again }
}

impl Expect {
    const fn hopeless(self) -> Self {
        Self { hopeless: true, ..self }
    }

    const fn again(self, came: Came) -> Self {
        Self { again: Some(came), ..self }
    }

    /// Some answers may come too late for whoever waits half a second.
    const fn at_any_speed(self) -> Self {
        Self { came: Came::Either, sent: None, attempts: None, ..self }
    }
}

/// Something that goes wrong.
struct Trouble {
    name: &'static str,
    arm: fn(&Rig, Route, usize),
    expect: fn(Route) -> Option<Expect>,
    hangs: bool,
}

/// Of the write, once.
macro_rules! write_fault {
    ($name:literal, $arm:expr, $expect:expr) => {
        Trouble {
            name: $name,
            arm: |rig, route, _| {
                let arm: fn(Fault) -> Fault = $arm;
                rig.emulator.fault(arm(route.fault()));
            },
            expect: $expect,
            hangs: false,
        }
    };
}

fn error(code: &str) -> Value {
    Fault::graph_error(code, "The emulator was told to say so.")
}

/// Sent twice, because the first was not carried out.
fn sent_again(_: Route) -> Option<Expect> {
    Some(expect(Came::Done, End::After, 2, 1, 2))
}

/// Sent twice within one attempt: the writer itself may repeat what surely was not carried out.
fn repeated(_: Route) -> Option<Expect> {
    Some(expect(Came::Done, End::After, 2, 1, 1))
}

/// Carried out, and found.
fn found(_: Route) -> Option<Expect> {
    Some(expect(Came::Found, End::After, 1, 1, 1))
}

/// Refused at once.
fn refused(_: Route) -> Option<Expect> {
    Some(expect(Came::Failed, End::Before, 1, 0, 1))
}

fn denied(_: Route) -> Option<Expect> {
    Some(expect(Came::Failed, End::Before, 1, 0, 1).hopeless())
}

/// Sent three times, and never carried out.
fn in_vain(_: Route) -> Option<Expect> {
    Some(expect(Came::Unclear, End::Before, 3, 0, 3))
}

/// Refused five times: something else was always under way.
fn refused_for_long(_: Route) -> Option<Expect> {
    Some(expect(Came::Failed, End::Before, 5, 0, 5))
}

/// The reads that show what a route changed, which lag behind its write.
fn lagging(rig: &Rig, route: Route, reads: usize) {
    let lag = Fault::on(Side::Graph, "GET", "/v1.0/*").lagging(reads).behind(&route.path());
    rig.emulator.fault(lag);
}

/// What somebody else does who wants the same.
fn the_same(route: Route) -> Edit {
    use ObjectKind::{Application, ServicePrincipal};
    match route {
        Route::PatchDefault => |tenant| {
            let mut policy = tenant.default_policy().clone();
            policy["isEnabled"] = json!(true);
            for half in ["applicationRestrictions", "servicePrincipalRestrictions"] {
                let entries = &mut policy[half]["passwordCredentials"];
                let mut all = entries.as_array().cloned().unwrap_or_default();
                all.extend(["passwordAddition", "symmetricKeyAddition"].map(shapes::restriction));
                *entries = json!(all);
            }
            tenant.set_default_policy(policy);
        },
        Route::CreatePolicy => |tenant| drop(tenant.add_policy(body())),
        Route::DeletePolicy => |tenant| tenant.remove_policy(IDLE),
        Route::Assign(Application) => |tenant| tenant.assign(STRICT, Emulated::Application, PAYROLL),
        Route::Assign(ServicePrincipal) => |tenant| tenant.assign(STRICT, Emulated::ServicePrincipal, PORTAL),
        Route::Unassign(Application) => {
            |tenant| assert!(tenant.unassign(STRICT, Emulated::Application, BOUND_APPLICATION))
        }
        Route::Unassign(ServicePrincipal) => {
            |tenant| assert!(tenant.unassign(STRICT, Emulated::ServicePrincipal, BOUND_PRINCIPAL))
        }
        Route::RemovePassword(Application) => |tenant| remove_secret(tenant, Emulated::Application, PAYROLL),
        Route::RemovePassword(ServicePrincipal) => {
            |tenant| remove_secret(tenant, Emulated::ServicePrincipal, PORTAL)
        }
        Route::SwitchPrincipal => |tenant| {
            tenant.edit(Emulated::ServicePrincipal, PORTAL, |object| {
                object.insert("accountEnabled".to_owned(), json!(false));
            });
        },
    }
}

fn remove_secret(tenant: &mut TenantData, kind: Emulated, id: &str) {
    tenant.edit(kind, id, |object| {
        let passwords = object["passwordCredentials"].as_array_mut().unwrap();
        passwords.retain(|password| password["keyId"] != KEY);
    });
}

const THIRD_KEY: &str = "d0000000-0000-4000-8000-000000000003";

fn add_secret(tenant: &mut TenantData, kind: Emulated, id: &str) {
    tenant.edit(kind, id, |object| {
        object["passwordCredentials"].as_array_mut().unwrap().push(secret(THIRD_KEY));
    });
}

fn assign_loose(tenant: &mut TenantData, kind: Emulated, id: &str) {
    tenant.unassign(STRICT, kind, id);
    tenant.assign(LOOSE, kind, id);
}

/// What somebody else does who wants something else.
fn something_else(route: Route) -> Edit {
    use ObjectKind::{Application, ServicePrincipal};
    match route {
        Route::PatchDefault => |tenant| tenant.set_default_policy(json!({ "isEnabled": true })),
        Route::CreatePolicy => |tenant| {
            let mut other = body();
            other["isEnabled"] = json!(false);
            tenant.add_policy(other);
        },
        Route::DeletePolicy => |tenant| tenant.policy_mut(IDLE).unwrap()["isEnabled"] = json!(false),
        Route::Assign(Application) => |tenant| assign_loose(tenant, Emulated::Application, PAYROLL),
        Route::Assign(ServicePrincipal) => |tenant| assign_loose(tenant, Emulated::ServicePrincipal, PORTAL),
        Route::Unassign(Application) => {
            |tenant| assign_loose(tenant, Emulated::Application, BOUND_APPLICATION)
        }
        Route::Unassign(ServicePrincipal) => {
            |tenant| assign_loose(tenant, Emulated::ServicePrincipal, BOUND_PRINCIPAL)
        }
        Route::RemovePassword(Application) => |tenant| add_secret(tenant, Emulated::Application, PAYROLL),
        Route::RemovePassword(ServicePrincipal) | Route::SwitchPrincipal => {
            |tenant| add_secret(tenant, Emulated::ServicePrincipal, PORTAL)
        }
    }
}

/// Somebody deletes the object.
fn deletion(route: Route) -> Option<Edit> {
    let (kind, id) = route.object()?;
    Some(match (kind, id) {
        (_, PAYROLL) => |tenant| assert!(tenant.remove(Emulated::Application, PAYROLL)),
        (_, PORTAL) => |tenant| assert!(tenant.remove(Emulated::ServicePrincipal, PORTAL)),
        (_, BOUND_APPLICATION) => |tenant| assert!(tenant.remove(Emulated::Application, BOUND_APPLICATION)),
        _ => |tenant| assert!(tenant.remove(Emulated::ServicePrincipal, BOUND_PRINCIPAL)),
    })
}

fn is_gone_then(route: Route) -> bool {
    matches!(route, Route::DeletePolicy | Route::RemovePassword(_))
}

/// The same was done a moment before the write. What Graph does again without a word, it does.
fn after_the_same(route: Route) -> Option<Expect> {
    Some(match route {
        Route::PatchDefault | Route::SwitchPrincipal => expect(Came::Done, End::After, 1, 1, 1),
        Route::CreatePolicy => expect(Came::Done, End::AfterAnd(the_same(route)), 1, 1, 1),
        _ if is_gone_then(route) => expect(Came::Gone, End::After, 1, 0, 1),
        _ => expect(Came::AlreadySo, End::After, 1, 0, 1),
    })
}

/// Something else was done a moment before the write. Graph has no condition to write by (FACTS §5.7), so that a
/// change of a policy between the look and the write is overwritten.
fn after_something_else(route: Route) -> Option<Expect> {
    let edit = something_else(route);
    Some(match route {
        Route::PatchDefault | Route::DeletePolicy => expect(Came::Done, End::After, 1, 1, 1),
        Route::CreatePolicy | Route::RemovePassword(_) | Route::SwitchPrincipal => {
            expect(Came::Done, End::AfterAnd(edit), 1, 1, 1)
        }
        Route::Assign(_) | Route::Unassign(_) => expect(Came::Changed, End::BeforeAnd(edit), 1, 0, 1),
    })
}

/// Something else was done before the last look: nothing is sent where it matters.
fn after_something_else_seen(route: Route) -> Option<Expect> {
    let edit = something_else(route);
    Some(match route {
        Route::RemovePassword(_) | Route::SwitchPrincipal => expect(Came::Done, End::AfterAnd(edit), 1, 1, 1),
        _ => expect(Came::Changed, End::BeforeAnd(edit), 0, 0, 0),
    })
}

const TROUBLES: &[Trouble] = &[
    // Nothing goes wrong.
    write_fault!("nothing", |fault| fault.times(0), |_| Some(expect(Came::Done, End::After, 1, 1, 1))),
    // Not carried out, and that is known.
    write_fault!(
        "429 once",
        |fault| fault.answer(429, &error("TooManyRequests")).header("Retry-After", "0.01"),
        repeated
    ),
    write_fault!(
        "429 for ever",
        |fault| fault.answer(429, &error("TooManyRequests")).header("Retry-After", "600").always(),
        denied
    ),
    write_fault!("401 once", Fault::unauthorized, repeated),
    write_fault!("401 for ever", |fault| fault.unauthorized().always(), |_| Some(
        expect(Came::Failed, End::Before, 2, 0, 1).hopeless()
    )),
    write_fault!("403", |fault| fault.forbidden().always(), denied),
    write_fault!(
        "403, the directory is full",
        |fault| fault.answer(403, &error("Directory_QuotaExceeded")).always(),
        denied
    ),
    write_fault!(
        "400, a policy forbids it",
        |fault| fault.answer(400, &error("SomethingNotAllowedAsPerAppPolicy")),
        refused
    ),
    write_fault!("400", |fault| fault.answer(400, &error("Request_BadRequest")), refused),
    write_fault!("409, it is busy, once", Fault::concurrency_violation, sent_again),
    write_fault!("409, it is busy, twice", |fault| fault.concurrency_violation().times(2), |_| Some(expect(
        Came::Done,
        End::After,
        3,
        1,
        3
    ))),
    write_fault!(
        "409, it is busy, for ever",
        |fault| fault.concurrency_violation().always(),
        refused_for_long
    ),
    write_fault!("409 of another kind", |fault| fault.answer(409, &error("Conflict")), refused),
    write_fault!("412", |fault| fault.answer(412, &error("PreconditionFailed")), refused),
    write_fault!("404 once, though it is there", Fault::not_found, sent_again),
    write_fault!("404 for ever, though it is there", |fault| fault.not_found().always(), refused_for_long),
    // Not carried out, and nobody knows.
    write_fault!("500 once", |fault| fault.answer(500, &error("Service_InternalServerError")), sent_again),
    write_fault!(
        "500 twice",
        |fault| fault.answer(500, &error("Service_InternalServerError")).times(2),
        |_| Some(expect(Came::Done, End::After, 3, 1, 3))
    ),
    write_fault!(
        "500 for ever",
        |fault| fault.answer(500, &error("Service_InternalServerError")).always(),
        in_vain
    ),
    write_fault!("502 with a page", |fault| fault.answer(502, &json!("<html>")), sent_again),
    write_fault!(
        "503 with a wait",
        |fault| fault.answer(503, &error("serviceNotAvailable")).header("Retry-After", "0.01"),
        sent_again
    ),
    write_fault!("504", |fault| fault.answer(504, &Value::Null), sent_again),
    write_fault!("a page that is not Graph's", |fault| fault.answer(200, &json!("<html>")), sent_again),
    write_fault!("a redirect", |fault| fault.redirect("https://sign-in.example"), sent_again),
    write_fault!("cut before", Fault::cut, sent_again),
    write_fault!("cut before, for ever", |fault| fault.cut().always(), in_vain),
    write_fault!("reset before", Fault::reset, sent_again),
    // Carried out, and nobody knows.
    write_fault!(
        "500 after",
        |fault| fault.acting().answer(500, &error("Service_InternalServerError")),
        found
    ),
    write_fault!("502 after, with a page", |fault| fault.acting().answer(502, &json!("<html>")), found),
    write_fault!(
        "503 after, with a wait",
        |fault| fault.acting().answer(503, &error("serviceNotAvailable")).header("Retry-After", "0.01"),
        found
    ),
    write_fault!("504 after", |fault| fault.acting().answer(504, &Value::Null), found),
    write_fault!(
        "a page that is not Graph's, after",
        |fault| fault.acting().answer(200, &json!("<html>")),
        found
    ),
    write_fault!("a redirect after", |fault| fault.acting().redirect("https://sign-in.example"), found),
    write_fault!("cut after", |fault| fault.acting().cut(), found),
    write_fault!("reset after", |fault| fault.acting().reset(), found),
    // Cut before, then cut after.
    Trouble {
        name: "cut before, then cut after",
        arm: |rig, route, _| {
            rig.emulator.fault(route.fault().cut());
            rig.emulator.fault(route.fault().acting().cut());
        },
        expect: |_| Some(expect(Came::Found, End::After, 2, 1, 2)),
        hangs: false,
    },
    // Silence.
    Trouble {
        name: "silence before",
        arm: |rig, route, _| rig.emulator.fault(route.fault().hang()),
        expect: |_| Some(expect(Came::Done, End::After, 2, 1, 2).at_any_speed()),
        hangs: true,
    },
    Trouble {
        name: "silence after",
        arm: |rig, route, _| rig.emulator.fault(route.fault().acting().hang()),
        expect: |_| Some(expect(Came::Found, End::After, 1, 1, 1).at_any_speed()),
        hangs: true,
    },
    // It shows late.
    Trouble {
        name: "it shows late",
        arm: |rig, route, _| lagging(rig, route, 5),
        expect: |_| Some(expect(Came::Done, End::After, 1, 1, 1)),
        hangs: false,
    },
    Trouble {
        name: "it shows too late",
        arm: |rig, route, _| lagging(rig, route, 60),
        expect: |_| Some(expect(Came::Unclear, End::After, 1, 1, 1).again(Came::Found)),
        hangs: false,
    },
    Trouble {
        name: "cut after, and it shows late",
        arm: |rig, route, _| {
            rig.emulator.fault(route.fault().acting().cut());
            lagging(rig, route, 5);
        },
        expect: found,
        hangs: false,
    },
    Trouble {
        name: "cut after, and it shows too late",
        arm: |rig, route, _| {
            rig.emulator.fault(route.fault().acting().cut());
            lagging(rig, route, 60);
        },
        // What can be done twice without harm is done twice; what cannot is refused by Graph, and looked up later.
        expect: |route| {
            Some(match route {
                Route::PatchDefault | Route::SwitchPrincipal => {
                    expect(Came::Unclear, End::After, 2, 2, 2).again(Came::Found)
                }
                Route::CreatePolicy => expect(Came::Unclear, End::Twice, 2, 2, 2).again(Came::Unclear),
                // Graph says that it is not there any more, again and again.
                Route::DeletePolicy | Route::Unassign(_) => {
                    expect(Came::Unclear, End::After, 6, 1, 6).again(Came::Found)
                }
                Route::Assign(_) | Route::RemovePassword(_) => {
                    expect(Came::Unclear, End::After, 2, 1, 2).again(Came::Found)
                }
            })
        },
        hangs: false,
    },
    // Reading fails.
    Trouble {
        name: "the read-back fails once",
        arm: |rig, _, looks| {
            let read = Fault::on(Side::Graph, "GET", "/v1.0/*").after(looks).times(2);
            rig.emulator.fault(read.answer(500, &error("Service_InternalServerError")));
        },
        expect: |_| Some(expect(Came::Done, End::After, 1, 1, 1)),
        hangs: false,
    },
    Trouble {
        name: "the read-back fails for ever",
        arm: |rig, _, looks| {
            rig.emulator.fault(Fault::on(Side::Graph, "GET", "/v1.0/*").after(looks).cut().always());
        },
        expect: |_| Some(expect(Came::Unclear, End::After, 1, 1, 1).again(Came::Found)),
        hangs: false,
    },
    Trouble {
        name: "cut before, and the read-back fails for ever",
        arm: |rig, route, looks| {
            rig.emulator.fault(route.fault().cut());
            rig.emulator.fault(Fault::on(Side::Graph, "GET", "/v1.0/*").after(looks).cut().always());
        },
        expect: |_| Some(expect(Came::Unclear, End::Before, 1, 0, 1)),
        hangs: false,
    },
    Trouble {
        name: "the look before fails for ever",
        arm: |rig, _, _| rig.emulator.fault(Fault::on(Side::Graph, "GET", "/v1.0/*").cut().always()),
        expect: |_| Some(expect(Came::Failed, End::Before, 0, 0, 0)),
        hangs: false,
    },
    Trouble {
        name: "the look before is refused",
        arm: |rig, _, _| rig.emulator.fault(Fault::on(Side::Graph, "GET", "/v1.0/*").forbidden().always()),
        expect: |_| Some(expect(Came::Failed, End::Before, 0, 0, 0).hopeless()),
        hangs: false,
    },
    // Somebody else is at it.
    Trouble {
        name: "the same was done before the look",
        arm: |rig, route, _| rig.emulator.edit(the_same(route)),
        expect: |route| {
            Some(match route {
                _ if is_gone_then(route) => expect(Came::Gone, End::After, 0, 0, 0),
                _ => expect(Came::AlreadySo, End::After, 0, 0, 0),
            })
        },
        hangs: false,
    },
    Trouble {
        name: "the same was done after the look",
        arm: |rig, route, _| rig.emulator.fault(route.fault().meanwhile(the_same(route))),
        expect: after_the_same,
        hangs: false,
    },
    Trouble {
        name: "the same was done after the look, and the write was cut before",
        arm: |rig, route, _| rig.emulator.fault(route.fault().meanwhile(the_same(route)).cut()),
        expect: |_| Some(expect(Came::Found, End::After, 1, 0, 1)),
        hangs: false,
    },
    Trouble {
        name: "something else was done before the look",
        arm: |rig, route, _| rig.emulator.edit(something_else(route)),
        expect: after_something_else_seen,
        hangs: false,
    },
    Trouble {
        name: "something else was done after the look",
        arm: |rig, route, _| rig.emulator.fault(route.fault().meanwhile(something_else(route))),
        expect: after_something_else,
        hangs: false,
    },
    Trouble {
        name: "the object was deleted before the look",
        arm: |rig, route, _| deletion(route).into_iter().for_each(|edit| rig.emulator.edit(edit)),
        expect: |route| Some(expect(Came::Gone, End::BeforeAnd(deletion(route)?), 0, 0, 0)),
        hangs: false,
    },
    Trouble {
        name: "the object was deleted after the look",
        arm: |rig, route, _| {
            deletion(route).into_iter().for_each(|edit| rig.emulator.fault(route.fault().meanwhile(edit)));
        },
        expect: |route| Some(expect(Came::Gone, End::BeforeAnd(deletion(route)?), 1, 0, 1)),
        hangs: false,
    },
    Trouble {
        name: "the object was deleted after the look, and the write was cut before",
        arm: |rig, route, _| {
            let arm = |edit: Edit| rig.emulator.fault(route.fault().meanwhile(edit).cut());
            deletion(route).into_iter().for_each(arm);
        },
        expect: |route| {
            let end = End::BeforeAnd(deletion(route)?);
            Some(expect(Came::Unclear, end, 1, 0, 1).again(Came::Unclear))
        },
        hangs: false,
    },
    Trouble {
        name: "the policy was deleted after the look",
        arm: |rig, route, _| {
            rig.emulator.fault(route.fault().meanwhile(|tenant| tenant.remove_policy(STRICT)));
        },
        expect: |route| {
            let end = End::BeforeAnd(|tenant| tenant.remove_policy(STRICT));
            match route {
                Route::Assign(_) => Some(expect(Came::Gone, end, 1, 0, 1)),
                Route::Unassign(_) => Some(expect(Came::AlreadySo, end, 1, 0, 1)),
                _ => None,
            }
        },
        hangs: false,
    },
];

/// Fewer would be a trouble that is not met any more.
#[test]
fn the_matrix_has_so_many_cells() {
    let cells = |route| TROUBLES.iter().filter(|trouble| (trouble.expect)(route).is_some()).count();
    assert_eq!(Route::ALL.map(cells).iter().sum::<usize>(), 545);
}

async fn go_through(route: Route) {
    let mut rig = Rig::new().await;
    let ends = Ends::of(&rig, route).await;
    let mut wrong = Vec::new();
    for trouble in TROUBLES {
        let Some(expect) = (trouble.expect)(route) else { continue };
        rig.reset();
        if trouble.hangs {
            rig.wait_like(hasty());
        }
        if let Err(what) = cell(&rig, route, trouble, &expect, &ends).await {
            wrong.push(format!("{}: {what}", trouble.name));
        }
        if trouble.hangs {
            rig.wait_like(steady());
        }
    }
    assert!(wrong.is_empty(), "{route:?}: {wrong:#?}");
}

/// What the tenant looks like before and after, and how many reads come before the write.
struct Ends {
    before: TenantData,
    after: TenantData,
    looks: usize,
}

impl Ends {
    async fn of(rig: &Rig, route: Route) -> Self {
        rig.reset();
        let before = rig.emulator.edit(|tenant| tenant.clone());
        assert_eq!(Came::of(&rig.outcome(route.change(rig)).await), Came::Done);
        let after = rig.emulator.edit(|tenant| tenant.clone());
        let log = rig.emulator.log();
        let looks = log.iter().filter(|request| request.side == Side::Graph);
        let looks = looks.take_while(|request| request.method == "GET").count();
        Self { before, after, looks }
    }

    fn expected(&self, end: End) -> Value {
        let with = |tenant: &TenantData, edit: Edit| {
            let mut tenant = tenant.clone();
            edit(&mut tenant);
            told(&tenant)
        };
        match end {
            End::Before => told(&self.before),
            End::After => told(&self.after),
            End::BeforeAnd(edit) => with(&self.before, edit),
            End::AfterAnd(edit) => with(&self.after, edit),
            End::Twice => with(&self.after, the_same(Route::CreatePolicy)),
        }
    }
}

/// A state in which equal ones are equal: policies in any order, those that were created without their ids, and
/// restrictions without what is null.
fn told(tenant: &TenantData) -> Value {
    let mut state = state(tenant);
    let policies = state["policies"].as_array_mut().unwrap();
    for policy in policies.iter_mut() {
        if policy["displayName"] == body()["displayName"] {
            policy.as_object_mut().unwrap().remove("id");
        }
        *policy = keysweep::remediation::custom_policy::settings(policy);
    }
    policies.sort_by_key(Value::to_string);
    state["default"] = keysweep::remediation::tenant_default::settings(&state["default"]);
    without_nulls(&state)
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let there = members.iter().filter(|(_, held)| !held.is_null());
            Value::Object(there.map(|(name, held)| (name.clone(), without_nulls(held))).collect())
        }
        Value::Array(entries) => Value::Array(entries.iter().map(without_nulls).collect()),
        other => other.clone(),
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, is: &T, should: &T) -> Result<(), String> {
    if is == should { Ok(()) } else { Err(format!("{what} is {is:?} and should be {should:?}")) }
}

async fn cell(
    rig: &Rig,
    route: Route,
    trouble: &Trouble,
    expect: &Expect,
    ends: &Ends,
) -> Result<(), String> {
    let plan = rig.plan(vec![route.change(rig)]).await;
    (trouble.arm)(rig, route, ends.looks);
    let applied = rig.apply(&plan).await.map_err(|error| error.explain())?;
    let [StepOutcome { outcome, .. }] = applied.steps.as_slice() else { return Err("no step".to_owned()) };
    let came = Came::of(outcome);
    if !expect.came.is(came) {
        return Err(format!("it came to {outcome:?}"));
    }
    let hopeless = matches!(applied.stopped, Some(Stopped::Hopeless { .. }));
    same("hopeless", &hopeless, &expect.hopeless)?;
    judge(rig, &plan, outcome, expect, ends).await?;

    // Once more, with nothing in the way.
    rig.emulator.clear_faults();
    let (outcome, done_before) = (outcome.clone(), rig.carried_out().len());
    match (rig.apply(&plan).await, expect.again) {
        (Err(ApplyError::Refused(Refusal::Applied { .. })), None) => same("the end", &applied.stopped, &None),
        (Ok(applied), Some(expected)) => {
            let again = &applied.steps[0].outcome;
            same("what came of it again", &Came::of(again), &expected)?;
            let end = if expected == Came::Done { End::After } else { expect.end };
            same("the tenant again", &rig.emulator.edit(|tenant| told(tenant)), &ends.expected(end))?;
            let done = done_before + usize::from(expected == Came::Done);
            same("carried out again", &rig.carried_out().len(), &done)?;
            let recorded = rig.journal(&plan).await.remove(0).outcome;
            same("the journal again", &recorded.as_ref(), &Some(again))
        }
        (other, _) => Err(format!("after {outcome:?}, again: {other:?}")),
    }
}

async fn judge(
    rig: &Rig,
    plan: &keysweep::remediation::Plan,
    outcome: &Outcome,
    expect: &Expect,
    ends: &Ends,
) -> Result<(), String> {
    same("the tenant", &rig.emulator.edit(|tenant| told(tenant)), &ends.expected(expect.end))?;
    if let Some(sent) = expect.sent {
        same("sent", &rig.writes().len(), &sent)?;
        same("carried out", &rig.carried_out().len(), &expect.carried_out)?;
    }
    let entries = rig.journal(plan).await;
    same("entries", &entries.len(), &1)?;
    same("the journal", &entries[0].outcome.as_ref(), &Some(outcome))?;
    if let Some(attempts) = expect.attempts {
        same("attempts", &entries[0].attempts, &attempts)?;
    }
    same("kept", &entries[0].before.is_some(), &(0 < entries[0].attempts))?;
    same("intended", &entries[0].intended.is_some(), &(0 < entries[0].attempts))
}

macro_rules! each_trouble_of {
    ($($name:ident: $route:expr),+ $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            go_through($route).await;
        })+
    };
}

each_trouble_of! {
    changing_the_tenant_default: Route::PatchDefault,
    creating_a_policy: Route::CreatePolicy,
    deleting_a_policy: Route::DeletePolicy,
    assigning_to_an_application: Route::Assign(ObjectKind::Application),
    assigning_to_a_service_principal: Route::Assign(ObjectKind::ServicePrincipal),
    unassigning_from_an_application: Route::Unassign(ObjectKind::Application),
    unassigning_from_a_service_principal: Route::Unassign(ObjectKind::ServicePrincipal),
    removing_a_secret_of_an_application: Route::RemovePassword(ObjectKind::Application),
    removing_a_secret_of_a_service_principal: Route::RemovePassword(ObjectKind::ServicePrincipal),
    switching_a_service_principal_off: Route::SwitchPrincipal,
}
