//! `keysweep policy create`.

use std::fs;
use std::path::Path;

use serde_json::json;
use toml::{Table, Value};

use super::counter::{Counter, Known, name_of, unread};
use super::which;
use crate::cli::args;
use crate::cli::exit::{End, Failure};
use crate::config::{Problems, parse_policy};
use crate::graph::look;
use crate::remediation::{Change, Template, custom_policy};

pub(super) async fn create(args: &args::Create, counter: &Counter<'_>) -> Result<End, Failure> {
    let template = template(args)?;
    let policies = look::policies(&counter.reader).await.map_err(|error| unread(&error))?;
    let namesakes: Vec<_> =
        custom_policy::named(&policies, &template.name).filter_map(custom_policy::id).collect();
    if !namesakes.is_empty() {
        return Err(Failure::usage(format!(
            "there is a custom policy called {} already ({}). Choose another name, or assign that one",
            name_of(&template.name),
            which::list(namesakes.iter().map(ToString::to_string), namesakes.len())
        )));
    }
    let mut body = custom_policy::body(&template);
    if args.disabled
        && let Some(enabled) = body.get_mut("isEnabled")
    {
        *enabled = json!(false);
    }
    counter.go("policy create", vec![Change::CreatePolicy { body }], Known::default(), &[]).await
}

/// What is to be created: by the file, and what is given on the command line before it.
fn template(args: &args::Create) -> Result<Template, Failure> {
    let mut template = match &args.from {
        Some(path) => from_file(path)?,
        None => Template::default(),
    };
    let default = Template::default();
    if let Some(given) = of_command_line(args)? {
        template.restrictions = given.restrictions;
    }
    if let Some(name) = &args.name {
        name.trim().clone_into(&mut template.name);
        filled(name, "--name")?;
    }
    match &args.description {
        Some(text) => {
            filled(text, "--description")?;
            text.trim().clone_into(&mut template.description);
        }
        // The default speaks of what the default restricts.
        None if template.description == default.description
            && template.restrictions != default.restrictions =>
        {
            let kinds: Vec<&str> = template.restrictions.iter().map(|demand| demand.kind.as_str()).collect();
            template.description = format!("Restricts {}.", kinds.join(", "));
        }
        None => {}
    }
    Ok(template)
}

fn filled(text: &str, flag: &str) -> Result<(), Failure> {
    if text.trim().is_empty() {
        return Err(Failure::usage(format!("{flag}: is empty. Graph takes no policy without it")));
    }
    Ok(())
}

fn from_file(path: &Path) -> Result<Template, Failure> {
    let text = fs::read_to_string(path).map_err(|error| {
        Failure::usage(format!("--from {}: the file cannot be read as text: {error}", path.display()))
    })?;
    parse_policy(&text, path).map_err(|problems| wrong(&problems))
}

/// The restrictions of the command line, checked as those of a file are; none where none is given.
fn of_command_line(args: &args::Create) -> Result<Option<Template>, Failure> {
    if args.restriction.is_empty() {
        return Ok(None);
    }
    let entry = |text: &String| match text.split_once('=') {
        None => Value::String(text.clone()),
        Some((kind, max)) => {
            let entry = [("type", kind), ("max", max)].map(|(key, text)| (key.to_owned(), Value::from(text)));
            Value::Table(entry.into_iter().collect())
        }
    };
    let entries = args.restriction.iter().map(entry).collect();
    let table: Table = [("restrictions".to_owned(), Value::Array(entries))].into_iter().collect();
    let text = toml::to_string(&table).map_err(|error| Failure::run(error.into()))?;
    parse_policy(&text, Path::new("--restriction")).map(Some).map_err(|problems| wrong(&problems))
}

fn wrong(problems: &Problems) -> Failure {
    Failure::usage(format!("the policy cannot be created so:\n{problems}"))
}
