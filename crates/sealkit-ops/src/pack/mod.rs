//! `pack`: a folder becomes a kit in the local store, with its file table attached.

mod manifest;
mod pins;
mod readable;
mod source;

use std::io::Write as _;
use std::path::PathBuf;

use sealkit_kitfile::Kitfile;
use sealkit_oci::{
    Descriptor, Digest, FileTable, KitFormat, LayerRole, Manifest, Raw, Reference, Target, go_json,
    media_type,
};
use sealkit_pack::{Packed, PlanOptions, Progress as Event};
use sealkit_store::{BlobWriter as _, Layout, StoreError};

pub use manifest::CLI_VERSION;
pub(crate) use manifest::{Documents, documents};
pub(crate) use pins::pins;
pub use sealkit_pack::{Modes, PackOptions, Symlinks};
pub use source::KitfileSource;
pub(crate) use source::{
    FolderRules, IGNORE_FILE, KITFILE_NAMES, find as find_kitfile, read_found_text, read_text,
};

use crate::unpack::follow;
use crate::{Context, OpsError};

/// What a manifest says about when and by what it was made: an input, so that packing twice gives
/// the same bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// Version of the packing tool to write instead of [`CLI_VERSION`].
    pub kit_version: Option<String>,
    /// Creation time, RFC 3339 UTC.
    pub created: Option<String>,
}

/// What to pack.
#[derive(Clone, Debug)]
pub struct PackRequest {
    /// The folder.
    pub dir: PathBuf,
    /// Its Kitfile.
    pub kitfile: KitfileSource,
    /// Name of the kit; none leaves it without one.
    pub name: Option<Reference>,
    /// Layers.
    pub options: PackOptions,
    /// What happens to symbolic links.
    pub symlinks: Symlinks,
    /// When and by what it was made.
    pub stamp: Stamp,
}

/// A kit that was packed.
#[derive(Clone, Debug)]
pub struct PackOutcome {
    /// Name of the repository in the store.
    pub repository: String,
    /// The names that it has now.
    pub tagged: Vec<Reference>,
    /// The manifest.
    pub manifest: Raw<Manifest>,
    /// The Kitfile with its layers' digests.
    pub kitfile: Kitfile,
    /// The layers: what each holds, and its descriptor.
    pub layers: Vec<(LayerRole, Descriptor)>,
    /// The file table, and the descriptor of its blob.
    pub file_table: FileTable,
    /// Descriptor of the blob that holds the file table.
    pub file_table_blob: Descriptor,
    /// Digest of `.kitignore`; none where there is none.
    pub ignore_digest: Option<Digest>,
    /// What the person should know.
    pub warnings: Vec<String>,
}

/// Packs a folder into the local store. The names come last: killed or failing before, they are where
/// they were.
pub fn pack(context: &Context, request: &PackRequest) -> Result<PackOutcome, OpsError> {
    let mut packed = pack_untagged(context, request)?;
    give_names(context, request.name.as_ref(), &mut packed)?;
    Ok(packed)
}

/// The same in the repository of the name, with no tag moved: see [`give_names`].
pub(crate) fn pack_untagged(
    context: &Context,
    request: &PackRequest,
) -> Result<PackOutcome, OpsError> {
    let parsed = request.kitfile.read(&request.dir)?;
    let mut warnings: Vec<String> = parsed.warnings.iter().map(ToString::to_string).collect();
    let mut kitfile = parsed.kitfile;
    warnings.extend(crate::remote_dataset::check_all(context, &kitfile)?);
    check_chain(context, request.name.as_ref(), &kitfile)?;
    let rules = request.kitfile.rules(&request.dir)?;
    let other_paths = other_paths(context, &kitfile, &mut warnings);
    let options = PlanOptions { symlinks: request.symlinks, other_paths };
    let plan = sealkit_pack::plan(&request.dir, &kitfile.parts(), &rules, &options)?;
    let total = plan.layers.iter().map(sealkit_pack::PlannedLayer::size).sum();

    let store = context.store()?;
    let writer = store.blob_writer();
    context.progress.start("packing", Some(total));
    let on_progress = |event: Event| {
        if let Event::Bytes { count, .. } = event {
            context.progress.advance(count);
        }
    };
    let packed = sealkit_pack::pack(&plan, &writer, &request.options, &on_progress);
    context.progress.finish();
    let packed = packed?;
    warnings.extend(packed.warnings.iter().map(warning_text));

    set_layers(&mut kitfile, &packed)?;
    let descriptors = packed.layers.iter().map(|layer| layer.descriptor.clone()).collect();
    let diff_ids: Vec<Digest> = packed.layers.iter().map(|layer| layer.diff_id.clone()).collect();
    let format = request.options.kit;
    let documents = documents(format, &kitfile, descriptors, &diff_ids, &request.stamp)?;
    write_blob(&store, &documents.config)?;
    let repository = store_manifest(&store, request.name.as_ref(), &documents.manifest)?;
    let mut file_table = packed.file_table();
    warnings.extend(readable::warnings(&packed.layers, &file_table));
    file_table.references = pins(context, &kitfile)?;
    let file_table_blob = attach_file_table(&store, &repository, &documents.manifest, &file_table)?;
    Ok(PackOutcome {
        repository,
        tagged: Vec::new(),
        layers: packed.layers.iter().map(|l| (l.part.role, l.descriptor.clone())).collect(),
        manifest: documents.manifest,
        kitfile,
        file_table,
        file_table_blob,
        ignore_digest: rules.digest,
        warnings,
    })
}

