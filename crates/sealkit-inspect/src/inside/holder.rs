//! A file that holds others, while these are looked at.

use sealkit_report::{Budget, Finding, Severity};

use super::MAX_DEPTH;
use super::plain::{is_asked_for, is_plain};
use crate::codec::{Codec, Unpacked};
use crate::identify::inspect_below;
use crate::read_at::piece;
use crate::zip::{Directory, Member};
use crate::{Fact, Facts, InspectError, ReadAt, Slice, Value, property};

/// Bytes of a member that are looked at before all of it is.
const PEEK: u64 = 1024;
/// Packed bytes that are unpacked for that.
const PACKED_PEEK: u64 = 4096;
/// Members that are looked at where every look is a request to a registry.
const MAX_FAR: u64 = 4096;
/// Facts and findings of members that are kept.
const MAX_KEPT: usize = 256;
/// What is kept of a member: what loading it would run.
const KEPT: &[&str] = &[
    property::CAN_RUN_CODE,
    property::EMBEDDED_CODE,
    property::CALLABLE,
    property::PICKLE_PROTOCOL,
];

/// Whether bytes begin as a zip archive does.
pub(super) fn is_zip(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06")
}

/// A file whose members are looked at.
pub(super) struct Holder<'a> {
    path: &'a str,
    facts: &'a mut Facts,
    pub(super) budget: &'a mut Budget,
    depth: u32,
    /// Members that may still be looked at.
    left: u64,
    kept: usize,
    is_told: bool,
    /// Whether what its members name is known otherwise, or it was said that it is not.
    is_indexed: bool,
}

impl<'a> Holder<'a> {
    pub(super) fn new(
        path: &'a str,
        is_far: bool,
        facts: &'a mut Facts,
        budget: &'a mut Budget,
        depth: u32,
    ) -> Self {
        let left = if is_far { MAX_FAR } else { u64::MAX };
        Self { path, facts, budget, depth, left, kept: 0, is_told: false, is_indexed: false }
    }

    pub(super) fn facts(&mut self) -> &mut Facts {
        self.facts
    }

    /// Says that something inside was not looked at; once is enough, and so is what an inspector said.
    pub(super) fn unread(&mut self, place: &str, why: &str) {
        self.is_told |= self.facts.incomplete;
        self.facts.incomplete = true;
        if !self.is_told {
            self.is_told = true;
            let message = format!("what is inside was not looked at: {why}");
            self.facts.find("not-opened", Severity::Medium, (self.path, place), message);
        }
    }

    /// The inspector of the format knows what the members are to it.
    pub(super) fn is_understood(&mut self) {
        self.is_indexed = true;
    }

    /// Says that something inside is not looked at for what it is and names; once is enough.
    pub(super) fn not_indexed(&mut self, place: &str) {
        if !std::mem::replace(&mut self.is_indexed, true) {
            let message = "what is inside is looked at for code alone, and not indexed";
            self.facts.find("archive-not-indexed", Severity::Info, (self.path, place), message);
        }
    }

    /// The same where the member is something that somebody asks for.
    fn asked_for(&mut self, name: &str, head: &[u8], len: u64) {
        if !self.is_indexed && is_asked_for(name, head, len) {
            self.not_indexed(name);
        }
    }

    /// Counts one more member. False where no more are looked at.
    pub(super) fn next(&mut self, name: &str) -> bool {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 || self.budget.entries(1).is_err() {
            self.unread(name, "there is more than the limit allows");
            return false;
        }
        true
    }

    /// Every member of a zip archive but those that are known already.
    pub(super) fn zip(&mut self, source: &dyn ReadAt, known: &[&str]) {
        match Directory::read(source, self.budget) {
            Ok(directory) => {
                // Whoever read the list before has said what is doubtful.
                self.facts.incomplete |= directory.doubt.is_some();
                self.members(source, &directory, known);
            }
            Err(error) => self.unread("", &error.to_string()),
        }
    }

    /// The members that a list names.
    pub(super) fn members(&mut self, source: &dyn ReadAt, list: &Directory, known: &[&str]) {
        for member in &list.members {
            if known.contains(&member.name.as_str()) || member.packed == 0 && member.size == 0 {
                continue;
            }
            if !self.next(&member.name) {
                break;
            }
            if let Err(error) = self.zipped(source, member) {
                self.unread(&member.name, &error.to_string());
            }
        }
    }

    fn zipped(&mut self, source: &dyn ReadAt, member: &Member) -> Result<(), InspectError> {
        let broken = |what| InspectError::malformed("zip", what, member.offset);
        let local = member.local(source, self.budget)?;
        if local.encrypted {
            return Err(broken("an encrypted member"));
        }
        let range = local.range;
        let packed = Slice::new(source, range.start, range.end - range.start)?;
        let head = match (member.method, member.codec()) {
            (0, _) => piece(&packed, self.budget, 0, PEEK)?,
            (_, Some(codec)) => {
                let packed = piece(&packed, self.budget, 0, PACKED_PEEK)?;
                codec.unpack_head(&packed, PEEK as usize)
            }
            _ => return Err(broken("a member packed in a way that is not read")),
        };
        if local.name != member.name {
            self.unread(&member.name, "its header gives it another name");
        }
        if member.method == 0 && member.packed != member.size {
            self.unread(&member.name, "it is said to unpack to another size");
        }
        self.asked_for(&member.name, &head, member.size);
        if !head.is_empty() && is_plain(&member.name, &head, member.size) {
            return Ok(());
        }
        let content = member.content(&packed, self.budget)?;
        if content.len() != member.size {
            self.unread(&member.name, "it unpacks to another size than is stated");
        }
        self.member(&member.name, &*content);
        Ok(())
    }

