//! HDF5 files, those of Keras above all.
//!
//! Source: the file format as [`crate::hdf5`] reads it; `hdf5_format.py` and `saving_lib.py` of
//! Keras for the names of attributes and groups.

use std::collections::BTreeSet;

use sealkit_report::{Budget, Known, Severity};

use super::hdf5_pickles;
use super::keras::config;
use crate::hdf5::{Attribute, Dataset, File, Link, Place, Target};
use crate::pages::Pages;
use crate::{
    Class, Confidence, Facts, FileInfo, Format, InspectError, Inspector, Probe, ReadAt, TensorInfo,
    Value, inventory, json, kept, partial, property, reference,
};

const NAME: &str = "HDF5";
const FORMAT: Format = Format::new("hdf5", NAME, Class::Model, &[".h5", ".hdf5", ".keras_weights"])
    .media("application/x-hdf5");
const SIGNATURE: &[u8] = b"\x89HDF\r\n\x1A\n";
/// What one tensor costs of the budget's entries: its facts take more memory than most.
const COST: u64 = 4;
/// Groups that hold the state of the optimiser, not the model.
const STATE: &[&str] = &["optimizer_weights", "optimizer"];

pub(crate) struct Hdf5;

impl Inspector for Hdf5 {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        // The superblock stands at 0 or at a power of two from 512 on.
        let is_at = [0, 512, 1024, 2048, 4096].iter().any(|at| probe.has(*at, SIGNATURE));
        if is_at {
            Confidence::Magic
        } else if FORMAT.claims_name(probe.file_name()) && probe.text().is_none() {
            Confidence::Name
        } else {
            Confidence::No
        }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        read(source, (path, ""), budget)
    }

    fn gives(&self) -> &'static [&'static str] {
        GIVES
    }
}

const GIVES: &[&str] = &[
    property::FORMAT_VERSION,
    property::FRAMEWORK,
    property::FRAMEWORK_VERSION,
    property::METADATA,
    property::NAME,
    property::MODEL_CLASS,
    property::LAYERS,
    property::LAYER_KIND,
    property::CUSTOM_OPERATOR,
    property::CAN_RUN_CODE,
    property::CALLABLE,
    property::INPUT,
    property::INPUT_TYPE,
    property::HYPERPARAMETER,
    property::FILE_REFERENCE,
    property::TENSORS,
    property::PARAMETERS,
    property::PARAMETERS_OF_TYPE,
    property::DTYPE,
    property::TENSOR,
];

/// Reads a file, or the member of an archive that `at` names.
pub(super) fn read(
    source: &dyn ReadAt,
    at: (&str, &str),
    budget: &mut Budget,
) -> Result<Facts, InspectError> {
    let mut file = File::open(Pages::new(source, budget, NAME))?;
    let mut walk = Walk::new(at);
    let version = Value::Text(format!("superblock {}", file.version));
    walk.facts.measured(at.0, at.1, property::FORMAT_VERSION, version);
    let root = file.root;
    let read = walk.group(&mut file, root, "", 0);
    if file.has_unread {
        walk.facts.incomplete = true;
        let message = "an attribute or a link is stored in a way that is not read";
        walk.facts.find("hdf5-unread", Severity::Info, at, message);
    }
    partial::keep(walk.finish(read.is_ok() && !file.has_unread), at.0, read)
}

struct Walk<'a> {
    facts: Facts,
    at: (&'a str, &'a str),
    seen: BTreeSet<u64>,
    weights: Vec<TensorInfo>,
    state: Vec<TensorInfo>,
    is_model: bool,
    /// Whether PyTables or pandas wrote the file.
    is_pytables: bool,
}

impl<'a> Walk<'a> {
    fn new(at: (&'a str, &'a str)) -> Self {
        let (weights, state) = (Vec::new(), Vec::new());
        let (facts, seen) = (Facts::default(), BTreeSet::new());
        Self { facts, at, seen, weights, state, is_model: false, is_pytables: false }
    }

    fn group(
        &mut self,
        file: &mut File<'_>,
        address: u64,
        name: &str,
        depth: u32,
    ) -> Result<(), InspectError> {
        file.budget().depth(depth)?;
        // Hard links may lead back to where one came from.
        if !self.seen.insert(address) {
            return Ok(());
        }
        file.budget().entries(1)?;
        let object = file.object(address)?;
        if name.is_empty() {
            let attributes = file.attributes(&object)?;
            self.is_pytables = attributes.iter().any(|one| one.name == hdf5_pickles::MARK);
            self.attributes(file, &attributes)?;
        }
        if self.is_pytables {
            // What of these can not be read says nothing of the model.
            let has_unread = file.has_unread;
            let attributes = file.attributes(&object)?;
            file.has_unread = has_unread;
            let at = (self.at.0, name);
            hdf5_pickles::look(&attributes, at, file.budget(), &mut self.facts);
        }
        if let Some(dataset) = file.dataset(&object)? {
            file.budget().entries(COST)?;
            self.dataset(dataset, name);
            return Ok(());
        }
        for link in file.links(&object)? {
            self.link(file, link, name, depth)?;
        }
        Ok(())
    }