/// Paths that belong to other elements without being layers: remote datasets, and the parts of the
/// kit that `model.path` refers to, where that kit is in the local store.
pub(crate) fn other_paths(
    context: &Context,
    kitfile: &Kitfile,
    warnings: &mut Vec<String>,
) -> Vec<String> {
    let remote = kitfile.datasets.iter().filter(|dataset| !dataset.remote_path.is_empty());
    let mut paths: Vec<String> = remote.map(|dataset| dataset.path.clone()).collect();
    if let Some(parent) = kitfile.model_reference() {
        match parent_paths(context, &parent) {
            Some(found) => paths.extend(found),
            None => warnings.push(format!(
                "kit `{parent}`, to which `model.path` refers, is not in the local store: what lies where its model would be unpacked is packed too, and no digest pins that kit"
            )),
        }
    }
    paths
}

/// Refuses a kit that nobody could unpack: one that refers to itself by way of its parents, or with too many
/// of them. Parents that are not in the local store are not followed.
fn check_chain(
    context: &Context,
    name: Option<&Reference>,
    kitfile: &Kitfile,
) -> Result<(), OpsError> {
    let Some(parent) = kitfile.model_reference() else { return Ok(()) };
    let mut own: Vec<String> = names(name)?.iter().map(ToString::to_string).collect();
    if own.is_empty() {
        own.push("the kit".to_owned());
    }
    for name in own {
        let (mut visited, mut next) = (vec![name], Some(parent.clone()));
        while let Some(reference) = next {
            visited = follow(&visited, &reference)?;
            next = stored_kitfile(context, &reference).and_then(|found| found.model_reference());
        }
    }
    Ok(())
}

fn parent_paths(context: &Context, parent: &Reference) -> Option<Vec<String>> {
    let kitfile = stored_kitfile(context, parent)?;
    let is_model = |role| matches!(role, LayerRole::Model | LayerRole::ModelPart);
    let parts = kitfile.parts().into_iter().filter(|part| is_model(part.role));
    Some(parts.map(|part| part.path).collect())
}

/// The Kitfile of a kit in the local store.
fn stored_kitfile(context: &Context, parent: &Reference) -> Option<Kitfile> {
    let store = context.store().ok()?;
    let found = store.resolve(parent).ok()??;
    let target = Target::Digest(found.descriptor.digest);
    let stored = store.manifest(&found.repository, &target).ok()??;
    let manifest: Manifest = serde_json::from_slice(&stored.bytes).ok()?;
    let config = &manifest.config.digest;
    // What is no kit may have a config of any size.
    store.blob_size(config).ok()?.filter(|size| *size <= crate::kit::MAX_CONFIG)?;
    let config = std::fs::read(store.blob_path(config)).ok()?;
    Kitfile::from_json(&config).ok()
}

fn set_layers(kitfile: &mut Kitfile, packed: &Packed) -> Result<(), OpsError> {
    let infos = packed.layers.iter().map(|layer| layer.part.layer.clone()).collect();
    kitfile.set_layers(infos).map_err(|error| OpsError::Inconsistent {
        reference: kitfile.package.name.clone(),
        reason: error.to_string(),
    })
}

fn warning_text(warning: &sealkit_pack::Warning) -> String {
    use sealkit_pack::Warning;
    match warning {
        Warning::PartIgnored { path } => {
            format!("part `{path}` is excluded by `{IGNORE_FILE}`: its layer is empty")
        }
        Warning::NoFiles { path } => format!("part `{path}` holds no files"),
        Warning::Collision { first, second } => format!(
            "`{first}` and `{second}` are one name on systems that ignore case or Unicode form: `sealkit unpack` refuses the kit on every system"
        ),
    }
}

