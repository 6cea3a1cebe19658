//! `keysweep schema`: JSON Schemas of the configuration, of report.json, of a plan and of what webhooks are told.

use std::io::{self, Write};

use super::args::{self, Document};
use super::exit::{End, Failure};
use super::show;
use crate::{config, remediation, report};

pub(super) fn schema(args: &args::Schema) -> Result<End, Failure> {
    let schema = match args.document {
        Document::Config => config::schema(),
        Document::Report => report::json_schema(),
        Document::Plan => remediation::json_schema().to_value(),
        Document::Webhook => report::hook_schema(),
    };
    let text = serde_json::to_string_pretty(&schema).map_err(|error| Failure::run(error.into()))?;
    show::written(writeln!(io::stdout(), "{text}"))?;
    Ok(End::Done)
}
