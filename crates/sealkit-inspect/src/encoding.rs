//! Text that is no UTF-8, of files whose names say what they are.
//!
//! One byte of another encoding hides nothing from the programs that read such a file: pip decodes UTF-16 with
//! its mark and honours a coding cookie, Python does, and readers of cards replace what they do not know.

use sealkit_report::{Budget, Severity};

use crate::formats::{card, packages};
use crate::read_at::{piece, whole};
use crate::{Class, Confidence, Facts, Identified, InspectError, Probe, ReadAt};

/// Longest file that is decoded: 16 MiB.
const MAX_BYTES: u64 = 16 << 20;
/// How much of a file is looked at where its first bytes do not tell more than that it is JSON or YAML. Of a remote
/// file so much is there anyway.
const LONG_HEAD: u64 = 256 << 10;
/// Formats that say nothing of what a file is about.
const GENERAL: &[&str] = &["json", "yaml"];
/// Files that say where a model comes from, beside cards and what names packages.
const CONFIGS: &[&str] = &[
    "adapter_config.json",
    "config.json",
    "generation_config.json",
    "model_index.json",
    "tokenizer_config.json",
    "trainer_state.json",
    "dataset_info.json",
    "dataset_infos.json",
    "config_sentence_transformers.json",
];

/// The bytes of a text as UTF-8. What is none, and control characters, become replacement characters.
pub(crate) fn decoded(bytes: &[u8]) -> String {
    let text = match bytes {
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => {
            let plain = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
            String::from_utf8_lossy(plain).into_owned()
        }
    };
    let is_control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}');
    if text.contains(is_control) { text.replace(is_control, "\u{FFFD}") } else { text }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).filter_map(|pair| <[u8; 2]>::try_from(pair).ok());
    let text = char::decode_utf16(units.map(unit));
    text.map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

fn is_utf16(head: &[u8]) -> bool {
    head.starts_with(b"\xFF\xFE") || head.starts_with(b"\xFE\xFF")
}

/// Whether a file is called as one that names models, data or packages.
pub(crate) fn is_known(probe: &Probe<'_>) -> bool {
    card::is_card_name(probe.file_name())
        || probe.is_named(CONFIGS)
        || packages::is_named(&probe.lower_name(), probe.path)
}

/// What a file is that was found to be `found` by its first bytes as they are.
pub(crate) fn again(
    probe: &Probe<'_>,
    found: Identified,
    source: &dyn ReadAt,
    budget: &mut Budget,
    choose: fn(&Probe<'_>) -> Identified,
) -> Result<Identified, InspectError> {
    if probe.len == 0 {
        return Ok(found);
    }
    let is_known = is_known(probe);
    let found = if probe.text().is_some() {
        further(probe, found, source, budget, choose)?
    } else {
        as_text(probe, found, is_known, choose)
    };
    let is_read = match found.class {
        Class::Model | Class::Dataset | Class::Mcpb => found.confidence < Confidence::Magic,
        Class::Unknown => found.format.is_some() && found.confidence < Confidence::Magic,
        _ => true,
    };
    // What is not in the kit is not in it: a pointer of Git LFS says so itself.
    let is_pointer = found.format.is_some_and(|format| format.id == "git-lfs-pointer");
    Ok(Identified { is_unread: is_known && !is_read && !is_pointer, ..found })
}

/// Looks further into a text that is long, and of which the start says no more than how it is written.
fn further(
    probe: &Probe<'_>,
    found: Identified,
    source: &dyn ReadAt,
    budget: &mut Budget,
    choose: fn(&Probe<'_>) -> Identified,
) -> Result<Identified, InspectError> {
    let is_general = found.format.is_none_or(|format| GENERAL.contains(&format.id));
    let lower = probe.lower_name();
    let is_named = [".json", ".yaml", ".yml"].iter().any(|ending| lower.ends_with(ending));
    if probe.len <= Probe::HEAD || !is_general || !is_named {
        return Ok(found);
    }
    let head = piece(source, budget, 0, LONG_HEAD)?;
    let other = choose(&Probe::new(probe.path, &head, probe.tail, probe.len, None));
    let is_better = other.format.is_some_and(|format| !GENERAL.contains(&format.id));
    Ok(if is_better && is_metadata(&other, probe.path) { other } else { found })
}

/// What the file is once its bytes are read as text.
fn as_text(
    probe: &Probe<'_>,
    found: Identified,
    is_known: bool,
    choose: fn(&Probe<'_>) -> Identified,
) -> Identified {
    let is_code = || probe.lower_name().ends_with(".py");
    if found.confidence >= Confidence::Content || !(is_known || probe.is_other_text() || is_code())
    {
        return found;
    }
    let text = decoded(probe.head);
    let len = if probe.len > Probe::HEAD { probe.len } else { text.len() as u64 };
    let other = choose(&Probe::new(probe.path, text.as_bytes(), &[], len, None));
    if other.confidence == Confidence::Content && is_metadata(&other, probe.path) {
        return Identified { is_decoded: true, ..other };
    }
    found
}

/// Whether a file is read as a whole and at once: rows are counted on the bytes as they are.
fn is_metadata(found: &Identified, path: &str) -> bool {
    let is_other = matches!(found.class, Class::Model | Class::Unknown);
    !is_other && found.inspector.is_some_and(|inspector| inspector.stream(path).is_none())
}

/// All of a text that is no UTF-8, as UTF-8; what was done to it is noted.
pub(crate) fn all(
    (path, source): (&str, &dyn ReadAt),
    budget: &mut Budget,
    facts: &mut Facts,
) -> Result<Vec<u8>, InspectError> {
    if source.len() > MAX_BYTES {
        let what = "more than 16 MiB that are no UTF-8";
        return Err(InspectError::malformed("text", what, MAX_BYTES));
    }
    let bytes = whole(source, budget)?;
    budget.bytes(bytes.len() as u64)?;
    let is_wide = is_utf16(&bytes);
    let (severity, message) = if is_wide {
        (Severity::Info, "it is UTF-16, and was read as such")
    } else if bytes.contains(&0) {
        // Some programs end where the first one stands, others go on.
        facts.incomplete = true;
        (Severity::Medium, "it is text with NUL bytes, of which programs read more or less")
    } else {
        (Severity::Info, "it is no UTF-8: what is none was read as unknown characters")
    };
    facts.find("other-encoding", severity, (path, ""), message);
    Ok(decoded(&bytes).into_bytes())
}

/// Says that a file is not what programs take it for by its name, so that what they find in it is not known.
pub(crate) fn not_read(found: &Identified, path: &str, facts: &mut Facts) {
    let real = found.format.map_or("of no known format", |format| format.name);
    let message = format!("programs read a file of this name as text: the content is {real}");
    facts.incomplete = true;
    facts.find("metadata-unread", Severity::Medium, (path, ""), message);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_becomes_utf_8() {
        assert_eq!(decoded(b"\xEF\xBB\xBFa\xE9\0b\n"), "a\u{FFFD}\u{FFFD}b\n");
        assert_eq!(decoded(b"\xFF\xFEa\0\xE9\0\x00\xD8"), "aé\u{FFFD}");
        assert_eq!(decoded(b"\xFE\xFF\0a\0\xE9\0"), "aé");
    }
}
