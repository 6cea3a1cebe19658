//! What amounts to the whole tenant: application permissions and directory roles from which a way to Global
//! Administrator is known, each with the way.
//!
//! After the tiering of Emilien Socchi (<https://github.com/emiliensocchi/azure-tiering>, tier 0), which
//! Maester's `Test-MtHighRiskAppPermissions` carries on, and BloodHound's edges (`AZMGGrantRole`,
//! `AZMGGrantAppRoles`, `AZMGAddSecret`). Left out is
//!
//! - what is only of help beside something else (`Policy.ReadWrite.AuthenticationMethod`,
//!   `RoleManagementPolicy.*`, `AdministrativeUnit.ReadWrite.All`) or reaches only what its holder owns
//!   (`Application.ReadWrite.OwnedBy`);
//! - what nobody has tried (`Synchronization.ReadWrite.All`, `OnPremDirectorySynchronization.ReadWrite.All`);
//! - what can lock everybody out, but not in (`Policy.ReadWrite.ConditionalAccess`,
//!   `User.EnableDisableAccount.All`, `User.DeleteRestore.All`);
//! - wide access to data, which is not takeover (`Mail.ReadWrite`, `Sites.FullControl.All`, `full_access_as_app`
//!   of Exchange);
//! - roles that administer a single service.
//!
//! `[privileged]` of the configuration adds to the list and takes from it. Ids of roles are their template
//! ids, from the same list; ids of resources are those that Microsoft documents for its own applications.

use std::collections::BTreeSet;

use uuid::{Uuid, uuid};

use super::settings::Privileged;
use crate::domain::{AppId, Permission, RoleHolder};

/// Microsoft Graph.
pub const GRAPH: AppId = AppId(uuid!("00000003-0000-0000-c000-000000000000"));

/// Azure AD Graph, its predecessor.
pub const AZURE_AD_GRAPH: AppId = AppId(uuid!("00000002-0000-0000-c000-000000000000"));

/// An application permission that amounts to the whole tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Takeover {
    /// The `appId` of its resource.
    pub resource: AppId,
    /// The `value` of the app role.
    pub permission: &'static str,
    /// What its holder can do, after "it can".
    pub why: &'static str,
}

/// A directory role that amounts to the whole tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TakeoverRole {
    /// Its template id, which is also the id of its definition.
    pub template: Uuid,
    /// Its name.
    pub name: &'static str,
    /// What its holder can do, after "it can".
    pub why: &'static str,
}

const ADD_SECRET: &str = "add a secret to an application that holds more, and sign in as that";
const JOIN_GROUP: &str = "add a user to any group that is not role-assignable, and so reach what such groups are trusted with, \
     privileged Azure resources among it";
const FEDERATE: &str =
    "federate a domain with a key of its own, and sign in as a Global Administrator without password";
const RESET_OWNER: &str =
    "reset the password of a user who owns a privileged application, and sign in as that application";
const RUN_SCRIPT: &str =
    "run commands on the managed device of a Global Administrator, and take over the session there";
const JOIN_ROLE_GROUP: &str = "make a user a member of a group that holds the role Global Administrator";
const PACKAGE: &str = "let a user have an access package that leads to the role Global Administrator";
const ELIGIBLE: &str = "make a user eligible for the role Global Administrator, who then activates it";

const fn graph(permission: &'static str, why: &'static str) -> Takeover {
    Takeover { resource: GRAPH, permission, why }
}

