//! The kit and the kits that it refers to: which there are, and which of their parts are wanted.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use sealkit_kitfile::{Dataset, Filter, Kitfile, Part};
use sealkit_oci::{Descriptor, Digest, FileTable, LayerRole, Reference};
use sealkit_pack::UnpackLayer;
use tokio::sync::OnceCell;

use super::holders::{Holders, strangers};
use super::{OnEvent, UnpackEvent, UnpackRequest};
use crate::files::TableTrust;
use crate::files::blob::Blobs;
use crate::files::trust::trusted_table;
use crate::network::is_exposed;
use crate::references::{Pin, Pins, disputed, gone, means_here, means_there, pinned_place};
use crate::{Context, Kit, KitLayer, OpsError, Place, remote_dataset};

/// Most kits that may lie between a kit and one that it refers to, as in `kit`.
const MAX_CHAIN: usize = 10;
/// Most kits that one unpack reads, however the references branch.
const MAX_KITS: usize = 100;

/// What of a kit is unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    Everything,
    Model,
    Datasets,
}

/// One kit that takes part.
pub(super) struct Member {
    pub(super) kit: Kit,
    pub(super) blobs: Blobs,
    kitfile: Kitfile,
    scope: Scope,
    /// Folder into which it is unpacked, for a dataset that is a kit; none for the target.
    folder: Option<String>,
    table: OnceCell<Option<FileTable>>,
}

impl Member {
    /// The file table of the kit that is proven: looked for once, however many parts ask.
    pub(super) async fn trusted_table(
        &self,
        trust: &dyn TableTrust,
    ) -> Result<Option<&FileTable>, OpsError> {
        let table = self.table.get_or_try_init(|| trusted_table(&self.kit, trust)).await?;
        Ok(table.as_ref())
    }

    /// The wanted datasets that are objects in S3 storage.
    pub(super) fn objects(&self, filters: &[Filter]) -> Vec<&Dataset> {
        if self.scope == Scope::Model {
            return Vec::new();
        }
        let indexes = stored_elsewhere(&self.kitfile, filters).into_iter();
        let datasets = indexes.filter_map(|index| self.kitfile.datasets.get(index));
        datasets.filter(|dataset| remote_dataset::is_object(dataset)).collect()
    }

    /// The folder into which the kit is unpacked, below `target`.
    pub(super) fn folder_in(&self, target: &Path) -> PathBuf {
        self.folder.as_ref().map_or_else(|| target.to_owned(), |folder| target.join(folder))
    }
}

/// One part that is unpacked.
pub(super) struct Planned {
    /// Index of its kit among the members.
    pub(super) member: usize,
    /// Index of its layer in the manifest.
    pub(super) at: usize,
    pub(super) part: Part,
    pub(super) layer: UnpackLayer,
    /// Where the Kitfile says that its files lie, below the target; none where a Kitfile was made from the
    /// layers, or the layer is in a folder of its own.
    pub(super) declared: Option<String>,
    /// Folder of the dataset that its kit is.
    pub(super) folder: Option<String>,
    /// Whether all of it is wanted, not only files in it.
    pub(super) whole: bool,
    pub(super) blobs: Blobs,
}

struct Step {
    place: Place,
    scope: Scope,
    folder: Option<String>,
    visited: Vec<String>,
    /// How it was referred to, where it is pinned to a digest.
    pinned: Option<Pinned>,
}

/// A reference that is pinned to a digest.
struct Pinned {
    /// The kit that refers.
    from: String,
    reference: Reference,
    digest: Digest,
}

/// Opens the kit and every kit that it refers to, the kit itself first.
pub(super) async fn resolve(
    context: &Context,
    request: &UnpackRequest,
    on_event: OnEvent<'_>,
) -> Result<Vec<Member>, OpsError> {
    let place = request.place.clone().local_or_registry(context)?;
    let visited = vec![shown(&place)];
    let mut steps = VecDeque::from([Step {
        place,
        scope: Scope::Everything,
        folder: None,
        visited,
        pinned: None,
    }]);
    let mut members = Vec::new();
    while let Some(step) = steps.pop_front() {
        if members.len() >= MAX_KITS {
            let message = format!("the kit refers to more than {MAX_KITS} kits");
            return Err(OpsError::usage("too-many-references", message));
        }
        let member = match (open(context, &step, on_event).await, &step.pinned) {
            (Err(OpsError::KitNotFound { .. }), Some(pinned)) => {
                return Err(lost(context, pinned).await);
            }
            (opened, _) => opened?,
        };
        let references = references(&member, request, on_event);
        let pins = if references.is_empty() || request.unpinned {
            Pins::default()
        } else {
            Pins::of(&member.kit, &*request.trust).await?
        };
        for (reference, scope, folder) in references {
            let visited = follow(&step.visited, &reference)?;
            let dataset = folder.clone();
            let named = reference.to_string();
            on_event(UnpackEvent::Referenced { reference: named, dataset });
            let pinned = pin(context, &member.kit, &reference, &pins, on_event)?;
            let place = match &pinned {
                Some(pinned) => pinned_place(context, &reference, &pinned.digest)?,
                None => Place::Local(reference).local_or_registry(context)?,
            };
            refuse_exposed(context, request, &place)?;
            steps.push_back(Step { place, scope, folder, visited, pinned });
        }
        members.push(member);
    }
    Ok(members)
}

