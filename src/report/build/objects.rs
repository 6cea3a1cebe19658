//! Rows of objects and of their credentials.

use chrono::TimeDelta;

use super::{Context, Judged, aside};
use crate::domain::{
    AppId, Assigned, Credential, CredentialKind, DecidedBy, Object, ObjectAssessment, ObjectKind, Owner,
    Owners, PolicyEffect, Rotation, SecretVerdict,
};
use crate::report::words::{why, why_not_flagged};
use crate::report::{CredentialRow, Header, ObjectRow};

/// The row of an object.
pub(super) fn row(judged: &Judged<'_>, header: &Header, context: &Context<'_>) -> ObjectRow {
    let Judged { object, assessment, credentials: _ } = judged;
    let ObjectAssessment {
        secret_creation,
        policy_effect,
        findings: _,
        undecided: _,
        compliance,
        rotated: _,
    } = assessment;
    let SecretVerdict { creation, decided_by, why: _ } = secret_creation;
    let active = |kind| count(judged, kind, true, context);
    let expired = |kind| count(judged, kind, false, context);
    let (assigned_policy_id, assigned_policy_name) = assigned(object, context);
    let application = object.application();
    let service_principal = object.service_principal();
    ObjectRow {
        object_type: object.kind().into(),
        object_id: object.id.to_string(),
        app_id: app_id(object),
        display_name: object.display_name.as_str().to_owned(),
        created: object.created,
        sign_in_audience: text(application.and_then(|facts| facts.sign_in_audience.as_ref())),
        owned_by: object.owned_by(context.tenant).as_str(),
        service_principal_type: text(
            service_principal.and_then(|facts| facts.service_principal_type.as_ref()),
        ),
        enabled: object.enabled(),
        owners: owners(object),
        owner_contacts: contacts(object).to_vec(),
        active_secrets: active(CredentialKind::ClientSecret),
        expired_secrets: expired(CredentialKind::ClientSecret),
        active_certificates: active(CredentialKind::Certificate),
        expired_certificates: expired(CredentialKind::Certificate),
        symmetric_keys: active(CredentialKind::SymmetricKey),
        federated_credentials: active(CredentialKind::Federated),
        assigned_policy_id,
        assigned_policy_name,
        policy_effect: policy_effect.map_or("", PolicyEffect::as_str),
        secret_creation: creation.as_str(),
        decided_by: decider(*decided_by),
        reason: why(secret_creation, object, &context.policies),
        compliance: compliance.as_str(),
        worst_severity: assessment.worst_severity(),
        portal_url: portal_url(header.portal, object),
        last_sign_in: aside::last_sign_in(object, context),
        permissions: aside::permissions(object, context),
        directory_roles: context.roles.of_object(object),
        agent_blueprint: application.is_some_and(|facts| facts.blueprint),
    }
}

/// The rows of an object's credentials, as Graph lists them.
pub(super) fn credentials(judged: &Judged<'_>, context: &Context<'_>) -> impl Iterator<Item = CredentialRow> {
    judged.credentials.iter().map(|credential| {
        let Credential { at: _, kind, repeats, rotated_by, key_id: _, name, usage, start, end, unreadable } =
            *credential;
        CredentialRow {
            object_type: judged.object.kind().into(),
            object_id: judged.object.id.to_string(),
            app_id: app_id(judged.object),
            display_name: judged.object.display_name.as_str().to_owned(),
            credential_type: kind.as_str(),
            usage: text(usage),
            credential_id: judged.credential_id(credential),
            credential_name: text(name),
            start,
            end,
            lifetime_days: credential.lifetime().map(whole_days),
            days_left: credential.days_left(context.now),
            state: if unreadable { "" } else { credential.state(context.now).as_str() },
            last_used: aside::last_used(credential, context),
            not_flagged: not_flagged(kind, rotated_by),
            repeats,
        }
    })
}

/// Why no rule speaks of a credential, where none does.
fn not_flagged(kind: CredentialKind, rotated_by: Option<Rotation>) -> &'static str {
    match (rotated_by, kind) {
        (Some(rotation), _) => why_not_flagged(rotation),
        (None, CredentialKind::SamlSigningPassword) => {
            "Not flagged: it opens the key that signs SAML tokens, and nobody can sign in with it."
        }
        (None, _) => "",
    }
}

/// How many credentials of a kind are unexpired, or expired. The second listing of a SAML
/// certificate is not counted again.
fn count(judged: &Judged<'_>, kind: CredentialKind, unexpired: bool, context: &Context<'_>) -> usize {
    let counts = |credential: &&Credential<'_>| {
        credential.kind == kind && !credential.repeats && credential.is_unexpired(context.now) == unexpired
    };
    judged.credentials.iter().filter(counts).count()
}

/// The custom policies seen assigned, by ids and by names.
fn assigned(object: &Object, context: &Context<'_>) -> (String, String) {
    let several = match &object.assigned {
        Assigned::Policy(id) => std::slice::from_ref(id),
        Assigned::Several(ids) => ids.as_slice(),
        Assigned::Nothing | Assigned::Unread => &[],
    };
    let ids: Vec<_> = several.iter().map(ToString::to_string).collect();
    let names: Vec<_> = several.iter().map(|id| context.policies.name(*id)).collect();
    (ids.join("; "), names.join("; "))
}

/// The word for what decides.
fn decider(decided_by: Option<DecidedBy>) -> String {
    match decided_by {
        Some(DecidedBy::TenantDefault) => "tenant-default".to_owned(),
        Some(DecidedBy::Policy(id)) => format!("policy:{id}"),
        Some(DecidedBy::Nothing) => "none".to_owned(),
        None => String::new(),
    }
}

/// The `appId`, or nothing.
pub(in crate::report) fn app_id(object: &Object) -> String {
    object.app_id.map_or_else(String::new, |AppId(id)| id.to_string())
}

/// The names of its owners, where they were read.
pub(super) fn owners(object: &Object) -> Vec<String> {
    contacts(object).iter().map(|owner| owner.name.as_str().to_owned()).collect()
}

/// Its owners, where they were read.
fn contacts(object: &Object) -> &[Owner] {
    match &object.owners {
        Owners::Named(owners) => owners,
        Owners::Unread | Owners::Nobody | Owners::Somebody => &[],
    }
}

/// Where the admin centre shows an object. Without its `appId` the address is not known.
pub(in crate::report) fn portal_url(portal: &str, object: &Object) -> String {
    let Some(app_id) = object.app_id else { return String::new() };
    match object.kind() {
        ObjectKind::Application => format!(
            "{portal}/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/Credentials/appId/{app_id}"
        ),
        ObjectKind::ServicePrincipal => format!(
            "{portal}/#view/Microsoft_AAD_IAM/ManagedAppMenuBlade/~/Overview/objectId/{}/appId/{app_id}",
            object.id,
        ),
    }
}

/// Foreign text, or nothing.
pub(super) fn text(text: Option<&crate::domain::Text>) -> String {
    text.map_or_else(String::new, |text| text.as_str().to_owned())
}

/// Days rounded down, so that an end before the start is a negative lifetime, never zero.
fn whole_days(lifetime: TimeDelta) -> i64 {
    let days = lifetime.num_days();
    if TimeDelta::days(days) > lifetime { days - 1 } else { days }
}
