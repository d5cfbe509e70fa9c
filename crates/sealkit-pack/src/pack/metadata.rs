//! The annotations of a layer.

use sealkit_kitfile::Part;
use sealkit_oci::media_type::{
    ANNOTATION_FILE_METADATA, ANNOTATION_FILEPATH, ANNOTATION_LAYER_SUBTYPE,
};
use sealkit_oci::{Annotations, go_json};
use sealkit_report::calendar::civil;
use serde::{Deserialize, Serialize};

use super::PackOptions;
use crate::PackError;
use crate::plan::PlannedEntry;

/// Type flag of a regular file in a tar header, which the metadata repeats.
const REGULAR: u8 = b'0';

/// The one file of a raw layer (model-spec, annotation `org.cncf.model.file.metadata+json`).
#[derive(Serialize)]
struct FileMetadata<'a> {
    name: &'a str,
    mode: u32,
    uid: u32,
    gid: u32,
    size: u64,
    mtime: String,
    typeflag: u8,
}

/// What unpacking needs of it.
#[derive(Deserialize)]
pub(crate) struct ModeAndSize {
    pub(crate) mode: Option<u32>,
    pub(crate) size: Option<u64>,
}

/// Annotations of the layer of `part`; `raw` is the file of a raw layer.
pub(super) fn annotations(
    part: &Part,
    raw: Option<&PlannedEntry>,
    options: &PackOptions,
) -> Result<Annotations, PackError> {
    let mut annotations = Annotations::new();
    annotations.insert(ANNOTATION_FILEPATH.to_owned(), part.path.clone());
    if part.is_prompt {
        annotations.insert(ANNOTATION_LAYER_SUBTYPE.to_owned(), "prompt".to_owned());
    }
    if let Some(entry) = raw {
        let (seconds, nanos) = entry.mtime;
        let (seconds, nanos) = match options.epoch {
            Some(epoch) if seconds >= epoch => (epoch, 0),
            _ => (seconds, nanos),
        };
        let metadata = FileMetadata {
            name: entry.path.rsplit('/').next().unwrap_or_default(),
            mode: entry.mode & 0o777,
            uid: 0,
            gid: 0,
            size: entry.size,
            mtime: rfc3339(seconds, nanos),
            typeflag: REGULAR,
        };
        let json = go_json::to_vec(&metadata).map_err(std::io::Error::other);
        let json = json.map_err(|error| PackError::io("describe", &entry.path, error))?;
        let json = String::from_utf8_lossy(&json).into_owned();
        annotations.insert(ANNOTATION_FILE_METADATA.to_owned(), json);
    }
    Ok(annotations)
}

/// A time as Go writes it: UTC, with as many digits of the second as are not zero.
fn rfc3339(seconds: i64, nanos: u32) -> String {
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let fraction = format!(".{nanos:09}");
    let fraction = if nanos == 0 { "" } else { fraction.trim_end_matches('0') };
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_go_does() {
        assert_eq!(rfc3339(0, 0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(315_532_800, 0), "1980-01-01T00:00:00Z");
        assert_eq!(rfc3339(951_782_400, 120_000_000), "2000-02-29T00:00:00.12Z");
        assert_eq!(rfc3339(1_792_627_199, 5), "2026-10-21T23:59:59.000000005Z");
        assert_eq!(rfc3339(-1, 0), "1969-12-31T23:59:59Z");
        assert_eq!(rfc3339(4_107_542_400, 0), "2100-03-01T00:00:00Z");
    }
}
