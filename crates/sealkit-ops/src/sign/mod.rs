//! `sign`: signs a kit's manifest as cosign v3 does and its files as OpenSSF Model Signing does, so that the
//! tools of either verify it, and seals its file table, as `seal` does.

mod promise;
pub(crate) mod store;

use std::collections::BTreeMap;

use sealkit_attest::oms::{GIT_PATHS, Ignores, TreeManifest};
use sealkit_attest::{AttestError, Bundle, STATEMENT_LIMITS};
use sealkit_oci::{Descriptor, Digest, FileKind, LayerTable, media_type};
use sealkit_pack::{Limits, index_layer};

use crate::files::blob::{Blobs, blocking};
use crate::files::listing::unpack_layer;
use crate::keys::SigningIdentity;
use crate::seal::sign::Desk;
use crate::{Context, Kit, OpsError, Place};
use promise::Promise;

/// The file that `unpack` writes beside the files of a kit.
const KITFILE: &str = "Kitfile";

/// What to sign.
#[derive(Clone, Debug)]
pub struct SignRequest {
    /// The kit, in the local store, a layout folder or a registry.
    pub place: Place,
    /// As whom.
    pub identity: SigningIdentity,
    /// Creation time to write, RFC 3339 UTC; none writes none.
    pub created: Option<String>,
}

/// A kit that was signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedKit {
    /// The kit as it was asked for.
    pub reference: String,
    /// Digest of its manifest.
    pub digest: Digest,
    /// Digest of the manifest around the signature of the kit's manifest.
    pub signature: Digest,
    /// Digest of the manifest around the signature of the kit's files.
    pub model_signature: Digest,
    /// Digest of the manifest around the seal of the kit's file table.
    pub seal: Digest,
    /// Digest of the manifest around the AIBOM, where a seal that was trusted named one.
    pub bom: Option<Digest>,
    /// Root digest of the files.
    pub root: Digest,
    /// How many files are signed.
    pub files: usize,
    /// Fingerprint of the key that signed.
    pub key: String,
    /// What the person should know.
    pub warnings: Vec<String>,
}

/// Signs a kit, and attaches what was signed.
pub async fn sign_kit(context: &Context, request: SignRequest) -> Result<SignedKit, OpsError> {
    let SignRequest { place, identity, created } = request;
    let kit = Kit::open(context, &place).await?;
    let name = name_of(context, &place)?;
    let promise = Promise::of(context, &place, &kit, &name, &identity).await?;
    let key = identity.signer().public_key().fingerprint();
    let mut warnings = promise.warnings.clone();
    let (root, files) = (promise.tree.root(), promise.tree.files().len());
    let made = if let Place::Local(reference) = &place {
        let repository = context.local_repository(reference)?;
        local(context, &repository, &kit, identity, promise, created).await?
    } else {
        elsewhere(&kit, identity, promise, created.as_deref()).await?
    };
    let parent = kit.kitfile.as_ref().and_then(sealkit_kitfile::Kitfile::model_reference);
    warnings.extend(parent.map(|parent| {
        format!("the model is in kit `{parent}`, and is not signed with this one: sign that too")
    }));
    Ok(SignedKit {
        reference: place.to_string(),
        digest: kit.digest().clone(),
        signature: made.signature.digest,
        model_signature: made.model.digest,
        seal: made.seal.digest,
        bom: made.bom.map(|bom| bom.digest),
        root,
        files,
        key,
        warnings,
    })
}

/// The manifests by which it is attached.
struct Made {
    signature: Descriptor,
    model: Descriptor,
    bom: Option<Descriptor>,
    seal: Descriptor,
}

/// Into the local store, from which `gc` may take what nothing names yet. The seal comes last: nothing is
/// promised before it is there.
async fn local(
    context: &Context,
    repository: &str,
    kit: &Kit,
    identity: SigningIdentity,
    promise: Promise,
    created: Option<String>,
) -> Result<Made, OpsError> {
    let (context, repository) = (context.clone(), repository.to_owned());
    let subject = kit.manifest.descriptor().clone();
    blocking(move || {
        let signed = promise.sign(&identity)?;
        let store = context.store()?;
        let desk = Desk::of_identity(&store, &repository, &subject, identity, created.as_deref());
        if let Some(table) = &promise.table {
            desk.attach_table(table)?;
        }
        let attach = |bundle: &Bundle| {
            let statement = bundle.statement()?;
            desk.attach_bundle(bundle, statement.predicate_type()).map(|(referrer, _)| referrer)
        };
        Ok(Made {
            signature: attach(&signed.manifest)?,
            model: attach(&signed.model)?,
            bom: signed.bom.as_ref().map(attach).transpose()?,
            seal: attach(&signed.seal)?,
        })
    })
    .await
}

