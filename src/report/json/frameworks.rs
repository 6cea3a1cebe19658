//! Rows about controls.

use schemars::JsonSchema;
use serde::Serialize;

use super::filled;
use super::vocabulary::{subjects, verdicts};
use crate::domain::RuleId;
use crate::report::frameworks::{FrameworkObject, FrameworkRow};

/// A control of a framework; the members are the columns of `frameworks.csv`, and the rules that serve it.
#[derive(Serialize, JsonSchema)]
pub(super) struct Framework<'a> {
    /// Whose control it is.
    framework: &'static str,
    /// The version of the text that is followed.
    version: &'static str,
    /// The control's number in the framework.
    control: &'static str,
    /// Its title, in the framework's words.
    title: &'static str,
    /// What is said of it.
    #[schemars(extend("enum" = verdicts()))]
    verdict: &'static str,
    /// Why, a sentence each.
    reasons: &'a [String],
    /// The policies and objects behind it, the first hundred at most.
    objects: Vec<Behind<'a>>,
    /// How many there are, those not listed too.
    object_count: usize,
    /// The controls of NIST SP 800-53 Rev. 5 that it serves.
    nist: &'static [&'static str],
    /// The techniques of MITRE ATT&CK that it hinders.
    attack: &'static [&'static str],
    /// Where to read about it.
    #[schemars(extend("format" = "uri"))]
    url: &'static str,
    /// The rules whose findings say where to begin.
    rules: Vec<&'static str>,
}

/// A policy or an object behind a verdict.
#[derive(Serialize, JsonSchema)]
pub(super) struct Behind<'a> {
    /// What it is.
    #[schemars(extend("enum" = subjects()))]
    object_type: &'static str,
    /// Its id.
    object_id: &'a str,
    /// Its name; null where it has none or was not read.
    display_name: Option<&'a str>,
}

impl<'a> From<&'a FrameworkRow> for Framework<'a> {
    fn from(row: &'a FrameworkRow) -> Self {
        let FrameworkRow { control, verdict, reasons, objects, object_count } = row;
        Self {
            framework: control.framework.name(),
            version: control.framework.version(),
            control: control.id,
            title: control.title,
            verdict: verdict.as_str(),
            reasons,
            objects: objects.iter().map(Behind::from).collect(),
            object_count: *object_count,
            nist: control.nist,
            attack: control.attack,
            url: control.url,
            rules: control.rules.iter().copied().map(RuleId::as_str).collect(),
        }
    }
}

impl<'a> From<&'a FrameworkObject> for Behind<'a> {
    fn from(object: &'a FrameworkObject) -> Self {
        let FrameworkObject { object_type, object_id, display_name } = object;
        Self { object_type: object_type.as_str(), object_id, display_name: filled(display_name) }
    }
}
