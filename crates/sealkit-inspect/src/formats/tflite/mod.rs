//! TensorFlow Lite: a FlatBuffer of subgraphs, operators, tensors and buffers.
//!
//! Source: `tensorflow/compiler/mlir/lite/schema/schema.fbs` version 3, and
//! `metadata_schema.fbs` of TensorFlow Lite Support for the metadata inside.

mod metadata;
mod model;
mod types;

use sealkit_report::Budget;

use self::model::Model;
use crate::pages::Pages;
use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, Probe, ReadAt, partial, property,
};

const NAME: &str = "TensorFlow Lite";
const FORMAT: Format =
    Format::new("tflite", NAME, Class::Model, &[".tflite"]).read_by("tensorflow-lite");

pub(crate) struct TfLite;

impl Inspector for TfLite {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        if probe.has(4, b"TFL3") {
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
        let mut model = Model::new(path);
        let mut pages = Pages::new(source, budget, NAME);
        let read = model.read(&mut pages);
        partial::keep(model.finish(read.is_ok()), path, read)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::FORMAT_VERSION,
            property::NAME,
            property::DESCRIPTION,
            property::VERSION,
            property::AUTHOR,
            property::LICENCE,
            property::METADATA,
            property::INPUT,
            property::INPUT_TYPE,
            property::OUTPUT,
            property::OUTPUT_TYPE,
            property::LAYER_KIND,
            property::CUSTOM_OPERATOR,
            property::QUANTISATION,
            property::TENSORS,
            property::PARAMETERS,
            property::PARAMETERS_OF_TYPE,
            property::DTYPE,
            property::TENSOR,
        ]
    }
}
