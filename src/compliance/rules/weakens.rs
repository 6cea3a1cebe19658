//! Custom policies that loosen the tenant default.

use super::super::effect::Comparison;
use super::super::words;
use super::{Case, Ruling};
use crate::domain::Evidence;

/// Restriction types in which the assigned custom policy gives the object more room than the tenant
/// default alone would. The admin centre's "exclusions" do this without saying so.
pub(super) fn policy_weakens_default(case: &Case<'_>) -> Vec<Ruling> {
    if !case.policies_matter() {
        return Vec::new();
    }
    match &case.comparison {
        Comparison::NoPolicy => Vec::new(),
        Comparison::Unread(why) => vec![Ruling::Undecided(words::policies(why))],
        Comparison::Compared { weaker, doubts, .. } if weaker.is_empty() => {
            doubts.iter().cloned().map(Ruling::Undecided).collect()
        }
        Comparison::Compared { policy, weaker, .. } => {
            vec![Ruling::Broken(Evidence::Weakens { policy: *policy, types: weaker.clone() })]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::*;
    use super::*;
    use crate::domain::{
        Actor, Assigned, Collection, Inventory, Limit, Object, PolicyEffect, Restriction, RestrictionKind,
        State, Text,
    };

    fn addition() -> Restriction {
        entry(RestrictionKind::PasswordAddition)
    }

    fn exempting(actors: &[&str]) -> Restriction {
        let exempted_actors = actors.iter().map(|actor| Actor(Text::new(actor))).collect();
        Restriction { exempted_actors, ..addition() }
    }

    fn days(text: &str) -> Restriction {
        lifetime(RestrictionKind::PasswordLifetime, text)
    }

    fn state(state: State) -> Restriction {
        Restriction { state, ..addition() }
    }

    fn effect(object: &Object, inventory: &Inventory) -> Option<PolicyEffect> {
        let policies = crate::compliance::Policies::of(inventory);
        crate::compliance::effect::compare(&policies, object).effect()
    }

    #[test]
    #[rustfmt::skip]
    fn a_policy_is_compared_type_by_type() {
        use PolicyEffect::{None as Same, NotInForce, Strengthens, Weakens};
        let created = application().created.unwrap();
        let from = |date| Restriction { created_on_or_after: Some(date), ..addition() };
        let unknown = || state(State::Other(Text::new("paused")));
        let other = |limit: &str| lifetime(RestrictionKind::Other(Text::new("newLifetime")), limit);
        let off = || state(State::Disabled);
        let uris = || Restriction { collection: Collection::IdentifierUris, ..addition() };
        let endless = || Restriction { limit: Limit::Missing, ..days("P1D") };
        for (case, on, custom_entries, default_entries, expected, ruling) in [
            ("nothing on either side",       true,  vec![],             vec![],             Same,        "kept"),
            ("an empty policy",              true,  vec![],             vec![addition()],   Same,        "kept"),
            ("an empty policy, off",         false, vec![],             vec![addition()],   NotInForce,  "kept"),
            ("the same block",               true,  vec![addition()],   vec![addition()],   Same,        "kept"),
            ("a block of its own",           true,  vec![addition()],   vec![],             Strengthens, "kept"),
            ("an exemption",                 true,  vec![off()],        vec![addition()],   Weakens,     "broken"),
            ("an exemption from nothing",    true,  vec![off()],        vec![],             Same,        "kept"),
            ("of the second itself",         true,  vec![from(created)], vec![addition()],  Same,        "kept"),
            ("of a second too late",         true,  vec![from(created + SECOND)], vec![addition()], Weakens, "broken"),
            ("too late, nothing to lose",    true,  vec![from(created + SECOND)], vec![],   NotInForce,  "kept"),
            ("one too late, one exempting",  true,  vec![from(created + SECOND), Restriction { state: State::Disabled, ..days("P1D") }], vec![], Same, "kept"),
            ("a second shorter",             true,  vec![days("P89DT23H59M59S")], vec![days("P90D")], Strengthens, "kept"),
            ("the same lifetime",            true,  vec![days("P3M")],  vec![days("P90D")], Same,        "kept"),
            ("a second longer",              true,  vec![days("P90DT1S")], vec![days("P90D")], Weakens,  "broken"),
            ("no limit against one",         true,  vec![endless()],    vec![days("P90D")], Weakens,     "broken"),
            ("a limit against none",         true,  vec![days("P90D")], vec![endless()],    Strengthens, "kept"),
            ("a limit that is none",         true,  vec![days("soon")], vec![days("P90D")], Same,        "undecided"),
            ("the same riddle",              true,  vec![days("soon")], vec![days("soon")], Same,        "kept"),
            ("one more actor",               true,  vec![exempting(&["a", "b"])], vec![exempting(&["a"])], Weakens, "broken"),
            ("one actor less",               true,  vec![exempting(&["a"])], vec![exempting(&["b", "a"])], Strengthens, "kept"),
            ("another actor",                true,  vec![exempting(&["a"])], vec![exempting(&["b"])], Weakens, "broken"),
            ("the same actors",              true,  vec![exempting(&["a", "b"])], vec![exempting(&["b", "a"])], Same, "kept"),
            ("weaker in one, stronger in one", true, vec![off(), days("P1D")], vec![addition()], Weakens, "broken"),
            ("weaker for sure, or perhaps",  true,  vec![days("P2D"), unknown()], vec![addition(), days("P1D")], Weakens, "broken"),
            ("an unknown type",              true,  vec![other("P2D")], vec![other("P1D")], Weakens,     "broken"),
            ("an unknown state",             true,  vec![unknown()],    vec![addition()],   Same,        "undecided"),
            ("unknown, nothing to lose",     true,  vec![unknown()],    vec![],             Same,        "kept"),
            ("a block against the unknown",  true,  vec![addition()],   vec![unknown()],    Same,        "kept"),
            ("a leaky one against it",       true,  vec![exempting(&["a"])], vec![unknown()], Same,      "undecided"),
            ("an exemption from it",         true,  vec![off()],        vec![unknown()],    Same,        "undecided"),
            ("off, against a block",         false, vec![off()],        vec![addition()],   NotInForce,  "undecided"),
            ("off, against nothing",         false, vec![addition()],   vec![],             NotInForce,  "kept"),
            ("identifier URIs",              true,  vec![uris()],       vec![],             Strengthens, "kept"),
        ] {
            let inventory = tenant_with(&default_entries, custom(on, custom_entries));
            let object = under_policy(application());
            assert_eq!(effect(&object, &inventory), Some(expected), "{case}");
            assert_eq!(gist(&rulings(policy_weakens_default, &object, &inventory)), ruling, "{case}");
        }
    }

    #[test]
    fn identifier_uris_do_not_reach_service_principals() {
        let uris = Restriction { collection: Collection::IdentifierUris, ..addition() };
        let inventory = tenant_with(&[], custom(true, vec![uris]));
        let object = under_policy(service_principal(None));
        assert_eq!(effect(&object, &inventory), Some(PolicyEffect::None));
    }

    #[test]
    fn without_both_sides_there_is_no_effect() {
        let exempting = || tenant_with(&[addition()], custom(true, vec![state(State::Disabled)]));
        let unread = Inventory { tenant_default: None, ..exempting() };
        for (case, assigned, inventory, expected) in [
            ("no policy", Assigned::Nothing, exempting(), "kept"),
            ("unread assignment", Assigned::Unread, exempting(), "undecided"),
            ("several", Assigned::Several(vec![POLICY]), exempting(), "undecided"),
            ("unread default", Assigned::Policy(POLICY), unread, "undecided"),
        ] {
            let object = Object { assigned, ..application() };
            assert_eq!(effect(&object, &inventory), None, "{case}");
            assert_eq!(gist(&rulings(policy_weakens_default, &object, &inventory)), expected, "{case}");
        }
        let held = under_policy(managed_identity());
        assert_eq!(rulings(policy_weakens_default, &held, &exempting()), []);
        assert_eq!(effect(&held, &exempting()), Some(PolicyEffect::Weakens), "it is shown all the same");
    }
}
