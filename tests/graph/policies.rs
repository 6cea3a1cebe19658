//! Policies and their assignments.

use std::time::Duration;

use keysweep::domain::{
    Assigned, Collection, Inventory, Limit, ObjectId, ObjectKey, ObjectKind, Part, PolicyId, Reach,
    Restriction, RestrictionKind, State, TenantDefault,
};
use keysweep::graph::{Patience, collect};
use serde_json::{Value, json};

use crate::server::{Reply, Seen, Server};
use crate::tenant::*;

async fn default_of(body: Value) -> Inventory {
    read_from(move |request| match request.route() {
        "default" => Reply::json(&body),
        _ => quiet(request),
    })
    .await
}

/// The restrictions on applications of a tenant default with these.
async fn restrictions_of(application_restrictions: Value) -> Vec<Restriction> {
    let body = json!({"id": id(1), "isEnabled": true, "applicationRestrictions": application_restrictions});
    let inventory = default_of(body).await;
    assert!(inventory.is_complete(), "{}", reasons(&inventory));
    inventory.tenant_default.unwrap().application_restrictions
}

#[tokio::test]
async fn the_tenant_default_arrives_with_both_halves() {
    let inventory = default_of(json!({
        "id": id(1), "displayName": "Default", "isEnabled": true,
        "applicationRestrictions": {"passwordCredentials": [{"restrictionType": "passwordAddition", "state": "enabled"}]},
        "servicePrincipalRestrictions": {"keyCredentials": [
            {"restrictionType": "asymmetricKeyLifetime", "state": "disabled", "maxLifetime": "P181D"}
        ]},
    }))
    .await;
    assert!(inventory.is_complete(), "{}", reasons(&inventory));
    let TenantDefault {
        id: policy,
        display_name,
        is_enabled,
        application_restrictions,
        service_principal_restrictions,
    } = inventory.tenant_default.unwrap();
    assert_eq!((policy, display_name.as_str(), is_enabled), (PolicyId(id(1)), "Default", true));
    let [block] = application_restrictions.try_into().unwrap();
    assert_eq!(
        (block.collection, block.kind),
        (Collection::PasswordCredentials, RestrictionKind::PasswordAddition)
    );
    assert_eq!((block.state, block.limit, block.created_on_or_after), (State::Enabled, Limit::Missing, None));
    let [limit] = service_principal_restrictions.try_into().unwrap();
    assert_eq!(
        (limit.collection, limit.kind),
        (Collection::KeyCredentials, RestrictionKind::AsymmetricKeyLifetime)
    );
    assert!(matches!(limit.limit, Limit::Max { ref text, .. } if &**text == "P181D"), "{:?}", limit.limit);
    assert_eq!(limit.state, State::Disabled);
}

#[tokio::test]
async fn null_and_absent_halves_and_collections_are_empty() {
    for body in [
        json!({"id": id(1), "isEnabled": true}),
        json!({"id": id(1), "isEnabled": true, "applicationRestrictions": null, "servicePrincipalRestrictions": {}}),
        json!({"id": id(1), "isEnabled": true, "applicationRestrictions": {
            "passwordCredentials": null, "keyCredentials": [null], "identifierUris": null, "audiences": {"x": null}
        }}),
    ] {
        let inventory = default_of(body.clone()).await;
        assert!(inventory.is_complete(), "{body}: {}", reasons(&inventory));
        let default = inventory.tenant_default.unwrap();
        assert!(
            default.application_restrictions.is_empty() && default.service_principal_restrictions.is_empty()
        );
    }
}

