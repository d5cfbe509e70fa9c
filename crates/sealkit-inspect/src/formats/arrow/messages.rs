//! Messages: what an Arrow stream is made of, and the body of an Arrow file.
//!
//! Source: `Message.fbs` and the encapsulated message format of the Arrow columnar format 1.5.

use std::collections::BTreeSet;

use sealkit_report::{Budget, Known, Severity};

use super::flat::Table;
use super::schema::Schema;
use super::{FEATHER_1, MAGIC, NAME};
use crate::formats::{columns, features};
use crate::hops::{End, Hop, Hops};
use crate::{Facts, InspectError, Value, property};

/// Longest message without its body, in bytes.
pub(super) const MAX_MESSAGE: usize = 8 << 20;
/// Longest metadata value that is told whole, in bytes.
const MAX_SHOWN: usize = 4096;
/// Says that a length follows, and not the length itself as before Arrow 0.15.
const CONTINUES: [u8; 4] = [0xFF; 4];

/// What messages say together.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) schema: Option<Schema>,
    pub(super) rows: u64,
    pub(super) batches: u64,
    pub(super) codecs: BTreeSet<&'static str>,
}

impl Content {
    /// Takes in one message; gives the length of its body.
    pub(super) fn message(
        &mut self,
        bytes: &[u8],
        budget: &mut Budget,
    ) -> Result<u64, InspectError> {
        let message = Table::root(bytes)?;
        let header = message.table(2)?;
        match (message.u8(1)?, header) {
            (1, Some(table)) if self.schema.is_none() => {
                self.schema = Some(Schema::read(table, budget)?);
            }
            (3, Some(table)) => self.batch(table)?,
            _ => {}
        }
        size(message.i64(3)?)
    }

    fn batch(&mut self, table: Table<'_>) -> Result<(), InspectError> {
        let rows = self.rows.checked_add(size(table.i64(0)?)?);
        self.rows = rows.ok_or(InspectError::malformed(NAME, "a sum beyond 64 bits", 0))?;
        self.batches += 1;
        if let Some(compression) = table.table(3)? {
            self.codecs.insert(if compression.u8(0)? == 1 { "zstd" } else { "lz4" });
        }
        Ok(())
    }

    /// Adds what was found; `counted` says whether every batch was seen.
    pub(super) fn say(
        self,
        at: (&str, &str),
        counted: bool,
        budget: &mut Budget,
        facts: &mut Facts,
    ) {
        if counted {
            facts.measured(at.0, at.1, property::ROWS, Value::Uint(self.rows));
            facts.measured(at.0, at.1, property::ROW_GROUPS, Value::Uint(self.batches));
        } else {
            facts.not_measured(at.0, at.1, property::ROWS, "not every record batch was looked at");
        }
        if !self.codecs.is_empty() {
            let codecs = self.codecs.into_iter().map(str::to_owned).collect();
            facts.measured(at.0, at.1, property::COMPRESSION, Value::List(codecs));
        }
        let Some(schema) = self.schema else { return };
        columns::add(facts, at, schema.columns);
        if schema.big_endian {
            facts.measured(at.0, at.1, property::BYTE_ORDER, Value::Text("big-endian".to_owned()));
        }
        for (key, value) in schema.pairs {
            pair(&key, value, at, budget, facts);
        }
    }
}

/// One entry of the schema's own metadata.
fn pair(key: &str, mut value: String, at: (&str, &str), budget: &mut Budget, facts: &mut Facts) {
    if key == "huggingface" {
        return features::from_metadata(value.as_bytes(), at, budget, facts);
    }
    if value.len() > MAX_SHOWN {
        value.truncate(value.floor_char_boundary(MAX_SHOWN));
        value.push('…');
    }
    facts.about(key, Known::Declared, at, (property::METADATA, Value::Text(value)));
}

/// A length that may not be negative.
pub(super) fn size(number: i64) -> Result<u64, InspectError> {
    u64::try_from(number).map_err(|_| InspectError::malformed(NAME, "a negative size", 0))
}

/// What may be spent on the inside of messages: tables and texts in them can be shared, so that a
/// few bytes can stand for very many.
pub(super) fn inside() -> Budget {
    Budget::new(MAX_MESSAGE as u64, 100_000, 1_000_000, 64)
}

/// What the next head is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Awaits {
    Start,
    Prefix,
    Length,
    Message,
}

/// Walks the messages one after the other.
pub(super) struct Messages {
    pub(super) content: Content,
    awaits: Awaits,
    /// Whether this is a file: its footer says which batches count, wherever they stand, so that
    /// a walk over what looks like messages could only contradict it.
    is_file: bool,
    problem: Option<String>,
    path: String,
    budget: Budget,
}

impl Messages {
    pub(super) fn new(path: &str) -> Self {
        let budget = inside();
        let (content, path) = (Content::default(), path.to_owned());
        Self { content, awaits: Awaits::Start, is_file: false, problem: None, path, budget }
    }

    /// The head is where a length, or the word that one follows, is expected.
    fn prefix(&mut self, head: &[u8]) -> Hop {
        let Some(word) = head.first_chunk::<4>().copied() else { return Hop::Stop };
        if word == CONTINUES && self.awaits != Awaits::Length {
            self.awaits = Awaits::Length;
            return Hop::Next { skip: 0, len: 4 };
        }
        match u32::from_le_bytes(word) as usize {
            0 => {
                self.awaits = Awaits::Prefix;
                Hop::Stop
            }
            len if len > MAX_MESSAGE => self.fail("a message above the limit"),
            len => {
                self.awaits = Awaits::Message;
                Hop::Next { skip: 0, len }
            }
        }
    }

    fn fail(&mut self, what: impl ToString) -> Hop {
        self.problem = Some(what.to_string());
        Hop::Stop
    }
}

impl Hops for Messages {
    /// A stream is shorter than this only where it has no message at all.
    fn first(&self) -> usize {
        4
    }

    fn head(&mut self, _: u64, head: &[u8]) -> Hop {
        match self.awaits {
            Awaits::Start if MAGIC.starts_with(head) => {
                self.is_file = true;
                Hop::Stop
            }
            Awaits::Start if head == FEATHER_1 => self.fail("Feather 1 is not read"),
            Awaits::Start | Awaits::Prefix | Awaits::Length => self.prefix(head),
            Awaits::Message => match self.content.message(head, &mut self.budget) {
                Ok(skip) => {
                    self.awaits = Awaits::Prefix;
                    Hop::Next { skip, len: 4 }
                }
                Err(error) => self.fail(error),
            },
        }
    }

    fn finish(mut self, end: End) -> Facts {
        let mut facts = Facts::default();
        if self.is_file {
            return facts;
        }
        let at = (self.path.as_str(), "messages");
        let cut = end == End::Cut || self.awaits != Awaits::Prefix && self.problem.is_none();
        let counted = end == End::Whole && !cut && self.problem.is_none();
        if cut && end != End::Bounded {
            facts.incomplete = true;
            let message = "the file ends inside a message";
            facts.find("arrow-cut", Severity::Medium, at, message);
        }
        if let Some(problem) = self.problem {
            facts.incomplete = true;
            facts.find("not-inspected", Severity::Medium, at, problem);
        }
        self.content.say(at, counted, &mut self.budget, &mut facts);
        facts
    }
}
