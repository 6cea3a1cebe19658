//! Applications and service principals from wire to domain. This and `convert_policy` are the only
//! places where the two meet.

use super::entry::Entry;
use super::lent::Lent;
use super::wire;
use crate::domain::{
    AppId, ApplicationFacts, Assigned, Details, FederatedCredential, InstanceLock, KeyCredential, KeyId,
    KeyType, Object, ObjectId, Owners, PasswordCredential, ServicePrincipalFacts, TenantId, Text,
};

/// An application of a listing, with its federated credentials. An option that is not supported may be
/// passed over in silence (FACTS §4.1): where they are absent, nobody knows whether there are any.
pub(super) fn listed_application(mut entry: Entry<'_>) -> Option<Object> {
    let wire: wire::Application<'_> = entry.read()?;
    let (expanded, more) = (wire.federated_identity_credentials.is_some(), wire.more_federated.is_some());
    let application = read_application(&mut entry, wire)?;
    if !expanded {
        entry.wrong("`federatedIdentityCredentials` was asked for and is missing");
    }
    if more {
        entry.wrong("there are more `federatedIdentityCredentials` than it may have");
    }
    Some(application)
}

/// An application by itself. None, and a problem noted, where it cannot be read or has no id.
pub(super) fn application(mut entry: Entry<'_>) -> Option<Object> {
    let wire: wire::Application<'_> = entry.read()?;
    read_application(&mut entry, wire)
}

fn read_application(entry: &mut Entry<'_>, wire: wire::Application<'_>) -> Option<Object> {
    let id = ObjectId(entry.id(wire.id.as_deref())?);
    let facts = ApplicationFacts {
        sign_in_audience: text(wire.sign_in_audience),
        is_disabled: wire.is_disabled,
        disabled_by_microsoft: text(wire.disabled_by_microsoft_status),
        lock: wire.service_principal_lock_configuration.map(lock),
        federated: each(wire.federated_identity_credentials.flatten()).map(federated).collect(),
        // Of an ordinary application the type goes without saying.
        blueprint: wire.odata_type.as_deref() == Some("#microsoft.graph.agentIdentityBlueprint"),
    };
    Some(Object {
        id,
        app_id: entry.guid("appId", wire.app_id.as_deref()).map(AppId),
        display_name: text(wire.display_name).unwrap_or_default(),
        created: entry.time("createdDateTime", wire.created_date_time.as_deref()),
        passwords: each(wire.password_credentials).map(|wire| password(entry, wire)).collect(),
        keys: each(wire.key_credentials).map(|wire| key(entry, wire)).collect(),
        notes: text(wire.notes),
        description: text(wire.description),
        tags: each(wire.tags).map(|tag| Text::new(&tag)).collect(),
        details: Details::Application(facts),
        assigned: Assigned::Unread,
        owners: Owners::Unread,
    })
}

/// A service principal, as [`application`].
pub(super) fn service_principal(mut entry: Entry<'_>) -> Option<Object> {
    let wire: wire::ServicePrincipal<'_> = entry.read()?;
    let id = ObjectId(entry.id(wire.id.as_deref())?);
    let owner = entry.guid("appOwnerOrganizationId", wire.app_owner_organization_id.as_deref());
    let facts = ServicePrincipalFacts {
        service_principal_type: text(wire.service_principal_type),
        app_owner_organization: owner.map(TenantId),
        owner_unreadable: wire.app_owner_organization_id.is_some() && owner.is_none(),
        account_enabled: wire.account_enabled,
    };
    Some(Object {
        id,
        app_id: entry.guid("appId", wire.app_id.as_deref()).map(AppId),
        display_name: text(wire.display_name).unwrap_or_default(),
        created: entry.time("createdDateTime", wire.created_date_time.as_deref()),
        passwords: each(wire.password_credentials).map(|wire| password(&mut entry, wire)).collect(),
        keys: each(wire.key_credentials).map(|wire| key(&mut entry, wire)).collect(),
        notes: text(wire.notes),
        description: text(wire.description),
        tags: each(wire.tags).map(|tag| Text::new(&tag)).collect(),
        details: Details::ServicePrincipal(facts),
        assigned: Assigned::Unread,
        owners: Owners::Unread,
    })
}

fn password(entry: &mut Entry<'_>, wire: wire::PasswordCredential<'_>) -> PasswordCredential {
    let (start, end, unreadable) =
        entry.validity("passwordCredentials", wire.start_date_time.as_deref(), wire.end_date_time.as_deref());
    PasswordCredential {
        key_id: entry.guid("passwordCredentials.keyId", wire.key_id.as_deref()).map(KeyId),
        name: text(wire.display_name),
        start,
        end,
        custom_key_identifier: identifier(wire.custom_key_identifier),
        unreadable,
    }
}

fn key(entry: &mut Entry<'_>, wire: wire::KeyCredential<'_>) -> KeyCredential {
    let (start, end, unreadable) =
        entry.validity("keyCredentials", wire.start_date_time.as_deref(), wire.end_date_time.as_deref());
    KeyCredential {
        key_id: entry.guid("keyCredentials.keyId", wire.key_id.as_deref()).map(KeyId),
        name: text(wire.display_name),
        start,
        end,
        custom_key_identifier: identifier(wire.custom_key_identifier),
        key_type: match wire.key_type.as_deref() {
            Some("AsymmetricX509Cert" | "X509CertAndPassword") => KeyType::Certificate,
            Some("Symmetric") => KeyType::Symmetric,
            other => KeyType::Other(other.map(Text::new)),
        },
        usage: text(wire.usage),
        unreadable,
    }
}

/// A federated credential by itself, as [`application`].
pub(super) fn federated_credential(mut entry: Entry<'_>) -> Option<FederatedCredential> {
    entry.read().map(federated)
}

fn federated(wire: wire::FederatedCredential<'_>) -> FederatedCredential {
    FederatedCredential {
        id: text(wire.id).unwrap_or_default(),
        name: text(wire.name).unwrap_or_default(),
        issuer: text(wire.issuer),
        subject: text(wire.subject),
    }
}

fn lock(wire: wire::Lock) -> InstanceLock {
    InstanceLock {
        is_enabled: wire.is_enabled == Some(true),
        all_properties: wire.all_properties == Some(true),
        credentials_with_usage_verify: wire.credentials_with_usage_verify == Some(true),
        credentials_with_usage_sign: wire.credentials_with_usage_sign == Some(true),
    }
}

/// An empty one would pair every credential that has none with every other (DESIGN §2.2).
fn identifier(wire: Option<Lent<'_>>) -> Option<Box<str>> {
    wire.filter(|identifier| !identifier.is_empty()).map(|identifier| Box::from(&*identifier))
}

pub(super) fn text(wire: Option<impl AsRef<str>>) -> Option<Text> {
    wire.map(|raw| Text::new(raw.as_ref()))
}

/// The members of a collection that may be null, or hold nulls.
pub(super) fn each<T>(collection: Option<Vec<Option<T>>>) -> impl Iterator<Item = T> {
    collection.into_iter().flatten().flatten()
}
