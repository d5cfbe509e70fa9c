//! TensorFlow: SavedModel, MetaGraph, frozen graphs, and the index of a checkpoint.
//!
//! Source: `saved_model.proto`, `meta_graph.proto`, `graph.proto`, `node_def.proto`,
//! `function.proto`, `saved_object_graph.proto`, `tensor_bundle.proto` of TensorFlow 2.

mod bundle;
mod graph;
mod keras;
mod meta;
mod objects;
mod types;

use sealkit_report::{Budget, Known};

pub(crate) use self::bundle::BUNDLE;
pub(crate) use self::keras::KERAS_METADATA;
use self::meta::Walk;
use crate::format::ends_with;
use crate::protobuf::{self, Field, pass};
use crate::{
    Class, Confidence, Cursor, Facts, Format, InspectError, Inspector, Probe, ReadAt, Value,
    partial, property,
};

const NAME: &str = "tensorflow";

const fn format(id: &'static str, name: &'static str, ends: &'static [&'static str]) -> Format {
    Format::new(id, name, Class::Model, ends).read_by(NAME)
}

/// Which message a file is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Root {
    SavedModel,
    MetaGraph,
    Graph,
}

/// A file that is one message.
pub(crate) struct TensorFlow {
    format: Format,
    root: Root,
}

pub(crate) static SAVED_MODEL: TensorFlow = TensorFlow {
    format: format("tensorflow-saved-model", "TensorFlow SavedModel", &[".pb"]),
    root: Root::SavedModel,
};
pub(crate) static META_GRAPH: TensorFlow = TensorFlow {
    format: format("tensorflow-meta-graph", "TensorFlow MetaGraph", &[]),
    root: Root::MetaGraph,
};
pub(crate) static GRAPH: TensorFlow = TensorFlow {
    format: format("tensorflow-graph", "TensorFlow frozen graph", &[".pb"]),
    root: Root::Graph,
};

impl Inspector for TensorFlow {
    fn format(&self) -> &Format {
        &self.format
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        // Other software gives files these endings too: the name alone promises nothing.
        let ending = if self.root == Root::MetaGraph { ".meta" } else { ".pb" };
        if probe.text().is_some() {
            return Confidence::No;
        }
        if !ends_with(probe.file_name(), ending) {
            // Under any other name the first bytes must show more than a version.
            let is_shown = self.root == Root::SavedModel && is_saved_model(probe.head);
            return if is_shown { Confidence::Content } else { Confidence::No };
        }
        match (self.root, probe.head) {
            (Root::SavedModel, [0x08, 1, 0x12, ..]) => Confidence::Magic,
            (Root::SavedModel, _) if probe.is_named(&["saved_model.pb"]) => Confidence::Name,
            (Root::MetaGraph, [0x0A, ..]) => Confidence::Content,
            // A node with a name first, its length in one or two bytes.
            (Root::Graph, [0x0A, _, 0x0A, ..] | [0x0A, 0x80..=0xFF, _, 0x0A, ..]) => {
                Confidence::Content
            }
            _ => Confidence::No,
        }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let mut walk = Walk::new(path, self.root == Root::Graph);
        let mut cursor = Cursor::new(source, budget, NAME);
        let end = source.len();
        let read = match self.root {
            Root::SavedModel => saved_model(&mut walk, &mut cursor, end),
            Root::MetaGraph => walk.meta_graph(&mut cursor, end, 0),
            Root::Graph => walk.graph(&mut cursor, end),
        };
        partial::keep(walk.finish(read.is_ok()), path, read)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::FORMAT_VERSION,
            property::FRAMEWORK_VERSION,
            property::TAG,
            property::INPUT,
            property::INPUT_TYPE,
            property::OUTPUT,
            property::OUTPUT_TYPE,
            property::LAYER_KIND,
            property::CUSTOM_OPERATOR,
            property::LOCAL_FUNCTION,
            property::CAN_RUN_CODE,
            property::MODEL_CLASS,
            property::FILE_REFERENCE,
            property::METADATA,
            property::TENSORS,
            property::PARAMETERS,
            property::PARAMETERS_OF_TYPE,
            property::DTYPE,
            property::TENSOR,
            property::EXTERNAL_DATA,
        ]
    }
}

/// A version of 1, and a MetaGraph whose first field is the description of itself: in ONNX the text that names the
/// producer stands there, which begins with no line break.
fn is_saved_model(head: &[u8]) -> bool {
    let [0x08, 1, 0x12, rest @ ..] = head else { return false };
    let len = rest.iter().take(10).position(|byte| *byte < 0x80);
    len.and_then(|at| rest.get(at + 1)).is_some_and(|first| *first == 0x0A)
}

fn saved_model(walk: &mut Walk<'_>, cursor: &mut Cursor<'_>, end: u64) -> Result<(), InspectError> {
    let mut graphs = 0;
    while let Some((number, field)) = protobuf::next(cursor, end)? {
        match (number, field) {
            (1, Field::Varint(n)) => {
                let fact = (property::FORMAT_VERSION, Value::Text(n.to_string()));
                let at = (walk.path, "saved_model_schema_version");
                walk.facts.about("", Known::Declared, at, fact);
            }
            (2, Field::Bytes(n)) => {
                let end = cursor.pos() + n;
                walk.meta_graph(cursor, end, graphs)?;
                graphs += 1;
            }
            (_, field) => pass(cursor, field)?,
        }
    }
    Ok(())
}
