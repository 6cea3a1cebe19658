//! By what a finding is recognised in another run.

use std::collections::HashSet;

use super::credential_id;
use crate::domain::{Credential, CredentialAt, Evidence, FindingKey, Object, RuleId};
use crate::report::words::instant;
use crate::report::{FindingRow, Subject, sha256};

/// An id longer than this, or with anything but plain signs in it, stands in a key as its digest: what
/// somebody wrote into the directory must neither swell nor break an index.
const LONGEST_ID: usize = 64;

/// The key of a finding, but for the number that tells equal ones apart.
pub(super) fn key(rule: RuleId, subject: Subject, id: &str, what: &Identity) -> FindingKey {
    let Identity { kind, id: which } = what;
    FindingKey(format!("{rule}/{}/{id}/{kind}/{which}", subject.as_str()))
}

/// What a finding is about, where that is not the subject as a whole.
#[derive(Default)]
pub(super) struct Identity {
    kind: &'static str,
    id: String,
}

impl Identity {
    /// A credential, by its id. One without is known by what it began with: its name and its start do not
    /// change with time, nor with what stands beside it. A SAML certificate is listed twice, and which of
    /// the two entries stands for it is up to Graph's order: it is known by its thumbprint.
    pub(super) fn of_credential(object: &Object, credential: &Credential<'_>) -> Self {
        let kind = credential.kind.as_str();
        if let (CredentialAt::Key(index), true) = (credential.at, object.signs_tokens(credential))
            && let Some(thumbprint) =
                object.keys.get(index).and_then(|key| key.custom_key_identifier.as_deref())
        {
            return Self { kind, id: digest(&["thumbprint", thumbprint]) };
        }
        let id = credential_id(object, credential);
        let plain = id.len() <= LONGEST_ID && id.bytes().all(|sign| sign.is_ascii_graphic());
        let id = match (id.as_str(), plain) {
            ("", _) => digest(&[
                credential.name.map_or("", |name| name.as_str()),
                &credential.start.map(instant).unwrap_or_default(),
            ]),
            (_, true) => id,
            (id, false) => digest(&[id]),
        };
        Self { kind, id }
    }

    /// What else the evidence names, of which a subject can have several.
    pub(super) fn of_evidence(evidence: &Evidence) -> Self {
        let id = evidence.exception().map_or_else(String::new, |about| digest(&[&about.identity()]));
        Self { kind: "", id }
    }
}

/// Short, and of plain signs only.
fn digest(parts: &[&str]) -> String {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(part.len().to_string().as_bytes());
        bytes.push(b':');
        bytes.extend_from_slice(part.as_bytes());
    }
    let sum = sha256(&bytes).to_string();
    format!("~{}", sum.get(..32).unwrap_or(&sum))
}

/// Numbers findings whose keys are equal, so that each is its own. Credentials that nothing tells apart
/// but their ends come in that order; where not even that does, it does not matter which is which.
pub(super) fn tell_apart(rows: &mut [FindingRow]) {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let fine = |row: &FindingRow| (row.credential_name.clone(), row.start, row.end, row.detail.clone());
    order.sort_by(|a, b| match (rows.get(*a), rows.get(*b)) {
        (Some(a), Some(b)) => a.key.cmp(&b.key).then_with(|| fine(a).cmp(&fine(b))),
        _ => a.cmp(b),
    });
    let mut taken = HashSet::with_capacity(rows.len());
    for index in order {
        let Some(row) = rows.get_mut(index) else { continue };
        let base = row.key.0.clone();
        let mut number = 1;
        while !taken.insert(row.key.clone()) {
            number += 1;
            row.key = FindingKey(format!("{base}#{number}"));
        }
    }
}
