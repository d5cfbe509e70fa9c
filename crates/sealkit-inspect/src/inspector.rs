//! The trait that every file format implements.

use std::borrow::Cow;

use sealkit_report::Budget;

use crate::format::file_name;
use crate::zip::Directory;
use crate::{Facts, Format, InspectError, ReadAt, Stream};

/// How sure an inspector is that a file has its format. Higher beats lower.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// It has not.
    No,
    /// The content looks a little like it, and the name says nothing.
    Guess,
    /// The name says so, and the content does not speak against it.
    Name,
    /// The content looks like it, and the name agrees.
    Content,
    /// The content is unmistakable.
    Magic,
}

/// What a probe may look at.
#[derive(Clone, Copy, Debug)]
pub struct Probe<'a> {
    /// Path inside the kit, `/`-separated.
    pub path: &'a str,
    /// The first bytes: [`Probe::HEAD`], or all there are.
    pub head: &'a [u8],
    /// The last bytes: [`Probe::TAIL`], or all there are.
    pub tail: &'a [u8],
    /// Size of the whole file in bytes.
    pub len: u64,
    /// The member list, where the file is a zip archive.
    pub zip: Option<&'a Directory>,
    /// What every inspector asks is found once: the last part of the path, whether all of it is in lower
    /// case, and the head as text.
    name: &'a str,
    is_lower: bool,
    text: Option<&'a str>,
}

impl<'a> Probe<'a> {
    /// Length of [`Probe::head`] in bytes.
    pub const HEAD: u64 = 8192;
    /// Length of [`Probe::tail`] in bytes.
    pub const TAIL: u64 = 64;

    /// What is known of a file of `len` bytes that starts with `head` and ends with `tail`.
    pub fn new(
        path: &'a str,
        head: &'a [u8],
        tail: &'a [u8],
        len: u64,
        zip: Option<&'a Directory>,
    ) -> Self {
        let name = file_name(path);
        let is_lower = !name.bytes().any(|byte| byte.is_ascii_uppercase());
        Self { path, head, tail, len, zip, name, is_lower, text: text(head, len) }
    }

    /// Last part of the path.
    pub fn file_name(&self) -> &'a str {
        self.name
    }

    /// The same in lower case (ASCII).
    pub fn lower_name(&self) -> Cow<'a, str> {
        if self.is_lower {
            Cow::Borrowed(self.name)
        } else {
            Cow::Owned(self.name.to_ascii_lowercase())
        }
    }

    /// Whether the file name is one of these, whatever the case.
    pub fn is_named(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.name.eq_ignore_ascii_case(name))
    }

    /// Whether the head holds these bytes at this offset.
    pub fn has(&self, offset: usize, magic: &[u8]) -> bool {
        self.head.get(offset..).is_some_and(|rest| rest.starts_with(magic))
    }

    /// Whether the head looks like text in another encoding than UTF-8: UTF-16 with its mark, or bytes of
    /// which next to none are control characters.
    pub fn is_other_text(&self) -> bool {
        let is_control = |byte: &&u8| **byte < 0x20 && !b"\n\r\t\x0C".contains(byte);
        let controls = self.head.iter().filter(is_control).count();
        let is_bytes = !self.head.contains(&0) && controls * 50 <= self.head.len() + 100;
        let has_mark = self.has(0, b"\xFF\xFE") || self.has(0, b"\xFE\xFF");
        self.text.is_none() && !self.head.is_empty() && (has_mark || is_bytes)
    }

    /// The head as text: UTF-8 without control characters, a character cut at its end left out.
    /// `None` for anything else and for an empty file.
    pub fn text(&self) -> Option<&'a str> {
        self.text
    }
}

fn text(head: &[u8], len: u64) -> Option<&str> {
    let plain = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let text = match std::str::from_utf8(plain) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() && len > head.len() as u64 => {
            std::str::from_utf8(plain.get(..error.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    let is_control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}');
    (!text.is_empty() && !text.contains(is_control)).then_some(text)
}

/// Turns the bytes of one file format into facts.
pub trait Inspector: Sync {
    /// The format.
    fn format(&self) -> &Format;

    /// How sure it is that the file has this format.
    fn probe(&self, probe: &Probe<'_>) -> Confidence;

    /// Reads what the file says. A file that is only recognised has no facts.
    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let _ = (source, path, budget);
        Ok(Facts::default())
    }

    /// A reader for what only the whole file can tell, such as the number of its rows; none where
    /// [`Inspector::inspect`] says all. Whoever reads the file anyway, to hash it, feeds it; where
    /// nobody does, as with a remote kit, the facts that it would give are named as not measured.
    fn stream(&self, path: &str) -> Option<Box<dyn Stream>> {
        let _ = path;
        None
    }

    /// The properties that [`Inspector::inspect`] and [`Inspector::stream`] can give; for the
    /// capability table.
    fn gives(&self) -> &'static [&'static str] {
        &[]
    }
}
