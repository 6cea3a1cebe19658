//! Who is told of which object.

use std::collections::{BTreeSet, HashMap};

use super::OwnerTerms;
use crate::domain::{OwnerKind, Told};
use crate::report::{ObjectRow, Report};

/// Who is told of the objects with findings, by place; the fallback contacts have place 0.
pub(super) struct Recipients {
    addresses: Vec<String>,
    objects: HashMap<String, Vec<usize>>,
    /// Objects that nobody is told of.
    pub(super) nobody: usize,
    /// Objects whose owners have addresses, all of them elsewhere.
    pub(super) outside: usize,
    /// People who own something.
    people: usize,
    /// Owners with an address.
    addressed: usize,
}

impl Recipients {
    pub(super) fn of(report: &Report, terms: &OwnerTerms) -> Self {
        let mut found = Self {
            addresses: vec![Told::FALLBACK.to_owned()],
            objects: HashMap::new(),
            nobody: 0,
            outside: 0,
            people: 0,
            addressed: 0,
        };
        let mut places: HashMap<String, usize> = HashMap::new();
        let flagged = |row: &ObjectRow| row.worst_severity.is_some_and(|worst| terms.least <= worst);
        for row in report.objects.iter().filter(flagged) {
            found.people += row.owner_contacts.iter().filter(|owner| owner.kind == OwnerKind::User).count();
            found.addressed += row.owner_contacts.iter().filter(|owner| owner.address.is_some()).count();
            let known: BTreeSet<String> = row
                .owner_contacts
                .iter()
                .filter_map(|owner| owner.address.as_ref())
                .map(|it| it.as_str().to_ascii_lowercase())
                .collect();
            let inside: Vec<&String> =
                known.iter().filter(|address| is_inside(address, &terms.domains)).collect();
            if inside.is_empty() && !known.is_empty() {
                found.outside += 1;
            }
            if inside.is_empty() && terms.fallback.is_empty() {
                found.nobody += 1;
                continue;
            }
            let mut told = Vec::with_capacity(inside.len().max(1));
            for address in &inside {
                let next = found.addresses.len();
                let place = *places.entry((*address).clone()).or_insert(next);
                if place == next {
                    found.addresses.push((*address).clone());
                }
                told.push(place);
            }
            if told.is_empty() {
                told.push(0);
            }
            found.objects.insert(row.object_id, told);
        }
        found
    }

    /// Whether people are owners and none of them has an address: every account has one, so they may not be read. Graph
    /// then names owners by id alone.
    pub(super) fn unreadable(&self) -> bool {
        self.people > 0 && self.addressed == 0
    }

    /// The places of those who are told of an object.
    pub(super) fn of_object(&self, object_id: &str) -> &[usize] {
        self.objects.get(object_id).map_or(&[], Vec::as_slice)
    }

    pub(super) fn address(&self, place: usize) -> &str {
        self.addresses.get(place).map_or(Told::FALLBACK, String::as_str)
    }
}

/// Whether an address is of one of the domains itself: a subdomain has to be named too.
fn is_inside(address: &str, domains: &[String]) -> bool {
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
    domains.iter().any(|allowed| allowed.eq_ignore_ascii_case(domain))
}
