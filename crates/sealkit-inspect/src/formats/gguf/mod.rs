//! GGUF versions 1 to 3: key-value metadata, then tensor descriptions, then tensors.
//!
//! Source: `docs/gguf.md` of ggml; version 1 has 32-bit counts and lengths.

mod describe;
mod origins;
mod reader;
mod split;
mod tensors;
mod types;

use sealkit_report::Budget;

use self::reader::Reader;
use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, Probe, ReadAt, partial, property,
};

const NAME: &str = "gguf";
const FORMAT: Format = Format::new(NAME, "GGUF", Class::Model, &[".gguf"]).read_by("llama.cpp");

pub(crate) struct Gguf;

impl Inspector for Gguf {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        if probe.has(0, b"GGUF") {
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
        let mut facts = Facts::default();
        let mut reader = Reader::start(source, budget, path, &mut facts)?;
        let read = read(&mut reader, path, &mut facts);
        partial::keep(facts, path, read)
    }

    fn gives(&self) -> &'static [&'static str] {
        GIVES
    }
}

const GIVES: &[&str] = &[
    property::FORMAT_VERSION,
    property::BYTE_ORDER,
    property::ARCHITECTURE,
    property::NAME,
    property::VERSION,
    property::DESCRIPTION,
    property::AUTHOR,
    property::PARTY,
    property::LICENCE,
    property::LINK,
    property::DOI,
    property::TAG,
    property::LANGUAGE,
    property::BASE_MODEL,
    property::TRAINED_ON,
    property::QUANTISATION,
    property::CONTEXT_LENGTH,
    property::LAYERS,
    property::HEADS,
    property::EXPERTS,
    property::EXPERTS_USED,
    property::KEY_VALUE_HEADS,
    property::HIDDEN_SIZE,
    property::FEED_FORWARD_SIZE,
    property::ADAPTER_TYPE,
    property::HYPERPARAMETER,
    property::VOCABULARY,
    property::TOKENIZER,
    property::CHAT_TEMPLATE_DIGEST,
    property::EMBEDDED_CODE,
    property::METADATA,
    property::SHARDS,
    property::FILE_REFERENCE,
    property::TENSORS,
    property::PARAMETERS,
    property::PARAMETERS_OF_TYPE,
    property::DTYPE,
    property::TENSOR,
];

fn read(reader: &mut Reader<'_>, path: &str, facts: &mut Facts) -> Result<(), InspectError> {
    let tensors = reader.count()?;
    let entries = reader.count()?;
    let mut read = Vec::new();
    let ended = reader.entries(entries, &mut read, (path, &mut *facts));
    describe::add(&read, path, facts);
    ended?;
    tensors::read(reader, tensors, describe::alignment(&read), path, facts)
}
