//! The seal of a plan: what makes an altered one known.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use schemars::Schema;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::plan::{Plan, PlanId};

/// The version of the format. Another one may mean something else by the same words.
const VERSION: u32 = 1;

/// So much of the seal is in the name of a plan: enough to tell two of the same second apart.
const NAMED: usize = 8;

/// Why a text is no plan that can be relied on.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// No JSON, or not of the shape of a plan.
    #[error("it is no plan at line {line} column {column}: {what}")]
    Shape {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong there.
        what: String,
    },
    /// Of another version of the format.
    #[error("it is of version {0} of the format, and this program reads version {VERSION}")]
    Version(u64),
    /// It was altered after it was made.
    #[error("it was altered after it was made: its content does not fit its seal")]
    Altered,
    /// It cannot be written as JSON.
    #[error("it cannot be written as JSON")]
    Unwritable(#[source] serde_json::Error),
}

impl Plan {
    /// Names and seals a plan whose other members are final.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn sealed(mut self) -> Result<Self, SealError> {
        self.schema_version = VERSION;
        self.seal = String::new();
        self.plan_id = PlanId(String::new());
        // As it will be read: what is masked in it does not say so any more.
        let value = serde_json::to_value(&self).map_err(SealError::Unwritable)?;
        self = serde_json::from_value(value).map_err(SealError::Unwritable)?;
        let seal = self.digest()?;
        let named = seal.get(..NAMED).unwrap_or_default();
        self.plan_id = PlanId(format!("{}-{named}", stamp(self.created)));
        self.seal = seal;
        Ok(self)
    }

    /// Reads a plan and makes sure that nobody altered it.
    ///
    /// # Errors
    /// When it is no plan, of another version, or altered.
    pub fn read(text: &str) -> Result<Self, SealError> {
        let shape = |error: serde_json::Error| SealError::Shape {
            line: error.line(),
            column: error.column(),
            what: error.to_string(),
        };
        let value: Value = serde_json::from_str(text).map_err(shape)?;
        if let Some(version) = value.get("schema_version").and_then(Value::as_u64)
            && version != u64::from(VERSION)
        {
            return Err(SealError::Version(version));
        }
        let plan: Self = serde_json::from_str(text).map_err(shape)?;
        // Sealed anew it has the same seal and name, or it is not what was sealed.
        if plan.clone().sealed()? == plan { Ok(plan) } else { Err(SealError::Altered) }
    }

    /// The plan as a file: JSON, indented.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn to_json(&self) -> Result<String, SealError> {
        serde_json::to_string_pretty(self).map_err(SealError::Unwritable)
    }

    /// Of all members, each object's in the order of their names.
    fn digest(&self) -> Result<String, SealError> {
        let value = serde_json::to_value(self).map_err(SealError::Unwritable)?;
        let mut digits = String::new();
        for byte in Sha256::digest(value.to_string().as_bytes()) {
            // Into memory, which takes everything.
            let _ = write!(digits, "{byte:02x}");
        }
        Ok(digits)
    }
}

/// A time as it stands in names.
fn stamp(time: DateTime<Utc>) -> String {
    time.format("%Y%m%dT%H%M%SZ").to_string()
}

/// The JSON Schema of a plan.
#[must_use]
pub fn json_schema() -> Schema {
    schemars::schema_for!(Plan)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use uuid::Uuid;

    use crate::domain::{KeyId, ObjectId, ObjectKind, TenantId, Text};
    use crate::remediation::{Change, Plan, PlanId, Purpose, Reversal, Step, Target};

    fn plan(name: &str) -> Plan {
        let object = Target {
            object_type: ObjectKind::Application,
            object_id: ObjectId(Uuid::from_u128(1)),
            app_id: None,
            display_name: Text::new(name),
            personal_accounts: false,
        };
        let (key_id, secret_name) = (KeyId(Uuid::from_u128(2)), Some(Text::new(name)));
        let change = Change::RemovePassword { object, key_id, name: secret_name, start: None, end: None };
        let step = Step {
            number: 1,
            action: None,
            change,
            because: Vec::new(),
            fresh: false,
            reversal: Reversal::Impossible,
            consequences: Vec::new(),
        };
        let created = chrono::DateTime::UNIX_EPOCH;
        Plan {
            schema_version: 0,
            plan_id: PlanId::new(""),
            purpose: Purpose::Remediation { unattended: false },
            tenant: "contoso".to_owned(),
            tenant_id: TenantId(Uuid::from_u128(3)),
            run_id: None,
            created,
            expires: created + TimeDelta::days(7),
            steps: vec![step],
            left_out: Vec::new(),
            seal: String::new(),
        }
    }

    #[test]
    fn a_name_that_holds_a_secret_is_masked_and_stays_a_text() {
        let plan = plan(&format!("key abc8Q~{}", "x".repeat(34))).sealed().unwrap();
        let json = plan.to_json().unwrap();
        let value: serde_json::Value = serde_json::from_str(&json).unwrap();
        let change = &value["steps"][0]["change"];
        assert_eq!(
            (&change["name"], &change["object"]["display_name"]),
            (&"key abc…".into(), &"key abc…".into())
        );
        assert_eq!(Plan::read(&json).unwrap(), plan);
    }

    #[test]
    fn whatever_is_altered_shows() {
        let json = plan("Payroll").sealed().unwrap().to_json().unwrap();
        for (was, is) in [("Payroll", "payroll"), ("contoso", "fabrikam"), ("1970-01-08", "2070-01-08")] {
            let told = Plan::read(&json.replacen(was, is, 1)).unwrap_err().to_string();
            assert!(told.contains("altered"), "{was}: {told}");
        }
        assert!(Plan::read(&json.replace("  ", " ")).is_ok(), "blanks mean nothing");
    }
}
