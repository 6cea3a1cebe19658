//! Why nobody is asked to do anything about a credential.

use crate::domain::Rotation;

/// Why a credential is not flagged, in a sentence.
#[must_use]
pub fn why_not_flagged(rotation: Rotation) -> &'static str {
    match rotation {
        Rotation::ManagedIdentity => {
            "Not flagged: the platform rotates the credentials of managed identities, and nobody can read them."
        }
        Rotation::ApplicationProxy => {
            "Not flagged: Application Proxy added it for pre-authentication and replaces it in time; without it, \
             the published application cannot be reached."
        }
    }
}
