//! safetensors: a JSON header that names every tensor, then the tensors.
//!
//! Source: the format section of the safetensors documentation, and its reference reader 0.8.0.

mod metadata;
mod quantised;
mod training;

use sealkit_report::{Budget, Severity};
use serde_json::Value as Json;

use crate::inventory::{self, elements};
use crate::{
    Class, Confidence, Cursor, Facts, Format, InspectError, Inspector, Probe, ReadAt, TensorInfo,
    json, partial, property,
};

const NAME: &str = "safetensors";
/// Largest header that the reference reader accepts, in bytes.
const MAX_HEADER: u64 = 100_000_000;
const FORMAT: Format = Format::new(NAME, NAME, Class::Model, &[".safetensors"]);

pub(crate) struct Safetensors;

impl Inspector for Safetensors {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let header = probe.head.first_chunk::<8>().map_or(0, |raw| u64::from_le_bytes(*raw));
        let fits = (2..=MAX_HEADER).contains(&header) && header <= probe.len.saturating_sub(8);
        if fits
            && probe.has(8, b"{")
            && probe.has(9, b"\"") | probe.has(9, b"}") | probe.has(9, b" ")
        {
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
        let mut cursor = Cursor::new(source, budget, NAME);
        let len = cursor.u64()?;
        let header = cursor.take(len, MAX_HEADER)?;
        let data = cursor.pos();
        let Json::Object(header) = json::parse(&header, budget)? else {
            return Err(InspectError::malformed(NAME, "a header that is no object", 8));
        };
        let mut facts = Facts::default();
        let mut tensors = Vec::new();
        for (name, entry) in header {
            if name == "__metadata__" {
                metadata::read(&entry, path, &mut facts);
            } else {
                let Some(tensor) = tensor(&name, &entry, data) else {
                    let what = "a tensor without type, shape and place";
                    let error = InspectError::malformed(NAME, what, 8);
                    partial::note(&mut facts, path, &name, &error);
                    continue;
                };
                tensors.push(tensor);
            }
        }
        // A tensor without elements stands before the one that begins at the same place.
        tensors.sort_by(|a, b| (a.offset, a.size, &a.name).cmp(&(b.offset, b.size, &b.name)));
        check_places(&tensors, path, (data, source.len()), &mut facts);
        let packed = quantised::hint(&tensors, path, &mut facts);
        inventory::add(tensors, (path, "header"), &mut facts);
        if packed {
            quantised::correct(path, &mut facts);
        }
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::TENSORS,
            property::PARAMETERS,
            property::PARAMETERS_OF_TYPE,
            property::DTYPE,
            property::TENSOR,
            property::FRAMEWORK,
            property::METADATA,
            property::NAME,
            property::VERSION,
            property::DESCRIPTION,
            property::AUTHOR,
            property::LICENCE,
            property::ARCHITECTURE,
            property::TAG,
            property::TASK,
            property::INTENDED_USE,
            property::CREATED,
            property::LINK,
            property::BASE_MODEL,
            property::TRAINED_ON,
            property::HYPERPARAMETER,
            property::SEED,
            property::ADAPTER_TYPE,
            property::TRAINING_SECONDS,
            property::PRODUCER,
            property::PRODUCER_VERSION,
            property::QUANTISATION,
            property::NOT_MEASURED,
        ]
    }
}

fn tensor(name: &str, entry: &Json, data: u64) -> Option<TensorInfo> {
    let entry = entry.as_object().filter(|entry| entry.len() == 3)?;
    let numbers = |key: &str| -> Option<Vec<u64>> {
        entry.get(key)?.as_array()?.iter().map(Json::as_u64).collect()
    };
    let dtype = entry.get("dtype")?.as_str()?.to_owned();
    let shape = numbers("shape")?;
    let [begin, end] = <[u64; 2]>::try_from(numbers("data_offsets")?).ok()?;
    let size = end.checked_sub(begin)?;
    data.checked_add(end)?;
    let (name, offset) = (name.to_owned(), data.checked_add(begin)?);
    Some(TensorInfo { name, dtype, shape, offset, size })
}

/// Tensors must follow each other without a hole or an overlap and fill the file (format section:
/// "the byte buffer needs to be entirely indexed").
fn check_places(tensors: &[TensorInfo], path: &str, data: (u64, u64), facts: &mut Facts) {
    let (start, len) = data;
    let mut expected = start;
    let mut report = |rule: &str, name: &str, message: String| {
        facts.find(rule, Severity::High, (path, name), message);
    };
    for tensor in tensors {
        if tensor.offset != expected {
            let message = format!("tensor `{}` overlaps another or leaves a hole", tensor.name);
            report("safetensors-places", &tensor.name, message);
            return;
        }
        let bits = bits(&tensor.dtype);
        let stated = elements(&tensor.shape).zip(bits).and_then(|(n, bits)| n.checked_mul(bits));
        if bits.is_none() {
            report(
                "safetensors-type",
                &tensor.name,
                format!("tensor `{}` has the unknown type `{}`", tensor.name, tensor.dtype),
            );
        } else if stated.map(|bits| bits.div_ceil(8)) != Some(tensor.size) {
            let message = format!("tensor `{}` has a size unlike its shape", tensor.name);
            report("safetensors-shape", &tensor.name, message);
        }
        // The offset is a checked sum, and its end is one: see `tensor`.
        expected = tensor.offset.saturating_add(tensor.size);
    }
    if expected < len {
        report("safetensors-trailing-bytes", "", "bytes that no tensor names follow".to_owned());
    } else if expected > len {
        report("safetensors-truncated", "", "tensors reach past the end of the file".to_owned());
    }
}

fn bits(dtype: &str) -> Option<u64> {
    Some(match dtype {
        "F4" => 4,
        "F6_E2M3" | "F6_E3M2" => 6,
        "BOOL" | "U8" | "I8" | "F8_E5M2" | "F8_E4M3" | "F8_E8M0" | "F8_E4M3FNUZ"
        | "F8_E5M2FNUZ" => 8,
        "I16" | "U16" | "F16" | "BF16" => 16,
        "I32" | "U32" | "F32" => 32,
        "I64" | "U64" | "F64" | "C64" => 64,
        _ => return None,
    })
}
