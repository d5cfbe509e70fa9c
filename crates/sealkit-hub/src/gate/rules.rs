//! Which policy is for which repository.

use std::path::PathBuf;
use std::str::FromStr;

use sealkit_ops::OpsError;
use sealkit_policy::Policy;

use crate::names::{is_repository, is_within};

/// A policy for the repositories below a prefix, e.g. `team=policy.yaml`; without one it is for every
/// repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyFile {
    /// Whole components, without a slash at the end; none is every repository.
    pub prefix: Option<String>,
    /// The file.
    pub path: PathBuf,
}

impl FromStr for PolicyFile {
    type Err = String;

    /// Reads `[PREFIX=]FILE`. A file whose name holds `=` is given as `./FILE` or with a prefix.
    fn from_str(text: &str) -> Result<Self, String> {
        let (prefix, path) = match text.split_once('=') {
            Some((prefix, path)) if !prefix.starts_with(['.', '/']) => (Some(prefix), path),
            _ => (None, text),
        };
        let prefix = prefix.map(|prefix| prefix.strip_suffix('/').unwrap_or(prefix));
        if let Some(prefix) = prefix.filter(|prefix| !is_repository(prefix)) {
            return Err(format!("`{prefix}` is no repository; write `PREFIX=FILE` or `FILE`"));
        }
        if path.is_empty() {
            return Err("a file is missing".to_owned());
        }
        Ok(Self { prefix: prefix.map(str::to_owned), path: path.into() })
    }
}

/// The policies that are in force.
pub(super) struct Rules(Vec<(Option<String>, Policy)>);

impl Rules {
    pub(super) fn read(files: &[PolicyFile]) -> Result<Self, OpsError> {
        let read =
            |file: &PolicyFile| Ok((file.prefix.clone(), sealkit_ops::policy::read(&file.path)?));
        Ok(Self(files.iter().map(read).collect::<Result<_, OpsError>>()?))
    }

    /// All of them.
    pub(super) fn all(&self) -> &[(Option<String>, Policy)] {
        &self.0
    }

    /// Every policy for `repository`: all of them have to allow.
    pub(super) fn of(&self, repository: &str) -> Vec<Policy> {
        let fits = |prefix: &Option<String>| {
            prefix.as_ref().is_none_or(|prefix| is_within(repository, prefix))
        };
        let all = self.0.iter().filter(|(prefix, _)| fits(prefix));
        all.map(|(_, policy)| policy.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_stands_before_the_file() {
        let read = |text: &str| text.parse::<PolicyFile>();
        let file = |prefix: Option<&str>, path: &str| {
            Ok(PolicyFile { prefix: prefix.map(str::to_owned), path: path.into() })
        };
        assert_eq!(read("p.yaml"), file(None, "p.yaml"));
        assert_eq!(read("team=p.yaml"), file(Some("team"), "p.yaml"));
        assert_eq!(read("team/a/=/etc/p=1.yaml"), file(Some("team/a"), "/etc/p=1.yaml"));
        assert_eq!(read("./p=1.yaml"), file(None, "./p=1.yaml"));
        for bad in ["", "team=", "Team=p", "=p", "a//b=p"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_policy_whose_prefix_fits_is_in_force() {
        let policy = sealkit_policy::default_policy().unwrap();
        let one = |prefix: Option<&str>| (prefix.map(str::to_owned), policy.clone());
        let rules = Rules(vec![one(Some("team")), one(Some("team/a")), one(None)]);
        let counts = ["team", "team/a/b", "team-x", "other"].map(|name| rules.of(name).len());
        assert_eq!(counts, [2, 3, 1, 1]);
        assert!(Rules(vec![one(Some("team"))]).of("other").is_empty());
    }
}
