//! Which imports are of the project's own modules.

use std::collections::BTreeSet;

use sealkit_report::Known;

use crate::python::distribution;
use crate::{Facts, Value, property};

/// The modules and packages of a project, from the paths of its files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LocalModules {
    /// Paths of `.py` files without ending, and of the folders above them.
    places: BTreeSet<String>,
}

impl LocalModules {
    /// Takes the `/`-separated paths of all files of the project.
    pub fn new<'a>(paths: impl IntoIterator<Item = &'a str>) -> Self {
        let mut places = BTreeSet::new();
        for path in paths {
            let Some(module) = path.strip_suffix(".py").or_else(|| path.strip_suffix(".pyi"))
            else {
                continue;
            };
            let mut place = module;
            // A folder that is known has all those above it known too.
            while places.insert(place.to_owned()) {
                match place.rsplit_once('/') {
                    Some((folder, _)) => place = folder,
                    None => break,
                }
            }
        }
        Self { places }
    }

    /// Whether `module`, imported in `file`, can be one of the project: it lies beside the file,
    /// beside one of the folders above it, or in their `src` or `lib`.
    pub fn has(&self, module: &str, file: &str) -> bool {
        let top = module.split('.').next().unwrap_or(module);
        let mut folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        loop {
            let start = if folder.is_empty() { String::new() } else { format!("{folder}/") };
            let places =
                [format!("{start}{top}"), format!("{start}src/{top}"), format!("{start}lib/{top}")];
            if places.iter().any(|place| self.places.contains(place)) {
                return true;
            }
            if folder.is_empty() {
                return false;
            }
            folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
        }
    }

    /// Takes from the facts of `file` the imports of the project's own modules, and the packages
    /// that were concluded from these alone.
    pub fn forget(&self, file: &str, facts: &mut Facts) {
        let text = |value: &Value| match value {
            Value::Text(module) => Some(module.clone()),
            _ => None,
        };
        let imports = facts.of(property::IMPORT).filter_map(|fact| text(&fact.value));
        let (own, others): (Vec<_>, Vec<_>) = imports.partition(|module| self.has(module, file));
        let names = |modules: &[String]| -> BTreeSet<&'static str> {
            modules.iter().filter_map(|module| distribution(module)).collect()
        };
        let (wrong, right) = (names(&own), names(&others));
        facts.facts.retain(|fact| match &fact.value {
            Value::Text(module) if fact.property == property::IMPORT => !own.contains(module),
            Value::Package(package) => {
                let name = package.name.as_str();
                fact.evidence.known != Known::Inferred
                    || package.version.is_some()
                    || !wrong.contains(name)
                    || right.contains(name)
            }
            _ => true,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_found_from_where_they_are_imported() {
        let own = LocalModules::new(["app/train.py", "app/lib/util.py", "src/pkg/a.py", "x.txt"]);
        for (module, file) in [
            ("train", "app/main.py"),
            ("util.f", "app/main.py"),
            ("app", "main.py"),
            ("pkg.a", "tests/deep/t.py"),
            ("app.train", "app/lib/util.py"),
        ] {
            assert!(own.has(module, file), "{module} in {file}");
        }
        for (module, file) in [("train", "main.py"), ("x", "main.py"), ("lib", "src/pkg/a.py")] {
            assert!(!own.has(module, file), "{module} in {file}");
        }
    }
}
