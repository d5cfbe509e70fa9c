//! Models of sentencepiece: a message of protocol buffers (`sentencepiece_model.proto`) with one
//! field for each piece, and how it was trained behind them. It is walked while it streams by.

use sealkit_report::{Budget, Severity};

use crate::protobuf::{self, Field};
use crate::{Class, Confidence, Cursor, Facts, Format, Inspector, Probe, Stream, Value, property};

const FORMAT: Format = Format::new("sentencepiece", "sentencepiece model", Class::ModelPart, &[]);
/// `ModelProto.pieces`.
const PIECE: u64 = 1;
/// `ModelProto.trainer_spec`.
const TRAINER: u64 = 2;
/// `TrainerSpec.model_type`.
const MODEL_TYPE: u64 = 3;
/// Longest description of the training that is read, in bytes.
const MAX_TRAINER: u64 = 1 << 20;

pub(crate) struct SentencePiece;

impl Inspector for SentencePiece {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let named = crate::format::ends_with(probe.file_name(), ".model");
        // The first piece: its field, its length, then its text as field 1 of the message inside.
        let first = probe.has(0, b"\x0A") && probe.has(2, b"\x0A");
        if named && first { Confidence::Content } else { Confidence::No }
    }

    fn stream(&self, path: &str) -> Option<Box<dyn Stream>> {
        Some(Box::new(Walk {
            path: path.to_owned(),
            state: State::Tag(Varint::default()),
            pieces: 0,
            trainer: None,
            broken: None,
        }))
    }

    fn gives(&self) -> &'static [&'static str] {
        &[property::VOCABULARY, property::TOKENIZER, property::FRAMEWORK]
    }
}

/// A number of up to ten bytes, seven bits in each.
#[derive(Clone, Copy, Debug, Default)]
struct Varint {
    value: u64,
    shift: u32,
}

impl Varint {
    /// Takes a byte; gives the number after its last one.
    fn push(&mut self, byte: u8) -> Result<Option<u64>, &'static str> {
        let bits = u64::from(byte & 0x7F);
        let shifted = bits.checked_shl(self.shift).filter(|n| n >> self.shift == bits);
        self.value |= shifted.ok_or("a number that is too large")?;
        self.shift += 7;
        Ok((byte & 0x80 == 0).then_some(self.value))
    }
}

#[derive(Debug)]
enum State {
    Tag(Varint),
    Number(Varint),
    Length(u64, Varint),
    Skip(u64),
    Trainer(u64),
}

struct Walk {
    path: String,
    state: State,
    pieces: u64,
    trainer: Option<Vec<u8>>,
    broken: Option<&'static str>,
}

impl Walk {
    fn byte(&mut self, byte: u8) -> Result<(), &'static str> {
        let next = match &mut self.state {
            State::Tag(number) => match number.push(byte)? {
                None => return Ok(()),
                Some(tag) => match (tag >> 3, tag & 7) {
                    (0, _) => return Err("a field without a number"),
                    (_, 0) => State::Number(Varint::default()),
                    (_, 1) => State::Skip(8),
                    (_, 5) => State::Skip(4),
                    (field, 2) => State::Length(field, Varint::default()),
                    _ => return Err("an unknown wire type"),
                },
            },
            State::Number(number) => match number.push(byte)? {
                None => return Ok(()),
                Some(_) => State::Tag(Varint::default()),
            },
            State::Length(field, number) => match (number.push(byte)?, *field) {
                (None, _) => return Ok(()),
                (Some(len), TRAINER) if len <= MAX_TRAINER && self.trainer.is_none() => {
                    self.trainer = Some(Vec::new());
                    State::Trainer(len)
                }
                (Some(len), field) => {
                    self.pieces = self.pieces.saturating_add(u64::from(field == PIECE));
                    State::Skip(len)
                }
            },
            State::Skip(left) => State::Skip(left.saturating_sub(1)),
            State::Trainer(left) => {
                if let Some(trainer) = &mut self.trainer {
                    trainer.push(byte);
                }
                State::Trainer(left.saturating_sub(1))
            }
        };
        self.state = match next {
            State::Skip(0) | State::Trainer(0) => State::Tag(Varint::default()),
            next => next,
        };
        Ok(())
    }
}

impl Stream for Walk {
    fn push(&mut self, mut bytes: &[u8]) {
        while self.broken.is_none() {
            // What is skipped is not looked at byte by byte.
            if let State::Skip(left) = &mut self.state {
                let here = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                *left -= here as u64;
                bytes = bytes.get(here..).unwrap_or_default();
                if *left == 0 {
                    self.state = State::Tag(Varint::default());
                }
            }
            let Some((byte, rest)) = bytes.split_first() else { return };
            bytes = rest;
            self.broken = self.byte(*byte).err();
        }
    }

    fn finish(self: Box<Self>) -> Facts {
        let mut facts = Facts::default();
        let at_end = matches!(self.state, State::Tag(Varint { shift: 0, .. }));
        let broken = self.broken.or((!at_end).then_some("an end in the middle of a field"));
        if let Some(what) = broken {
            let message = format!("not a valid sentencepiece model: {what}");
            facts.find("malformed-file", Severity::Medium, (&self.path, ""), message);
            facts.incomplete = true;
            return facts;
        }
        let path = self.path.as_str();
        facts.measured(path, "", property::VOCABULARY, Value::Uint(self.pieces));
        let name = Value::Text("sentencepiece".to_owned());
        facts.inferred(path, "", property::FRAMEWORK, name);
        // The field has a default, which is not written.
        let kind = self.trainer.map_or(Some(1), |bytes| model_type(&bytes));
        let algorithm = match kind {
            Some(1) => "Unigram",
            Some(2) => "BPE",
            Some(3) => "Word",
            Some(4) => "Char",
            _ => return facts,
        };
        facts.declared(path, "trainer_spec", property::TOKENIZER, Value::Text(algorithm.into()));
        facts
    }
}

/// `TrainerSpec.model_type`, 1 where it is left out; none where the message is broken.
fn model_type(bytes: &[u8]) -> Option<u64> {
    let end = bytes.len() as u64;
    let mut budget = Budget::new(2 * MAX_TRAINER, 0, 2 * MAX_TRAINER, 1);
    let mut cursor = Cursor::new(&bytes, &mut budget, "sentencepiece");
    let mut found = 1;
    while let Some((field, content)) = protobuf::next(&mut cursor, end).ok()? {
        match content {
            Field::Varint(number) if field == MODEL_TYPE => found = number,
            Field::Bytes(len) => cursor.skip(len).ok()?,
            _ => {}
        }
    }
    Some(found)
}
