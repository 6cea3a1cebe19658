//! Rows of findings, wherever they were made.

use super::keys::{Identity, key, tell_apart};
use super::source::{Desk, Source, tenant};
use super::{Judged, aside, objects};
use crate::domain::{Credential, DecidedBy, Evidence, Finding, FindingDigest, FindingKey, RuleId, Status};
use crate::report::words::{Said, Site, accepted, say};
use crate::report::{FindingRow, Subject};

/// Adds the findings about an object by these rules, in order.
pub(super) fn about(
    judged: &Judged<'_>,
    wanted: impl Fn(RuleId) -> bool,
    source: &Source,
    desk: &Desk<'_>,
    rows: &mut Vec<FindingRow>,
) {
    let begin = rows.len();
    for finding in judged.assessment.findings.iter().filter(|finding| wanted(finding.rule)) {
        rows.push(row(finding, Site::Object(judged), source, desk));
    }
    settle(rows.get_mut(begin..).unwrap_or_default(), source);
}

/// The digests of the keys of an object's findings.
pub(super) fn keys(judged: &Judged<'_>, source: &Source, desk: &Desk<'_>) -> Vec<FindingDigest> {
    let id = judged.object.id.to_string();
    let mut keys: Vec<FindingKey> = Vec::with_capacity(judged.assessment.findings.len());
    for Finding { rule, evidence, .. } in &judged.assessment.findings {
        let Accused { identity, .. } = Accused::of(evidence, Site::Object(judged));
        keys.push(key(*rule, judged.object.kind().into(), &id, &identity));
    }
    keys.sort_unstable();
    if keys.windows(2).any(|pair| matches!(pair, [a, b] if a == b)) {
        // Numbers tell them apart, and which is which hangs on the whole rows.
        let mut rows = Vec::new();
        about(judged, |_| true, source, desk, &mut rows);
        return rows.iter().map(|row| row.key.digest()).collect();
    }
    keys.iter().map(FindingKey::digest).collect()
}

/// Those that are not about an object, in order.
pub(super) fn elsewhere(source: &Source, desk: &Desk<'_>) -> Vec<FindingRow> {
    let assessment = &source.audited.assessment;
    let tenant = assessment.tenant.iter().map(|finding| (finding, Site::Tenant));
    let policies = assessment.policies.iter().map(|(id, finding)| (finding, Site::Policy(*id)));
    let mut rows: Vec<_> =
        tenant.chain(policies).map(|(finding, site)| row(finding, site, source, desk)).collect();
    settle(&mut rows, source);
    rows
}

/// Gives each its own key, its dates and its place. Only findings about the same subject have equal keys.
fn settle(rows: &mut [FindingRow], source: &Source) {
    tell_apart(rows);
    rows.iter_mut().for_each(|row| source.dates.tell(row));
    rows.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| order(a).cmp(&order(b))));
}

fn row(finding: &Finding, site: Site<'_>, source: &Source, desk: &Desk<'_>) -> FindingRow {
    let Finding { rule, severity, evidence, status } = finding;
    let Place { object_type, object_id, app_id, display_name, owners, portal_url } =
        place(site, source, desk);
    let Accused { credential_type, credential_id, credential_name, identity, credential } =
        Accused::of(evidence, site);
    let (policy_id, policy_name) = desk.context.policies.cells(policy(evidence, site));
    let Said { mut detail, recommendation } = say(finding, site, &desk.context);
    let addition = match (site, credential) {
        (Site::Object(judged), Some(credential)) => {
            aside::addition(judged.object.key(), credential, desk.context.beside)
        }
        _ => None,
    };
    if let Some(addition) = addition.filter(|_| is_about_presence(*rule)) {
        detail.push_str(&aside::added(addition));
    }
    if let Status::Excepted(place) = status
        && let Some(exception) = desk.context.settings.exceptions.get(*place)
    {
        detail.push(' ');
        detail.push_str(&accepted(exception));
    }
    FindingRow {
        key: key(*rule, object_type, &object_id, &identity),
        rule: *rule,
        severity: *severity,
        status: *status,
        object_type,
        object_id,
        app_id,
        display_name,
        credential_type,
        credential_id,
        credential_name,
        start: credential.and_then(|credential| credential.start),
        end: credential.and_then(|credential| credential.end),
        days_left: credential.and_then(|credential| credential.days_left(desk.context.now)),
        policy_id,
        policy_name,
        owners,
        first_seen: None,
        change: None,
        detail,
        recommendation,
        portal_url,
        added_by: addition.map_or_else(String::new, |addition| aside::cell(&addition.by)),
    }
}

