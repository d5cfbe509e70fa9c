//! Looks a digest up, and verifies what is attached to it.

use std::sync::Arc;

use sealkit_attest::{Advisory, Found, FoundKit, Predicate as _, Rejected, Wanted};
use sealkit_oci::{Digest, Reference};
use sealkit_report::Hint as _;
use sealkit_store::StoreError;

use super::declared;
use crate::attest::{Checked, bundles};
use crate::bom::gather::{self, Gathered};
use crate::trust::TrustRoot;
use crate::verify::{SealedTables, revoked, roles};
use crate::{Context, Kit, OpsError, Place};

/// Looks digests up where the root is, under one trust root.
pub(super) struct Lookup<'a> {
    context: &'a Context,
    root: &'a Place,
    root_digest: Digest,
    trust: TrustRoot,
    /// What the files of the root say, where they were read already.
    pub(super) files: Option<&'a Gathered>,
    /// Whether nothing but the root is looked for elsewhere than in the local store.
    pub(super) only_local: bool,
    /// What could not be read.
    pub(super) warnings: Vec<String>,
}

/// Sorts statements by what they are for a lineage. Advisories prove no origin: those that hold make the kit
/// one that nobody may use. Those whose role vouches for no kit prove nothing.
fn sort_into(found: &mut FoundKit, checked: Vec<Checked>) {
    let mut advisories = Vec::new();
    for one in checked {
        let rejected = |reason: String, code, failed| Rejected {
            bundle: one.bundle.clone(),
            reason,
            code,
            failed,
        };
        match one.result {
            Ok(said) if Advisory::matches(said.value().predicate_type()) => {
                // What was to deny must not pass because it was written badly.
                match said.predicate::<Advisory>() {
                    Ok(_) => advisories.push(said),
                    Err(error) => {
                        let reason = error.full_message();
                        found.rejected.push(rejected(reason, error.code(), true));
                    }
                }
            }
            Ok(said) => match roles::vouches_not(said.signer()) {
                None => found.verified.push(said),
                // Once for a signer: a kit has many statements.
                Some(reason) if found.rejected.iter().any(|other| other.reason == reason) => {}
                Some(reason) => found.rejected.push(rejected(reason, roles::CODE, false)),
            },
            Err(fault) => found.rejected.push(rejected(fault.reason, fault.code, fault.failed)),
        }
    }
    found.revoked = revoked::reasons(&advisories);
}

impl<'a> Lookup<'a> {
    /// A lookup for the lineage of the kit at `root`.
    pub(super) fn new(
        context: &'a Context,
        root: &'a Place,
        root_digest: Digest,
        trust: TrustRoot,
    ) -> Self {
        let (only_local, warnings) = (false, Vec::new());
        Self { context, root, root_digest, trust, files: None, only_local, warnings }
    }

    /// Finds out what is wanted.
    pub(super) async fn find(&mut self, wanted: &Wanted) -> Result<Found, OpsError> {
        let (mut reason, mut is_open) = ("it is not in the local store".to_owned(), false);
        for place in self.places(wanted) {
            // What a registry did not answer about may be revoked there, whatever the local store knows of it.
            if is_open && matches!(place, Place::Local(_)) {
                break;
            }
            match Kit::open(self.context, &place).await {
                Ok(kit) => return self.read(&kit, &place).await,
                Err(OpsError::KitNotFound { .. }) => {}
                Err(OpsError::NotAKit { artifact_type, .. }) => {
                    let kind = sealkit_attest::AttestError::quote(&artifact_type);
                    reason = format!("it is no kit but a `{kind}`");
                }
                Err(OpsError::Store(error @ StoreError::DigestMismatch { .. })) => {
                    return Ok(Found::Damaged(error.to_string()));
                }
                // A registry that refuses or is gone leaves the question open.
                Err(error) => {
                    is_open |= matches!(place, Place::Remote(_));
                    reason = format!("it could not be read: {error}");
                }
            }
        }
        Ok(Found::Absent(reason))
    }

    /// Where a digest may be: where the root is, at the registry of the root under the name that statements give it,
    /// and then in the local store, which learns last of what was said of a kit since.
    fn places(&self, wanted: &Wanted) -> Vec<Place> {
        if wanted.digest == self.root_digest {
            return vec![self.root.at_digest(&wanted.digest).unwrap_or_else(|| self.root.clone())];
        }
        // A hub looks at what it serves and nowhere else.
        if matches!(self.root, Place::Served(_)) {
            return self.root.at_digest(&wanted.digest).into_iter().collect();
        }
        let mut places = Vec::new();
        match self.root {
            _ if self.only_local => {}
            Place::Layout { .. } => {
                places
                    .push(self.root.at_digest(&wanted.digest).unwrap_or_else(|| self.root.clone()));
            }
            Place::Remote(root) => {
                let named = wanted.name.as_deref().and_then(|name| name.parse::<Reference>().ok());
                let here =
                    named.filter(|name| name.is_remote() && name.registry() == root.registry());
                let names = here.into_iter().chain([root.clone()]);
                places.extend(
                    names.map(|name| Place::Remote(name.with_digest(wanted.digest.clone()))),
                );
            }
            _ => {}
        }
        places.push(Place::Local(Reference::unnamed(wanted.digest.clone())));
        places
    }

    async fn read(&mut self, kit: &Kit, place: &Place) -> Result<Found, OpsError> {
        let (checked, more) = match bundles(kit, &self.trust, (self.context.clock)(), false).await {
            Ok(read) => read,
            Err(OpsError::Store(error @ StoreError::DigestMismatch { .. })) => {
                return Ok(Found::Damaged(format!("what is attached is damaged: {error}")));
            }
            Err(error) => {
                let why = format!("what is attached to it could not be read: {error}");
                return Ok(Found::Absent(why));
            }
        };
        if more {
            let name = kit.digest();
            self.warnings.push(format!("more is attached to {name} than is looked at"));
        }
        let mut found = FoundKit {
            name: Some(self.name_of(kit, place)).filter(|name| !name.is_empty()),
            parts: kit.layers.iter().map(|layer| layer.descriptor.digest.clone()).collect(),
            ..FoundKit::default()
        };
        sort_into(&mut found, checked);
        match self.declared(kit, place).await {
            Ok(declared) => found.declared = declared,
            Err(error) => {
                let why = format!("the files of {} could not be read: {error}", kit.digest());
                self.warnings.push(why);
            }
        }
        Ok(Found::Kit(found))
    }

    /// What people call a kit: what was asked for, or the name in its Kitfile; its digest is shown
    /// beside it anyway.
    fn name_of(&self, kit: &Kit, place: &Place) -> String {
        if *kit.digest() == self.root_digest {
            return self.root.to_string();
        }
        match place {
            Place::Remote(reference) => reference.name(),
            _ => kit.kitfile.as_ref().map(|file| file.package.name.clone()).unwrap_or_default(),
        }
    }

    async fn declared(
        &self,
        kit: &Kit,
        place: &Place,
    ) -> Result<Vec<sealkit_attest::Declared>, OpsError> {
        let table = kit.file_table().await?.map(|(_, table)| table);
        if let Some(files) = self.files.filter(|_| *kit.digest() == self.root_digest) {
            return Ok(declared::of(files, table.as_ref()));
        }
        let trust = Arc::new(SealedTables::under(self.trust.clone(), self.context));
        let gathered = gather::of_kit(self.context, place, trust, None, usize::MAX).await?;
        Ok(declared::of(&gathered, table.as_ref()))
    }
}