/// The permissions, in the order of their names for each resource.
pub const PERMISSIONS: &[Takeover] = &[
    graph("AppRoleAssignment.ReadWrite.All", "grant itself any other permission, without anybody's consent"),
    graph("Application.ReadUpdate.All", ADD_SECRET),
    graph("Application.ReadWrite.All", ADD_SECRET),
    graph("DeviceManagementConfiguration.ReadWrite.All", RUN_SCRIPT),
    graph(
        "DeviceManagementRBAC.ReadWrite.All",
        "give a user Intune roles, with which to run commands on devices",
    ),
    graph("DeviceManagementScripts.ReadWrite.All", RUN_SCRIPT),
    graph("Directory.ReadWrite.All", JOIN_GROUP),
    // Not in the lists above: inferred, because it writes the same as `Domain.ReadWrite.All`.
    graph("Domain-InternalFederation.ReadWrite.All", FEDERATE),
    graph("Domain.ReadWrite.All", FEDERATE),
    graph("EntitlementManagement.ReadWrite.All", PACKAGE),
    graph("Group.ReadWrite.All", JOIN_GROUP),
    graph("GroupMember.ReadWrite.All", JOIN_GROUP),
    graph(
        "Organization.ReadWrite.All",
        "have the tenant trust a certificate authority of its own, and sign in as a Global Administrator with a \
         certificate of that",
    ),
    graph(
        "Policy.ReadWrite.PermissionGrant",
        "write a permission grant policy by which it may grant itself any other permission",
    ),
    graph("PrivilegedAccess.ReadWrite.AzureADGroup", JOIN_ROLE_GROUP),
    graph("PrivilegedAssignmentSchedule.ReadWrite.AzureADGroup", JOIN_ROLE_GROUP),
    graph(
        "PrivilegedEligibilitySchedule.ReadWrite.AzureADGroup",
        "make a user eligible for a group that holds the role Global Administrator, who then activates the \
         membership",
    ),
    graph("RoleAssignmentSchedule.ReadWrite.Directory", "assign the role Global Administrator to a user"),
    graph("RoleEligibilitySchedule.ReadWrite.Directory", ELIGIBLE),
    graph("RoleManagement.ReadWrite.Directory", "assign itself the role Global Administrator"),
    graph("User-PasswordProfile.ReadWrite.All", RESET_OWNER),
    graph(
        "User.ReadWrite.All",
        "change what dynamic groups select a user by, and so reach what such groups are trusted with, privileged \
         Azure resources among it",
    ),
    graph(
        "UserAuthenticationMethod.ReadWrite.All",
        "make a Temporary Access Pass for a Global Administrator, and sign in with that",
    ),
    Takeover { resource: AZURE_AD_GRAPH, permission: "Application.ReadWrite.All", why: ADD_SECRET },
    Takeover { resource: AZURE_AD_GRAPH, permission: "Directory.ReadWrite.All", why: JOIN_GROUP },
];

const fn role(template: Uuid, name: &'static str, why: &'static str) -> TakeoverRole {
    TakeoverRole { template, name, why }
}

/// The roles, in the order of their names.
pub const ROLES: &[TakeoverRole] = &[
    role(uuid!("9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"), "Application Administrator", ADD_SECRET),
    role(uuid!("c4e39bd9-1100-46d3-8c65-fb160da0071f"), "Authentication Administrator", RESET_OWNER),
    role(uuid!("158c047a-c907-4556-b7ef-446551a6b5f7"), "Cloud Application Administrator", ADD_SECRET),
    role(uuid!("9360feb5-f418-4baa-8175-e2a00bac4301"), "Directory Writers", JOIN_GROUP),
    role(uuid!("8329153b-31d0-4727-b945-745eb3bc5f31"), "Domain Name Administrator", FEDERATE),
    role(uuid!("be2f45a1-457d-42af-a067-6ec1fa63bc45"), "External Identity Provider Administrator", FEDERATE),
    role(uuid!("62e90394-69f5-4237-9190-012177145e10"), "Global Administrator", "do anything"),
    role(uuid!("fdd7a751-b60b-444a-984c-02652fe8fa1c"), "Groups Administrator", JOIN_GROUP),
    role(uuid!("729827e3-9c14-49f7-bb1b-9608f156bbb8"), "Helpdesk Administrator", RESET_OWNER),
    role(uuid!("8ac3fc64-6eca-42ea-9e69-59f4c7b60eb2"), "Hybrid Identity Administrator", FEDERATE),
    role(uuid!("45d8d3c5-c802-45c6-b32a-1d70b5e1e86e"), "Identity Governance Administrator", PACKAGE),
    role(uuid!("3a2c62db-5318-420d-8d74-23affee5d9d5"), "Intune Administrator", RUN_SCRIPT),
    role(uuid!("4ba39ca4-527c-499a-b93d-d9b492c50246"), "Partner Tier1 Support", ADD_SECRET),
    role(
        uuid!("e00e864a-17c5-4a4b-9c06-f5b95a8d5bd8"),
        "Partner Tier2 Support",
        "reset the password of a Global Administrator",
    ),
    role(uuid!("966707d0-3269-4727-9be2-8c3a10f19b9d"), "Password Administrator", RESET_OWNER),
    role(
        uuid!("7be44c8a-adaf-4e2a-84d6-ab2649e08a13"),
        "Privileged Authentication Administrator",
        "reset the password of a Global Administrator",
    ),
    role(
        uuid!("e8611ab8-c189-46e8-94e1-60213ab1f814"),
        "Privileged Role Administrator",
        "assign itself the role Global Administrator",
    ),
    role(uuid!("194ae4cb-b126-40b2-bd5b-6091b380977d"), "Security Administrator", FEDERATE),
    role(uuid!("fe930be7-5e62-47db-91af-98c3a49a38b1"), "User Administrator", RESET_OWNER),
];

