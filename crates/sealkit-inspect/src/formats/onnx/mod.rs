//! ONNX: a protobuf message, walked without reading tensor data.
//!
//! Source: `onnx.proto` of ONNX 1.23: ModelProto, GraphProto, NodeProto, AttributeProto,
//! TensorProto, FunctionProto, OperatorSetIdProto, StringStringEntryProto, ValueInfoProto.

mod graph;
mod model;
mod tensor;
mod types;

use sealkit_report::Budget;

use self::model::Walk;
use crate::{
    Class, Confidence, Cursor, Facts, Format, InspectError, Inspector, Probe, ReadAt, partial,
    property,
};

const NAME: &str = "onnx";
const FORMAT: Format = Format::new(NAME, "ONNX", Class::Model, &[".onnx"]).read_by("onnx");

pub(crate) struct Onnx;

impl Inspector for Onnx {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let named = FORMAT.claims_name(probe.file_name());
        // Protobuf has no magic: a small `ir_version` first, then another field of ModelProto.
        let starts = matches!(
            probe.head,
            [0x08, 1..=30, 0x12 | 0x1A | 0x22 | 0x28 | 0x32 | 0x3A | 0x42 | 0x72, ..]
        );
        match (starts, named) {
            (true, true) => Confidence::Magic,
            (true, false) => Confidence::Guess,
            (false, true) if probe.text().is_none() => Confidence::Name,
            (false, _) => Confidence::No,
        }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let mut walk = Walk::new(path);
        let mut cursor = Cursor::new(source, budget, NAME);
        let read = walk.model(&mut cursor, source.len());
        partial::keep(walk.finish(read.is_ok()), path, read)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::FORMAT_VERSION,
            property::PRODUCER,
            property::PRODUCER_VERSION,
            property::DOMAIN,
            property::VERSION,
            property::NAME,
            property::DESCRIPTION,
            property::OPERATOR_SET,
            property::METADATA,
            property::AUTHOR,
            property::LICENCE,
            property::ARCHITECTURE,
            property::CREATED,
            property::TASK,
            property::INPUT,
            property::INPUT_TYPE,
            property::OUTPUT,
            property::OUTPUT_TYPE,
            property::LAYER_KIND,
            property::CUSTOM_OPERATOR,
            property::CAN_RUN_CODE,
            property::LOCAL_FUNCTION,
            property::EXTERNAL_DATA,
            property::FILE_REFERENCE,
            property::TENSORS,
            property::PARAMETERS,
            property::PARAMETERS_OF_TYPE,
            property::DTYPE,
            property::TENSOR,
            property::NOT_MEASURED,
        ]
    }
}
