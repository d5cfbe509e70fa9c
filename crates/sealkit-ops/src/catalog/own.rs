//! The AIBOM that a hub makes of a kit, signed with its own key and ready to be attached.

use sealkit_attest::{
    Bundle, CycloneDxBom, HintStyle, PrivateKey, PublicKey, Statement, Subject, identify,
};
use sealkit_oci::{Descriptor, Digest, Manifest, Raw, media_type};

use super::Described;
use crate::OpsError;
use crate::attest::Checked;
use crate::bom::statement_document;
use crate::keys::SigningIdentity;
use crate::pack::unwritable;
use crate::seal::sign::annotations;

/// An AIBOM as a hub attaches it: the same for the same kit, version of SealKit and key.
#[derive(Clone, Debug)]
pub struct OwnBom {
    /// Digest of the document, CycloneDX 1.6.
    pub document: Digest,
    /// The Sigstore bundle around the statement that carries it.
    pub bundle: Vec<u8>,
    /// The blob of the bundle.
    pub blob: Descriptor,
    /// The manifest that attaches it to the kit.
    pub referrer: Raw<Manifest>,
}

impl Described {
    /// Its AIBOM, as far as a statement holds it, signed with the key of a hub: the same bytes for the same kit, repository and version of
    /// SealKit. The statement says that a hub made it of the bytes of `kit`, whose manifest that is (in-toto
    /// Statement v1, `subject.annotations`).
    ///
    /// # Errors
    /// When the document is larger than statements may be, or the kit is named by another digest than SHA-256.
    pub fn signed(self, kit: &Descriptor, key: &PrivateKey) -> Result<OwnBom, OpsError> {
        let (document, _) = statement_document(self.bom, self.created, None)?;
        let subjects = vec![Subject::looked_at_by_hub(&kit.digest)];
        let predicate = CycloneDxBom::new(&document)?;
        drop(document);
        let statement = Statement::new(subjects, &predicate)?;
        // Statements are about SHA-256 digests: about another one nobody could verify it.
        statement.check_subject(&kit.digest)?;
        let identity = SigningIdentity::of_key(key.clone());
        let bundle = identity.sign(&statement, HintStyle::Cosign)?.bytes().to_vec();
        let blob = Descriptor::of(media_type::SIGSTORE_BUNDLE, &bundle);
        let mut referrer = Manifest::referrer(media_type::SIGSTORE_BUNDLE, blob.clone(), kit);
        let notes = annotations(&identity, statement.predicate_type(), None);
        referrer.annotations.extend(notes.into_iter().map(|(name, text)| (name.to_owned(), text)));
        let referrer = Raw::build(media_type::OCI_MANIFEST, referrer)
            .map_err(|source| unwritable("AIBOM", source))?;
        let document = Digest::of(predicate.document().as_bytes());
        Ok(OwnBom { document, bundle, blob, referrer })
    }
}

/// Whether `key` made the signature of a bundle. That the annotation names it proves nothing.
pub(super) fn is_by(one: &Checked, key: &PublicKey) -> bool {
    one.claimed.as_ref() == Some(key)
        && Bundle::parse(one.bytes.clone())
            .is_ok_and(|bundle| identify(&bundle, key).signature_valid)
}
