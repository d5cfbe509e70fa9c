//! GGUF versions 1 to 3: key-value metadata, then tensor descriptions, then tensors.
//!
//! Source: `docs/gguf.md` of ggml; version 1 has 32-bit counts and lengths.

use sealkit_oci::Digest;
use sealkit_report::{Budget, Known, Severity};

use super::gguf_types as types;
use crate::{
    Class, Confidence, Cursor, Facts, Format, InspectError, Inspector, Probe, ReadAt, TensorInfo,
    Value, property,
};

const NAME: &str = "gguf";
const FORMAT: Format = Format::new(NAME, "GGUF", Class::Model, &[".gguf"]).read_by("llama.cpp");
/// Longest key and tensor name that llama.cpp writes or reads, rounded up.
const MAX_KEY: u64 = 65_535;
/// Longest text that is read; templates are far shorter.
const MAX_TEXT: u64 = 4 << 20;
/// Texts above this are kept as a digest only.
const MAX_KEPT: usize = 16 << 10;

pub(crate) struct Gguf;

impl Inspector for Gguf {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        if probe.has(0, b"GGUF") {
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
        let mut reader = Reader { cursor: Cursor::new(source, budget, NAME), version: 0 };
        let mut facts = Facts::default();
        reader.start(path, &mut facts)?;
        let tensors = reader.count()?;
        let entries = reader.count()?;
        let mut alignment = 32;
        for _ in 0..entries {
            reader.cursor.budget().entries(1)?;
            let key = reader.text(MAX_KEY)?;
            let value = reader.value()?;
            if let (Some(Value::Uint(n)), "general.alignment") = (&value, key.as_str()) {
                alignment = *n;
            }
            if let Some(value) = value {
                describe(&key, value, path, &mut facts);
            }
        }
        reader.tensors(tensors, alignment, path, &mut facts)?;
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::FORMAT_VERSION,
            property::BYTE_ORDER,
            property::ARCHITECTURE,
            property::NAME,
            property::VERSION,
            property::DESCRIPTION,
            property::AUTHOR,
            property::LICENCE,
            property::BASE_MODEL,
            property::QUANTISATION,
            property::CONTEXT_LENGTH,
            property::VOCABULARY,
            property::CHAT_TEMPLATE_DIGEST,
            property::METADATA,
            property::TENSORS,
            property::PARAMETERS,
            property::TENSOR,
        ]
    }
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    version: u32,
}

