//! Formats and what they are for.

use serde::{Deserialize, Serialize};

/// What a file is to a kit: which element of a Kitfile it belongs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Weights.
    Model,
    /// What belongs to weights: tokenizer, config, adapter config.
    ModelPart,
    /// Data, pictures and sound among them.
    Dataset,
    /// Text for people.
    Docs,
    /// Programs and notebooks.
    Code,
    /// Instructions for a language model.
    Prompt,
    /// The text of a licence.
    Licence,
    /// An MCP bundle.
    Mcpb,
    /// Structured text that may belong to model, data or code.
    Metadata,
    /// Nothing is known of it.
    Unknown,
}

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Format {
    /// Stable identifier: lower-case words joined by `-`.
    pub id: &'static str,
    /// Name for people.
    pub name: &'static str,
    /// What a file of this format is to a kit.
    pub class: Class,
    /// Media type; `application/octet-stream` where none is registered or in use.
    pub media_type: &'static str,
    /// Endings of file names, lower-case, with the dot.
    pub extensions: &'static [&'static str],
    /// Software that reads the format, where the format alone says so.
    pub framework: Option<&'static str>,
    /// The last letters of the endings, one bit each, some sharing one: it tells most names apart.
    #[serde(skip)]
    lasts: u64,
}

impl Format {
    /// A format without media type and framework.
    pub const fn new(
        id: &'static str,
        name: &'static str,
        class: Class,
        extensions: &'static [&'static str],
    ) -> Self {
        let media_type = "application/octet-stream";
        let lasts = lasts(extensions);
        Self { id, name, class, media_type, extensions, framework: None, lasts }
    }

    /// The same format with its media type.
    #[must_use]
    pub const fn media(mut self, media_type: &'static str) -> Self {
        self.media_type = media_type;
        self
    }

    /// The same format with the software that reads it.
    #[must_use]
    pub const fn read_by(mut self, framework: &'static str) -> Self {
        self.framework = Some(framework);
        self
    }

    /// Whether the file name of `path` has one of the endings.
    pub fn claims(&self, path: &str) -> bool {
        self.claims_name(file_name(path))
    }

    /// The same of the name alone.
    pub(crate) fn claims_name(&self, name: &str) -> bool {
        // Hundreds of endings are asked for each file, and most differ in the last letter.
        let Some(last) = name.as_bytes().last().map(u8::to_ascii_lowercase) else { return false };
        self.lasts & bit(last) != 0 && self.extensions.iter().any(|ext| ends_with(name, ext))
    }
}

const fn bit(letter: u8) -> u64 {
    1_u64 << (letter % 64)
}

/// A bit for the last letter of each of these, which are in lower case.
const fn lasts(extensions: &[&str]) -> u64 {
    let mut all = 0;
    let mut rest = extensions;
    while let [first, behind @ ..] = rest {
        if let [.., last] = first.as_bytes() {
            all |= bit(*last);
        }
        rest = behind;
    }
    all
}

/// The part of `path` after the last `/`.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether `name` ends with `ending`, whatever the case; a name that is nothing else does not.
pub(crate) fn ends_with(name: &str, ending: &str) -> bool {
    let start = name.len().checked_sub(ending.len());
    let tail = start.filter(|&at| at > 0).and_then(|at| name.as_bytes().get(at..));
    tail.is_some_and(|tail| tail.eq_ignore_ascii_case(ending.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_claimed_by_its_ending_whatever_the_case() {
        let format = Format::new("x", "X", Class::Model, &[".bin", ".tar.gz", ".7z", ".é"]);
        for name in ["a.bin", "a.BIN", "b.tar.GZ", "c.7Z", "d/e.bin", "f.é"] {
            assert!(format.claims(name), "{name}");
        }
        // Another letter with the same bit (`.` and `n`), no ending, and a name that is only one.
        for name in ["a.bi.", "a.bin2", "bin", ".bin", "d/.7z", "", "a.gz"] {
            assert!(!format.claims(name), "{name}");
        }
        assert!(!Format::new("x", "X", Class::Model, &[]).claims("a.bin"));
    }
}
