//! safetensors: a JSON header that names every tensor, then the tensors.
//!
//! Source: the format section of the safetensors documentation, and its reference reader 0.8.0.

use std::collections::BTreeMap;

use sealkit_report::{Budget, Known, Severity};
use serde_json::Value as Json;

use crate::{
    Class, Confidence, Cursor, Facts, Format, InspectError, Inspector, Probe, ReadAt, TensorInfo,
    Value, json, property,
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
        } else if FORMAT.claims(probe.path) && probe.text().is_none() {
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
                metadata(&entry, path, &mut facts)?;
            } else {
                let tensor = tensor(name, &entry, data);
                let what = "a tensor without type, shape and place";
                tensors.push(tensor.ok_or(InspectError::malformed(NAME, what, 8))?);
            }
        }
        tensors.sort_by(|a, b| (a.offset, &a.name).cmp(&(b.offset, &b.name)));
        check_places(&tensors, path, (data, source.len()), &mut facts);
        count(&tensors, path, &mut facts)?;
        for tensor in tensors {
            let name = tensor.name.clone();
            let fact = (property::TENSOR, Value::Tensor(tensor));
            facts.about(&name, Known::Measured, (path, "header"), fact);
        }
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::TENSORS,
            property::PARAMETERS,
            property::PARAMETERS_OF_TYPE,
            property::DTYPE,
            property::FRAMEWORK,
            property::METADATA,
            property::TENSOR,
        ]
    }
}

fn metadata(entry: &Json, path: &str, facts: &mut Facts) -> Result<(), InspectError> {
    let what = "metadata that is not a map of texts";
    let broken = || InspectError::malformed(NAME, what, 8);
    for (key, value) in entry.as_object().ok_or_else(broken)? {
        let value = value.as_str().ok_or_else(broken)?;
        let framework = match (key.as_str(), value) {
            ("format", "pt") => Some("pytorch"),
            ("format", "tf") => Some("tensorflow"),
            ("format", "flax" | "np" | "mlx") => Some(value),
            _ => None,
        };
        if let Some(framework) = framework {
            let place = "header/__metadata__/format";
            facts.declared(path, place, property::FRAMEWORK, Value::Text(framework.to_owned()));
        }
        let fact = (property::METADATA, Value::Text(value.to_owned()));
        facts.about(key, Known::Declared, (path, "header/__metadata__"), fact);
    }
    Ok(())
}

fn tensor(name: String, entry: &Json, data: u64) -> Option<TensorInfo> {
    let entry = entry.as_object().filter(|entry| entry.len() == 3)?;
    let numbers = |key: &str| -> Option<Vec<u64>> {
        entry.get(key)?.as_array()?.iter().map(Json::as_u64).collect()
    };
    let dtype = entry.get("dtype")?.as_str()?.to_owned();
    let shape = numbers("shape")?;
    let [begin, end] = <[u64; 2]>::try_from(numbers("data_offsets")?).ok()?;
    let size = end.checked_sub(begin)?;
    data.checked_add(end)?;
    Some(TensorInfo { name, dtype, shape, offset: data.checked_add(begin)?, size })
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

fn count(tensors: &[TensorInfo], path: &str, facts: &mut Facts) -> Result<(), InspectError> {
    let mut by_type: BTreeMap<&str, u64> = BTreeMap::new();
    let mut total = 0_u64;
    for tensor in tensors {
        let sum = elements(&tensor.shape).and_then(|n| {
            let of_type = by_type.entry(&tensor.dtype).or_default();
            *of_type = of_type.checked_add(n)?;
            total.checked_add(n)
        });
        total = sum.ok_or(InspectError::malformed(NAME, "a shape beyond 64 bits", 8))?;
    }
    facts.measured(path, "header", property::TENSORS, Value::Uint(tensors.len() as u64));
    facts.measured(path, "header", property::PARAMETERS, Value::Uint(total));
    let most = by_type.iter().max_by_key(|(_, n)| **n).map(|(dtype, _)| (*dtype).to_owned());
    if let Some(dtype) = most {
        facts.measured(path, "header", property::DTYPE, Value::Text(dtype));
    }
    for (dtype, n) in by_type {
        let fact = (property::PARAMETERS_OF_TYPE, Value::Uint(n));
        facts.about(dtype, Known::Measured, (path, "header"), fact);
    }
    Ok(())
}

fn elements(shape: &[u64]) -> Option<u64> {
    shape.iter().try_fold(1_u64, |product, dim| product.checked_mul(*dim))
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