impl Reader<'_> {
    fn start(&mut self, path: &str, facts: &mut Facts) -> Result<(), InspectError> {
        if self.cursor.take(4, 4)? != b"GGUF" {
            return Err(self.cursor.malformed("no `GGUF` at the start"));
        }
        self.version = self.cursor.u32()?;
        if self.version.trailing_zeros() >= 16 {
            // Only a swapped small number has no low half.
            self.version = self.version.swap_bytes();
            self.cursor.set_big_endian();
            facts.measured(path, "4", property::BYTE_ORDER, Value::Text("big-endian".to_owned()));
        }
        if !(1..=3).contains(&self.version) {
            return Err(self.cursor.malformed("a version that is not 1, 2 or 3"));
        }
        let version = Value::Text(self.version.to_string());
        facts.measured(path, "4", property::FORMAT_VERSION, version);
        Ok(())
    }

    fn count(&mut self) -> Result<u64, InspectError> {
        if self.version == 1 { Ok(u64::from(self.cursor.u32()?)) } else { self.cursor.u64() }
    }

    fn text(&mut self, limit: u64) -> Result<String, InspectError> {
        let len = self.count()?;
        let bytes = self.cursor.take(len, limit)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// A value; of an array only its length, as `None` where the elements say nothing alone.
    fn value(&mut self) -> Result<Option<Value>, InspectError> {
        let kind = self.cursor.u32()?;
        if kind == types::ARRAY { self.array().map(Some) } else { self.scalar(kind).map(Some) }
    }

    fn scalar(&mut self, kind: u32) -> Result<Value, InspectError> {
        let cursor = &mut self.cursor;
        Ok(match kind {
            0 => Value::Uint(u64::from(cursor.u8()?)),
            1 => signed(i64::from(cursor.u8()? as i8)),
            2 => Value::Uint(u64::from(cursor.u16()?)),
            3 => signed(i64::from(cursor.u16()? as i16)),
            4 => Value::Uint(u64::from(cursor.u32()?)),
            5 => signed(i64::from(cursor.u32()? as i32)),
            6 => Value::Float(f64::from(f32::from_bits(cursor.u32()?))),
            7 => match cursor.u8()? {
                0 => Value::Bool(false),
                1 => Value::Bool(true),
                _ => return Err(cursor.malformed("a yes or no that is neither")),
            },
            types::TEXT => Value::Text(self.text(MAX_TEXT)?),
            10 => Value::Uint(cursor.u64()?),
            11 => signed(cursor.u64()? as i64),
            12 => Value::Float(f64::from_bits(cursor.u64()?)),
            _ => return Err(cursor.malformed("an unknown type of value")),
        })
    }

    /// Passes over an array and gives its length.
    fn array(&mut self) -> Result<Value, InspectError> {
        let kind = self.cursor.u32()?;
        let len = self.count()?;
        if kind == types::TEXT {
            // Each text takes at least its length field, so that a false count ends soon.
            for _ in 0..len {
                self.cursor.budget().steps(1)?;
                let size = self.count()?;
                self.cursor.skip(size)?;
            }
        } else {
            let what = "an array of arrays or of an unknown type";
            let size = types::scalar_size(kind).ok_or_else(|| self.cursor.malformed(what))?;
            let total = len.checked_mul(size);
            self.cursor.skip(total.unwrap_or(u64::MAX))?;
        }
        Ok(Value::List(vec![len.to_string()]))
    }

    fn tensors(
        &mut self,
        count: u64,
        alignment: u64,
        path: &str,
        facts: &mut Facts,
    ) -> Result<(), InspectError> {
        let mut all = Vec::new();
        for _ in 0..count {
            self.cursor.budget().entries(1)?;
            all.push(self.tensor()?);
        }
        let start = self.cursor.pos();
        let data = start.checked_next_multiple_of(alignment.max(1)).unwrap_or(u64::MAX);
        let end = start.saturating_add(self.cursor.left());
        if !alignment.is_power_of_two() {
            facts.find(
                "gguf-alignment",
                Severity::Medium,
                (path, ""),
                "alignment is no power of two",
            );
        }
        let mut parameters = 0_u64;
        for tensor in &mut all {
            let sum = types::elements(&tensor.shape).and_then(|n| parameters.checked_add(n));
            parameters = sum.ok_or_else(|| self.cursor.malformed("a shape beyond 64 bits"))?;
            let place = data.checked_add(tensor.offset);
            let inside = place.and_then(|at| at.checked_add(tensor.size)).is_some_and(|e| e <= end);
            if !inside {
                let message = format!("tensor `{}` reaches past the end of the file", tensor.name);
                facts.find("gguf-places", Severity::High, (path, &tensor.name), message);
            }
            tensor.offset = place.unwrap_or(u64::MAX);
        }
        facts.measured(path, "", property::TENSORS, Value::Uint(count));
        facts.measured(path, "", property::PARAMETERS, Value::Uint(parameters));
        for tensor in all {
            let name = tensor.name.clone();
            let fact = (property::TENSOR, Value::Tensor(tensor));
            facts.about(&name, Known::Measured, (path, ""), fact);
        }
        Ok(())
    }

    fn tensor(&mut self) -> Result<TensorInfo, InspectError> {
        let name = self.text(MAX_KEY)?;
        let dimensions = self.cursor.u32()?;
        if dimensions > types::MAX_DIMENSIONS {
            return Err(self.cursor.malformed("a tensor of more than 4 dimensions"));
        }
        let mut shape = Vec::new();
        for _ in 0..dimensions {
            shape.push(self.count()?);
        }
        let kind = self.cursor.u32()?;
        let offset = self.cursor.u64()?;
        let (dtype, size) = types::tensor_type(kind, &shape);
        let size = size.ok_or_else(|| self.cursor.malformed("a shape unlike its type"))?;
        Ok(TensorInfo { name, dtype, shape, offset, size })
    }
}

fn signed(number: i64) -> Value {
    u64::try_from(number).map_or(Value::Int(number), Value::Uint)
}

fn describe(key: &str, value: Value, path: &str, facts: &mut Facts) {
    let property = match key {
        "general.architecture" => Some(property::ARCHITECTURE),
        "general.name" => Some(property::NAME),
        "general.version" => Some(property::VERSION),
        "general.description" => Some(property::DESCRIPTION),
        "general.author" | "general.organization" => Some(property::AUTHOR),
        "general.license" => Some(property::LICENCE),
        "general.base_model.0.repo_url" | "general.base_model.0.name" => Some(property::BASE_MODEL),
        _ if key.ends_with(".context_length") => Some(property::CONTEXT_LENGTH),
        _ if key.ends_with(".vocab_size") => Some(property::VOCABULARY),
        _ => None,
    };
    if let Some(property) = property {
        facts.declared(path, key, property, value.clone());
    }
    match (key, &value) {
        ("general.file_type", Value::Uint(kind)) => {
            let name = types::file_type(*kind).map_or_else(|| kind.to_string(), str::to_owned);
            facts.declared(path, key, property::QUANTISATION, Value::Text(name));
        }
        ("tokenizer.ggml.tokens", Value::List(len)) => {
            let len = len.first().and_then(|len| len.parse().ok()).unwrap_or(0);
            facts.measured(path, key, property::VOCABULARY, Value::Uint(len));
        }
        (_, Value::Text(text)) if key.starts_with("tokenizer.chat_template") => {
            let digest = Digest::of(text.as_bytes()).to_string();
            facts.measured(path, key, property::CHAT_TEMPLATE_DIGEST, Value::Text(digest));
        }
        _ => {}
    }
    let kept = match value {
        Value::List(_) => return,
        Value::Text(text) if text.len() > MAX_KEPT => {
            Value::Text(Digest::of(text.as_bytes()).to_string())
        }
        other => other,
    };
    facts.about(key, Known::Declared, (path, key), (property::METADATA, kept));
}
