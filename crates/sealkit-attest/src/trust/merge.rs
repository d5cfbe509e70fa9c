//! Adding one trust root to another, as an import does.

use super::{TrustEntry, TrustRoot};
use crate::AttestError;

/// What an import would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustMerge {
    /// Entries that are new, as `kind name`.
    pub added: Vec<String>,
    /// Entries that are there already, equal in everything.
    pub unchanged: Vec<String>,
    /// Entries whose name, key, or content is there with something else.
    pub conflicts: Vec<String>,
}

impl TrustRoot {
    /// Adds the entries of `other`. Those that differ from one of the same name (or key) are
    /// conflicts, which are left as they are; with `replace` they take the other's place.
    pub fn merge(&mut self, other: &TrustRoot, replace: bool) -> Result<TrustMerge, AttestError> {
        let mut done = TrustMerge::default();
        for entry in other.entries() {
            let label = format!("{} {}", entry.kind(), entry.name());
            if self.entries().any(|old| old == entry) {
                done.unchanged.push(label);
                continue;
            }
            let mut with = self.clone();
            let mut fits = with.add_entry(entry);
            if fits.is_err() {
                done.conflicts.push(label.clone());
                if !replace {
                    continue;
                }
                with = self.clone();
                with.drop_conflicting(entry);
                fits = with.add_entry(entry);
            }
            fits?;
            *self = with;
            done.added.push(label);
        }
        Ok(done)
    }

    fn add_entry(&mut self, entry: TrustEntry<'_>) -> Result<(), AttestError> {
        match entry {
            TrustEntry::Key(one) => self.add(one.clone()),
            TrustEntry::Identity(one) => self.add_identity(one.clone()),
            TrustEntry::Authority(one) => self.add_authority(one.clone()),
            TrustEntry::Sigstore(one) => self.add_sigstore(one.clone()),
            TrustEntry::Log(one) => self.add_log(one.clone()),
        }
    }

    fn drop_conflicting(&mut self, entry: TrustEntry<'_>) {
        let name = entry.name();
        self.remove_named(name);
        match entry {
            TrustEntry::Key(one) => self.keys.retain(|old| old.public_key != one.public_key),
            TrustEntry::Sigstore(one) => self.sigstore.retain(|old| old.root != one.root),
            TrustEntry::Log(one) => self.logs.retain(|old| old.key != one.key),
            TrustEntry::Identity(_) | TrustEntry::Authority(_) => {}
        }
    }
}
