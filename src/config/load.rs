//! From the file to the validated configuration.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::environment::Environment;
use super::inspect::inspect;
use super::problem::{Place, Problem, Problems};
use super::raw::{RawConfig, RawTemplate};
use super::schema::schema;
use super::shape::Shape;
use super::tree::Node;
use super::validate::{Desk, template, validate};
use super::{Config, overrides, tree};
use crate::remediation::Template;

/// Where a configuration is looked for when none is named.
const SEARCH: [&str; 2] = ["config/keysweep.toml", "/etc/keysweep/keysweep.toml"];

/// A configuration that holds, and what should be said about it all the same.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// One sentence each, with place, key and remedy.
    pub warnings: Vec<String>,
}

/// The file to read: `explicit` (`--config`), else `KEYSWEEP_CONFIG`, else the first there is of
/// `config/keysweep.toml` and `/etc/keysweep/keysweep.toml`.
///
/// # Errors
/// When none was named and none is there.
pub fn find(explicit: Option<&Path>, environment: &Environment) -> Result<PathBuf, Problems> {
    find_among(explicit, environment, &SEARCH.map(Path::new))
}

fn find_among(
    explicit: Option<&Path>,
    environment: &Environment,
    search: &[&Path],
) -> Result<PathBuf, Problems> {
    let named = explicit.or_else(|| environment.get("KEYSWEEP_CONFIG").map(Path::new));
    let found = named.or_else(|| search.iter().copied().find(|path| path.is_file()));
    found.map(Path::to_owned).ok_or_else(|| {
        let looked: Vec<String> = search.iter().map(|path| format!("`{}`", path.display())).collect();
        Problems::from(Problem {
            place: Place::Search,
            key: String::new(),
            what: format!("there is none at {}", looked.join(" or ")),
            remedy: "Copy `config/keysweep.minimal.toml` there and fill it in, or name a file by `--config` \
                     or KEYSWEEP_CONFIG"
                .to_owned(),
        })
    })
}

/// Reads and checks a file, and the secrets it names.
///
/// # Errors
/// Every problem there is, at once.
pub fn load(path: &Path, environment: &Environment) -> Result<Loaded, Problems> {
    let problem = |what: String, remedy: &str| {
        let place = Place::file(path);
        Problems::from(Problem { place, key: String::new(), what, remedy: remedy.to_owned() })
    };
    let bytes = std::fs::read(path).map_err(|error| {
        let remedy = "Name the file by `--config` or KEYSWEEP_CONFIG, and let the service's user read it";
        problem(format!("the file cannot be read: {error}"), remedy)
    })?;
    let text = String::from_utf8(bytes)
        .map_err(|_| problem("the file is not UTF-8".to_owned(), "Save it as UTF-8"))?;
    parse(&text, path, environment)
}

/// Checks the text of a configuration; `origin` is the file that messages name.
///
/// # Errors
/// Every problem there is, at once.
pub fn parse(text: &str, origin: &Path, environment: &Environment) -> Result<Loaded, Problems> {
    let shape = Shape::of(&schema());
    let mut root = tree::read(text, origin).map_err(Problems::new)?;
    let problems = overrides::apply(&mut root, &shape, environment);
    let (config, warnings) =
        checked::<RawConfig, _>(root, &shape, origin, environment, problems, |raw, desk| {
            validate(raw, desk)
        })?;
    Ok(Loaded { config, warnings: warnings.iter().map(Problem::to_string).collect() })
}

/// Checks the text of a file that holds nothing but a policy to be created: the keys of `[remediation.policy]`
/// without `id`. `origin` is the file that messages name.
///
/// # Errors
/// Every problem there is, at once.
pub fn parse_policy(text: &str, origin: &Path) -> Result<Template, Problems> {
    let mut schema = schema();
    let table = schema.pointer_mut("/properties/remediation/properties/policy").map(serde_json::Value::take);
    let mut table = table.unwrap_or_default();
    if let Some(keys) = table.get_mut("properties").and_then(serde_json::Value::as_object_mut) {
        keys.remove("id");
    }
    let root = tree::read(text, origin).map_err(Problems::new)?;
    let nothing = Environment::default();
    let check = |raw, desk: &mut Desk<'_>| template(raw, "", desk);
    checked::<RawTemplate, _>(root, &Shape::of(&table), origin, &nothing, Vec::new(), check)
        .map(|(template, _)| template)
}

/// From the tree to what was validated, with warnings.
fn checked<R: DeserializeOwned, T>(
    root: Node,
    shape: &Shape,
    origin: &Path,
    environment: &Environment,
    mut problems: Vec<Problem>,
    check: impl FnOnce(R, &mut Desk<'_>) -> Option<T>,
) -> Result<(T, Vec<Problem>), Problems> {
    let mut inspected = inspect(root, shape);
    problems.append(&mut inspected.problems);
    let raw = std::mem::take(&mut inspected.json);
    let raw: R = match serde_path_to_error::deserialize(raw) {
        Ok(raw) => raw,
        Err(error) => {
            // The shape let something pass that serde does not take. Its message may hold the value.
            let (key, what) = (error.path().to_string(), "cannot be read".to_owned());
            let remedy = "Compare it with `keysweep schema`".to_owned();
            problems.push(Problem { place: Place::file(origin), key, what, remedy });
            return Err(Problems::new(problems));
        }
    };
    let mut desk = Desk::new(inspected, environment, problems);
    let checked = check(raw, &mut desk);
    let (problems, warnings) = desk.close();
    match checked {
        Some(checked) if problems.is_empty() => Ok((checked, warnings)),
        _ => Err(Problems::new(problems)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_the_named_one_then_the_variables_then_the_first_there_is() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (folder.path().join("first.toml"), folder.path().join("second.toml"));
        let nothing = Environment::default();
        let variable = Environment::from_iter([("KEYSWEEP_CONFIG", "variable.toml")]);
        let empty = Environment::from_iter([("KEYSWEEP_CONFIG", "")]);
        let search = [first.as_path(), second.as_path()];
        let find = |explicit: Option<&str>, environment| {
            find_among(explicit.map(Path::new), environment, &search).ok()
        };
        assert_eq!(find(None, &nothing), None);
        std::fs::write(&second, "").unwrap();
        assert_eq!(find(None, &nothing), Some(second.clone()));
        std::fs::write(&first, "").unwrap();
        assert_eq!(find(None, &nothing), Some(first.clone()));
        assert_eq!(find(None, &empty), Some(first.clone()));
        assert_eq!(find(None, &variable), Some("variable.toml".into()));
        assert_eq!(find(Some("named.toml"), &variable), Some("named.toml".into()));
    }

    #[test]
    fn a_search_without_result_says_where_it_looked() {
        let error =
            find_among(None, &Environment::default(), &[Path::new("no/a.toml"), Path::new("no/b.toml")]);
        assert_eq!(
            error.unwrap_err().to_string(),
            "configuration: there is none at `no/a.toml` or `no/b.toml`. Copy `config/keysweep.minimal.toml` \
             there and fill it in, or name a file by `--config` or KEYSWEEP_CONFIG."
        );
    }
}