/// Stores the manifest in the repository of `name`, or of kits without one, and gives the repository.
fn store_manifest(
    store: &Layout,
    name: Option<&Reference>,
    manifest: &Raw<Manifest>,
) -> Result<String, OpsError> {
    let unnamed = || Reference::unnamed(manifest.digest().clone());
    let repository = name.map_or_else(|| unnamed().name(), Reference::name);
    let media_type = &manifest.descriptor().media_type;
    store.put_manifest(&repository, media_type, manifest.bytes(), None)?;
    Ok(repository)
}

/// Gives a packed kit every tag of `name`.
pub(crate) fn give_names(
    context: &Context,
    name: Option<&Reference>,
    packed: &mut PackOutcome,
) -> Result<(), OpsError> {
    let (store, manifest) = (context.store()?, &packed.manifest);
    let media_type = &manifest.descriptor().media_type;
    for name in names(name)? {
        store.put_manifest(&name.name(), media_type, manifest.bytes(), name.tag())?;
        packed.tagged.push(name);
    }
    Ok(())
}

/// One reference for each tag of a name, `latest` where it has none.
fn names(name: Option<&Reference>) -> Result<Vec<Reference>, OpsError> {
    let Some(name) = name.map(|name| name.clone().or_latest()) else { return Ok(Vec::new()) };
    let tags = name.tag().into_iter().chain(name.extra_tags().iter().map(String::as_str));
    Ok(tags.map(|tag| name.with_tag(tag)).collect::<Result<_, _>>()?)
}

/// Stores the file table as a referrer of the kit and returns the descriptor of its blob.
pub(crate) fn attach_file_table(
    store: &Layout,
    repository: &str,
    kit: &Raw<Manifest>,
    table: &FileTable,
) -> Result<Descriptor, OpsError> {
    let bytes = go_json::to_vec(table).map_err(|e| unwritable("file table", e.into()))?;
    let blob = Descriptor::of(media_type::FILE_TABLE, &bytes);
    write_blob(store, &bytes)?;
    attach(store, repository, kit.descriptor(), media_type::FILE_TABLE, &blob, &[])?;
    Ok(blob)
}

/// Stores a referrer manifest around a blob that is in the store already.
pub(crate) fn attach(
    store: &Layout,
    repository: &str,
    subject: &Descriptor,
    artifact_type: &str,
    blob: &Descriptor,
    annotations: &[(&str, &str)],
) -> Result<Descriptor, OpsError> {
    write_blob(store, media_type::EMPTY_JSON)?;
    let mut referrer = Manifest::referrer(artifact_type, blob.clone(), subject);
    let own = annotations.iter().map(|&(key, value)| (key.to_owned(), value.to_owned()));
    referrer.annotations.extend(own);
    let raw = Raw::build(media_type::OCI_MANIFEST, referrer)
        .map_err(|source| unwritable(artifact_type, source))?;
    Ok(store.put_manifest(repository, media_type::OCI_MANIFEST, raw.bytes(), None)?)
}

/// Writes a small blob into the store.
pub(crate) fn write_blob(store: &Layout, bytes: &[u8]) -> Result<Digest, OpsError> {
    let mut blob = store.blob_writer().create()?;
    let path = store.blob_path(&Digest::of(bytes));
    blob.write_all(bytes).map_err(|source| StoreError::io("write", path, source))?;
    Ok(blob.commit()?.0)
}

pub(crate) fn unwritable(what: &str, source: sealkit_oci::RawError) -> OpsError {
    OpsError::Unwritable { what: what.to_owned(), source }
}

/// The name by which `kit` calls a layer in its messages.
pub fn layer_name(format: KitFormat, role: LayerRole) -> &'static str {
    match (format, role) {
        (KitFormat::ModelKit, LayerRole::Model) => "model",
        (KitFormat::ModelKit, LayerRole::ModelPart) => "modelpart",
        (KitFormat::ModelKit, LayerRole::Docs) => "docs",
        (KitFormat::ModelPack, LayerRole::Model) => "weight",
        (KitFormat::ModelPack, LayerRole::ModelPart) => "weight.config",
        (KitFormat::ModelPack, LayerRole::Docs) => "doc",
        (_, LayerRole::Code) => "code",
        (_, LayerRole::Dataset) => "dataset",
        (_, LayerRole::Mcpb) => "mcpb",
    }
}
