//! What a short-lived token is bound to: the scopes of the distribution token specification
//! (`repository:NAME:pull,push`).

use std::fmt;

use serde::{Deserialize, Serialize};

use super::level::Level;
use crate::names::is_repository;

/// Most scopes of one request.
pub(super) const MAX_SCOPES: usize = 64;

/// An entry of the claim `access` (token authentication implementation, §`access`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Grant {
    #[serde(rename = "type")]
    kind: String,
    name: String,
    actions: Vec<String>,
}

const REPOSITORY: &str = "repository";
const REGISTRY: &str = "registry";
const CATALOG: &str = "catalog";

/// What an action of a scope lets a client do.
fn level(action: &str) -> Option<Level> {
    match action {
        "aibom" => Some(Level::Aibom),
        "pull" => Some(Level::Read),
        "push" => Some(Level::Write),
        "delete" => Some(Level::Admin),
        _ => None,
    }
}

/// As a scope: what of one that was asked for may be had (RFC 6749 §5.1).
impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.kind, self.name, self.actions.join(","))
    }
}

impl Grant {
    /// What it is about.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What of one scope may be had: the actions on a repository for which `may` holds, in the order that
    /// was asked for; `*` is all of them. Nothing of what is no scope, and of kinds that are not known.
    pub(super) fn of(scope: &str, may: impl Fn(Level, &str) -> bool) -> Option<Self> {
        let (kind, rest) = scope.split_once(':')?;
        let (name, actions) = rest.rsplit_once(':')?;
        // A repository may carry a class: `repository(plugin)`.
        let kind = kind.split_once('(').map_or(kind, |(kind, _)| kind);
        if kind == REGISTRY && name == CATALOG && actions == "*" {
            return Some(Self::new(REGISTRY, CATALOG, vec!["*".to_owned()]));
        }
        if kind != REPOSITORY || !is_repository(name) {
            return None;
        }
        let asked = actions.split(',').flat_map(|action| match action {
            "*" => vec!["pull", "push", "delete"],
            action => vec![action],
        });
        let mut actions: Vec<String> = Vec::new();
        for action in asked {
            let is_allowed = level(action).is_some_and(|level| may(level, name));
            if is_allowed && !actions.iter().any(|known| known == action) {
                actions.push(action.to_owned());
            }
        }
        (!actions.is_empty()).then(|| Self::new(REPOSITORY, name, actions))
    }

    fn new(kind: &str, name: &str, actions: Vec<String>) -> Self {
        Self { kind: kind.to_owned(), name: name.to_owned(), actions }
    }

    /// Whether it holds for acts of `level` in `repository`. `push` and `delete` go without `pull` where it
    /// was not asked for; `pull` goes with `aibom`.
    pub(super) fn allows(&self, wanted: Level, repository: &str) -> bool {
        let has = |action: &String| match level(action) {
            Some(Level::Read) => wanted <= Level::Read,
            given => given == Some(wanted),
        };
        self.kind == REPOSITORY && self.name == repository && self.actions.iter().any(has)
    }

    /// Whether it is for the list of repositories.
    pub(super) fn is_catalog(&self) -> bool {
        self.kind == REGISTRY && self.name == CATALOG
    }
}

/// The scope that a request with this need asks a token for.
pub(super) fn scope_for(level: Level, names: &[String]) -> String {
    let actions = match level {
        Level::Aibom => "aibom",
        Level::Read => "pull",
        Level::Write => "pull,push",
        Level::Admin => "pull,push,delete",
    };
    let scopes: Vec<String> =
        names.iter().map(|name| format!("{REPOSITORY}:{name}:{actions}")).collect();
    scopes.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(scope: &str) -> Option<String> {
        let may = |level: Level, name: &str| level <= Level::Write && name.starts_with("team/");
        let grant = Grant::of(scope, may)?.to_string();
        Some(grant.split_once(':').unwrap().1.to_owned())
    }

    #[test]
    fn a_grant_is_what_of_a_scope_may_be_had() {
        for (scope, expected) in [
            ("repository:team/a:pull", Some("team/a:pull")),
            ("repository:team/a:push,pull", Some("team/a:push,pull")),
            ("repository:team/a:pull,push,delete", Some("team/a:pull,push")),
            ("repository:team/a:*", Some("team/a:pull,push")),
            ("repository:team/a:pull,pull,*", Some("team/a:pull,push")),
            ("repository(plugin):team/a:pull", Some("team/a:pull")),
            ("registry:catalog:*", Some("catalog:*")),
            ("repository:team/a:aibom", Some("team/a:aibom")),
            ("repository:team/a:delete", None),
            ("repository:other/a:pull", None),
            ("repository:team/../a:pull", None),
            ("repository:team/a:", None),
            ("repository:team/a", None),
            ("repository::pull", None),
            ("registry:catalog:pull", None),
            ("package:team/a:pull", None),
            ("", None),
        ] {
            assert_eq!(granted(scope).as_deref(), expected, "{scope}");
        }
    }

    #[test]
    fn a_grant_holds_for_its_repository_and_its_actions_alone() {
        let grant = Grant::of("repository:a/b:push", |_, _| true).unwrap();
        assert!(grant.allows(Level::Write, "a/b"));
        assert!(!grant.allows(Level::Read, "a/b") && !grant.allows(Level::Admin, "a/b"));
        assert!(!grant.allows(Level::Write, "a/b/c") && !grant.allows(Level::Write, "a"));
        let pull = Grant::of("repository:a:pull", |_, _| true).unwrap();
        assert!(pull.allows(Level::Aibom, "a") && pull.allows(Level::Read, "a"));
        let bom = Grant::of("repository:a:aibom", |_, _| true).unwrap();
        assert!(bom.allows(Level::Aibom, "a") && !bom.allows(Level::Read, "a"));
        let catalog = Grant::of("registry:catalog:*", |_, _| true).unwrap();
        assert!(catalog.is_catalog() && !catalog.allows(Level::Read, "catalog"));
        assert_eq!(
            scope_for(Level::Write, &["a".to_owned(), "b/c".to_owned()]),
            "repository:a:pull,push repository:b/c:pull,push"
        );
    }
}
