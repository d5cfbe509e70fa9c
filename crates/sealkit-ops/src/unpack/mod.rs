//! `unpack`: a kit becomes files in a folder, all of them verified before any appears.

mod chain;
mod content;
mod holders;
mod ranges;
mod select;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) use chain::follow;
use sealkit_kitfile::Filter;
use sealkit_oci::{Digest, LayerRole};
pub use sealkit_pack::{Existing, Limits};
use sealkit_pack::{ExtraFile, UnpackLayer, UnpackOptions};

use self::chain::{Member, Planned};
use self::content::Contents;
use self::select::Selection;
use crate::files::TableTrust;
use crate::files::blob::blocking;
use crate::{Context, OpsError, Place, remote_dataset};

/// The name under which the Kitfile is written.
const KITFILE: &str = "Kitfile";

/// What to unpack, and how.
#[derive(Clone)]
pub struct UnpackRequest {
    /// The kit.
    pub place: Place,
    /// The folder to unpack into.
    pub dir: PathBuf,
    /// What is unpacked: what any of these selects; everything where there are none.
    pub filters: Vec<Filter>,
    /// What happens to files that are there.
    pub existing: Existing,
    /// Limits against archive bombs.
    pub limits: Limits,
    /// Whether datasets that are stored elsewhere are fetched too.
    pub include_remote: bool,
    /// Whether single files may be fetched from a registry by ranges that nothing vouches for.
    pub unverified_ranges: bool,
    /// Whether kits that are referred to are taken as their tags are now, whatever digest is sealed.
    pub unpinned: bool,
    /// Which file tables are believed.
    pub trust: Arc<dyn TableTrust>,
}

/// What an unpack tells while it works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnpackEvent {
    /// The kit was found; everything after uses its digest.
    Resolved {
        /// The kit.
        reference: String,
        /// Digest of its manifest.
        digest: Digest,
    },
    /// The Kitfile will be written, or is there with the same bytes.
    Kitfile {
        /// Where.
        path: PathBuf,
        /// Whether it is there already.
        is_there: bool,
    },
    /// Another kit that this one refers to.
    Referenced {
        /// The kit.
        reference: String,
        /// Folder of the dataset that it is; none for the model.
        dataset: Option<String>,
    },
    /// A part.
    Part {
        /// What it is, in `kit`'s words.
        kind: &'static str,
        /// Its name, empty where it has none.
        name: String,
        /// Its path as the Kitfile writes it.
        path: String,
    },
    /// Something that the person should know.
    Warning(String),
}

/// Is told what happens.
pub type OnEvent<'a> = &'a (dyn Fn(UnpackEvent) + Send + Sync);

/// A kit that was unpacked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnpackOutcome {
    /// Digest of the kit's manifest.
    pub kit: Digest,
    /// Files that were written.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Files that were there and were kept.
    pub kept: u64,
    /// Whether an unpack that was interrupted earlier was finished first.
    pub finished_earlier: bool,
}

/// Reads `--filter` values.
pub fn parse_filters(filters: &[String]) -> Result<Vec<Filter>, OpsError> {
    crate::list::parse_filters(filters)
}

/// Unpacks a kit, with the models of the kits that it refers to.
pub async fn unpack(
    context: &Context,
    request: &UnpackRequest,
    on_event: OnEvent<'_>,
) -> Result<UnpackOutcome, OpsError> {
    let members = chain::resolve(context, request, on_event).await?;
    let Some(kit) = members.first().map(|member| member.kit.digest().clone()) else {
        return Err(OpsError::NoTarget { reference: request.place.to_string() });
    };
    require_storage(context, request, &members)?;
    let extra = kitfile(members.first(), request, on_event)?;
    let planned = plan(&members, request, on_event)?;
    let mut contents = Contents::default();
    let mut wanted = Wanted::default();
    let mut selection = Selection::new(&request.filters);
    for item in planned {
        let added: Vec<_> = match ranges::instead_of(context, request, &members, &item).await? {
            Some(pieces) => pieces.into_iter().map(|piece| contents.add(piece)).collect(),
            None => vec![contents.add_layer(&item)],
        };
        for layer in added {
            wanted.add(layer, item.declared.as_deref());
        }
        selection.add(item);
    }
    let Wanted { layers, parts, .. } = wanted;
    let total = layers.iter().map(|layer| layer.descriptor.size).sum();
    let options = UnpackOptions {
        existing: request.existing,
        limits: request.limits,
        special_bits: false,
        extra,
        parts,
        threads: None,
    };
    context.progress.start("unpacking", Some(total));
    let (progress, dir) = (Arc::clone(&context.progress), request.dir.clone());
    let unpacked = blocking(move || {
        let on_progress = |event: sealkit_pack::Progress| {
            if let sealkit_pack::Progress::Bytes { count, .. } = event {
                progress.advance(count);
            }
        };
        let select = |path: &str| selection.selects(path);
        Ok(sealkit_pack::unpack(&layers, &contents, &dir, &options, &select, &on_progress)?)
    })
    .await;
    context.progress.finish();
    let done = unpacked?;
    let fetched = fetch_objects(context, request, &members).await?;
    if done.files + done.kept + fetched == 0 && !request.filters.is_empty() {
        on_event(UnpackEvent::Warning("nothing in the kit matches the filters".to_owned()));
    }
    Ok(UnpackOutcome {
        kit,
        files: done.files + fetched,
        bytes: done.bytes,
        kept: done.kept,
        finished_earlier: done.finished_earlier,
    })
}

