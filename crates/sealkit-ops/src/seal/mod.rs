//! `seal`: a folder becomes a kit with its AIBOM, signed and verified.

mod generate;
mod name;
pub(crate) mod outside;
pub(crate) mod record;
pub(crate) mod sign;

use std::path::{Path, PathBuf};

use sealkit_aibom::Supplied;
use sealkit_oci::{Descriptor, Digest, FileKind, LayerRole, Reference, media_type};
use sealkit_report::Finding;

use crate::bom::{RunsCode, files_left, gather, statement_document};
use crate::keys::{PrivateKey, Signer as _};
use crate::pack::{
    KitfileSource, PackOptions, PackOutcome, PackRequest, Stamp, Symlinks, give_names,
    pack_untagged,
};
use crate::trust::{Role, Trusted, TrustedKey};
use crate::verify::{Verification, VerifyRequest};
use crate::{Context, OpsError, Place};

/// What to seal.
#[derive(Clone, Debug)]
pub struct SealRequest {
    /// The folder.
    pub dir: PathBuf,
    /// Its Kitfile; one is generated where the folder should have one and has none.
    pub kitfile: KitfileSource,
    /// Name of the kit; none makes one from the Kitfile or the folder.
    pub name: Option<Reference>,
    /// The key that signs.
    pub key: PrivateKey,
    /// How layers are packed.
    pub options: PackOptions,
    /// What people say beside the files, for the AIBOM.
    pub supplied: Supplied,
    /// Creation time to write, RFC 3339 UTC; none writes none, so that sealing twice gives the same
    /// bytes.
    pub created: Option<String>,
}

/// What one part of the kit holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartSummary {
    /// What it is.
    pub role: LayerRole,
    /// Whether a code part is a prompt.
    pub is_prompt: bool,
    /// Name in the Kitfile, empty where it has none.
    pub name: String,
    /// Path inside the kit.
    pub path: String,
    /// Number of files.
    pub files: u64,
    /// Size of the files in bytes.
    pub size: u64,
    /// Digest of the layer.
    pub digest: Digest,
}

/// A folder that was sealed.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// The name of the kit.
    pub reference: Reference,
    /// Digest of its manifest.
    pub digest: Digest,
    /// The Kitfile that was generated; none where there was one.
    pub generated: Option<PathBuf>,
    /// What is inside, part by part.
    pub parts: Vec<PartSummary>,
    /// Number of components of the AIBOM, the kit itself not counted.
    pub bom_components: usize,
    /// What inspection found.
    pub findings: Vec<Finding>,
    /// Files that run code where they are loaded, or ask for it.
    pub runs_code: Vec<RunsCode>,
    /// Parts that could not be inspected, and why.
    pub not_inspected: Vec<String>,
    /// Files of the folder that belong to no part.
    pub outside: Vec<String>,
    /// Recorded runs that were attached as provenance, by the digests of their records.
    pub records: Vec<Digest>,
    /// What the person should know.
    pub warnings: Vec<String>,
    /// What verification said of the kit right after.
    pub verification: Verification,
}

/// Seals a folder: Kitfile, kit, AIBOM, signatures, verification.
pub async fn seal(context: &Context, request: SealRequest) -> Result<Sealed, OpsError> {
    let own = context.clone();
    let signer = request.key.public_key();
    let made = tokio::task::spawn_blocking(move || make(&own, &request)).await;
    let made = made.map_err(|error| {
        OpsError::io("seal", context.home.store(), std::io::Error::other(error))
    })??;
    let place = Place::Local(made.reference.clone());
    let keys = vec![TrustedKey::new(signer, "the key that sealed", Role::Own)];
    let trusted = Trusted { keys, ..Trusted::default() };
    let request = VerifyRequest { trusted, ..VerifyRequest::default() };
    let verification = crate::verify::verify_kit(context, &place, &request).await?;
    Ok(Sealed { verification, ..made })
}

