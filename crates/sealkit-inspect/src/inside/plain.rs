//! Which content needs no further look: nothing in it runs, whoever loads it.

use crate::codec::Codec;
use crate::identify::choose;
use crate::pickle::{Reach, reach_of_head};
use crate::{Class, INSPECTORS, Inspector, Probe, encoding, property};

/// Formats that hold others.
const HOLDERS: &[&str] =
    &["zip", "tar", "gzip", "zstd", "bzip2", "xz", "7z", "rar", "nemo", "skops", "mcpb"];

/// Whether an inspector can say that loading runs code.
pub(super) fn looks_for_code(inspector: &dyn Inspector) -> bool {
    let gives = inspector.gives();
    gives.contains(&property::CAN_RUN_CODE) || gives.contains(&property::EMBEDDED_CODE)
}

/// Whether neither name nor first bytes of a file of `len` bytes stand for a format that can run code or
/// hold another. What is left needs no look at the rest.
pub(super) fn is_plain(name: &str, head: &[u8], len: u64) -> bool {
    let probe = Probe::new(name, head, &[], len, None);
    let hides = |inspector: &dyn Inspector| {
        looks_for_code(inspector) || HOLDERS.contains(&inspector.format().id)
    };
    let is_packed = Codec::of(head).is_some_and(|codec| !codec.unpack_head(head, 64).is_empty());
    let by_name =
        || INSPECTORS.iter().any(|one| hides(*one) && one.format().claims_name(probe.file_name()));
    !is_packed
        && !super::holder::is_zip(head)
        && !choose(&probe).inspector.is_some_and(hides)
        && !by_name()
        && reach_of_head(head, len) == Reach::Nothing
}

/// Whether a member is something that somebody asks for, or can name it: weights, data, code, cards, lists of packages.
/// Pictures, sound, film and plain text are not.
pub(super) fn is_asked_for(path: &str, head: &[u8], len: u64) -> bool {
    let probe = Probe::new(path, head, &[], len, None);
    if encoding::is_known(&probe) || is_installed(path) {
        return true;
    }
    let found = choose(&probe);
    let media = found.format.map_or("", |format| format.media_type);
    let is_media = ["image/", "audio/", "video/"].iter().any(|kind| media.starts_with(kind));
    match found.class {
        Class::Model | Class::ModelPart | Class::Code | Class::Mcpb => true,
        Class::Dataset => !is_media,
        _ => false,
    }
}

/// Whether a file says which package is installed where it lies.
fn is_installed(path: &str) -> bool {
    let mut parts = path.rsplit('/');
    let (name, folder) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    matches!(name, "METADATA" | "PKG-INFO")
        || folder == "conda-meta"
            && name.rsplit_once('.').is_some_and(|(_, end)| end.eq_ignore_ascii_case("json"))
}
