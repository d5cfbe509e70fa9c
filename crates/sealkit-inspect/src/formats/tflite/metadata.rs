//! Metadata entries: a name, and a buffer that holds a text or a FlatBuffer of its own.

use sealkit_report::Known;

use super::model::{Buffers, Model};
use crate::flatbuffer::{self, Table};
use crate::pages::Pages;
use crate::{InspectError, Value, kept, property};

/// Longest text in a buffer that is kept, in bytes.
const MAX_TEXT: u64 = 4096;

impl Model<'_> {
    /// The entries of `metadata` (field 6 of the root).
    pub(super) fn metadata(
        &mut self,
        pages: &mut Pages<'_>,
        root: Table,
        buffers: Buffers,
    ) -> Result<(), InspectError> {
        let entries = root.vector(pages, 6, 4)?;
        for index in 0..entries.len {
            pages.budget().entries(1)?;
            let Some(entry) = entries.table(pages, index)? else { continue };
            let name = entry.text(pages, 0)?.unwrap_or_default();
            let number = u64::from(entry.u32(pages, 1)?);
            let (start, len) = buffers.place(pages, number)?;
            let place = format!("bytes {start}-{}", start.saturating_add(len));
            if name == "TFLITE_METADATA" {
                self.model_metadata(pages, start, &place)?;
                continue;
            }
            let text = pages.bytes(start, len.min(MAX_TEXT), MAX_TEXT)?;
            let text = String::from_utf8_lossy(&text).trim_end_matches('\0').to_owned();
            let is_text =
                len <= MAX_TEXT && !text.contains(|c: char| c.is_control() || c == '\u{fffd}');
            let value = if is_text { text } else { format!("{len} bytes") };
            let fact = (property::METADATA, Value::Text(value));
            self.facts.about(&name, Known::Declared, (self.path, &place), fact);
        }
        Ok(())
    }

    /// ModelMetadata.
    fn model_metadata(
        &mut self,
        pages: &mut Pages<'_>,
        start: u64,
        place: &str,
    ) -> Result<(), InspectError> {
        let root = flatbuffer::root(pages, start)?;
        let fields = [
            (0, property::NAME),
            (1, property::DESCRIPTION),
            (2, property::VERSION),
            (4, property::AUTHOR),
            (5, property::LICENCE),
        ];
        for (index, property) in fields {
            if let Some(text) = root.text(pages, index)?.filter(|text| !text.is_empty()) {
                self.facts.declared(self.path, place, property, kept::text(&text));
            }
        }
        Ok(())
    }
}