/// What the holder of a permission can do, where it is on the list.
#[must_use]
pub fn why_permission(permission: &Permission) -> Option<&'static str> {
    let Permission { resource, resource_name: _, name } = permission;
    let listed = |one: &&Takeover| one.resource == *resource && one.permission == name.as_str();
    PERMISSIONS.iter().find(listed).map(|takeover| takeover.why)
}

/// The role on the list with this name.
#[must_use]
pub fn role_named(name: &str) -> Option<&'static TakeoverRole> {
    ROLES.iter().find(|role| role.name == name)
}

/// Every name on the list, permissions first, those of several resources once.
pub fn names() -> impl Iterator<Item = &'static str> {
    let ours = PERMISSIONS.iter().filter(|takeover| takeover.resource == GRAPH);
    ours.map(|takeover| takeover.permission).chain(ROLES.iter().map(|role| role.name))
}

impl Privileged {
    /// Whether a permission counts as the whole tenant.
    pub(super) fn counts_permission(&self, permission: &Permission) -> bool {
        let name = permission.name.as_str();
        !has(&self.except, name) && (has(&self.also, name) || why_permission(permission).is_some())
    }

    /// Whether a permission of which only the id is known may be one of the list.
    pub(super) fn may_count(&self, permission: &Permission) -> bool {
        !has(&self.except, permission.name.as_str())
            && PERMISSIONS.iter().any(|entry| entry.resource == permission.resource)
    }

    /// The name of a role that counts as the whole tenant: one that reaches no more than an administrative
    /// unit or an application does not.
    pub(super) fn counting_role(&self, holder: &RoleHolder) -> Option<String> {
        let RoleHolder { principal: _, app_id: _, definition, name, scope } = holder;
        let template = Uuid::parse_str(definition.as_str()).ok();
        let listed = ROLES.iter().find(|role| Some(role.template) == template);
        let told = name.as_ref().map(|name| name.as_str());
        let name = listed.map(|role| role.name).or(told).unwrap_or(definition.as_str());
        let among = |names| has(names, name) || has(names, definition.as_str());
        let counts = among(&self.also) || listed.is_some();
        let counts = scope.as_str() == "/" && counts && !among(&self.except);
        counts.then(|| name.to_owned())
    }
}

/// Whether a name stands among others: in Graph upper and lower case make no difference.
fn has(names: &BTreeSet<String>, name: &str) -> bool {
    names.iter().any(|other| other.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_there_once_and_says_why() {
        let permissions: BTreeSet<_> = PERMISSIONS.iter().map(|one| (one.resource, one.permission)).collect();
        assert_eq!(permissions.len(), PERMISSIONS.len());
        let roles: BTreeSet<_> = ROLES.iter().map(|role| role.template).collect();
        assert_eq!(roles.len(), ROLES.len());
        assert!(ROLES.is_sorted_by_key(|role| role.name));
        assert!(PERMISSIONS.is_sorted_by_key(|one| (one.resource != GRAPH, one.permission)));
        let whys = PERMISSIONS.iter().map(|one| one.why).chain(ROLES.iter().map(|role| role.why));
        for why in whys {
            assert!(
                why.starts_with(char::is_lowercase) && !why.ends_with('.') && !why.contains("  "),
                "{why}"
            );
        }
    }

    #[test]
    fn whoever_has_a_name_on_both_lists_can_name_it_once() {
        let names: Vec<_> = names().collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
        for takeover in PERMISSIONS {
            assert!(names.contains(&takeover.permission), "{}", takeover.permission);
        }
    }
}
