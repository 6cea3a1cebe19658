//! The properties of the two types in version 1.0 of the published schema.

use super::ObjectKind;

/// What a property holds when nobody has set it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Blank {
    Null,
    List,
    False,
    /// A complex value, as JSON.
    Json(&'static str),
    /// Null, and returned only when it is asked for by name.
    OnlySelected,
    /// Returned only when it is asked for by name, and only of objects that have it: a property of a derived
    /// type.
    Derived,
}

use Blank::{Derived, False, Json, List, Null, OnlySelected};

const INFO: &str = r#"{"logoUrl":null,"marketingUrl":null,"privacyStatementUrl":null,"supportUrl":null,"termsOfServiceUrl":null}"#;
const PUBLISHER: &str = r#"{"addedDateTime":null,"displayName":null,"verifiedPublisherId":null}"#;
const WEB: &str = r#"{"homePageUrl":null,"implicitGrantSettings":{"enableAccessTokenIssuance":false,"enableIdTokenIssuance":false},"logoutUrl":null,"redirectUriSettings":[],"redirectUris":[]}"#;
const API: &str = r#"{"acceptMappedClaims":null,"knownClientApplications":[],"oauth2PermissionScopes":[],"preAuthorizedApplications":[],"requestedAccessTokenVersion":null}"#;
const PARENTAL: &str = r#"{"countriesBlockedForMinors":[],"legalAgeGroupRule":"Allow"}"#;
const REDIRECTS: &str = r#"{"redirectUris":[]}"#;

#[rustfmt::skip]
const APPLICATION: &[(&str, Blank)] = &[
    ("id", Null), ("deletedDateTime", Null), ("addIns", List), ("api", Json(API)), ("appId", Null),
    ("applicationTemplateId", Null), ("appRoles", List), ("authenticationBehaviors", OnlySelected),
    ("certification", Null), ("createdByAppId", Null), ("createdDateTime", Null),
    ("defaultRedirectUri", Null), ("description", Null), ("disabledByMicrosoftStatus", Null),
    ("displayName", Null), ("groupMembershipClaims", Null), ("identifierUris", List), ("info", Json(INFO)),
    ("isDeviceOnlyAuthSupported", Null), ("isDisabled", Null), ("isFallbackPublicClient", Null),
    ("keyCredentials", List), ("logo", OnlySelected), ("managerApplications", OnlySelected),
    ("nativeAuthenticationApisEnabled", Null), ("notes", Null), ("oauth2RequirePostResponse", OnlySelected),
    ("optionalClaims", Null), ("parentalControlSettings", Json(PARENTAL)), ("passwordCredentials", List),
    ("publicClient", Json(REDIRECTS)), ("publisherDomain", Null), ("requestSignatureVerification", Null),
    ("requiredResourceAccess", List), ("samlMetadataUrl", Null), ("serviceManagementReference", Null),
    ("servicePrincipalLockConfiguration", Null), ("signInAudience", Null), ("spa", Json(REDIRECTS)),
    ("tags", List), ("tokenEncryptionKeyId", Null), ("uniqueName", Null),
    ("verifiedPublisher", Json(PUBLISHER)), ("web", Json(WEB)),
];

/// `createdDateTime` is not in the schema, but the type is open and examples show it. The blueprint is a
/// property of agent identities alone; that it can be selected in listings of all is inferred.
#[rustfmt::skip]
const SERVICE_PRINCIPAL: &[(&str, Blank)] = &[
    ("id", Null), ("deletedDateTime", Null), ("accountEnabled", Null), ("addIns", List),
    ("agentIdentityBlueprintId", Derived), ("alternativeNames", List), ("appDescription", Null), ("appDisplayName", Null), ("appId", Null),
    ("applicationTemplateId", Null), ("appOwnerOrganizationId", Null), ("appRoleAssignmentRequired", False),
    ("appRoles", List), ("createdByAppId", Null), ("createdDateTime", Null),
    ("customSecurityAttributes", OnlySelected), ("description", Null), ("disabledByMicrosoftStatus", Null),
    ("displayName", Null), ("homepage", Null), ("info", Json(INFO)), ("isDisabled", Null),
    ("keyCredentials", List), ("loginUrl", Null), ("logoutUrl", Null), ("notes", Null),
    ("notificationEmailAddresses", List), ("oauth2PermissionScopes", List), ("passwordCredentials", List),
    ("preferredSingleSignOnMode", Null), ("preferredTokenSigningKeyThumbprint", Null), ("replyUrls", List),
    ("resourceSpecificApplicationPermissions", List), ("samlSingleSignOnSettings", Null),
    ("servicePrincipalNames", List), ("servicePrincipalType", Null), ("signInAudience", Null),
    ("tags", List), ("tokenEncryptionKeyId", Null), ("verifiedPublisher", Json(PUBLISHER)),
];

/// Relationships: not properties, though they are stored with the object here.
pub(super) const RELATIONSHIPS: [&str; 3] =
    ["owners", "federatedIdentityCredentials", "appManagementPolicies"];

/// The properties of a kind of object.
pub(super) fn properties(kind: ObjectKind) -> &'static [(&'static str, Blank)] {
    match kind {
        ObjectKind::Application => APPLICATION,
        ObjectKind::ServicePrincipal => SERVICE_PRINCIPAL,
    }
}

/// The place of a property among those of its kind.
pub(super) fn place(kind: ObjectKind, name: &str) -> Option<usize> {
    properties(kind).iter().position(|(property, _)| *property == name)
}

impl Blank {
    /// What an answer shows, as JSON text.
    pub(super) fn text(self) -> &'static str {
        match self {
            Null | OnlySelected => "null",
            List => "[]",
            False => "false",
            Derived => "",
            Json(text) => text,
        }
    }
}