fn make(context: &Context, request: &SealRequest) -> Result<Sealed, OpsError> {
    let dir = request.dir.as_path();
    let made = match &request.kitfile {
        KitfileSource::Folder => generate::missing(dir)?,
        _ => None,
    };
    let kitfile = request.kitfile.read(dir)?.kitfile;
    let reference = match &request.name {
        Some(name) => name.clone().or_latest(),
        None => name::default_name(&kitfile, dir)?,
    };
    let mut packed = pack_untagged(context, &pack_request(request, reference.clone()))?;
    let store = context.store()?;
    let repository = reference.is_remote().then(|| reference.name());
    let gathered = gather::of_packed(context, dir, &packed, repository)?;
    let subject = packed.manifest.descriptor();
    let created = request.created.as_deref();
    let desk = sign::Desk::new(&store, &packed.repository, subject, &request.key, created);
    let recorded = crate::record::attach_records(context, &packed, &desk)?;
    let bom = gathered.assemble(&recorded.attested, &request.supplied);
    crate::bom::fits(&request.supplied, &bom)?;
    let table = Some(&packed.file_table_blob.digest);
    let (document, bom) = statement_document(bom, request.created.clone(), table)?;
    let not_signed = sign::sign(&desk, &packed, &document)?;
    let outside = outside::outside(dir, &packed)?;
    // Last: where any of this failed, the name still means the kit that it meant.
    give_names(context, Some(&reference), &mut packed)?;
    record::remember(&context.home, dir, &reference, &packed, &request.kitfile, &outside)?;
    let mut warnings = packed.warnings.clone();
    warnings.extend(files_left(&bom));
    warnings.extend(not_signed);
    warnings.extend(recorded.warnings);
    // What would not be packed is told by what really was not.
    let told = |warning: &&String| warning.ends_with("it would not be packed");
    let notes = made.iter().flat_map(|made| &made.warnings).filter(|text| !told(text));
    warnings.extend(notes.cloned());
    let kept_out = made.iter().flat_map(|made| &made.kept_out);
    warnings.extend(kept_out.map(|path| {
        format!("hidden `{path}` is kept out of the kit by `.kitignore`, which was written")
    }));
    Ok(Sealed {
        digest: packed.manifest.digest().clone(),
        reference,
        generated: made.and_then(|made| made.written.into_iter().next_back()),
        parts: parts(&packed),
        bom_components: bom.components.len(),
        findings: gathered.findings(),
        runs_code: gathered.runs_code(),
        not_inspected: gathered.reading.warnings,
        outside: outside.into_keys().collect(),
        records: recorded.records,
        warnings,
        verification: Verification::default(),
    })
}

fn pack_request(request: &SealRequest, name: Reference) -> PackRequest {
    PackRequest {
        dir: request.dir.clone(),
        kitfile: request.kitfile.clone(),
        name: Some(name),
        options: request.options.clone(),
        symlinks: Symlinks::Follow,
        stamp: Stamp { kit_version: None, created: request.created.clone() },
    }
}

fn parts(packed: &PackOutcome) -> Vec<PartSummary> {
    let tables = packed.file_table.layers.iter();
    let known = packed.kitfile.parts();
    packed
        .layers
        .iter()
        .zip(tables)
        .enumerate()
        .map(|(at, ((role, layer), table))| {
            let part = known.get(at);
            let files = || table.files.iter().filter(|file| file.kind == FileKind::File);
            PartSummary {
                role: *role,
                is_prompt: part.is_some_and(|part| part.is_prompt),
                name: part.map(|part| part.name.clone()).unwrap_or_default(),
                path: part.map(|part| part.path.clone()).unwrap_or_default(),
                files: files().count() as u64,
                size: files().map(|file| file.size).sum(),
                digest: layer.digest.clone(),
            }
        })
        .collect()
}

/// The descriptor of an AIBOM document.
pub(crate) fn bom_descriptor(document: &[u8]) -> Descriptor {
    Descriptor::of(media_type::CYCLONEDX, document)
}

/// The folder as it is called in records: absolute, links resolved.
pub(crate) fn canonical(dir: &Path) -> Result<PathBuf, OpsError> {
    std::fs::canonicalize(dir).map_err(|source| OpsError::io("open", dir, source))
}
