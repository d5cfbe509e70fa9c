//! Every AIBOM that is attached to a kit, each with who signed it; and one of them, byte for byte.

use sealkit_aibom::codec_of;
use sealkit_attest::{
    ANNOTATION_PUBLIC_KEY, AnyPredicate, BUNDLE_LIMITS, Bundle, PublicKey, Statement, TrustRoot,
    Verifier, identify,
};
use sealkit_oci::{Descriptor, Digest, media_type};

use crate::attest::{is_bom, layer};
use crate::kit::MAX_REFERRERS;
use crate::verify::roles;
use crate::{Context, Kit, OpsError, Place, trust};

/// Most documents of one kit that are listed: whoever may push can attach any number.
const MAX_LISTED: usize = 256;
/// Most bytes that are read to list those of one kit.
const MAX_BYTES: u64 = 128 << 20;

/// Who signed an AIBOM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoredSigner {
    /// The key that was given as one's own.
    Own,
    /// Somebody whom the trust store names so.
    Trusted(String),
    /// Nobody who is trusted: the fingerprint of the key that claims to have signed, and why it does not count.
    Other {
        /// The fingerprint; a claim, not a proof.
        claimed: Option<String>,
        /// Why.
        reason: String,
    },
    /// Nobody: the document is attached as it is.
    Nobody,
}

/// An AIBOM that is attached to a kit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBom {
    /// Digest of the manifest that attaches it.
    pub referrer: Digest,
    /// Format of the document with its version.
    pub format: &'static str,
    /// Digest of the document.
    pub document: Digest,
    /// Size of the document in bytes.
    pub size: u64,
    /// Who signed it.
    pub signer: StoredSigner,
}

/// One of them with its bytes.
#[derive(Clone, Debug)]
pub struct StoredDocument {
    /// What is known of it.
    pub about: StoredBom,
    /// The document, byte for byte as it was signed.
    pub document: Vec<u8>,
    /// The bundle that signs it; none where nobody did.
    pub bundle: Option<Vec<u8>>,
}

/// The AIBOMs that are attached to the kit at `place`, and whether there are more than were looked at. Signatures
/// are verified under the trust store, and `own` counts too. What is about another kit is left out.
///
/// # Errors
/// When the kit can not be read.
pub async fn stored_boms(
    context: &Context,
    place: &Place,
    own: Option<&PublicKey>,
) -> Result<(Vec<StoredBom>, bool), OpsError> {
    let kit = Kit::bare(context, place).await?;
    let trust = trust::load(&context.home)?;
    let desk = Desk { kit: &kit, trust: &trust, now: (context.clock)(), own };
    let (mut all, mut room) = (Vec::new(), MAX_BYTES);
    for kind in [media_type::SIGSTORE_BUNDLE, media_type::CYCLONEDX, media_type::SPDX] {
        let list = kit.repository.referrers(kit.digest(), Some(kind)).await?;
        for (at, referrer) in list.into_iter().enumerate() {
            if all.len() == MAX_LISTED || at == MAX_REFERRERS || room == 0 {
                return Ok((all, true));
            }
            all.extend(desk.read(&referrer, &mut room).await?.map(|found| found.about));
        }
    }
    Ok((all, false))
}

/// The AIBOM that the manifest `referrer` attaches to the kit at `place`; none where it attaches none.
///
/// # Errors
/// When the kit can not be read.
pub async fn stored_bom(
    context: &Context,
    place: &Place,
    referrer: &Digest,
    own: Option<&PublicKey>,
) -> Result<Option<StoredDocument>, OpsError> {
    let kit = Kit::bare(context, place).await?;
    let trust = trust::load(&context.home)?;
    let desk = Desk { kit: &kit, trust: &trust, now: (context.clock)(), own };
    let mut room = MAX_BYTES;
    desk.read(&Descriptor::new(media_type::OCI_MANIFEST, referrer.clone(), 0), &mut room).await
}

/// What attached documents are held against.
struct Desk<'a> {
    kit: &'a Kit,
    trust: &'a TrustRoot,
    now: i64,
    own: Option<&'a PublicKey>,
}

