//! Credentials in environment variables. The environment is an argument.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use super::names::is_hub;
use super::{Credential, CredentialError, Found, Origin};

/// Environment variables, as data.
#[derive(Clone, Default)]
pub struct Env {
    variables: BTreeMap<String, OsString>,
    /// The words in which the person named registries; none where any may be asked.
    words: Option<Vec<String>>,
}

impl std::fmt::Debug for Env {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Env(..)")
    }
}

impl<K: Into<OsString>, V: Into<OsString>> FromIterator<(K, V)> for Env {
    /// From pairs such as those of `std::env::vars_os`. Empty values count as unset.
    fn from_iter<T: IntoIterator<Item = (K, V)>>(pairs: T) -> Self {
        let pairs = pairs.into_iter().filter_map(|(name, value)| {
            let (name, value) = (name.into().into_string().ok()?, value.into());
            (!value.is_empty()).then_some((name, value))
        });
        Self { variables: pairs.collect(), words: None }
    }
}

impl Env {
    /// Gives the variables for all hosts to those hosts alone that stand in `words`, the command line: a kit can name any
    /// registry as where its model is, and must not be told a password by that.
    #[must_use]
    pub fn for_named(mut self, words: impl IntoIterator<Item = String>) -> Self {
        self.words = Some(words.into_iter().collect());
        self
    }

    /// Whether the person named `registry`: alone, before a repository, or in an address.
    fn is_named(&self, registry: &str) -> bool {
        let Some(words) = &self.words else { return true };
        // People write the first of its names.
        let registry = if is_hub(registry) { "docker.io" } else { registry };
        let is_whole = |word: &str, at: usize| {
            let before = word.get(..at).and_then(|before| before.chars().next_back());
            let after = word.get(at + registry.len()..).and_then(|after| after.chars().next());
            before.is_none_or(|c| matches!(c, '/' | '=' | ',' | '@'))
                && after.is_none_or(|c| matches!(c, '/' | ','))
        };
        words.iter().any(|word| word.match_indices(registry).any(|(at, _)| is_whole(word, at)))
    }

    /// A variable as text; none where it is unset, empty or no text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.variables.get(name)?.to_str()
    }

    /// A variable as a path.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.variables.get(name).map(PathBuf::from)
    }

    /// The credential for `registry`: first from the variables for this host alone
    /// (`SEALKIT_TOKEN_REGISTRY_EXAMPLE_COM_5000`: upper case, all else than letters and digits
    /// as `_`), then from those for all hosts. `SEALKIT_REGISTRY`, where it is set, names the one
    /// registry that the variables for all hosts are meant for; else they are for those that [`Self::for_named`] lets have
    /// them.
    pub(super) fn credential(&self, registry: &str) -> Result<Option<Found>, CredentialError> {
        let suffix: String = registry.chars().map(variable_char).collect();
        if let Some(found) = self.with_suffix(&format!("_{suffix}"))? {
            return Ok(Some(found));
        }
        match self.text("SEALKIT_REGISTRY") {
            Some(only) if only != registry => Ok(None),
            None if !self.is_named(registry) => Ok(None),
            _ => self.with_suffix(""),
        }
    }

    /// A user makes the token a password; alone it is sent as it is. `SEALKIT_PASSWORD` has no part
    /// in this: it opens signing keys, and must never be shown to a registry.
    fn with_suffix(&self, suffix: &str) -> Result<Option<Found>, CredentialError> {
        let name = |part: &str| format!("SEALKIT_{part}{suffix}");
        let (token, user) = (name("TOKEN"), name("USERNAME"));
        let (credential, names) = match (self.text(&user), self.text(&token)) {
            (None, None) => return Ok(None),
            (Some(_), None) => return Err(CredentialError::HalfSet { set: user, missing: token }),
            (None, Some(text)) => (Credential::Token(text.to_owned().into()), token),
            (Some(name), Some(secret)) => {
                let (name, secret) = (name.to_owned(), secret.to_owned().into());
                let credential = Credential::Basic { user: name, password: secret };
                (credential, format!("{user} and {token}"))
            }
        };
        Ok(Some(Found { credential, origin: Origin::Environment(names) }))
    }
}

fn variable_char(c: char) -> char {
    if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(pairs: &[(&str, &str)], words: &[&str]) -> Env {
        let env: Env = pairs.iter().map(|(name, value)| (*name, *value)).collect();
        env.for_named(words.iter().map(|word| (*word).to_owned()))
    }

    fn is_told(env: &Env, registry: &str) -> bool {
        env.credential(registry).unwrap_or_else(|error| panic!("{error}")).is_some()
    }

    #[test]
    fn a_registry_that_nobody_named_is_told_no_password() {
        let token = [("SEALKIT_TOKEN", "t")];
        for words in [
            ["pull", "hub.example.com:5000/a/b:v1"],
            ["pull", "remote://hub.example.com:5000/a"],
            ["--hub", "hub.example.com:5000"],
            ["--hub=hub.example.com:5000", "x"],
        ] {
            let env = env(&token, &words);
            assert!(is_told(&env, "hub.example.com:5000"), "{words:?}");
            for other in ["evil.example", "example.com:5000", "hub.example.com", "5000/a"] {
                assert!(!is_told(&env, other), "{words:?} {other}");
            }
        }
        let only =
            env(&[("SEALKIT_TOKEN", "t"), ("SEALKIT_REGISTRY", "r.example")], &["unpack", "a:v1"]);
        assert!(is_told(&only, "r.example") && !is_told(&only, "a"));
        let docker = env(&token, &["pull", "docker.io/org/model:v1"]);
        for host in ["docker.io", "index.docker.io", "registry-1.docker.io"] {
            assert!(is_told(&docker, host), "{host}");
        }
        let own = env(&[("SEALKIT_TOKEN_R_EXAMPLE", "t")], &["unpack", "a:v1"]);
        assert!(is_told(&own, "r.example"));
        let anybody: Env = token.into_iter().collect();
        assert!(is_told(&anybody, "any.example"), "who embeds this may say whom it is for");
    }
}
