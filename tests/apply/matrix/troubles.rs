//! All that can go wrong with a write, and what comes of it.

use keysweep::emulator::{Fault, Side};
use serde_json::{Value, json};

use super::expected::{
    Came, End, Expect, after_something_else, after_something_else_seen, after_something_else_while_waiting,
    after_the_same, denied, expect, found, in_vain, refused, refused_for_long, sent_again,
};
use super::others::{Edit, deletion, is_gone_then, something_else, the_same};
use crate::rig::{Rig, STRICT};
use crate::routes::Route;

/// Something that goes wrong.
pub(super) struct Trouble {
    pub(super) name: &'static str,
    pub(super) arm: fn(&Rig, Route, usize),
    pub(super) expect: fn(Route) -> Option<Expect>,
    pub(super) hangs: bool,
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

pub(super) fn error(code: &str) -> Value {
    Fault::graph_error(code, "The emulator was told to say so.")
}

/// The reads that show what a route changed, which lag behind its write.
pub(super) fn lagging(rig: &Rig, route: Route, reads: usize) {
    let lag = Fault::on(Side::Graph, "GET", "/v1.0/*").lagging(reads).behind(&route.path());
    rig.emulator.fault(lag);
}

pub(super) const TROUBLES: &[Trouble] = &[
    // Nothing goes wrong.
    write_fault!("nothing", |fault| fault.times(0), |_| Some(expect(Came::Done, End::After, 1, 1, 1))),
    // Not carried out, and that is known.
    write_fault!(
        "429 once",
        |fault| fault.answer(429, &error("TooManyRequests")).header("Retry-After", "0.01"),
        sent_again
    ),
    write_fault!(
        "429 for ever",
        |fault| fault.answer(429, &error("TooManyRequests")).header("Retry-After", "600").always(),
        denied
    ),
    write_fault!("401 once", Fault::unauthorized, sent_again),
    write_fault!("401 for ever", |fault| fault.unauthorized().always(), |_| Some(
        expect(Came::Failed, End::Before, 2, 0, 2).hopeless()
    )),
    write_fault!("403, though the token has the permission", |fault| fault.forbidden().always(), refused),
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
        expect: |_| Some(expect(Came::Failed, End::Before, 0, 0, 0)),
        hangs: false,
    },
    // Somebody else is at it while this waits.
    Trouble {
        name: "something else was done while Graph throttled",
        arm: |rig, route, _| {
            let fault = route.fault().meanwhile(something_else(route));
            rig.emulator.fault(fault.answer(429, &error("TooManyRequests")).header("Retry-After", "0.01"));
        },
        expect: after_something_else_while_waiting,
        hangs: false,
    },
    Trouble {
        name: "something else was done while the token was renewed",
        arm: |rig, route, _| {
            rig.emulator.fault(route.fault().meanwhile(something_else(route)).unauthorized());
        },
        expect: after_something_else_while_waiting,
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
                Route::Unassign(_) => Some(expect(Came::Found, end, 1, 0, 1)),
                _ => None,
            }
        },
        hangs: false,
    },
];