impl Desk<'_> {
    /// The AIBOM of one referrer; none where it has none, or it can not be read. `room` is what may be read, in
    /// bytes.
    async fn read(
        &self,
        referrer: &Descriptor,
        room: &mut u64,
    ) -> Result<Option<StoredDocument>, OpsError> {
        let Ok(Some((blob, manifest))) = layer(self.kit, referrer).await else { return Ok(None) };
        let said = manifest.annotations.get(media_type::ANNOTATION_BUNDLE_PREDICATE);
        let is_about = manifest.subject.as_ref().is_some_and(|of| of.digest == *self.kit.digest());
        if !is_about || said.is_some_and(|said| !is_bom(said)) {
            return Ok(None);
        }
        // What no bundle can be costs nothing: it does not hide the others.
        if blob.size > BUNDLE_LIMITS.bytes as u64 {
            return Ok(None);
        }
        let limit = *room;
        *room -= blob.size.min(limit);
        if blob.size > limit {
            return Ok(None);
        }
        // One damaged attachment does not hide the others.
        let Ok(bytes) = self.kit.read_blob(&blob, limit).await else { return Ok(None) };
        let claimed = manifest.annotations.get(ANNOTATION_PUBLIC_KEY);
        let claimed = claimed.and_then(|pem| PublicKey::from_pem(pem).ok());
        let signed = blob.media_type == media_type::SIGSTORE_BUNDLE;
        let found = if signed { self.signed(&bytes, claimed.as_ref()) } else { self.bare(&bytes) };
        let Some((document, signer)) = found else { return Ok(None) };
        let Ok(codec) = codec_of(&document) else { return Ok(None) };
        let about = StoredBom {
            referrer: referrer.digest.clone(),
            format: codec.name(),
            document: Digest::of(&document),
            size: document.len() as u64,
            signer,
        };
        Ok(Some(StoredDocument { about, document, bundle: signed.then_some(bytes) }))
    }

    /// The document of a bundle, and who signed it.
    fn signed(&self, bytes: &[u8], claimed: Option<&PublicKey>) -> Option<(Vec<u8>, StoredSigner)> {
        let bundle = Bundle::parse(bytes.to_vec()).ok()?;
        let statement = bundle.statement_allowing_v01().ok()?;
        statement.check_subject(self.kit.digest()).ok()?;
        let document = document(&statement)?;
        if self.own.is_some_and(|own| identify(&bundle, own).signature_valid) {
            return Some((document, StoredSigner::Own));
        }
        let mut verifier = Verifier::new(self.trust, self.now).allowing_statement_v01();
        if let Some(claimed) = claimed {
            verifier = verifier.claiming(claimed);
        }
        let signer = match verifier.verify(bytes, self.kit.digest()) {
            Ok(verified) => match roles::uncounted(&verified) {
                None => Ok(verified.signer().name().to_owned()),
                Some(reason) => Err(reason),
            },
            Err(error) => Err(error.full_message()),
        };
        let signer = match signer {
            Ok(name) => StoredSigner::Trusted(name),
            Err(reason) => {
                StoredSigner::Other { claimed: claimed.map(PublicKey::fingerprint), reason }
            }
        };
        Some((document, signer))
    }

    /// A document that was attached as it is, where it is about this kit.
    fn bare(&self, bytes: &[u8]) -> Option<(Vec<u8>, StoredSigner)> {
        let bom = codec_of(bytes).ok()?.decode(bytes).ok()?;
        let is_about = bom.subject_digest().as_ref() == Some(self.kit.digest());
        is_about.then(|| (bytes.to_vec(), StoredSigner::Nobody))
    }
}

fn document(statement: &Statement) -> Option<Vec<u8>> {
    match statement.any_predicate().ok()? {
        AnyPredicate::CycloneDx(bom) => Some(bom.document().as_bytes().to_vec()),
        AnyPredicate::Spdx(bom) => Some(bom.document().as_bytes().to_vec()),
        _ => None,
    }
}