/// The digest that a reference of `kit` is pinned to; where there is none, the person is told.
fn pin(
    context: &Context,
    kit: &Kit,
    reference: &Reference,
    pins: &Pins,
    on_event: OnEvent<'_>,
) -> Result<Option<Pinned>, OpsError> {
    let (from, here) = (kit.reference.clone(), means_here(context, reference)?);
    match pins.pin(reference, here.as_ref()) {
        Pin::At(digest) => {
            if here.is_some_and(|here| here != digest) {
                on_event(UnpackEvent::Warning(format!(
                    "`{reference}` means another kit now: the one that `{from}` was packed with is taken, {digest}"
                )));
            }
            Ok(Some(Pinned { from, reference: reference.clone(), digest }))
        }
        Pin::Open => {
            on_event(UnpackEvent::Warning(format!(
                "kit `{reference}`, to which `{from}` refers, is not pinned to a digest: what is unpacked is what its tag means now, and no signature of `{from}` says anything of it"
            )));
            Ok(None)
        }
        Pin::Disputed(digests) => Err(disputed(&from, reference, &digests)),
    }
}

/// The error that a pinned kit is nowhere.
async fn lost(context: &Context, pinned: &Pinned) -> OpsError {
    let Pinned { from, reference, digest } = pinned;
    let here = means_here(context, reference).ok().flatten();
    let found = if here.is_some() { here } else { means_there(context, reference).await };
    gone(from, reference, digest, found.as_ref())
}

/// A kit that is fetched only because a Kitfile names it is not fetched over a way whose protection
/// was switched off for another registry.
fn refuse_exposed(
    context: &Context,
    request: &UnpackRequest,
    place: &Place,
) -> Result<(), OpsError> {
    let asked = match &request.place {
        Place::Local(reference) | Place::Remote(reference) => Some(reference),
        _ => None,
    };
    match place {
        Place::Remote(next) if is_exposed(context.client.options(), asked, next) => {
            let message = format!(
                "kit `{next}`, to which the Kitfile refers, is at another registry: `--plain-http` and `--tls-verify=false` were not meant for it"
            );
            Err(OpsError::usage("other-registry", message)
                .with_hint(format!("run `sealkit pull {next}` first")))
        }
        _ => Ok(()),
    }
}

async fn open(context: &Context, step: &Step, on_event: OnEvent<'_>) -> Result<Member, OpsError> {
    let mut kit = Kit::open(context, &step.place).await?;
    if step.scope == Scope::Everything {
        let (reference, digest) = (kit.reference.clone(), kit.digest().clone());
        on_event(UnpackEvent::Resolved { reference, digest });
    }
    let kitfile = if let Some(kitfile) = &kit.kitfile {
        kitfile.clone()
    } else {
        let text = "the kit has no Kitfile: its parts are told from its layers";
        on_event(UnpackEvent::Warning(text.to_owned()));
        kit.made_kitfile().await?.0
    };
    let blobs = Blobs::of(context, &step.place, &kit)?;
    let (scope, folder) = (step.scope, step.folder.clone());
    Ok(Member { kit, blobs, kitfile, scope, folder, table: OnceCell::new() })
}

/// The kits that a member refers to and that are wanted, with what of them and where to.
fn references(
    member: &Member,
    request: &UnpackRequest,
    on_event: OnEvent<'_>,
) -> Vec<(Reference, Scope, Option<String>)> {
    let mut found = Vec::new();
    let wants_model = member.scope != Scope::Datasets
        && (request.filters.is_empty()
            || request.filters.iter().any(|f| f.names(sealkit_kitfile::FilterType::Model)));
    if let Some(parent) = member.kitfile.model_reference().filter(|_| wants_model) {
        found.push((parent, Scope::Model, member.folder.clone()));
    }
    if member.scope == Scope::Model {
        return found;
    }
    let stored_elsewhere = stored_elsewhere(&member.kitfile, &request.filters);
    if stored_elsewhere.is_empty() {
        return found;
    }
    if !request.include_remote {
        let text = "the kit has datasets that are stored elsewhere: add `--include-remote` to unpack them too";
        on_event(UnpackEvent::Warning(text.to_owned()));
        return found;
    }
    let kits = member.kitfile.dataset_references();
    for index in stored_elsewhere {
        let Some(dataset) = member.kitfile.datasets.get(index) else { continue };
        // An object is no kit: it is fetched once the layers are in place.
        let Some((_, reference)) = kits.iter().find(|(at, _)| *at == index) else { continue };
        let below = join(member.folder.as_deref(), &sealkit_kitfile::path::clean(&dataset.path));
        found.push((reference.clone(), Scope::Datasets, Some(below)));
    }
    found
}