/// Whether a rule is about a credential being there, so that it matters who added it.
fn is_about_presence(rule: RuleId) -> bool {
    use RuleId::{ClientSecret, ForeignSecret, ServicePrincipalSecret, SymmetricKey};
    matches!(rule, ClientSecret | ServicePrincipalSecret | ForeignSecret | SymmetricKey)
}

fn place(site: Site<'_>, source: &Source, desk: &Desk<'_>) -> Place {
    match site {
        Site::Object(judged) => Place {
            object_type: judged.object.kind().into(),
            object_id: judged.object.id.to_string(),
            app_id: objects::app_id(judged.object),
            display_name: judged.object.display_name.as_str().to_owned(),
            owners: objects::owners(judged.object),
            portal_url: objects::portal_url(source.header.portal, judged.object),
        },
        // No address of a policy in the admin centre is documented.
        Site::Policy(id) => Place {
            object_type: Subject::Policy,
            object_id: id.to_string(),
            app_id: String::new(),
            display_name: desk.context.policies.name(id).to_owned(),
            owners: Vec::new(),
            portal_url: String::new(),
        },
        Site::Tenant => {
            let (object_type, object_id, display_name) = tenant(&source.header);
            let (app_id, portal_url) = Default::default();
            Place { object_type, object_id, app_id, display_name, owners: Vec::new(), portal_url }
        }
    }
}

/// The cells about where a finding was made.
struct Place {
    object_type: Subject,
    object_id: String,
    app_id: String,
    display_name: String,
    owners: Vec<String>,
    portal_url: String,
}

/// The cells about a finding's credential.
#[derive(Default)]
struct Accused<'a> {
    credential_type: &'static str,
    credential_id: String,
    credential_name: String,
    identity: Identity,
    credential: Option<&'a Credential<'a>>,
}

impl<'a> Accused<'a> {
    fn of(evidence: &Evidence, site: Site<'a>) -> Self {
        let found = match site {
            Site::Object(judged) => {
                evidence.credential().and_then(|at| judged.credential(at)).map(|found| (judged, found))
            }
            Site::Policy(_) | Site::Tenant => None,
        };
        let Some((judged, credential)) = found else {
            return Self { identity: Identity::of_evidence(evidence), ..Self::default() };
        };
        Self {
            credential_type: credential.kind.as_str(),
            credential_id: judged.credential_id(credential),
            credential_name: objects::text(credential.name),
            identity: Identity::of_credential(judged.object, credential),
            credential: Some(credential),
        }
    }
}

/// The policy a finding is about, or was decided by.
fn policy(evidence: &Evidence, site: Site<'_>) -> Option<DecidedBy> {
    match (evidence, site) {
        (Evidence::Grandfathered { decided_by, .. }, _) => Some(*decided_by),
        (Evidence::NotInForce { policy, .. } | Evidence::Weakens { policy, .. }, _) => {
            Some(DecidedBy::Policy(*policy))
        }
        (Evidence::Unrestricted { .. }, Site::Object(_))
        | (Evidence::DefaultOff | Evidence::DefaultAllows(_) | Evidence::ExemptedActors(_), Site::Tenant)
        | (_, Site::Policy(_)) => site.policy(),
        _ => None,
    }
}

fn order(row: &FindingRow) -> impl Ord + '_ {
    let FindingRow {
        key, rule, display_name, object_type, object_id, credential_type, credential_id, ..
    } = row;
    (rule, display_name, object_id, object_type, credential_type, credential_id, key)
}
