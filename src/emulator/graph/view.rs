//! How much of an object an answer shows.

use serde_json::Value;

use super::query::{Expand, Query};
use super::refusal::Refusal;
use crate::emulator::ObjectKind;
use crate::emulator::schema::{self, Blank};
use crate::emulator::tenant::{Member, Record};

/// The most objects that `$expand` brings along.
const EXPANDED: usize = 20;

/// Whether the answer is about one object. Only then is the public key of a certificate shown, and only
/// when it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    One,
    Many,
}

/// What the objects of one kind look like in one answer.
#[derive(Debug, Clone)]
pub(super) struct View {
    properties: Vec<Property>,
    /// Whether what the schema does not name is shown: unasked, yes.
    open: bool,
    expand: Option<Expand>,
}

#[derive(Debug, Clone)]
pub(super) struct Property {
    pub(super) name: &'static str,
    member: Member,
    /// Whether the public keys of certificates are left out.
    hidden: bool,
    /// Name and value where nobody has set it; empty where it is left out then.
    blank: String,
}

impl View {
    pub(super) fn new(kind: ObjectKind, query: &Query, extent: Extent) -> Self {
        let mut properties = Vec::new();
        for (name, blank) in schema::properties(kind) {
            let wanted = match &query.select {
                Some(select) => select.iter().any(|selected| selected == name),
                None => !matches!(blank, Blank::OnlySelected | Blank::Derived),
            };
            if let Some(member) = Member::property(kind, name).filter(|_| wanted) {
                let hidden = *name == "keyCredentials" && (extent == Extent::Many || query.select.is_none());
                let blank = match blank {
                    Blank::Derived => String::new(),
                    _ => format!("\"{name}\":{}", blank.text()),
                };
                properties.push(Property { name, member, hidden, blank });
            }
        }
        Self { properties, open: query.select.is_none(), expand: query.expand.clone() }
    }

    /// The properties shown.
    pub(super) fn properties(&self) -> &[Property] {
        &self.properties
    }

    /// Writes an object as JSON, with these members before its own (each with a comma behind it).
    pub(super) fn write(&self, record: &Record, before: &str, out: &mut String) {
        let absent = record.absent();
        out.push('{');
        out.push_str(before);
        for property in &self.properties {
            let text = property.of(record);
            if !text.is_empty() && !absent.iter().any(|name| name == property.name) {
                out.push_str(text);
                out.push(',');
            }
        }
        for (member, text) in record.members() {
            let said = |text: &str| text.split_once(':').is_some_and(|(name, _)| before.contains(name));
            let annotation = member == Member::Annotation && !said(text);
            if annotation || (self.open && member == Member::Undeclared) {
                out.push_str(text);
                out.push(',');
            }
        }
        if let Some(expand) = &self.expand {
            self.write_expanded(expand, record, out);
        }
        if out.ends_with(',') {
            out.pop();
        }
        out.push('}');
    }

    /// What an object shows that it did not show in each of its earlier versions: members with their names.
    pub(super) fn changed<'a>(&'a self, record: &'a Record, older: &[&Record]) -> Vec<&'a str> {
        let absent = record.absent();
        let mut changed = Vec::new();
        for property in self.properties.iter().filter(|property| property.name != "id") {
            let text = property.of(record);
            let differs = older.iter().any(|older| property.of(older) != text);
            if differs && !text.is_empty() && !absent.iter().any(|name| name == property.name) {
                changed.push(text);
            }
        }
        for (member, text) in
            record.members().filter(|(member, _)| self.open && *member == Member::Undeclared)
        {
            let had = |older: &&Record| older.members().any(|known| known == (member, text));
            if !older.iter().all(had) {
                changed.push(text);
            }
        }
        changed
    }

    /// Never more than twenty, and no link to the rest.
    fn write_expanded(&self, expand: &Expand, record: &Record, out: &mut String) {
        let Some(member) = Member::relationship(&expand.relationship) else { return };
        out.push_str(&format!("\"{}\":", expand.relationship));
        match record.value(member) {
            None | Some("null" | "[]") => out.push_str("[]"),
            Some(text) => {
                let related: Vec<Value> = serde_json::from_str(text).unwrap_or_default();
                let select = expand.select.as_deref();
                let related = related.into_iter().take(EXPANDED).map(|value| selected(value, select));
                out.push_str(&Value::Array(related.collect()).to_string());
            }
        }
        out.push(',');
    }
}

impl Property {
    /// The property with its name, as JSON text.
    pub(super) fn of<'a>(&'a self, record: &'a Record) -> &'a str {
        // Only where hiding the keys makes a difference are they stored twice.
        let hidden = if self.hidden { record.member(Member::HiddenKeys) } else { None };
        hidden.or_else(|| record.member(self.member)).unwrap_or(&self.blank)
    }
}

/// Refuses properties that these kinds of object do not have.
pub(super) fn check_select(query: &Query, kinds: &[ObjectKind]) -> Result<(), Refusal> {
    let names = query.select.iter().flatten();
    for name in names {
        if !kinds.iter().any(|kind| schema::place(*kind, name).is_some()) {
            let kind = match kinds {
                [ObjectKind::Application] => "microsoft.graph.application",
                [ObjectKind::ServicePrincipal] => "microsoft.graph.servicePrincipal",
                _ => "microsoft.graph.directoryObject",
            };
            return Err(Refusal::no_property(name, kind));
        }
    }
    Ok(())
}

/// Which relationship may be expanded where.
pub(super) fn check_expand(expand: &Expand, extent: Extent) -> Result<(), Refusal> {
    match (expand.relationship.as_str(), extent) {
        ("owners" | "federatedIdentityCredentials", _) | ("appManagementPolicies", Extent::One) => Ok(()),
        (name, _) => Err(Refusal::expand(name)),
    }
}

/// A relationship as `$expand` shows it.
pub(super) fn expansion(expand: &Expand, related: Vec<Value>) -> Value {
    let related = related.into_iter().take(EXPANDED).map(|value| selected(value, expand.select.as_deref()));
    related.collect()
}

/// The members asked for of an object whose properties are not checked, its type always among them.
pub(super) fn selected(value: Value, select: Option<&[String]>) -> Value {
    match (value, select) {
        (Value::Object(members), Some(names)) => {
            let kept = |name: &String| name == "@odata.type" || names.contains(name);
            members.into_iter().filter(|(name, _)| kept(name)).collect()
        }
        (value, _) => value,
    }
}

/// What an object is related to, as it is stored.
pub(super) fn related(record: &Record, relationship: &str) -> Vec<Value> {
    let text = Member::relationship(relationship).and_then(|member| record.value(member));
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}
