//! The cells of a Jupyter notebook: source and text outputs, nothing that a browser would draw or run.
//!
//! Source: nbformat 4.5, `nbformat.v4.schema.json`. Values are kept to bounds while they are read.

use std::fmt;
use std::marker::PhantomData;

use sealkit_api::{NotebookCell, NotebookHead};
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::text::{line, readable};

/// Largest notebook that is read. Pictures inside make notebooks large.
pub(crate) const MAX_BYTES: u64 = 4 << 20;
/// Most cells, outputs of a cell, and media types of an output.
const MAX_CELLS: usize = 100;
const MAX_OUTPUTS: usize = 16;
const MAX_KINDS: usize = 8;
/// Most bytes of one source or output, and of all of them together.
const MAX_PIECE: usize = 16 << 10;
const MAX_ALL: usize = 256 << 10;
/// Most characters of a name.
const MAX_NAME: usize = 80;

/// Reads a notebook.
///
/// # Errors
/// When it is no JSON of a notebook.
pub(crate) fn read(bytes: &[u8]) -> Result<NotebookHead, serde_json::Error> {
    let notebook: Notebook = serde_json::from_slice(bytes)?;
    let mut room = MAX_ALL;
    let cells: Vec<_> = notebook.cells.items.into_iter().map(|cell| cell.show(&mut room)).collect();
    let metadata = notebook.metadata;
    let language = metadata.language_info.name.or(metadata.kernelspec.language);
    let language = language.map(|name| line(&name, MAX_NAME));
    Ok(NotebookHead { language, cells, more_cells: notebook.cells.more })
}

#[derive(Deserialize)]
struct Notebook {
    cells: Bounded<Cell, MAX_CELLS>,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    language_info: Language,
    kernelspec: Kernel,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Language {
    name: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Kernel {
    language: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Cell {
    #[serde(rename = "cell_type")]
    kind: String,
    source: Lines,
    outputs: Bounded<Output, MAX_OUTPUTS>,
}

impl Cell {
    fn show(self, room: &mut usize) -> NotebookCell {
        let mut cell = NotebookCell { kind: line(&self.kind, MAX_NAME), ..NotebookCell::default() };
        cell.cut = self.outputs.more > 0;
        cell.source = self.source.show(room, &mut cell.cut);
        for output in self.outputs.items {
            let mut text = output.text;
            let plain = output.data.text;
            text.push(&plain.text);
            text.cut |= plain.cut;
            if let Some(name) = output.ename {
                text.push(&format!("{name}: "));
                text.push(&output.evalue.text);
                text.push("\n");
                text.push(&output.traceback.text);
            }
            let shown = text.show(room, &mut cell.cut);
            if !shown.is_empty() {
                cell.outputs.push(shown);
            }
            cell.hidden.extend(output.data.hidden.iter().map(|kind| line(kind, MAX_NAME)));
        }
        cell.hidden.sort();
        cell.hidden.dedup();
        cell
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Output {
    text: Lines,
    data: Data,
    ename: Option<String>,
    evalue: Lines,
    traceback: Lines,
}

/// The forms of one output: text is kept, the others are named.
#[derive(Default)]
struct Data {
    text: Lines,
    hidden: Vec<String>,
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Forms;
        impl<'de> Visitor<'de> for Forms {
            type Value = Data;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an output by media type")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Data, A::Error> {
                let mut data = Data::default();
                while let Some(kind) = entries.next_key::<String>()? {
                    if kind == "text/plain" {
                        data.text = entries.next_value()?;
                        continue;
                    }
                    entries.next_value::<IgnoredAny>()?;
                    if data.hidden.len() < MAX_KINDS {
                        data.hidden.push(kind);
                    }
                }
                Ok(data)
            }
        }
        deserializer.deserialize_map(Forms)
    }
}

/// A text, or a list of its lines, kept to [`MAX_PIECE`].
#[derive(Default)]
struct Lines {
    text: String,
    cut: bool,
}

impl Lines {
    fn push(&mut self, text: &str) {
        let room = MAX_PIECE.saturating_sub(self.text.len());
        let fits = text.floor_char_boundary(room.min(text.len()));
        self.text.push_str(text.get(..fits).unwrap_or_default());
        self.cut |= fits < text.len();
    }

    /// The text, as far as there is room for it. Colours of a terminal are dropped.
    fn show(self, room: &mut usize, cut: &mut bool) -> String {
        let fits = self.text.floor_char_boundary((*room).min(self.text.len()));
        *room -= fits;
        *cut |= self.cut || fits < self.text.len();
        readable(&without_colours(self.text.get(..fits).unwrap_or_default()))
    }
}

impl<'de> Deserialize<'de> for Lines {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Lines;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of lines")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Lines, E> {
                let mut lines = Lines::default();
                lines.push(text);
                Ok(lines)
            }

            fn visit_unit<E: Error>(self) -> Result<Lines, E> {
                Ok(Lines::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Lines, A::Error> {
                let mut lines = Lines::default();
                while let Some(line) = seq.next_element::<String>()? {
                    lines.push(&line);
                    // Lines of a traceback have no line break of their own.
                    if line.contains('\u{1b}') && !line.ends_with('\n') {
                        lines.push("\n");
                    }
                }
                Ok(lines)
            }
        }
        deserializer.deserialize_any(Text)
    }
}

/// The first `N` values of a list, and how many follow.
struct Bounded<T, const N: usize> {
    items: Vec<T>,
    more: u64,
}

impl<T, const N: usize> Default for Bounded<T, N> {
    fn default() -> Self {
        Self { items: Vec::new(), more: 0 }
    }
}

impl<'de, T: DeserializeOwned, const N: usize> Deserialize<'de> for Bounded<T, N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<T, const N: usize>(PhantomData<T>);
        impl<'de, T: DeserializeOwned, const N: usize> Visitor<'de> for List<T, N> {
            type Value = Bounded<T, N>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut list = Bounded::default();
                while list.items.len() < N {
                    match seq.next_element()? {
                        Some(item) => list.items.push(item),
                        None => return Ok(list),
                    }
                }
                while seq.next_element::<IgnoredAny>()?.is_some() {
                    list.more += 1;
                }
                Ok(list)
            }
        }
        deserializer.deserialize_seq(List(PhantomData))
    }
}

