//! Both kinds of app management policies, and what the custom ones are assigned to (FACTS §5).

use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

use futures_util::future::join_all;
use serde_json::value::RawValue;

use super::convert_policy;
use super::entry::Entry;
use super::error::GraphError;
use super::gaps::{self, Problems};
use super::http::Graph;
use super::pages::{Listed, Sink};
use super::progress::{Progress, Watch};
use crate::domain::{
    Assigned, CustomPolicy, Gap, Inventory, ObjectKey, Objects, Part, PolicyId, Reach, TenantDefault, Text,
};

pub(super) const READ_POLICIES: &str = "`Policy.Read.All`";
pub(super) const READ_ASSIGNMENTS: &str = "`Application.Read.All` and `Policy.Read.All`";

/// Policies whose assignments are asked for at the same time.
const AT_ONCE: usize = 4;

/// Each of them costs a request, and no tenant comes near: more would let a run go on for hours.
pub(super) const MOST_POLICIES: usize = 2_000;

/// What was read of the policies.
#[derive(Debug, Default)]
pub(super) struct Policies {
    pub(super) default: Option<TenantDefault>,
    pub(super) custom: Vec<CustomPolicy>,
    /// Whether every custom policy was seen.
    all_seen: bool,
    pub(super) gaps: Vec<Gap>,
}

impl Policies {
    /// Tells each object which policy is assigned to it. An object that was not seen assigned has
    /// nothing only where everything was read.
    pub(super) fn assign(&self, objects: &mut Objects) {
        let whole = |policy: &CustomPolicy| matches!(policy.applies_to, Reach::Known(_));
        let all_read = self.all_seen && self.custom.iter().all(whole);
        let mut assigned: HashMap<ObjectKey, Vec<PolicyId>> = HashMap::new();
        for policy in &self.custom {
            for key in policy.applies_to.seen() {
                assigned.entry(*key).or_default().push(policy.id);
            }
        }
        for place in 0..objects.len() {
            let policies = objects.key(place).and_then(|key| assigned.remove(&key));
            let assigned = match policies.as_deref() {
                None | Some([]) if all_read => Assigned::Nothing,
                None | Some([]) => Assigned::Unread,
                Some([policy]) => Assigned::Policy(*policy),
                Some(policies) => Assigned::Several(policies.to_vec()),
            };
            objects.set_assigned(place, assigned);
        }
    }
}

/// Reads the policies anew into what an earlier run saw: objects are told what is assigned to them now, and what
/// could not be read takes the place of the gaps. The objects themselves stay as that run saw them.
pub async fn read_policies_into(graph: &Graph, inventory: &mut Inventory, progress: &dyn Progress) {
    let policies = read(graph, progress).await;
    policies.assign(&mut inventory.objects);
    inventory.gaps = gaps::in_order(policies.gaps);
    inventory.tenant_default = policies.default;
    inventory.custom_policies = policies.custom;
}

/// Reads both kinds of policies, then `appliesTo` of each custom one.
pub(super) async fn read(graph: &Graph, progress: &dyn Progress) -> Policies {
    let ((default, default_gaps), mut policies) =
        tokio::join!(tenant_default(graph, progress), custom_policies(graph, progress));
    policies.default = default;
    policies.gaps.extend(default_gaps);
    assignments(graph, &mut policies, progress).await;
    policies
}

async fn tenant_default(graph: &Graph, progress: &dyn Progress) -> (Option<TenantDefault>, Option<Gap>) {
    let watch = Watch { part: Part::TenantDefault, progress };
    let call = graph.call("policies/defaultAppManagementPolicy", None, READ_POLICIES);
    let (default, gap) = match graph.send::<Box<RawValue>>(&call, watch).await {
        Ok(json) => {
            let mut problems = Problems::default();
            let default = convert_policy::tenant_default(Entry::new(1, &json, &mut problems));
            (default, problems.gap(watch.part))
        }
        Err(error) => (None, Some(gaps::gap(watch.part, &error))),
    };
    watch.end(usize::from(default.is_some()), gap.as_slice());
    (default, gap)
}

async fn custom_policies(graph: &Graph, progress: &dyn Progress) -> Policies {
    let watch = Watch { part: Part::CustomPolicies, progress };
    let call = graph.call("policies/appManagementPolicies", None, READ_POLICIES);
    let listed: Listed<Found> = graph.list_into(&call, watch, convert_policy::custom_policy).await;
    let mut gaps = Vec::from_iter(listed.problems.gap(watch.part));
    let Found { custom, too_many, .. } = listed.items;
    if let Err(error) = &listed.end {
        gaps.push(gaps::cut_off(watch.part, error, custom.len()));
    }
    if too_many {
        let reason = format!("There are more than {MOST_POLICIES} custom policies. The others are not read.");
        gaps.push(Gap { part: watch.part, reason: Text::new(&reason) });
    }
    watch.end(custom.len(), &gaps);
    Policies { default: None, custom, all_seen: gaps.is_empty(), gaps }
}

/// Custom policies, each once, in the order in which they came.
#[derive(Default)]
struct Found {
    custom: Vec<CustomPolicy>,
    places: HashMap<PolicyId, usize>,
    too_many: bool,
}

impl Sink<CustomPolicy> for Found {
    fn put(&mut self, policy: CustomPolicy) {
        match self.places.get(&policy.id) {
            Some(place) => {
                // Listed again because it has changed.
                if let Some(seen) = self.custom.get_mut(*place) {
                    *seen = policy;
                }
            }
            None if self.custom.len() == MOST_POLICIES => self.too_many = true,
            None => {
                self.places.insert(policy.id, self.custom.len());
                self.custom.push(policy);
            }
        }
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}

/// Reads `appliesTo` of every custom policy, which is paged though nobody says so (FACTS §5.6), of a few at a
/// time.
async fn assignments(graph: &Graph, policies: &mut Policies, progress: &dyn Progress) {
    let outage = OnceLock::new();
    for some in policies.custom.chunks_mut(AT_ONCE) {
        let asked = some.iter().map(|policy| assigned_to(graph, policy.id, progress, &outage));
        let read = join_all(asked).await;
        for (policy, (applies_to, gaps)) in some.iter_mut().zip(read) {
            policy.applies_to = applies_to;
            policies.gaps.extend(gaps);
        }
    }
}

async fn assigned_to(
    graph: &Graph,
    policy: PolicyId,
    progress: &dyn Progress,
    outage: &OnceLock<GraphError>,
) -> (Reach, Vec<Gap>) {
    let watch = Watch { part: Part::Assignments(policy), progress };
    let mut gaps = Vec::new();
    let mut keys = Vec::new();
    if let Some(error) = outage.get() {
        // It would cost as much patience as the one before, and bring as little.
        gaps.push(gaps::gap(watch.part, error));
    } else {
        let path = format!("policies/appManagementPolicies/{policy}/appliesTo");
        let call = graph.call(&path, Some("$select=id,appId,displayName&$top=999"), READ_ASSIGNMENTS);
        let listed = graph.list(&call, watch, convert_policy::assignment).await;
        gaps.extend(listed.problems.gap(watch.part));
        keys.extend(BTreeSet::from_iter(listed.items));
        if let Err(error) = listed.end {
            gaps.push(gaps::cut_off(watch.part, &error, keys.len()));
            if error.is_outage() {
                outage.set(error).ok();
            }
        }
    }
    watch.end(keys.len(), &gaps);
    (if gaps.is_empty() { Reach::Known(keys) } else { Reach::Partly(keys) }, gaps)
}
