//! Rows of findings, wherever they were made.

use super::keys::{Identity, key, tell_apart};
use super::{Context, Judged, objects};
use crate::domain::{Assessment, Credential, DecidedBy, Evidence, Finding, Status};
use crate::report::words::{Said, Site, accepted, say};
use crate::report::{FindingRow, Header, Subject};

/// Collects the findings of a report.
pub(super) struct Findings<'a> {
    header: &'a Header,
    context: &'a Context<'a>,
    rows: Vec<FindingRow>,
}

impl<'a> Findings<'a> {
    /// Begins with those that are not about an object.
    pub(super) fn begin(assessment: &Assessment, header: &'a Header, context: &'a Context<'a>) -> Self {
        let mut findings = Self { header, context, rows: Vec::new() };
        for finding in &assessment.tenant {
            findings.add(finding, Site::Tenant);
        }
        for (id, finding) in &assessment.policies {
            findings.add(finding, Site::Policy(*id));
        }
        findings
    }

    /// Adds those about an object.
    pub(super) fn about(&mut self, judged: &Judged<'_>) {
        for finding in &judged.assessment.findings {
            self.add(finding, Site::Object(judged));
        }
    }

    /// All of them: worst first, then by rule, name and id.
    pub(super) fn sorted(mut self) -> Vec<FindingRow> {
        tell_apart(&mut self.rows);
        self.rows.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| order(a).cmp(&order(b))));
        self.rows
    }

    fn add(&mut self, finding: &Finding, site: Site<'_>) {
        let Finding { rule, severity, evidence, status } = finding;
        let Place { object_type, object_id, app_id, display_name, owners, portal_url } = self.place(site);
        let Accused { credential_type, credential_id, credential_name, identity, credential } =
            Accused::of(evidence, site);
        let (policy_id, policy_name) = self.context.policies.cells(policy(evidence, site));
        let Said { mut detail, recommendation } = say(finding, site, self.context);
        if let Status::Excepted(place) = status
            && let Some(exception) = self.context.settings.exceptions.get(*place)
        {
            detail.push(' ');
            detail.push_str(&accepted(exception));
        }
        self.rows.push(FindingRow {
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
            days_left: credential.and_then(|credential| credential.days_left(self.context.now)),
            policy_id,
            policy_name,
            owners,
            first_seen: None,
            change: None,
            detail,
            recommendation,
            portal_url,
        });
    }

    fn place(&self, site: Site<'_>) -> Place {
        match site {
            Site::Object(judged) => Place {
                object_type: judged.object.kind().into(),
                object_id: judged.object.id.to_string(),
                app_id: objects::app_id(judged.object),
                display_name: judged.object.display_name.as_str().to_owned(),
                owners: objects::owners(judged.object),
                portal_url: objects::portal_url(self.header.portal, judged.object),
            },
            // No address of a policy in the admin centre is documented.
            Site::Policy(id) => Place {
                object_type: Subject::Policy,
                object_id: id.to_string(),
                app_id: String::new(),
                display_name: self.context.policies.name(id).to_owned(),
                owners: Vec::new(),
                portal_url: String::new(),
            },
            Site::Tenant => Place {
                object_type: Subject::Tenant,
                object_id: self.header.tenant_id.to_string(),
                app_id: String::new(),
                display_name: self.header.tenant.clone(),
                owners: Vec::new(),
                portal_url: String::new(),
            },
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
