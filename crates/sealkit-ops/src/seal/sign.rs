//! The signed statements about a kit, stored as cosign v3 stores its own.

use std::io::Write as _;

use sealkit_attest::oms::TreeManifest;
use sealkit_attest::{
    ANNOTATION_PUBLIC_KEY, Bundle, CosignSign, CycloneDxBom, HintStyle, KitSeal, Predicate,
    PrivateKey, PublicKey, Statement, Subject,
};
use sealkit_oci::{Descriptor, Digest, media_type};
use sealkit_store::{BlobWriter as _, Layout, LayoutWriter, StoreError};

use super::bom_descriptor;
use crate::OpsError;
use crate::keys::SigningIdentity;
use crate::pack::{PackOutcome, attach};

/// Signs the kit, the seal over its file table and AIBOM, the AIBOM itself, and the files as they
/// will be unpacked; gives what keeps the last from being signed.
pub(super) fn sign(
    desk: &Desk<'_>,
    packed: &PackOutcome,
    bom: &[u8],
) -> Result<Option<String>, OpsError> {
    let bom = CycloneDxBom::new(bom)?;
    // Digest of the text as it stands in the statement, without white space around it.
    let named = bom_descriptor(bom.document().as_bytes());
    // A kit may hold what a model signature may not list: then it has the others alone.
    let tree = crate::sign::tree_of(&packed.file_table.layers, desk.name());
    let seal = KitSeal::new(&packed.file_table_blob, Some(&named))
        .with_ignore(packed.ignore_digest.clone())
        .with_model_root(tree.as_ref().ok().map(TreeManifest::root));
    desk.attach(&CosignSign {})?;
    desk.attach(&seal)?;
    desk.attach(&bom)?;
    match tree {
        Ok(tree) => desk.attach_model(&tree).map(|_| None),
        Err(error) => Ok(Some(format!("no model signature was made: {error}"))),
    }
}

/// Signs statements about one kit and attaches them.
pub(crate) struct Desk<'a> {
    store: &'a Layout,
    /// Lives until all is attached: it keeps `gc` away from the bundles.
    writer: LayoutWriter,
    repository: &'a str,
    subject: &'a Descriptor,
    identity: SigningIdentity,
    created: Option<&'a str>,
}

impl<'a> Desk<'a> {
    /// A desk for the kit whose manifest is `subject`, in `repository` of the local store.
    pub(crate) fn new(
        store: &'a Layout,
        repository: &'a str,
        subject: &'a Descriptor,
        key: &PrivateKey,
        created: Option<&'a str>,
    ) -> Self {
        let identity = SigningIdentity::of_key(key.clone());
        Self::of_identity(store, repository, subject, identity, created)
    }

    /// The same for any identity.
    pub(crate) fn of_identity(
        store: &'a Layout,
        repository: &'a str,
        subject: &'a Descriptor,
        identity: SigningIdentity,
        created: Option<&'a str>,
    ) -> Self {
        Self { store, writer: store.blob_writer(), repository, subject, identity, created }
    }

    /// What the kit is called in signatures: the last part of its repository.
    fn name(&self) -> &str {
        self.repository.rsplit('/').next().unwrap_or(self.repository)
    }

    /// The public half of the key that signs.
    pub(crate) fn public_key(&self) -> PublicKey {
        self.identity.signer().public_key()
    }

    /// Signs what `predicate` says of the kit; gives the referrer.
    pub(crate) fn attach<P: Predicate>(&self, predicate: &P) -> Result<Descriptor, OpsError> {
        let statement = Statement::new(vec![Subject::of(&self.subject.digest)], predicate)?;
        self.bundle(&statement, HintStyle::Cosign).map(|(referrer, _)| referrer)
    }

    /// Signs the list of the kit's files as a model signature; gives the referrer.
    pub(crate) fn attach_model(&self, tree: &TreeManifest) -> Result<Descriptor, OpsError> {
        self.bundle(&tree.statement()?, HintStyle::ModelSigning).map(|(referrer, _)| referrer)
    }

    /// Attaches a file table.
    pub(crate) fn attach_table(&self, bytes: &[u8]) -> Result<Descriptor, OpsError> {
        let kind = media_type::FILE_TABLE;
        self.write(bytes)?;
        let blob = Descriptor::of(kind, bytes);
        attach(self.store, self.repository, self.subject, kind, &blob, &[])
    }

    /// Signs a statement, of which the kit is one subject; gives the referrer, and the digest of the
    /// bundle.
    pub(crate) fn attach_statement(
        &self,
        statement: &Statement,
    ) -> Result<(Descriptor, Digest), OpsError> {
        statement.check_subject(&self.subject.digest)?;
        self.bundle(statement, HintStyle::Cosign)
    }

    fn bundle(
        &self,
        statement: &Statement,
        hint: HintStyle,
    ) -> Result<(Descriptor, Digest), OpsError> {
        let bundle = self.identity.sign(statement, hint)?;
        self.attach_bundle(&bundle, statement.predicate_type())
    }

    /// Attaches what was signed; gives the referrer, and the digest of the bundle.
    pub(crate) fn attach_bundle(
        &self,
        bundle: &Bundle,
        predicate_type: &str,
    ) -> Result<(Descriptor, Digest), OpsError> {
        let blob = Descriptor::of(media_type::SIGSTORE_BUNDLE, bundle.bytes());
        self.write(bundle.bytes())?;
        let notes = annotations(&self.identity, predicate_type, self.created);
        let notes: Vec<_> = notes.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let kind = media_type::SIGSTORE_BUNDLE;
        let made = attach(self.store, self.repository, self.subject, kind, &blob, &notes)?;
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

/// What the manifest of a bundle says of it. A signer's key is named there, for its bundle does not
/// hold it; their certificates are in the bundle.
pub(crate) fn annotations(
    identity: &SigningIdentity,
    predicate_type: &str,
    created: Option<&str>,
) -> Vec<(&'static str, String)> {
    let mut notes = vec![
        (media_type::ANNOTATION_BUNDLE_CONTENT, "dsse-envelope".to_owned()),
        (media_type::ANNOTATION_BUNDLE_PREDICATE, predicate_type.to_owned()),
    ];
    if identity.chain().is_empty() {
        notes.push((ANNOTATION_PUBLIC_KEY, identity.signer().public_key().to_pem()));
    }
    notes.extend(created.map(|time| (media_type::ANNOTATION_CREATED, time.to_owned())));
    notes
}
