//! Which files are weights, and which of them are one model.
//!
//! Files of one folder, one format and one stem are one group: shards, whose numbers are no part of
//! the stem, belong together. The folders with the stages of one model (`modules.json`) and the
//! folders that hold other formats of the model beside them (`onnx/`) count as their parent. The
//! folders of a pipeline of diffusers (`model_index.json`) hold networks of their own.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_inspect::{Class, property};
use sealkit_oci::LayerRole;

use super::absent;
use super::world::{File, World, folder, upwards};

/// One set of weights that are loaded together.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// The folder of the model.
    pub(super) home: String,
    /// Indices of the files.
    pub(super) files: Vec<usize>,
    /// Indices of the files that hold tensors of these: of another format, and of the same model.
    pub(super) beside: Vec<usize>,
    /// Identifier of the format.
    pub(super) format: String,
    pub(super) stem: String,
    pub(super) size: u64,
    pub(super) is_adapter: bool,
    /// Whether a file of it lies in a part that the Kitfile calls the model.
    pub(super) is_named: bool,
}

/// Saved by trainers beside the weights, in formats that weights have too.
const TRAINER_STATE: &[&str] =
    &["training_args.", "optimizer.", "scheduler.", "rng_state", "scaler.", "random_states"];
/// Folders below a model that hold it in another format.
const FORMAT_FOLDERS: &[&str] = &[
    "coreml",
    "ctranslate2",
    "flax",
    "gguf",
    "jit",
    "mlx",
    "onnx",
    "openvino",
    "original",
    "tensorflow",
    "tf",
    "tflite",
    "torchscript",
];
/// The file that makes the folders below its own stages of one model.
const STAGES: &str = "modules.json";
/// Formats in the order in which one is taken for the model itself, the others for variants of it.
const PREFERENCE: &[&str] = &["safetensors", "pytorch", "torchscript", "keras", "hdf5", "gguf"];

/// The groups, those that count most first.
pub(super) fn groups(world: &World<'_>) -> Vec<Group> {
    let homes = Homes::new(world);
    let mut found: BTreeMap<(String, bool, &str, String), Group> = BTreeMap::new();
    for (at, file) in world.files.iter().enumerate().filter(|(_, file)| is_weights(world, file)) {
        let (home, stem, is_adapter) = (homes.of(file), stem(file.name()), is_adapter(file));
        let key = (home.clone(), is_adapter, file.format, stem.clone());
        let group = found.entry(key).or_insert_with(|| Group {
            home,
            files: Vec::new(),
            beside: Vec::new(),
            format: file.format.to_owned(),
            stem,
            size: 0,
            is_adapter,
            is_named: false,
        });
        group.files.push(at);
        group.size = group.size.saturating_add(file.size);
        let role = world.role(file.part);
        group.is_named |= role == Some(LayerRole::Model);
    }
    let mut all: Vec<Group> = found.into_values().collect();
    for group in &mut all {
        let held: BTreeSet<usize> =
            world.pick(&group.files).flat_map(|file| absent::holders(world, file)).collect();
        // The files are in their order.
        let is_own = |at: &usize| group.files.binary_search(at).is_ok();
        group.beside = held.into_iter().filter(|at| !is_own(at)).collect();
        let sizes = world.pick(&group.beside).map(|file| file.size);
        group.size = sizes.fold(group.size, u64::saturating_add);
    }
    all.sort_by_cached_key(|group| {
        let place = PREFERENCE.iter().position(|id| *id == group.format);
        let size = std::cmp::Reverse(group.size);
        let first = group.files.first().copied();
        (group.is_adapter, !group.is_named, place.unwrap_or(PREFERENCE.len()), size, first)
    });
    all
}

fn is_weights(world: &World<'_>, file: &File<'_>) -> bool {
    let role = world.role(file.part);
    file.class == Class::Model
        && role != Some(LayerRole::Dataset)
        && !TRAINER_STATE.iter().any(|start| file.name().starts_with(start))
}

fn is_adapter(file: &File<'_>) -> bool {
    let names = ["adapter_model.", "pytorch_lora_weights."];
    names.iter().any(|start| file.name().starts_with(start))
        || file.facts.is_some_and(|facts| facts.of(property::ADAPTER_TYPE).next().is_some())
}

/// A file name without its extension and the number of its shard.
pub(super) fn stem(name: &str) -> String {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    // `model-00001-of-00003`
    if let Some((rest, total)) = stem.rsplit_once("-of-")
        && let Some((rest, number)) = rest.rsplit_once('-')
        && is_number(total)
        && is_number(number)
    {
        return rest.to_owned();
    }
    // `consolidated.00`; of any other name such a number may be that of an epoch.
    match stem.rsplit_once('.') {
        Some((rest @ "consolidated", number)) if is_number(number) && number.len() == 2 => {
            rest.to_owned()
        }
        _ => stem.to_owned(),
    }
}

/// The folders that models live in.
struct Homes<'a> {
    pipelines: BTreeSet<&'a str>,
    /// Folders with weights or a model's settings of their own.
    models: BTreeSet<&'a str>,
}

impl<'a> Homes<'a> {
    fn new(world: &World<'a>) -> Self {
        let mut homes = Self { pipelines: BTreeSet::new(), models: BTreeSet::new() };
        for file in &world.files {
            if file.name() == STAGES {
                homes.pipelines.insert(file.folder());
            }
            if is_weights(world, file) || file.format == "hf-config" {
                homes.models.insert(file.folder());
            }
        }
        homes
    }

    fn of(&self, file: &File<'_>) -> String {
        let mut at = file.folder();
        if let Some(package) = upwards(at).find(|above| above.ends_with(".mlpackage")) {
            at = folder(package);
        }
        if at.rsplit('/').next() == Some("variables") {
            at = folder(at);
        }
        if let Some(pipeline) = upwards(at).find(|above| self.pipelines.contains(above)) {
            return pipeline.to_owned();
        }
        let last = at.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        let parent = folder(at);
        let is_format = !at.is_empty() && FORMAT_FOLDERS.contains(&last.as_str());
        if is_format && self.models.contains(parent) { parent } else { at }.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::stem;

    #[test]
    fn the_number_of_a_shard_is_no_part_of_the_stem() {
        for (name, expected) in [
            ("model-00001-of-00003.safetensors", "model"),
            ("big-Q4_K-00002-of-00005.gguf", "big-Q4_K"),
            ("consolidated.00.pth", "consolidated"),
            ("epoch.01.safetensors", "epoch.01"),
            ("model.fp16.safetensors", "model.fp16"),
            ("v1-of-2.bin", "v1-of-2"),
            ("model", "model"),
            (".bin", ""),
        ] {
            assert_eq!(stem(name), expected, "{name}");
        }
    }
}
