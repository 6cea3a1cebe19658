//! What a refusal means for a part that the audit can do without.

use crate::domain::{Aside, Gap, Part, Text};
use crate::graph::error::{Answer, GraphError};
use crate::graph::gaps::{self, Problems};
use crate::graph::pages::Listed;
use crate::graph::progress::Watch;

/// What Graph says where the tenant has no Entra ID P1 or P2, with 403: recorded in issues of
/// `microsoftgraph/microsoft-graph-docs` (4336, 12772, 14120).
const NO_LICENCE: &str = "Authentication_RequestFromNonPremiumTenantOrB2CTenant";

/// Why a part was not read.
#[derive(Debug)]
pub(super) enum Trouble {
    /// It is not to be had here.
    Unavailable(Text),
    /// It is, and was not read.
    Gap(Gap),
}

/// The part, with its gap put to the others.
pub(super) fn conclude<T>(
    answer: Result<Told<T>, Trouble>,
    watch: Watch<'_>,
    gaps: &mut Vec<Gap>,
) -> Aside<T> {
    match answer {
        Ok(Told { all, entries }) => {
            watch.end(entries, &[]);
            Aside::Read(all)
        }
        Err(Trouble::Unavailable(why)) => {
            tracing::info!(reason = %why, "{} are not to be had", watch.part);
            watch.unavailable();
            Aside::Unavailable(why)
        }
        Err(Trouble::Gap(gap)) => {
            watch.end(0, std::slice::from_ref(&gap));
            gaps.push(gap);
            Aside::Unread
        }
    }
}

/// What was read.
pub(super) struct Told<T> {
    pub(super) all: T,
    /// How much that is, for whoever watches.
    pub(super) entries: usize,
}

impl<T> From<Vec<T>> for Told<Vec<T>> {
    fn from(all: Vec<T>) -> Self {
        Self { entries: all.len(), all }
    }
}

impl Trouble {
    /// That of a question that was not answered.
    pub(super) fn of(part: Part, error: &GraphError) -> Self {
        match unavailable(part, error) {
            Some(why) => Self::Unavailable(Text::new(&why)),
            None => Self::Gap(gaps::gap(part, error)),
        }
    }

    /// That of an answer that contradicts itself, or what was asked.
    pub(super) fn contradiction(part: Part, reason: &str) -> Self {
        Self::Gap(Gap { part, reason: Text::new(reason) })
    }

    /// That of entries that could not be read; none where there are none.
    pub(super) fn with(part: Part, problems: &Problems) -> Result<(), Self> {
        problems.gap(part).map_or(Ok(()), |gap| Err(Self::Gap(gap)))
    }
}

/// What a listing brought, if nothing of it is missing. What was given for a while is to be had: a refusal
/// of a later page is a gap.
pub(super) fn whole<S>(listed: Listed<S>, part: Part) -> Result<S, Trouble> {
    match &listed.end {
        Err(error) if listed.has_begun() => {
            return Err(Trouble::Gap(gaps::cut_off(part, error, listed.taken)));
        }
        Err(error) => return Err(Trouble::of(part, error)),
        Ok(()) => Trouble::with(part, &listed.problems)?,
    }
    Ok(listed.items)
}

/// Why it is not to be had and what to do, where that is what the error says (FACTS §11).
fn unavailable(part: Part, error: &GraphError) -> Option<String> {
    let off = format!("or leave it out with `[audit] {} = false`", key(part)?);
    let licence = |answer: &Answer| {
        let said = said(answer);
        format!(
            "The tenant lacks a licence for it ({said}): it takes Microsoft Entra ID P1 or P2. Assign one, {off}."
        )
    };
    match error {
        GraphError::Forbidden { answer, .. } | GraphError::Rejected { answer, .. }
            if answer.status == 402 || answer.has_code(NO_LICENCE) =>
        {
            Some(licence(answer))
        }
        GraphError::Forbidden { permission, answer, .. } => Some(format!(
            "The app registration lacks {permission} ({}). Grant it and give admin consent, {off}.",
            said(answer)
        )),
        GraphError::Rejected { request, answer }
            if matches!(answer.status, 400 | 404 | 501) && !error.is_expired_page_token() =>
        {
            let said = said(answer);
            Some(format!(
                "Graph does not offer it here: it answered `{request}` with {said}. Try again later, {off}."
            ))
        }
        _ => None,
    }
}

/// Status and code: what differs from run to run is left out.
fn said(answer: &Answer) -> String {
    match answer.code() {
        Some(code) => format!("{} {code}", answer.status),
        None => answer.status.to_string(),
    }
}

/// What switches a part off.
fn key(part: Part) -> Option<&'static str> {
    match part {
        Part::Permissions => Some("application_permissions"),
        Part::DirectoryRoles => Some("directory_roles"),
        Part::SignInActivity => Some("sign_in_activity"),
        Part::AuditLog => Some("audit_log"),
        Part::DeletedApplications => Some("deleted_applications"),
        Part::AgentBlueprints => Some("agent_blueprints"),
        Part::SignIn
        | Part::Applications
        | Part::ServicePrincipals
        | Part::TenantDefault
        | Part::CustomPolicies
        | Part::Assignments(_)
        | Part::Owners => None,
    }
}