#[tokio::test]
#[rustfmt::skip]
async fn states_types_and_limits_are_kept_as_they_are() {
    let other = |word: &str| State::Other(word.into());
    for (state, expected) in [
        (json!("enabled"), State::Enabled), (json!("disabled"), State::Disabled), (Value::Null, State::Missing),
        (json!("unknownFutureValue"), other("unknownFutureValue")), (json!("Enabled"), other("Enabled")),
    ] {
        let read = restrictions_of(json!({"passwordCredentials": [{"restrictionType": "passwordAddition", "state": state}]})).await;
        assert_eq!(read[0].state, expected);
    }
    let read = restrictions_of(json!({"passwordCredentials": [
        {"restrictionType": "unknownFutureValue"}, {"restrictionType": "customPasswordAddition", "new": 1},
        {"restrictionType": "passwordLifetime", "maxLifetime": "P4DT12H30M5S"},
        {"restrictionType": "symmetricKeyLifetime", "maxLifetime": "a fortnight"},
    ]})).await;
    let kinds: Vec<&str> = read.iter().map(|restriction| restriction.kind.as_str()).collect();
    assert_eq!(kinds, ["unknownFutureValue", "customPasswordAddition", "passwordLifetime", "symmetricKeyLifetime"]);
    assert!(read.iter().all(|restriction| restriction.state == State::Missing));
    assert!(matches!(&read[2].limit, Limit::Max { max, .. } if max.as_delta().num_seconds() == 4 * 86_400 + 45_005));
    assert_eq!(read[3].limit, Limit::Unreadable("a fortnight".into()));
}

#[tokio::test]
async fn collections_that_are_no_lists_have_a_restriction_for_each_member() {
    let read = restrictions_of(json!({
        "identifierUris": {
            "@odata.type": "#microsoft.graph.identifierUriConfiguration",
            "nonDefaultUriAddition": {"state": "enabled", "excludeSaml": true},
            "uriAdditionWithoutUniqueTenantIdentifier": null
        },
        "audiences": {"azureAdMultipleOrgs": {"state": "disabled"}},
        "redirectUris": {"uriWithWildcard": {"excludeFormats": {"a": [1]}}, "somethingNew": {}},
    }))
    .await;
    let read: Vec<_> =
        read.iter().map(|read| (read.collection.as_str(), read.kind.as_str(), read.state.as_str())).collect();
    assert_eq!(
        read,
        [
            ("identifierUris", "nonDefaultUriAddition", "enabled"),
            ("audiences", "azureAdMultipleOrgs", "disabled"),
            ("redirectUris", "somethingNew", ""),
            ("redirectUris", "uriWithWildcard", ""),
        ]
    );
}

#[tokio::test]
async fn dates_go_down_to_year_one_and_one_that_is_none_makes_the_state_unknown() {
    let with = |state: Value, date: Value| {
        json!({"id": id(1), "isEnabled": true, "applicationRestrictions": {"passwordCredentials": [
            {"restrictionType": "passwordAddition", "state": state, "restrictForAppsCreatedAfterDateTime": date}
        ]}})
    };
    let first = |inventory: Inventory| inventory.tenant_default.unwrap().application_restrictions.remove(0);
    let year_one = first(default_of(with(json!("enabled"), json!("0001-01-01T00:00:00Z"))).await);
    assert_eq!((year_one.date(), year_one.state), (None, State::Enabled));
    let dated = first(default_of(with(json!("enabled"), json!("2025-02-20T10:37:00Z"))).await);
    assert_eq!(dated.date(), Some("2025-02-20T10:37:00Z".parse().unwrap()));
    for (state, is_off) in [(json!("enabled"), false), (Value::Null, false), (json!("disabled"), true)] {
        let inventory = default_of(with(state.clone(), json!("once"))).await;
        assert_eq!(parts(&inventory), [Part::TenantDefault], "{state}");
        let read = first(inventory);
        let is_on = matches!(read.state, State::Enabled | State::Missing);
        assert!(!is_on, "without its date it must not count as in force for all: {read:?}");
        assert_eq!(read.state == State::Disabled, is_off);
    }
}

