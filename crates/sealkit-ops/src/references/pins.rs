//! To which digests a kit pins the kits that it refers to: what its file table says.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_oci::{Descriptor, Digest, FileTable, Reference};

use crate::files::TableTrust;
use crate::kit::MAX_FILE_TABLE;
use crate::verify::read::document;
use crate::{Kit, OpsError};

/// Most tables that are read of which nobody knows who made them: whoever may attach could add them without
/// end. Those beyond are counted as a dispute.
const MAX_UNTRUSTED: usize = 16;

/// The digests of the kits to which one kit refers, by the reference as its Kitfile writes it.
#[derive(Debug, Default)]
pub(crate) struct Pins {
    named: BTreeMap<String, BTreeSet<Digest>>,
    /// Whether somebody who is trusted sealed them.
    pub(crate) trusted: bool,
    /// Whether there are more tables than were read.
    more: bool,
}

/// What is known of one reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Pin {
    /// No table names it.
    Open,
    /// It is this kit.
    At(Digest),
    /// Tables that nobody trusted has sealed do not agree.
    Disputed(Vec<Digest>),
}

impl Pins {
    /// Reads the file tables that fit the kit: those that are trusted, else all. One that is not trusted only
    /// narrows what a tag may mean, so it counts where there is no better one.
    pub(crate) async fn of(kit: &Kit, trust: &dyn TableTrust) -> Result<Self, OpsError> {
        let attached = kit.file_table_blobs().await?;
        if attached.is_empty() {
            return Ok(Self::default());
        }
        let believed = trust.trusted_tables(kit).await?;
        let (trusted, others): (Vec<_>, Vec<_>) =
            attached.into_iter().partition(|blob| believed.contains(&blob.digest));
        let mut pins = Self::default();
        for blob in &trusted {
            if let Some(table) = read(kit, blob).await? {
                pins.trusted = true;
                pins.add(table);
            }
        }
        if pins.trusted {
            return Ok(pins);
        }
        pins.more = others.len() > MAX_UNTRUSTED;
        for blob in others.iter().take(MAX_UNTRUSTED) {
            if let Some(table) = read(kit, blob).await? {
                pins.add(table);
            }
        }
        Ok(pins)
    }

    fn add(&mut self, table: FileTable) {
        for (reference, digest) in table.references {
            self.named.entry(reference).or_default().insert(digest);
        }
    }

    /// The digest of a kit that is referred to. A signer may have sealed a kit more than once, with different
    /// ones: that which the tag means now is taken then, where it is one of these.
    pub(crate) fn pin(&self, reference: &Reference, now: Option<&Digest>) -> Pin {
        // What the Kitfile itself writes is part of the manifest.
        if let Some(digest) = reference.digest() {
            return Pin::At(digest.clone());
        }
        let named = self.named.get(&reference.to_string());
        let mut all: Vec<Digest> = named.into_iter().flatten().cloned().collect();
        if self.more || (!self.trusted && all.len() > 1) {
            return Pin::Disputed(all);
        }
        let at = all.iter().position(|digest| Some(digest) == now).unwrap_or(0);
        if all.is_empty() { Pin::Open } else { Pin::At(all.swap_remove(at)) }
    }
}

/// A table that fits the kit. One that is damaged or gone counts as if it were not there.
async fn read(kit: &Kit, blob: &Descriptor) -> Result<Option<FileTable>, OpsError> {
    let bytes = document(&*kit.repository, blob, MAX_FILE_TABLE).await?;
    Ok(bytes.good().and_then(|bytes| kit.parse_file_table(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pins(trusted: bool, digests: &[&Digest]) -> Pins {
        let digests = digests.iter().map(|&digest| digest.clone()).collect();
        Pins { named: BTreeMap::from([("a.io/b:v1".to_owned(), digests)]), trusted, more: false }
    }

    #[test]
    fn one_digest_holds_and_several_count_only_where_they_are_trusted() {
        let [a, b, c] = [b"a", b"b", b"c"].map(|text| Digest::of(text));
        let reference: Reference = "a.io/b:v1".parse().unwrap();
        for trusted in [true, false] {
            assert_eq!(pins(trusted, &[&a]).pin(&reference, Some(&b)), Pin::At(a.clone()));
            assert_eq!(pins(trusted, &[]).pin(&reference, Some(&b)), Pin::Open);
        }
        let both = |trusted, now| pins(trusted, &[&a, &b]).pin(&reference, now);
        assert!(matches!(both(false, Some(&a)), Pin::Disputed(all) if all.len() == 2));
        assert_eq!(both(true, Some(&a)), Pin::At(a.clone()));
        assert_eq!(both(true, Some(&b)), Pin::At(b.clone()));
        assert_ne!(both(true, Some(&c)), Pin::At(c.clone()));
        let exact = reference.with_digest(c.clone());
        assert_eq!(pins(false, &[&a, &b]).pin(&exact, None), Pin::At(c));
    }

    #[test]
    fn tables_that_were_not_read_are_a_dispute() {
        let digest = Digest::of(b"a");
        let reference: Reference = "a.io/b:v1".parse().unwrap();
        let more = Pins { more: true, ..pins(false, &[&digest]) };
        assert!(matches!(more.pin(&reference, None), Pin::Disputed(_)));
    }
}
