//! What a tenant is made of, as values: no I/O, no clock, no randomness.

mod arena;
mod basis;
mod beside;
mod credential;
mod exception;
mod finding;
mod history;
mod ids;
mod inventory;
mod known;
mod last_use;
mod lifetime;
mod object;
mod objects;
mod owner;
mod packed;
mod policy;
mod powers;
mod rows;
mod rule;
mod run;
mod text;
mod told;

pub use basis::{Basis, DeltaLink, DeltaState, HowRead, Since};
pub use beside::{Addition, Additions, Aside, Beside, DeletedApplication, Initiator, RoleHolder};
pub use credential::{
    Credential, CredentialAt, CredentialKind, CredentialState, FederatedCredential, KeyCredential, KeyType,
    PasswordCredential, Rotation,
};
pub use exception::{Covered, Exception, ExceptionReview, ExceptionState, Idleness, Whom};
pub use finding::{
    Assessment, Brief, Compliance, DecidedBy, Evidence, Finding, Need, ObjectAssessment, PlainSight,
    PolicyEffect, Refusal, SecretCreation, SecretVerdict, Status, TenantHalf, Undecided, Why,
};
pub use history::{
    ChainLink, Differences, FindingCounts, FindingKey, FindingRecord, History, KnownFinding, Ledger, Memory,
    Past, RunCounts, RunMark, Sha256Sum, Subject,
};
pub use ids::{AppId, KeyId, ObjectId, ObjectKey, ObjectKind, PolicyId, TenantId};
pub use inventory::{Gap, Inventory, Part};
pub use known::{FindingDigest, FindingDigests, Known};
pub use last_use::LastUse;
pub use lifetime::{LifetimeError, MaxLifetime, seconds};
pub use object::{ApplicationFacts, Assigned, Details, InstanceLock, Object, OwnedBy, ServicePrincipalFacts};
pub use objects::{BodyError, Gathering, Objects};
pub use owner::{Owner, OwnerKind, Owners, mail_address};
pub use policy::{
    Actor, Collection, CustomPolicy, Limit, Reach, Restriction, RestrictionKind, State, TenantDefault,
};
pub use powers::{Grant, Permission, Powers};
pub use rows::Rows;
pub use rule::{RuleId, RuleSet, Severity};
pub use run::{RunId, SignInMethod};
pub use text::Text;
pub use told::Told;
