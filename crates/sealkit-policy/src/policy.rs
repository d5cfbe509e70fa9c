//! A policy that was read and makes sense.

use std::collections::BTreeSet;
use std::fmt;

use sealkit_oci::Digest;

use crate::PolicyError;
use crate::model::{Document, Exception, Mode, Name, Revoked, Rule, Text};
use crate::validate;
use crate::yaml::{self, Node};

/// Version of the format that is read.
pub const SCHEMA_VERSION: u32 = 1;

/// A policy. One that exists has rules, each with its own id, and every setting means something.
#[derive(Clone, PartialEq)]
pub struct Policy {
    document: Document,
    digest: Digest,
}

impl Policy {
    /// Reads a policy: strict YAML in UTF-8.
    ///
    /// # Errors
    /// For anything that is not a policy: nothing at all, an unknown field or check, a wrong type, a
    /// key that stands twice, an alias, a setting that would make a rule mean nothing. Whoever gets
    /// an error has to deny.
    pub fn parse(bytes: &[u8]) -> Result<Self, PolicyError> {
        if bytes.len() > yaml::MAX_BYTES {
            return Err(PolicyError::TooLarge { limit: yaml::MAX_BYTES });
        }
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let line = before.split(|byte| *byte == b'\n').count();
            PolicyError::Syntax { line, column: 1, reason: "the text is not UTF-8".to_owned() }
        })?;
        let root = yaml::parse(text)?;
        let document: Document = yaml::from_node(&root)?;
        validate::check(&document).map_err(|fault| at(&root, &fault.path, fault.reason))?;
        Ok(Self { document, digest: Digest::of(bytes) })
    }

    /// Digest of the exact bytes: what a signed verdict names.
    pub fn digest(&self) -> &Digest {
        &self.digest
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        self.document.name.as_str()
    }

    /// What it is for.
    pub fn description(&self) -> Option<&str> {
        self.document.description.as_ref().map(Text::as_str)
    }

    /// What rules do that do not say so themselves.
    pub fn mode(&self) -> Mode {
        self.document.mode
    }

    /// The rules in the order of the text; never empty.
    pub fn rules(&self) -> &[Rule] {
        &self.document.rules
    }

    /// What `rule` does where it does not hold.
    pub fn mode_of(&self, rule: &Rule) -> Mode {
        rule.mode.unwrap_or(self.document.mode)
    }

    /// The exceptions in the order of the text.
    pub fn exceptions(&self) -> &[Exception] {
        &self.document.exceptions
    }

    /// What is never accepted.
    pub fn revoked(&self) -> &Revoked {
        &self.document.revoked
    }

    /// The rule of this id.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.document.rules.iter().find(|rule| rule.id.as_str() == id)
    }

    /// Environments that the scopes of rules name. Where one is named, another name than these would take its
    /// rule away without a word.
    pub fn environments(&self) -> BTreeSet<&Name> {
        self.rules().iter().flat_map(|rule| &rule.scope.environments).collect()
    }

    /// Exceptions whose time is over at `now`, unix seconds: they excuse nothing any more.
    pub fn expired(&self, now: i64) -> impl Iterator<Item = (&Name, &Exception)> {
        let over = move |exception: &&Exception| exception.until.seconds() < now;
        self.document.exceptions.iter().filter(over).map(|exception| (&exception.rule, exception))
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("name", &self.name())
            .field("digest", &self.digest)
            .finish_non_exhaustive()
    }
}

/// An error at the deepest node of `path` that there is.
fn at(root: &Node, path: &[validate::Key], reason: String) -> PolicyError {
    let mut node = root;
    for key in path {
        let next = match key {
            validate::Key::Field(name) => node.get(name),
            validate::Key::Item(at) => node.item(*at),
        };
        match next {
            Some(next) => node = next,
            None => break,
        }
    }
    PolicyError::Invalid { line: node.place.line, column: node.place.column, reason }
}