    fn link(
        &mut self,
        file: &mut File<'_>,
        link: Link,
        parent: &str,
        depth: u32,
    ) -> Result<(), InspectError> {
        let name = match parent {
            "" => link.name,
            parent => format!("{parent}/{}", link.name),
        };
        self.is_model |=
            matches!(name.as_str(), "model_weights" | "layers" | "_layer_checkpoint_dependencies");
        match link.target {
            Target::Hard(address) => self.group(file, address, &name, depth + 1)?,
            // What it leads to has a name of its own, or is not there.
            Target::Soft(_) => {}
            Target::External(other) => self.outside("hdf5-external-link", &name, other),
            Target::Custom => {
                let message = format!("`{name}` leads to where only a program knows");
                self.facts.find("hdf5-custom-link", Severity::Medium, (self.at.0, &name), message);
            }
        }
        Ok(())
    }

    /// Names another file that reading this one opens.
    fn outside(&mut self, rule: &str, name: &str, other: String) {
        let at = (self.at.0, name);
        let message = format!("`{name}` lies in another file, `{}`", kept::text(&other));
        self.facts.find(rule, Severity::High, at, message);
        let file = FileInfo { path: other, ..FileInfo::default() };
        reference::add(file, at, "hdf5-external-path", &mut self.facts);
    }

    fn dataset(&mut self, dataset: Dataset, name: &str) {
        for other in dataset.external {
            self.outside("hdf5-external-storage", name, other);
        }
        if dataset.place == Place::Virtual {
            let message = format!("`{name}` is put together from other datasets");
            self.facts.find("hdf5-virtual-dataset", Severity::High, (self.at.0, name), message);
        }
        // What is in pieces, or nowhere, has no single place.
        let (offset, size) = match dataset.place {
            Place::Whole(offset, size) => (offset, size),
            Place::Chunked | Place::Virtual | Place::Nowhere => (0, 0),
        };
        let (dtype, shape) = (dataset.kind.name, dataset.shape);
        let tensor = TensorInfo { name: name.to_owned(), dtype, shape, offset, size };
        let top = name.split('/').next().unwrap_or_default();
        let is_weight = dataset.kind.is_number && !STATE.contains(&top);
        if is_weight { self.weights.push(tensor) } else { self.state.push(tensor) }
    }

    /// The attributes of the root, in which Keras describes the model.
    fn attributes(
        &mut self,
        file: &mut File<'_>,
        attributes: &[Attribute],
    ) -> Result<(), InspectError> {
        let path = self.at.0;
        for attribute in attributes {
            let Some(text) = attribute.texts.first() else { continue };
            let place = format!("/@{}", attribute.name);
            match attribute.name.as_str() {
                "keras_version" => {
                    self.is_model = true;
                    let version = Value::Text(text.clone());
                    self.facts.declared(path, &place, property::FRAMEWORK_VERSION, version);
                    let keras = Value::Text("keras".to_owned());
                    self.facts.declared(path, &place, property::FRAMEWORK, keras);
                }
                "model_config" => match json::parse_python(text.as_bytes(), file.budget()) {
                    Ok(model) => {
                        self.is_model = true;
                        let at = (path, place.as_str());
                        config::model(&model, at, file.budget(), &mut self.facts)?;
                    }
                    Err(error) => partial::note(&mut self.facts, path, &place, &error),
                },
                "training_config" => match json::parse_python(text.as_bytes(), file.budget()) {
                    Ok(training) => {
                        let at = (path, place.as_str());
                        config::training(&training, at, &mut self.facts);
                        config::code(&training, at, file.budget(), &mut self.facts)?;
                    }
                    Err(error) => partial::note(&mut self.facts, path, &place, &error),
                },
                "layer_names" => {
                    self.is_model = true;
                    let layers = Value::Uint(attribute.texts.len() as u64);
                    self.facts.declared(path, &place, property::LAYERS, layers);
                }
                name => {
                    let fact = (property::METADATA, kept::text(text));
                    self.facts.about(name, Known::Declared, (path, &place), fact);
                }
            }
        }
        Ok(())
    }

    /// Adds the tensors. Numbers of a file that is no model are data and no parameters.
    fn finish(mut self, is_whole: bool) -> Facts {
        let place = if self.at.1.is_empty() { "/" } else { self.at.1 };
        let at = (self.at.0, place);
        if is_whole && self.is_model {
            inventory::add(self.weights, at, &mut self.facts);
        } else {
            if is_whole {
                let count = Value::Uint(self.weights.len() as u64);
                self.facts.measured(at.0, at.1, property::TENSORS, count);
            }
            inventory::list(self.weights, at, &mut self.facts);
        }
        inventory::list(self.state, at, &mut self.facts);
        self.facts
    }
}
