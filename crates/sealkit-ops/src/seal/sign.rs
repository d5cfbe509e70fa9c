//! The three signed statements about a kit, stored as cosign v3 stores its own.

use std::io::Write as _;

use sealkit_attest::{
    ANNOTATION_PUBLIC_KEY, Bundle, CosignSign, CycloneDxBom, HintStyle, KitSeal, Predicate,
    PrivateKey, Signer as _, Statement, Subject,
};
use sealkit_oci::{Descriptor, Digest, media_type};
use sealkit_store::{BlobWriter as _, Layout, LayoutWriter, StoreError};

use super::bom_descriptor;
use crate::OpsError;
use crate::pack::{PackOutcome, attach};

/// Signs the kit, the seal over its file table and AIBOM, and the AIBOM itself.
pub(super) fn sign(
    store: &Layout,
    packed: &PackOutcome,
    bom: &[u8],
    key: &PrivateKey,
    created: Option<&str>,
) -> Result<(), OpsError> {
    let bom = CycloneDxBom::new(bom)?;
    // Digest of the text as it stands in the statement, without white space around it.
    let named = bom_descriptor(bom.document().as_bytes());
    let seal = KitSeal::new(&packed.file_table_blob, Some(&named))
        .with_ignore(packed.ignore_digest.clone());
    let desk = Desk::new(store, &packed.repository, packed.manifest.descriptor(), key, created);
    desk.attach(&CosignSign {})?;
    desk.attach(&seal)?;
    desk.attach(&bom)?;
    Ok(())
}

/// Signs statements about one kit and attaches them.
pub(crate) struct Desk<'a> {
    store: &'a Layout,
    /// Lives until all is attached: it keeps `gc` away from the bundles.
    writer: LayoutWriter,
    repository: &'a str,
    subject: &'a Descriptor,
    key: &'a PrivateKey,
    created: Option<&'a str>,
}

impl<'a> Desk<'a> {
    /// A desk for the kit whose manifest is `subject`, in `repository` of the local store.
    pub(crate) fn new(
        store: &'a Layout,
        repository: &'a str,
        subject: &'a Descriptor,
        key: &'a PrivateKey,
        created: Option<&'a str>,
    ) -> Self {
        Self { store, writer: store.blob_writer(), repository, subject, key, created }
    }

    /// The key that signs.
    pub(crate) fn key(&self) -> &PrivateKey {
        self.key
    }

    /// Signs what `predicate` says of the kit; gives the referrer.
    pub(crate) fn attach<P: Predicate>(&self, predicate: &P) -> Result<Descriptor, OpsError> {
        let statement = Statement::new(vec![Subject::of(&self.subject.digest)], predicate)?;
        self.bundle(&statement, P::TYPE).map(|(referrer, _)| referrer)
    }

    /// Signs a statement, of which the kit is one subject; gives the digest of the bundle.
    pub(crate) fn attach_statement(&self, statement: &Statement) -> Result<Digest, OpsError> {
        statement.check_subject(&self.subject.digest)?;
        self.bundle(statement, statement.predicate_type()).map(|(_, bundle)| bundle)
    }

    fn bundle(&self, statement: &Statement, kind: &str) -> Result<(Descriptor, Digest), OpsError> {
        let bundle = Bundle::sign(statement, self.key, HintStyle::Cosign)?;
        let blob = Descriptor::of(media_type::SIGSTORE_BUNDLE, bundle.bytes());
        self.write(bundle.bytes())?;
        let pem = self.key.public_key().to_pem();
        let mut annotations = vec![
            (media_type::ANNOTATION_BUNDLE_CONTENT, "dsse-envelope"),
            (media_type::ANNOTATION_BUNDLE_PREDICATE, kind),
            (ANNOTATION_PUBLIC_KEY, pem.as_str()),
        ];
        annotations.extend(self.created.map(|time| (media_type::ANNOTATION_CREATED, time)));
        let kind = media_type::SIGSTORE_BUNDLE;
        let made = attach(self.store, self.repository, self.subject, kind, &blob, &annotations)?;
        Ok((made, blob.digest))
    }

    fn write(&self, bytes: &[u8]) -> Result<(), OpsError> {
        let mut blob = self.writer.create()?;
        let failed = |source| StoreError::io("write", self.store.root(), source);
        blob.write_all(bytes).map_err(failed)?;
        blob.commit()?;
        Ok(())
    }
}