/// The layers to unpack, each once, with the parts that each may hold.
#[derive(Default)]
struct Wanted {
    layers: Vec<UnpackLayer>,
    parts: Vec<Vec<String>>,
    seen: HashMap<Identity, usize>,
}

impl Wanted {
    /// Adds a layer for the part at `declared`, or for anything. Two parts may be one layer, e.g. where both
    /// are empty.
    fn add(&mut self, layer: UnpackLayer, declared: Option<&str>) {
        let at = *self.seen.entry(identity(&layer)).or_insert(self.layers.len());
        if at == self.layers.len() {
            self.layers.push(layer);
            self.parts.push(Vec::new());
        }
        if let Some(allowed) = self.parts.get_mut(at) {
            allowed.push(declared.unwrap_or(".").to_owned());
        }
    }
}

type Identity = (Digest, Option<String>, Option<String>);

/// What tells a layer from the others: two files of equal bytes are two layers of one digest.
fn identity(layer: &UnpackLayer) -> Identity {
    let descriptor = &layer.descriptor;
    (descriptor.digest.clone(), layer.base.clone(), descriptor.file_path().map(str::to_owned))
}

/// Fails before anything is unpacked where an object is wanted that can not be reached.
fn require_storage(
    context: &Context,
    request: &UnpackRequest,
    members: &[Member],
) -> Result<(), OpsError> {
    let wanted = members.iter().filter(|_| request.include_remote);
    wanted
        .flat_map(|member| member.objects(&request.filters))
        .try_for_each(|dataset| remote_dataset::require_settings(context, dataset))
}

/// Fetches the datasets that are objects in S3 storage, and gives how many files that wrote.
async fn fetch_objects(
    context: &Context,
    request: &UnpackRequest,
    members: &[Member],
) -> Result<u64, OpsError> {
    let mut written = 0;
    for member in members.iter().filter(|_| request.include_remote) {
        for dataset in member.objects(&request.filters) {
            let dir = member.folder_in(&request.dir);
            let fetched = remote_dataset::fetch(context, dataset, &dir, request.existing).await?;
            written += u64::from(fetched);
        }
    }
    Ok(written)
}

/// The Kitfile of the kit itself as `kit` writes it, where it is wanted and the kit has one.
fn kitfile(
    member: Option<&Member>,
    request: &UnpackRequest,
    on_event: OnEvent<'_>,
) -> Result<Vec<ExtraFile>, OpsError> {
    let wanted = request.filters.is_empty() || request.filters.iter().any(Filter::selects_kitfile);
    let Some(kitfile) = member.and_then(|m| m.kit.kitfile.as_ref()).filter(|_| wanted) else {
        return Ok(Vec::new());
    };
    let bytes = kitfile.to_yaml().into_bytes();
    let path = request.dir.join(KITFILE);
    let is_there = holds(&path, &bytes);
    if path.is_file() && !is_there && request.existing != Existing::Overwrite {
        let message = format!("`{}` is there and is not the Kitfile of the kit", path.display());
        return Err(OpsError::usage("kitfile-differs", message)
            .with_hint("add `--overwrite` to replace it, or unpack into another folder"));
    }
    on_event(UnpackEvent::Kitfile { path, is_there });
    Ok(vec![ExtraFile { path: KITFILE.to_owned(), bytes }])
}

fn holds(path: &Path, bytes: &[u8]) -> bool {
    let size = std::fs::symlink_metadata(path).ok().filter(std::fs::Metadata::is_file);
    size.is_some_and(|meta| meta.len() == bytes.len() as u64)
        && std::fs::read(path).is_ok_and(|there| there == bytes)
}

/// The parts to unpack of all kits, in the order in which `kit` names them.
fn plan(
    members: &[Member],
    request: &UnpackRequest,
    on_event: OnEvent<'_>,
) -> Result<Vec<Planned>, OpsError> {
    let mut planned = Vec::new();
    for (index, member) in members.iter().enumerate().rev() {
        let mut parts = member.planned(index, &request.filters, on_event)?;
        parts.sort_by_key(|item| rank(item.part.role, item.part.is_prompt));
        planned.extend(parts);
    }
    for item in &planned {
        on_event(UnpackEvent::Part {
            kind: kind(item.part.role, item.part.is_prompt),
            name: item.part.name.clone(),
            path: item.part.written_path.clone(),
        });
    }
    Ok(planned)
}

fn rank(role: LayerRole, is_prompt: bool) -> u8 {
    match role {
        LayerRole::Model => 0,
        LayerRole::ModelPart => 1,
        LayerRole::Dataset => 2,
        LayerRole::Code if !is_prompt => 3,
        LayerRole::Docs => 4,
        LayerRole::Code => 5,
        LayerRole::Mcpb => 6,
    }
}

/// `kit`'s word for a part in its messages.
fn kind(role: LayerRole, is_prompt: bool) -> &'static str {
    match role {
        LayerRole::Model => "model",
        LayerRole::ModelPart => "modelpart",
        LayerRole::Dataset => "dataset",
        LayerRole::Code if is_prompt => "prompt",
        LayerRole::Code => "code",
        LayerRole::Docs => "docs",
        LayerRole::Mcpb => "MCP server",
    }
}
