//! What a token allows: an act on the repositories below a prefix.

use std::fmt;
use std::str::FromStr;

use crate::names::{is_repository, is_within};

/// An act; each includes the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Read AIBOMs, and ask what is concerned by something: nothing that is in a layer.
    Aibom,
    /// Pull and look.
    Read,
    /// Push and set tags.
    Write,
    /// Delete.
    Admin,
}

/// A level on the repositories below a prefix, e.g. `write:team`: `team`, `team/a`, not `team-x`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    level: Level,
    /// Whole components, without a slash at the end; none is every repository.
    prefix: Option<String>,
}

/// Why a scope can not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no scope: write `aibom:`, `read:`, `write:` or `admin:` and a repository or `*`")]
pub struct ScopeError(pub String);

impl Scope {
    /// Everything on every repository.
    pub fn everything() -> Self {
        Self { level: Level::Admin, prefix: None }
    }

    /// Whether it allows `level` on `repository`.
    pub fn allows(&self, level: Level, repository: &str) -> bool {
        let Some(prefix) = &self.prefix else { return self.level >= level };
        self.level >= level && is_within(repository, prefix)
    }

    /// The repository that it is about, with those below; none for every one.
    pub(crate) fn prefix(&self) -> Option<&str> {
        self.prefix.as_deref()
    }

    /// Whether it allows `level` on every repository.
    pub fn allows_everywhere(&self, level: Level) -> bool {
        self.prefix.is_none() && self.level >= level
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    /// Reads `aibom:team`, `read:team`, `write:team/` (the same prefix with a slash) or `admin:*`.
    fn from_str(text: &str) -> Result<Self, ScopeError> {
        let wrong = || ScopeError(text.to_owned());
        let (level, prefix) = text.split_once(':').ok_or_else(wrong)?;
        let level = match level {
            "aibom" => Level::Aibom,
            "read" => Level::Read,
            "write" => Level::Write,
            "admin" => Level::Admin,
            _ => return Err(wrong()),
        };
        if prefix == "*" {
            return Ok(Self { level, prefix: None });
        }
        let prefix = prefix.strip_suffix('/').unwrap_or(prefix);
        let prefix = is_repository(prefix).then(|| prefix.to_owned()).ok_or_else(wrong)?;
        Ok(Self { level, prefix: Some(prefix) })
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Aibom => "aibom",
            Level::Read => "read",
            Level::Write => "write",
            Level::Admin => "admin",
        };
        write!(f, "{level}:{}", self.prefix.as_deref().unwrap_or("*"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_ends_where_a_component_ends() {
        for text in ["write:team", "write:team/"] {
            let scope: Scope = text.parse().unwrap();
            assert!(scope.allows(Level::Write, "team"));
            assert!(scope.allows(Level::Read, "team/a/b"));
            for other in ["team-x", "team-x/a", "teams", "tea", "other/team", ""] {
                assert!(!scope.allows(Level::Read, other), "{other}");
            }
            assert!(!scope.allows(Level::Admin, "team/a"));
            assert!(!scope.allows_everywhere(Level::Read));
            assert_eq!(scope.to_string(), "write:team");
        }
        assert!(Scope::everything().allows(Level::Admin, "any/thing"));
        assert!("read:*".parse::<Scope>().unwrap().allows_everywhere(Level::Read));
        assert!(!"read:*".parse::<Scope>().unwrap().allows_everywhere(Level::Write));
    }

    #[test]
    fn who_may_read_aiboms_may_read_nothing_else() {
        let scope: Scope = "aibom:team".parse().unwrap();
        assert!(scope.allows(Level::Aibom, "team/a") && !scope.allows(Level::Aibom, "other"));
        assert!(!scope.allows(Level::Read, "team/a"));
        assert_eq!(scope.to_string(), "aibom:team");
        for text in ["read:team", "write:team", "admin:team"] {
            assert!(text.parse::<Scope>().unwrap().allows(Level::Aibom, "team"), "{text}");
        }
    }

    #[test]
    fn what_is_no_scope_is_refused() {
        let bad = [
            "",
            "read",
            "read:",
            ":team",
            "own:team",
            "READ:team",
            "read:/",
            "read:/team",
            "read:a//b",
            "read:Team",
            "read:team:v1",
            "read:**",
            "read:te*",
            "read:../x",
            "read:team//",
            "read: team",
        ];
        for text in bad {
            assert_eq!(text.parse::<Scope>(), Err(ScopeError(text.to_owned())), "{text}");
        }
    }
}
