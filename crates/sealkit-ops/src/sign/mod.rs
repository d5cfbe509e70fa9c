//! `sign`: signs a kit twice, its manifest as cosign v3 does and its files as OpenSSF Model Signing
//! does, so that the tools of either verify it.

pub(crate) mod store;

use std::collections::BTreeMap;

use sealkit_attest::oms::{GIT_PATHS, Ignores, TreeManifest};
use sealkit_attest::{AttestError, CosignSign, HintStyle, STATEMENT_LIMITS, Statement, Subject};
use sealkit_oci::{Descriptor, Digest, FileKind, LayerTable};
use sealkit_pack::{Limits, index_layer};

use crate::files::blob::{Blobs, blocking};
use crate::files::listing::unpack_layer;
use crate::files::trust::trusted_table;
use crate::keys::SigningIdentity;
use crate::seal::sign::Desk;
use crate::verify::SealedTables;
use crate::{Context, Kit, OpsError, Place};

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
    /// Root digest of the files.
    pub root: Digest,
    /// How many files are signed.
    pub files: usize,
    /// Fingerprint of the key that signed.
    pub key: String,
    /// What the person should know.
    pub warnings: Vec<String>,
}

/// Signs a kit: two bundles, attached to it.
pub async fn sign_kit(context: &Context, request: SignRequest) -> Result<SignedKit, OpsError> {
    let SignRequest { place, identity, created } = request;
    let kit = Kit::open(context, &place).await?;
    let layers = layers(context, &place, &kit).await?;
    let tree = tree_of(&layers, &name_of(context, &place)?)?;
    let (root, files) = (tree.root(), tree.files().len());
    let key = identity.signer().public_key().fingerprint();
    let subject = kit.manifest.descriptor().clone();
    let (signature, model_signature) = if let Place::Local(reference) = &place {
        local(context, &context.local_repository(reference)?, &subject, identity, &tree, created)
            .await?
    } else {
        elsewhere(&kit, identity, tree, created.as_deref()).await?
    };
    let parent = kit.kitfile.as_ref().and_then(sealkit_kitfile::Kitfile::model_reference);
    let warnings = parent.map(|parent| {
        format!("the model is in kit `{parent}`, and is not signed with this one: sign that too")
    });
    Ok(SignedKit {
        reference: place.to_string(),
        digest: subject.digest,
        signature: signature.digest,
        model_signature: model_signature.digest,
        root,
        files,
        key,
        warnings: warnings.into_iter().collect(),
    })
}

/// Into the local store, from which `gc` may take what nothing names yet.
async fn local(
    context: &Context,
    repository: &str,
    subject: &Descriptor,
    identity: SigningIdentity,
    tree: &TreeManifest,
    created: Option<String>,
) -> Result<(Descriptor, Descriptor), OpsError> {
    let (context, repository) = (context.clone(), repository.to_owned());
    let (subject, tree) = (subject.clone(), tree.clone());
    blocking(move || {
        let store = context.store()?;
        let created = created.as_deref();
        let desk = Desk::of_identity(&store, &repository, &subject, identity, created);
        Ok((desk.attach(&CosignSign {})?, desk.attach_model(&tree)?))
    })
    .await
}

/// Into a registry or a layout folder.
async fn elsewhere(
    kit: &Kit,
    identity: SigningIdentity,
    tree: TreeManifest,
    created: Option<&str>,
) -> Result<(Descriptor, Descriptor), OpsError> {
    let subject = kit.manifest.descriptor();
    let bare = Statement::new(vec![Subject::of(&subject.digest)], &CosignSign {})?;
    let work = identity.clone();
    // The signer may be a program that takes its time.
    let (signature, model) = blocking(move || {
        let listed = tree.statement()?;
        let model = work.sign(&listed, HintStyle::ModelSigning)?;
        Ok((work.sign(&bare, HintStyle::Cosign)?, model))
    })
    .await?;
    let repository = &*kit.repository;
    let first = store::attach(repository, subject, &signature, &identity, created).await?;
    Ok((first, store::attach(repository, subject, &model, &identity, created).await?))
}

/// The entries of every layer with their digests: from a file table that somebody trusted sealed,
/// else from the layers, each read once and verified. A table that anybody may have attached is not
/// signed.
pub(crate) async fn layers(
    context: &Context,
    place: &Place,
    kit: &Kit,
) -> Result<Vec<LayerTable>, OpsError> {
    let trust = SealedTables::new(context)?;
    if let Some(table) = trusted_table(kit, &trust).await? {
        return Ok(table.layers);
    }
    read_layers(&Blobs::of(context, place, kit)?, kit, context).await
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
