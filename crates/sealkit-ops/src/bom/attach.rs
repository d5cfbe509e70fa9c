//! AIBOMs attached to kits, and taken from them byte for byte.

use std::sync::Arc;

use sealkit_aibom::{Bom, Supplied, codec_of};
use sealkit_attest::{CycloneDxBom, SpdxBom};
use sealkit_oci::{Descriptor, Digest, media_type};

use super::{BomSource, attached, gather, statement_document};
use crate::archive::{self, Aside};
use crate::files::blob::blocking;
use crate::keys::PrivateKey;
use crate::pack::{attach, write_blob};
use crate::seal::sign::Desk;
use crate::verify::SealedTables;
use crate::{Context, Kit, OpsError, Place};

/// What to attach.
#[derive(Clone, Debug)]
pub struct AttachRequest {
    /// The kit, in the local store.
    pub place: Place,
    /// The document; none makes one from the kit.
    pub document: Option<Vec<u8>>,
    /// What people supply, where one is made.
    pub supplied: Supplied,
    /// The key that signs; none attaches the bare document.
    pub key: Option<PrivateKey>,
}

/// What was attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachedBom {
    /// Digest of the kit's manifest.
    pub kit: Digest,
    /// Digest of the referrer's manifest.
    pub referrer: Digest,
    /// Whether it is signed.
    pub signed: bool,
}

/// Attaches an AIBOM to a kit of the local store. One that describes something else is refused.
pub async fn attach_bom(
    context: &Context,
    request: AttachRequest,
) -> Result<AttachedBom, OpsError> {
    let Place::Local(reference) = &request.place else {
        let message = format!("`{}` is not in the local store", request.place);
        return Err(OpsError::usage("not-local", message)
            .with_hint("pull it, attach the AIBOM, and push it again"));
    };
    let repository = context.local_repository(reference)?;
    let kit = Kit::open(context, &request.place).await?;
    let document = match request.document {
        Some(document) => document,
        None => made(context, &request.place, &request.supplied, &kit).await?,
    };
    let codec = codec_of(&document)?;
    check_subject(&codec.decode(&document)?, &kit)?;
    let (context, key) = (context.clone(), request.key);
    let subject = kit.manifest.descriptor().clone();
    blocking(move || {
        let store = context.store()?;
        let is_spdx = codec.media_type() == media_type::SPDX;
        let kind = if is_spdx { media_type::SPDX } else { media_type::CYCLONEDX };
        let referrer = if let Some(key) = &key {
            let desk = Desk::new(&store, &repository, &subject, key, None);
            if is_spdx {
                desk.attach(&SpdxBom::new(&document)?)?
            } else {
                desk.attach(&CycloneDxBom::new(&document)?)?
            }
        } else {
            let blob = Descriptor::of(kind, &document);
            write_blob(&store, &document)?;
            attach(&store, &repository, &subject, kind, &blob, &[])?
        };
        Ok(AttachedBom { kit: subject.digest, referrer: referrer.digest, signed: key.is_some() })
    })
    .await
}

async fn made(
    context: &Context,
    place: &Place,
    supplied: &Supplied,
    kit: &Kit,
) -> Result<Vec<u8>, OpsError> {
    let attested = attached::attached(context, kit).await?.attested;
    let trust = Arc::new(SealedTables::new(context)?);
    let gathered = gather::of_kit(context, place, trust, None, usize::MAX).await?;
    let created = kit.manifest.value().annotations.get(media_type::ANNOTATION_CREATED).cloned();
    let bom = gathered.assemble(&attested, supplied);
    super::fits(supplied, &bom)?;
    drop(gathered);
    Ok(statement_document(bom, created, None)?.0)
}

fn check_subject(bom: &Bom, kit: &Kit) -> Result<(), OpsError> {
    match bom.subject_digest() {
        Some(digest) if digest == *kit.digest() => Ok(()),
        found => {
            let found = found.map_or_else(|| "no digest".to_owned(), |digest| digest.to_string());
            let message = format!(
                "the AIBOM is about another thing: it names {found}, the kit is {}",
                kit.digest()
            );
            Err(OpsError::usage("bom-of-another", message)
                .with_hint(format!("run `sealkit bom {}` for one of this kit", kit.reference)))
        }
    }
}

/// An AIBOM that was attached.
#[derive(Clone, Debug)]
pub struct DownloadedBom {
    /// The document, byte for byte.
    pub document: Vec<u8>,
    /// What its signature proves; none where nobody trusted has signed it.
    pub proof: Option<String>,
}

/// The AIBOM that is attached to the kit at `place`: a trusted one, else any.
pub async fn download_bom(context: &Context, place: &Place) -> Result<DownloadedBom, OpsError> {
    let aside = match place {
        Place::Archive(file) => Some(archive::aside(context, file).await?),
        _ => None,
    };
    let kit = Kit::open(context, aside.as_ref().map_or(place, Aside::place)).await?;
    match attached::attached(context, &kit).await?.bom {
        Some((document, BomSource::Signed(proof))) => {
            Ok(DownloadedBom { document, proof: Some(proof) })
        }
        Some((document, _)) => Ok(DownloadedBom { document, proof: None }),
        None => {
            let message = format!("no AIBOM is attached to `{}`", kit.reference);
            Err(OpsError::usage("no-bom", message)
                .with_hint(format!("run `sealkit bom {}` to make one", kit.reference)))
        }
    }
}