    /// What a compressed file unpacks to; `head` is how it begins.
    pub(super) fn packed(&mut self, source: &dyn ReadAt, codec: Codec, head: &[u8]) {
        let inner = inner_name(self.path);
        let start = codec.unpack_head(head, 64 << 10);
        // Tables and recordings need no more than a look; some are too long for more.
        if !start.is_empty() && is_plain(inner, &start, u64::MAX) {
            return;
        }
        match Unpacked::long(source, codec, self.budget) {
            Ok(unpacked) if unpacked.is_broken() && unpacked.len() == 0 => {
                if codec.is_sure() {
                    self.unread("unpacked", "it cannot be unpacked");
                }
            }
            Ok(unpacked) => {
                if unpacked.is_broken() && codec.is_sure() {
                    self.unread("unpacked", "it cannot be unpacked to its end");
                }
                self.member_at(inner, "unpacked", &unpacked);
            }
            Err(error) if codec.is_sure() => self.unread("unpacked", &error.to_string()),
            Err(_) => {}
        }
    }

    /// The same for what begins at `start`.
    pub(super) fn packed_from(&mut self, source: &dyn ReadAt, codec: Codec, start: u64) {
        let Ok(rest) = Slice::new(source, start, source.len().saturating_sub(start)) else {
            return;
        };
        match piece(&rest, self.budget, 0, PACKED_PEEK) {
            Ok(head) => self.packed(&rest, codec, &head),
            Err(error) => self.unread("unpacked", &error.to_string()),
        }
    }

    /// Part of a file at its place, where a peek does not say that it is plain.
    pub(super) fn stored(&mut self, name: &str, content: &dyn ReadAt) -> Result<(), InspectError> {
        let head = piece(content, self.budget, 0, PEEK)?;
        self.asked_for(name, &head, content.len());
        if !is_plain(name, &head, content.len()) {
            self.member(name, content);
        }
        Ok(())
    }

    fn member(&mut self, name: &str, content: &dyn ReadAt) {
        self.member_at(name, name, content);
    }

    /// Looks at a member as at a file of its own.
    fn member_at(&mut self, name: &str, place: &str, content: &dyn ReadAt) {
        if self.depth >= MAX_DEPTH {
            self.unread(place, "archives lie inside each other deeper than is followed");
            return;
        }
        let part = inspect_below(name, content, self.budget, self.depth + 1);
        self.keep(place, part);
    }

    /// Takes over what loading a member would run. Says whether it runs anything.
    pub(super) fn keep(&mut self, place: &str, part: Facts) -> bool {
        let mut runs = false;
        self.facts.incomplete |= part.incomplete;
        for mut fact in part.facts {
            let says_no = fact.value == Value::Bool(false);
            if !KEPT.contains(&fact.property.as_ref()) || says_no {
                continue;
            }
            runs |=
                fact.property != property::CALLABLE && fact.property != property::PICKLE_PROTOCOL;
            // One fact of each kind is kept whatever came before it.
            if self.kept >= MAX_KEPT && self.has(&fact.property) || self.knows(&fact) {
                continue;
            }
            self.kept += 1;
            self.path.clone_into(&mut fact.evidence.file);
            fact.evidence.place = below(place, &fact.evidence.place);
            self.facts.facts.push(fact);
        }
        for mut finding in part.findings {
            self.kept += 1;
            if self.kept > 2 * MAX_KEPT
                && self.facts.findings.iter().any(|f| f.rule == finding.rule)
            {
                continue;
            }
            self.path.clone_into(&mut finding.evidence.file);
            finding.evidence.place = below(place, &finding.evidence.place);
            self.facts.findings.push(Finding { ..finding });
        }
        runs
    }

    fn has(&self, property: &str) -> bool {
        self.facts.facts.iter().any(|fact| fact.property == property)
    }

    /// Whether a callable or a protocol stands there already.
    fn knows(&self, new: &Fact) -> bool {
        let is_repeated = [property::CALLABLE, property::PICKLE_PROTOCOL];
        is_repeated.contains(&new.property.as_ref())
            && self.facts.facts.iter().any(|f| f.property == new.property && f.value == new.value)
    }
}

fn below(place: &str, inner: &str) -> String {
    match (place, inner) {
        ("", inner) => inner.to_owned(),
        (place, "") => place.to_owned(),
        (place, inner) => format!("{place}: {inner}"),
    }
}

/// The name without the ending that says how it is packed.
fn inner_name(path: &str) -> &str {
    let (name, ending) = path.rsplit_once('.').unwrap_or((path, ""));
    let is_packing = ["gz", "bz2", "xz", "lzma", "lz4", "zst", "z", "gzip"];
    if is_packing.iter().any(|known| ending.eq_ignore_ascii_case(known)) { name } else { "" }
}