#[tokio::test]
#[rustfmt::skip]
async fn whoever_is_exempted_is_named_whatever_the_shape() {
    for (actors, named) in [
        (json!({"customSecurityAttributes": [
            {"@odata.type": "#x", "id": "Set_Attr", "operator": "equals", "value": "yes"},
            {"id": "Set_Other", "value": "no operator"},
        ]}),                                                 vec!["Set_Attr equals yes", "Set_Other equals no operator"]),
        (json!({"customSecurityAttributes": [{"id": "Set_Attr", "operator": "contains", "value": 5}]}),
                                                             vec![r#"{"id":"Set_Attr","operator":"contains","value":5}"#]),
        (json!({"users": ["lynne"], "everybody": true}),     vec!["everybody: true", "lynne"]),
        (json!({"group": {"id": "g"}}),                      vec![r#"group: {"id":"g"}"#]),
        (json!(["somebody"]),                                vec![r#"["somebody"]"#]),
        (json!({"customSecurityAttributes": []}),            vec![]),
        (json!({"customSecurityAttributes": null, "@odata.type": "#x"}), vec![]),
        (json!({"users": [null, "", {}], "everybody": false}), vec![]),
        (json!({}),                                          vec![]),
        (Value::Null,                                        vec![]),
    ] {
        let read = restrictions_of(json!({"keyCredentials": [{"restrictionType": "asymmetricKeyLifetime", "excludeActors": actors}]})).await;
        let read: Vec<&str> = read[0].exempted_actors.iter().map(|actor| actor.0.as_str()).collect();
        assert_eq!(read, named, "{actors}");
    }
}

#[tokio::test]
#[rustfmt::skip]
async fn a_tenant_default_that_cannot_be_read_whole_is_not_taken_in_part() {
    for (body, said) in [
        (json!({"id": id(1), "isEnabled": true, "applicationRestrictions": {"passwordCredentials": [{"state": 1}]}}), "`applicationRestrictions.passwordCredentials[0].state` is not as documented"),
        (json!({"id": id(1), "isEnabled": true, "applicationRestrictions": {"audiences": {"a": {"state": 1}}}}), "a restriction in `audiences` is not as documented"),
        (json!({"isEnabled": true}), "`id` is missing"),
        (json!([]), "is not as documented"),
    ] {
        let inventory = default_of(body).await;
        assert_eq!(inventory.tenant_default, None, "{said}");
        assert_eq!(parts(&inventory), [Part::TenantDefault]);
        assert!(reasons(&inventory).contains(said), "{said}: {}", reasons(&inventory));
    }
}

#[tokio::test]
async fn nothing_is_concluded_from_a_policy_that_does_not_say_whether_it_is_enabled() {
    let inventory = default_of(json!({"id": id(1)})).await;
    assert_eq!(inventory.tenant_default, None);
    assert!(reasons(&inventory).contains("`isEnabled` is missing"), "{}", reasons(&inventory));
}

const APPLICATION: &str = "#microsoft.graph.application";
const SERVICE_PRINCIPAL: &str = "#microsoft.graph.servicePrincipal";

fn assigned(odata_type: &str, number: u128) -> Value {
    json!({"@odata.type": odata_type, "id": id(number)})
}

fn policy(number: u128) -> Value {
    json!({"id": id(number), "displayName": format!("Policy {number}"), "isEnabled": true, "restrictions": null})
}

fn key(kind: ObjectKind, number: u128) -> ObjectKey {
    ObjectKey { kind, id: ObjectId(id(number)) }
}

/// Applications 1 to 3, a service principal 1, and policies 0xb1 and 0xb2.
fn two_policies(applies_to: impl Fn(&Seen, u128) -> Reply) -> impl Fn(&Seen) -> Reply {
    move |request| match request.route() {
        "applications" => Reply::page(&[application(1), application(2), application(3)]),
        "servicePrincipals" => Reply::page(&[application(1)]),
        "policies" => Reply::page(&[policy(0xb1), policy(0xb2)]),
        "appliesTo" => applies_to(request, if request.path.contains("00b1") { 0xb1 } else { 0xb2 }),
        _ => quiet(request),
    }
}

fn assignments(inventory: &Inventory) -> Vec<Assigned> {
    inventory.objects.iter().map(|object| object.assigned.clone()).collect()
}

fn by(number: u128) -> Assigned {
    Assigned::Policy(PolicyId(id(number)))
}

#[tokio::test]
async fn custom_policies_arrive_and_applications_alone_get_what_is_theirs() {
    let inventory = read_from(|request| match request.route() {
        "policies" => Reply::page(&[
            json!({"id": id(0xb1), "displayName": "Strict", "description": "d", "isEnabled": true, "restrictions": {
                "passwordCredentials": [{"restrictionType": "passwordAddition"}], "keyCredentials": null,
                "applicationRestrictions": {"identifierUris": {"nonDefaultUriAddition": {"state": "enabled"}}}
            }}),
            json!({"id": id(0xb2), "displayName": null, "description": null, "isEnabled": false, "restrictions": null}),
        ]),
        _ => quiet(request),
    })
    .await;
    assert!(inventory.is_complete(), "{}", reasons(&inventory));
    let [strict, empty] = &inventory.custom_policies[..] else { panic!("{inventory:?}") };
    assert_eq!(
        (strict.id, strict.display_name.as_str(), strict.is_enabled),
        (PolicyId(id(0xb1)), "Strict", true)
    );
    assert_eq!(strict.description.as_ref().map(|text| text.as_str()), Some("d"));
    assert_eq!(strict.restrictions_for(ObjectKind::Application).count(), 2);
    assert_eq!(strict.restrictions_for(ObjectKind::ServicePrincipal).count(), 1);
    assert!(empty.restrictions.is_empty() && !empty.is_enabled);
    assert_eq!(empty.applies_to, Reach::Known(Vec::new()));
}

#[tokio::test]
async fn assignments_are_told_apart_by_kind_and_read_to_the_last_page() {
    let inventory = read_from(two_policies(|request, policy| match (policy, request.token()) {
        (0xb1, None) => Reply::page_and(&[assigned(APPLICATION, 1)], &request.link("2")),
        (0xb1, Some(_)) => Reply::page(&[
            assigned(SERVICE_PRINCIPAL, 7),
            assigned("#microsoft.graph.agentIdentityBlueprint", 3),
            assigned(APPLICATION, 1),
        ]),
        _ => Reply::page(&[assigned(SERVICE_PRINCIPAL, 1)]),
    }))
    .await;
    assert!(inventory.is_complete(), "{}", reasons(&inventory));
    assert_eq!(assignments(&inventory), [by(0xb1), Assigned::Nothing, by(0xb1), by(0xb2)]);
    let expected = [
        key(ObjectKind::Application, 1),
        key(ObjectKind::Application, 3),
        key(ObjectKind::ServicePrincipal, 7),
    ];
    assert_eq!(inventory.custom_policies[0].applies_to, Reach::Known(expected.to_vec()));
}

#[tokio::test]
async fn an_object_that_two_policies_name_has_several() {
    let inventory = read_from(two_policies(|_, _| Reply::page(&[assigned(APPLICATION, 2)]))).await;
    assert!(inventory.is_complete());
    let several = Assigned::Several(vec![PolicyId(id(0xb1)), PolicyId(id(0xb2))]);
    assert_eq!(assignments(&inventory)[1], several);
}

#[tokio::test]
async fn where_one_applies_to_is_cut_off_whoever_was_not_seen_is_unread() {
    let inventory = read_from(two_policies(|request, policy| match (policy, request.token()) {
        (0xb1, None) => Reply::page_and(&[assigned(APPLICATION, 1)], &request.link("2")),
        (0xb1, Some(_)) => Reply::error(403, "Authorization_RequestDenied"),
        _ => Reply::page(&[assigned(APPLICATION, 2)]),
    }))
    .await;
    assert_eq!(assignments(&inventory), [by(0xb1), by(0xb2), Assigned::Unread, Assigned::Unread]);
    assert_eq!(parts(&inventory), [Part::Assignments(PolicyId(id(0xb1)))]);
    assert!(reasons(&inventory).contains("lacks `Application.Read.All` and `Policy.Read.All`"));
    let seen = vec![key(ObjectKind::Application, 1)];
    assert_eq!(inventory.custom_policies[0].applies_to, Reach::Partly(seen));
}

#[tokio::test]
#[rustfmt::skip]
async fn an_assignment_that_cannot_be_told_makes_the_policy_partly_read() {
    for (entry, said) in [
        (json!({"id": id(1)}),                     "`@odata.type` is neither"),
        (assigned("#microsoft.graph.group", 1),    "`@odata.type` is neither"),
        (json!({"@odata.type": APPLICATION}),      "`id` is missing"),
    ] {
        let inventory = read_from(two_policies(move |_, policy| match policy {
            0xb1 => Reply::page(&[entry.clone(), assigned(APPLICATION, 2)]),
            _ => Reply::page(&[]),
        })).await;
        assert_eq!(parts(&inventory), [Part::Assignments(PolicyId(id(0xb1)))], "{said}");
        assert!(reasons(&inventory).contains(said), "{said}: {}", reasons(&inventory));
        assert_eq!(assignments(&inventory), [Assigned::Unread, by(0xb1), Assigned::Unread, Assigned::Unread]);
    }
}

#[tokio::test]
async fn where_the_policies_are_not_all_seen_whoever_was_not_seen_is_unread() {
    let forbidden = Reply::error(403, "Authorization_RequestDenied");
    for second_page in [forbidden, Reply::page(&[json!({"id": id(0xb2), "isEnabled": "perhaps"})])] {
        let inventory = read_from(move |request| match (request.route(), request.token()) {
            ("applications", _) => Reply::page(&[application(1), application(2)]),
            ("policies", None) => Reply::page_and(&[policy(0xb1)], &request.link("2")),
            ("policies", Some(_)) => second_page.clone(),
            ("appliesTo", _) => Reply::page(&[assigned(APPLICATION, 1)]),
            _ => quiet(request),
        })
        .await;
        assert_eq!(parts(&inventory), [Part::CustomPolicies], "{}", reasons(&inventory));
        assert_eq!(assignments(&inventory), [by(0xb1), Assigned::Unread]);
        assert_eq!(inventory.custom_policies.len(), 1);
    }
}

#[tokio::test]
async fn refused_policies_leave_the_objects_and_name_the_permission() {
    let inventory = read_from(|request| match request.route() {
        "default" | "policies" => Reply::error(403, "Authorization_RequestDenied"),
        "applications" => Reply::page(&[application(1)]),
        _ => quiet(request),
    })
    .await;
    assert_eq!(parts(&inventory), [Part::TenantDefault, Part::CustomPolicies]);
    assert!(inventory.gaps.iter().all(|gap| gap.reason.as_str().contains("lacks `Policy.Read.All`. Grant")));
    assert_eq!(numbers(&inventory), [1]);
    assert_eq!(assignments(&inventory), [Assigned::Unread]);
}

#[tokio::test]
async fn when_graph_falls_silent_only_the_policies_asked_about_at_that_time_are_waited_for() {
    let six: Vec<Value> = (0xb1..=0xb6).map(policy).collect();
    let server = Server::start(move |request| match request.route() {
        "policies" => Reply::page(&six),
        "appliesTo" => Reply::Silence,
        _ => quiet(request),
    })
    .await;
    let patience = Patience { attempt: Duration::from_millis(250), attempts: 1, ..patience() };
    let graph = graph(&server, patience);
    let inventory = collect(&graph, tenant(), &everything(), &Watcher::default()).await;
    let missing: Vec<Part> = (0xb1..=0xb6).map(|policy| Part::Assignments(PolicyId(id(policy)))).collect();
    assert_eq!(parts(&inventory), missing);
    assert_eq!(server.seen_at("appliesTo").len(), 4);
}