/// Indexes of the wanted datasets that have no layer.
fn stored_elsewhere(kitfile: &Kitfile, filters: &[Filter]) -> Vec<usize> {
    let all = kitfile.datasets.iter().enumerate();
    let wanted = all.filter(|(_, dataset)| {
        let part = Part {
            role: LayerRole::Dataset,
            is_prompt: false,
            name: dataset.name.clone(),
            path: sealkit_kitfile::path::clean(&dataset.path),
            written_path: dataset.path.clone(),
            layer: dataset.layer.clone(),
        };
        !dataset.remote_path.is_empty() && sealkit_kitfile::any_matches(filters, &part)
    });
    wanted.map(|(index, _)| index).collect()
}

/// The references on the way to `next`, which must not lead in a circle or too far.
pub(crate) fn follow(visited: &[String], next: &Reference) -> Result<Vec<String>, OpsError> {
    let name = next.clone().or_latest().to_string();
    if let Some(from) = visited.iter().position(|seen| *seen == name) {
        let cycle = visited.get(from..).unwrap_or_default().join("=>");
        let message = format!("found cycle in modelkit references: [{cycle}=>{name}]");
        return Err(OpsError::usage("reference-cycle", message));
    }
    if visited.len() > MAX_CHAIN {
        let chain = visited.join("=>");
        let message = format!("reached maximum number of model references: [{chain}=>{name}]");
        return Err(OpsError::usage("reference-chain", message));
    }
    Ok(visited.iter().cloned().chain([name]).collect())
}

fn shown(place: &Place) -> String {
    match place {
        Place::Local(reference) | Place::Remote(reference) => reference.to_string(),
        other => other.to_string(),
    }
}

fn join(folder: Option<&str>, path: &str) -> String {
    match folder {
        Some(folder) => sealkit_kitfile::path::clean(&format!("{folder}/{path}")),
        None => path.to_owned(),
    }
}

impl Member {
    /// The parts of this kit that are wanted, each with its layer.
    pub(super) fn planned(
        &self,
        member: usize,
        filters: &[Filter],
        on_event: OnEvent<'_>,
    ) -> Result<Vec<Planned>, OpsError> {
        let parts = self.kitfile.parts();
        self.warn_of_strangers(&parts, on_event);
        let mut holders = Holders::new(&self.kit.layers);
        let mut planned = Vec::new();
        for part in parts {
            let holder = holders.take(&part);
            let whole = sealkit_kitfile::any_matches(filters, &part);
            let wanted = whole || filters.iter().any(|filter| filter.reaches(&part));
            if !wanted || !self.scope.takes(&part) {
                continue;
            }
            let (at, descriptor) = self.checked(&part, holder)?;
            let mut layer = UnpackLayer::new(descriptor.clone(), &part);
            if let Some(folder) = &self.folder {
                layer.base = Some(join(Some(folder), layer.base.as_deref().unwrap_or(".")));
            }
            let (folder, blobs) = (self.folder.clone(), self.blobs.clone());
            let is_declared = self.kit.kitfile.is_some() && folder.is_none();
            let declared = is_declared.then(|| part.path.clone());
            planned.push(Planned { member, at, part, layer, declared, folder, whole, blobs });
        }
        Ok(planned)
    }

    /// The place and the descriptor of a part's layer, which must be there and of a known type.
    fn checked<'a>(
        &self,
        part: &Part,
        holder: Option<(usize, &'a KitLayer)>,
    ) -> Result<(usize, &'a Descriptor), OpsError> {
        let path = &part.written_path;
        let inconsistent = |reason: String| OpsError::Inconsistent {
            reference: self.kit.reference.clone(),
            reason,
        };
        let (at, layer) = holder
            .ok_or_else(|| inconsistent(format!("no layer of the manifest holds `{path}`")))?;
        if layer.layer_type.is_none() {
            let media_type = &layer.descriptor.media_type;
            return Err(inconsistent(format!(
                "`{path}` is in a layer of the unknown type `{media_type}`"
            )));
        }
        Ok((at, &layer.descriptor))
    }

    /// Layers that no part names are not unpacked, and not passed over silently.
    fn warn_of_strangers(&self, parts: &[Part], on_event: OnEvent<'_>) {
        for layer in strangers(&self.kit.layers, parts) {
            let Descriptor { digest, media_type, .. } = &layer.descriptor;
            on_event(UnpackEvent::Warning(format!(
                "layer {digest} of type `{media_type}` is no part of the kit: it is skipped"
            )));
        }
    }
}

impl Scope {
    fn takes(self, part: &Part) -> bool {
        match self {
            Self::Everything => true,
            Self::Model => matches!(part.role, LayerRole::Model | LayerRole::ModelPart),
            Self::Datasets => part.role == LayerRole::Dataset,
        }
    }
}
