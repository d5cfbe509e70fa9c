//! The workspace's own dependency graph, as cargo reports it.

use serde_json::Value;

use super::layers::{IMPURE, layer_of, objection};
use crate::run::{Outcome, capture, cargo, fail};

/// The crates of the workspace and what they use outside of tests.
#[derive(Debug)]
pub(crate) struct Graph {
    /// In the order in which cargo lists them.
    pub(crate) crates: Vec<Crate>,
}

/// One crate of the workspace.
#[derive(Debug)]
pub(crate) struct Crate {
    /// Its package name.
    pub(crate) name: String,
    /// The `description` of its manifest.
    pub(crate) description: String,
    /// The `license` of its manifest.
    pub(crate) license: String,
    /// Normal and build dependencies; development dependencies are free.
    pub(crate) uses: Vec<String>,
}

impl Graph {
    /// Asks cargo.
    pub(crate) fn of_workspace() -> Outcome<Self> {
        let mut command = cargo();
        command.args(["metadata", "--format-version", "1", "--no-deps", "--quiet"]);
        Self::parse(&capture(&mut command)?)
    }

    /// Reads what `cargo metadata` prints.
    pub(crate) fn parse(metadata: &str) -> Outcome<Self> {
        let value: Value = serde_json::from_str(metadata)?;
        let Some(packages) = value["packages"].as_array() else {
            return fail("cargo metadata lists no packages");
        };
        Ok(Self { crates: packages.iter().map(Crate::parse).collect() })
    }

    /// Everything that the layer table does not allow.
    pub(crate) fn problems(&self) -> Vec<String> {
        self.crates.iter().flat_map(Crate::problems).collect()
    }
}

impl Crate {
    fn parse(package: &Value) -> Self {
        let text = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
        let dependencies =
            package["dependencies"].as_array().map(Vec::as_slice).unwrap_or_default();
        let uses = dependencies
            .iter()
            .filter(|dependency| dependency["kind"].as_str() != Some("dev"))
            .filter_map(|dependency| dependency["name"].as_str())
            .map(str::to_owned)
            .collect();
        Self {
            name: text("name"),
            description: text("description"),
            license: text("license"),
            uses,
        }
    }

    fn problems(&self) -> Vec<String> {
        let name = &self.name;
        let Some(layer) = layer_of(name) else {
            return vec![format!("`{name}` has no place in the layer table")];
        };
        let mut problems: Vec<String> =
            self.uses.iter().filter_map(|used| objection(name, used)).collect();
        if layer.is_pure() {
            let impure = self.uses.iter().filter(|used| IMPURE.contains(&used.as_str()));
            problems.extend(impure.map(|used| format!("`{name}` is pure and uses `{used}`")));
        }
        if self.license != "Apache-2.0" {
            problems.push(format!("`{name}` has licence `{}`", self.license));
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Metadata as cargo writes it, for one crate with `(dependency, kind)` pairs.
    fn metadata(name: &str, dependencies: &[(&str, Option<&str>)]) -> String {
        let dependencies: Vec<Value> = dependencies
            .iter()
            .map(|(name, kind)| serde_json::json!({ "name": name, "kind": kind }))
            .collect();
        serde_json::json!({ "packages": [{
            "name": name, "license": "Apache-2.0", "description": "d", "dependencies": dependencies,
        }] })
        .to_string()
    }

    fn problems(name: &str, dependencies: &[(&str, Option<&str>)]) -> Vec<String> {
        Graph::parse(&metadata(name, dependencies)).unwrap().problems()
    }

    #[test]
    fn the_workspace_holds_to_its_layers() {
        assert_eq!(Graph::of_workspace().unwrap().problems(), Vec::<String>::new());
    }

    #[test]
    fn an_arrow_that_points_up_is_found() {
        let found = problems("sealkit-oci", &[("serde", None), ("sealkit-store", None)]);
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("`sealkit-oci` (L0 words) uses `sealkit-store` (L2 hands)"));
    }

    #[test]
    fn a_build_dependency_counts_and_a_test_dependency_does_not() {
        assert_eq!(problems("sealkit-oci", &[("sealkit-pack", Some("build"))]).len(), 1);
        assert_eq!(problems("sealkit-oci", &[("sealkit-testkit", Some("dev"))]).len(), 0);
    }

    #[test]
    fn the_testkit_is_no_normal_dependency() {
        assert_eq!(problems("sealkit", &[("sealkit-testkit", None)]).len(), 1);
    }

    #[test]
    fn an_unknown_crate_is_a_problem() {
        assert!(problems("sealkit-extra", &[])[0].contains("no place in the layer table"));
    }

    #[test]
    fn a_pure_crate_may_not_use_a_runtime() {
        assert_eq!(problems("sealkit-attest", &[("tokio", None)]).len(), 1);
        assert_eq!(problems("sealkit-remote", &[("tokio", None)]).len(), 0);
    }

    #[test]
    fn a_foreign_licence_is_a_problem() {
        let text = metadata("sealkit-oci", &[]).replace("Apache-2.0", "MIT");
        assert_eq!(Graph::parse(&text).unwrap().problems().len(), 1);
    }
}