/// Into a registry or a layout folder.
async fn elsewhere(
    kit: &Kit,
    identity: SigningIdentity,
    promise: Promise,
    created: Option<&str>,
) -> Result<Made, OpsError> {
    let (subject, repository) = (kit.manifest.descriptor(), &*kit.repository);
    let work = identity.clone();
    // The signer may be a program that takes its time.
    let (signed, table) = blocking(move || Ok((promise.sign(&work)?, promise.table))).await?;
    if let Some(table) = table {
        let kind = media_type::FILE_TABLE;
        store::document(repository, subject, kind, &table, BTreeMap::new()).await?;
    }
    let attach = |bundle| store::attach(repository, subject, bundle, &identity, created);
    let signature = attach(&signed.manifest).await?;
    let model = attach(&signed.model).await?;
    let bom = match &signed.bom {
        Some(bom) => Some(attach(bom).await?),
        None => None,
    };
    Ok(Made { signature, model, bom, seal: attach(&signed.seal).await? })
}

/// The entries of every layer, read and verified.
pub(crate) async fn read_layers(
    blobs: &Blobs,
    kit: &Kit,
    context: &Context,
) -> Result<Vec<LayerTable>, OpsError> {
    let (layers, blobs) = (kit.layers.clone(), blobs.clone());
    let progress = std::sync::Arc::clone(&context.progress);
    blocking(move || {
        progress.start("reading", Some(layers.iter().map(|one| one.descriptor.size).sum()));
        let read = |layer| {
            let table = index_layer(&unpack_layer(layer), &blobs, &Limits::default(), &|event| {
                if let sealkit_pack::Progress::Bytes { count, .. } = event {
                    progress.advance(count);
                }
            });
            Ok(table?)
        };
        let tables = layers.iter().map(read).collect();
        progress.finish();
        tables
    })
    .await
}

/// What the kit is called in its signature, for people: the same however it was named here.
fn name_of(context: &Context, place: &Place) -> Result<String, OpsError> {
    let repository = match place {
        Place::Local(reference) => context.local_repository(reference)?,
        Place::Remote(reference) => reference.repository().to_owned(),
        other => return Ok(other.to_string()),
    };
    Ok(repository.rsplit('/').next().unwrap_or(&repository).to_owned())
}

/// Bytes that a file takes in the list beside its path: digest, names of fields and signs between them.
const LISTED: usize = 112;

/// The files of a kit as they will be unpacked. Those of git at the root are left out, as every
/// signer of models does, and so is the Kitfile that is written beside them: the kit's manifest
/// covers both.
pub(crate) fn tree_of(layers: &[LayerTable], name: &str) -> Result<TreeManifest, AttestError> {
    let files = kit_files(layers)?;
    let has_kitfile = files.contains_key(KITFILE);
    let own = GIT_PATHS.into_iter().chain((!has_kitfile).then_some(KITFILE));
    let ignores = Ignores::new(own.map(str::to_owned))?;
    let signed = files.into_iter().filter(|(path, _)| !ignores.covers(path)).collect::<Vec<_>>();
    let limit = STATEMENT_LIMITS.bytes;
    let sizes = signed.iter().map(|(path, _)| path.len() + LISTED);
    if sizes.fold(0, usize::saturating_add) > limit {
        return Err(AttestError::Limit { document: "list of the files", what: "byte", limit });
    }
    TreeManifest::new(name, signed, ignores)
}

/// Every regular file of a kit by its path. A path that two layers hold must be one file.
pub(crate) fn kit_files(layers: &[LayerTable]) -> Result<BTreeMap<String, Digest>, AttestError> {
    let mut files: BTreeMap<String, Digest> = BTreeMap::new();
    for entry in layers.iter().flat_map(|layer| &layer.files) {
        let (FileKind::File, Some(digest)) = (entry.kind, &entry.digest) else { continue };
        let before = files.insert(entry.path.clone(), digest.clone());
        if before.is_some_and(|before| before != *digest) {
            let path = AttestError::quote(&entry.path);
            let reason = format!("two layers hold `{path}` with different content");
            return Err(AttestError::ManifestInvalid { reason });
        }
    }
    Ok(files)
}
