//! Which facts of files are said of the model or dataset that the files speak for.

use sealkit_inspect::{Class, Fact, property};

use super::claims::Speaker;
use super::owners::describes_data;
use super::world::File;
use crate::name;

/// Facts about the file alone, or with a place of their own in the AIBOM: ties, libraries, sums.
const OF_FILE: &[&str] = &[
    property::FORMAT_VERSION,
    property::METADATA,
    property::TENSOR,
    property::TENSOR_SHA256,
    property::TENSOR_BLAKE3,
    property::TENSORS,
    property::BYTE_ORDER,
    property::EXTERNAL_DATA,
    property::FILE_REFERENCE,
    property::MEMBERS,
    property::UNPACKED_SIZE,
    property::PICKLE_PROTOCOL,
    property::SHAPE,
    property::PACKAGE,
    property::IMPORT,
    property::BASE_MODEL,
    property::BASE_MODEL_REVISION,
    property::BASE_MODEL_RELATION,
    property::TRAINED_ON,
    property::EVALUATED_ON,
    property::SOURCE_DATASET,
    property::LOADS_MODEL,
    property::LOADS_DATASET,
    property::LICENCE_CONFIDENCE,
    property::COMMIT,
    property::BRANCH,
    property::DIRTY,
    "base-model-confidence",
    "bytes-of-split",
    "channels",
    "compression",
    "duration-seconds",
    "header",
    "height",
    "row-groups",
    "sample-rate",
    "width",
    name::HUB_ID,
];
/// Facts that are summed over the files instead of repeated.
const SUMMED: &[&str] = &[
    property::PARAMETERS,
    property::PARAMETERS_OF_TYPE,
    property::ROWS,
    property::ROWS_OF_SPLIT,
    property::SHARDS,
];
/// Facts that only the file with the weights or the data can say of the whole.
const OF_CONTENT: &[&str] = &[property::FORMAT, property::PRODUCER, property::PRODUCER_VERSION];

/// Whether the fact is said of the model or dataset too, and not of the file alone.
pub(super) fn is_shared(file: &File<'_>, fact: &Fact, is_content: bool) -> bool {
    let name = &*fact.property;
    if OF_FILE.contains(&name) || (is_content && SUMMED.contains(&name)) {
        return false;
    }
    if !is_content && OF_CONTENT.contains(&name) {
        return false;
    }
    // Only the text of a licence speaks through such a file.
    file.class != Class::Licence || name == property::LICENCE
}

/// Who speaks through a file.
pub(super) fn speaker(file: &File<'_>, is_content: bool) -> Speaker {
    if is_content {
        Speaker::Content
    } else if file.class == Class::Docs || describes_data(file) {
        Speaker::Card
    } else {
        Speaker::Beside
    }
}
