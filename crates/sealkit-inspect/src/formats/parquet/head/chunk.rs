//! What the footer says of the first rows: the columns with their levels, and where their pages are.

use sealkit_report::Budget;

use super::super::column::ColumnMeta;
use super::super::schema::Element;
use super::super::thrift::{Kind, Reader};
use crate::{InspectError, ReadAt, Slice};

/// Most elements of the schema that are kept.
const MAX_ELEMENTS: usize = 10_000;
/// Longest name of a column, in bytes: of many groups in each other only the last part counts.
const MAX_NAME: usize = 1_000;

/// The schema, and the first row group that has rows.
#[derive(Default)]
pub(super) struct Start {
    schema: Vec<Element>,
    pub(super) rows: u64,
    pub(super) chunks: Vec<Chunk>,
}

/// Where the pages of one column are (`ColumnMetaData`).
#[derive(Default)]
pub(super) struct Chunk {
    pub(super) physical: i64,
    pub(super) codec: i64,
    /// First byte and length.
    pub(super) start: u64,
    pub(super) len: u64,
    /// Whether they are in another file, or encrypted.
    pub(super) elsewhere: bool,
}

/// A column that holds values.
pub(super) struct Leaf<'a> {
    pub(super) name: String,
    pub(super) element: &'a Element,
    pub(super) most_defined: u16,
    pub(super) most_repeated: u16,
    /// From which level on an item of its list is there; 0 where it is in no list.
    pub(super) list_defined: u16,
}

impl Start {
    /// Reads the schema and the first row group that has rows; what is behind them is not looked at.
    pub(super) fn read(
        source: &dyn ReadAt,
        start: u64,
        len: u64,
        budget: &mut Budget,
    ) -> Result<Self, InspectError> {
        let slice = Slice::new(source, start, len)?;
        let mut found = Self::default();
        let mut reader = Reader::new(&slice, budget);
        reader.structure(|reader, id, kind| {
            match (id, kind) {
                (2, Kind::List) => {
                    reader.structures(|reader| found.element(reader))?;
                }
                (4, Kind::List) => {
                    reader.structures(|reader| found.group(reader))?;
                }
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        Ok(found)
    }

    fn element(&mut self, reader: &mut Reader<'_>) -> Result<(), InspectError> {
        let element = Element::read(reader)?;
        if self.schema.len() >= MAX_ELEMENTS {
            return Err(reader.malformed("a schema above the limit"));
        }
        self.schema.push(element);
        Ok(())
    }

    fn group(&mut self, reader: &mut Reader<'_>) -> Result<(), InspectError> {
        let (mut chunks, mut rows) = (Vec::new(), 0);
        reader.structure(|reader, id, kind| {
            match (id, kind) {
                (1, Kind::List) => {
                    reader.structures(|reader| {
                        reader.budget().entries(1)?;
                        chunks.push(Chunk::read(reader)?);
                        Ok(())
                    })?;
                }
                (3, Kind::Int) => rows = reader.size()?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        if rows > 0 {
            (self.chunks, self.rows) = (chunks, rows);
            reader.stop();
        }
        Ok(())
    }

    /// The columns that hold values, in their order.
    pub(super) fn leaves(&self, budget: &mut Budget) -> Result<Vec<Leaf<'_>>, InspectError> {
        let mut rest = self.schema.iter();
        let root = rest.next().and_then(|root| root.children).unwrap_or(0);
        let mut open = vec![Group { left: root, ..Group::default() }];
        let mut leaves = Vec::new();
        while let Some(group) = open.last_mut() {
            if group.left == 0 {
                open.pop();
                continue;
            }
            group.left -= 1;
            budget.steps(1)?;
            let inside = group.clone();
            let Some(element) = rest.next() else {
                let what = "a schema that lacks elements";
                return Err(InspectError::malformed(super::super::NAME, what, 0));
            };
            let below = inside.with(element);
            if let Some(left) = element.children {
                open.push(Group { left, ..below });
                budget.depth(u32::try_from(open.len()).unwrap_or(u32::MAX))?;
                continue;
            }
            leaves.push(Leaf {
                name: below.name,
                element,
                most_defined: below.defined,
                most_repeated: below.repeated,
                list_defined: below.list_defined,
            });
        }
        Ok(leaves)
    }
}

/// A group of columns, while its children are read.
#[derive(Clone, Default)]
struct Group {
    left: u64,
    name: String,
    defined: u16,
    repeated: u16,
    list_defined: u16,
}

impl Group {
    /// The same with one element below it. Depth is bounded by the budget, so that levels fit.
    fn with(&self, element: &Element) -> Self {
        let mut name = self.name.clone();
        // `list.element` and its like are names that the format asks for: people know the column without them.
        let formal = ["element", "item", "array", "array_element"];
        let is_formal =
            element.repeated || (self.repeated > 0 && formal.contains(&element.name.as_str()));
        if name.is_empty() {
            name.clone_from(&element.name);
        } else if !is_formal && name.len() + element.name.len() < MAX_NAME {
            name = format!("{name}.{}", element.name);
        }
        let defined = self.defined + u16::from(element.optional || element.repeated);
        let repeated = self.repeated + u16::from(element.repeated);
        let list_defined = if element.repeated { defined } else { self.list_defined };
        Self { left: 0, name, defined, repeated, list_defined }
    }
}

impl Chunk {
    fn read(reader: &mut Reader<'_>) -> Result<Self, InspectError> {
        let mut chunk = Self::default();
        let mut elsewhere = false;
        reader.structure(|reader, id, kind| {
            match (id, kind) {
                (1, Kind::Binary) | (8 | 9, _) => {
                    elsewhere = true;
                    return Ok(false);
                }
                (3, Kind::Struct) => chunk = Self::from(&ColumnMeta::read(reader)?),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        chunk.elsewhere = elsewhere;
        Ok(chunk)
    }
}

impl From<&ColumnMeta> for Chunk {
    fn from(meta: &ColumnMeta) -> Self {
        Self {
            physical: meta.physical.unwrap_or(0),
            codec: meta.codec.unwrap_or(0),
            start: meta.start().unwrap_or(0),
            len: meta.len.unwrap_or(0),
            elsewhere: false,
        }
    }
}