/// The text without the sequences that set colours on a terminal (ECMA-48, `CSI … m`).
fn without_colours(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let parameters =
            part.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b';').count();
        if let Some(rest) = part.get(parameters..).and_then(|rest| rest.strip_prefix('m')) {
            plain.push_str(rest);
        } else {
            plain.push_str("\u{1b}[");
            plain.push_str(part);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(notebook: &serde_json::Value) -> NotebookHead {
        read(notebook.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn source_and_text_outputs_are_read() {
        let notebook = of(&json!({
            "metadata": { "kernelspec": { "language": "python" } },
            "cells": [
                { "cell_type": "markdown", "source": "# T" },
                { "cell_type": "code", "source": ["import x\n", "x.y()"], "outputs": [
                    { "output_type": "stream", "name": "stdout", "text": ["one\n", "two\n"] },
                    { "output_type": "display_data", "data": {
                        "text/plain": ["<Figure>"], "text/html": ["<script>alert(1)</script>"], "image/png": "AAAA" } },
                    { "output_type": "error", "ename": "E", "evalue": "bad",
                      "traceback": ["\u{1b}[0;31mE\u{1b}[0m", "\u{1b}[2Jline"] },
                ] },
            ],
        }));
        assert_eq!(notebook.language.as_deref(), Some("python"));
        let code = &notebook.cells[1];
        assert_eq!((code.kind.as_str(), code.source.as_str()), ("code", "import x\nx.y()"));
        assert_eq!(code.outputs, ["one\ntwo\n", "<Figure>", "E: bad\nE\n\\u{1b}[2Jline\n"]);
        assert_eq!(
            code.hidden,
            ["image/png", "text/html"],
            "what a browser would run is only named"
        );
        assert!(!code.cut);
    }

    #[test]
    fn what_is_large_is_cut_and_counted() {
        let cell = json!({ "cell_type": "code", "source": "é".repeat(MAX_PIECE), "outputs": vec![json!({ "text": "x" }); 40] });
        let notebook = of(&json!({ "cells": vec![cell; 110] }));
        assert_eq!((notebook.cells.len(), notebook.more_cells), (MAX_CELLS, 10));
        assert!(notebook.cells.iter().all(|cell| cell.cut));
        let all: usize = notebook.cells.iter().map(|cell| cell.source.len()).sum();
        assert!(all <= MAX_ALL, "{all}");
    }

    #[test]
    fn what_is_no_notebook_is_an_error() {
        let deep = format!("{{\"cells\":[{}", "[".repeat(100_000));
        for text in [
            "",
            "{}",
            "[]",
            "{\"cells\":5}",
            "{\"cells\":[{\"source\":{}}]}",
            "{\"cells\":[{\"source\":\"",
            &deep,
        ] {
            assert!(read(text.as_bytes()).is_err(), "{}", text.get(..20).unwrap_or(text));
        }
        assert_eq!(of(&json!({ "cells": [] })).cells, []);
    }
}
