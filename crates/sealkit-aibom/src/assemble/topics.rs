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
    "processor-setting",
    "row-groups",
    "sample-rate",
    "special-token",
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
/// Records of runs, and papers: what they call themselves is no name of the model.
const RECORDS: &[&str] = &[
    "citation",
    "codecarbon",
    "dvc",
    "mlflow-run",
    STORE,
    "trainer-results",
    "trainer-state",
    "training-arguments",
];
/// A record of many runs, of which it does not say which made the model.
pub(super) const STORE: &str = "mlflow-store";
/// What such a record says of itself alone.
const OF_RECORD: &[&str] = &[
    property::NAME,
    property::VERSION,
    property::DESCRIPTION,
    property::CREATED,
    property::RELEASED,
    property::LINK,
    property::TRAINING_PROCEDURE,
    property::PRODUCER,
    property::PRODUCER_VERSION,
    "run-id",
];
/// Facts about a model or dataset elsewhere, whose name is their subject: they stand there.
const OF_ORIGIN: &[&str] = &[
    property::LINK,
    property::ROWS,
    property::LICENCE,
    property::DESCRIPTION,
    "base-model-confidence",
    "sampling-weight",
];
/// Facts that only the file with the weights or the data can say of the whole.
const OF_CONTENT: &[&str] = &[property::FORMAT, property::PRODUCER, property::PRODUCER_VERSION];

/// Whether the fact is said of the model or dataset too, and not of the file alone.
pub(super) fn is_shared(file: &File<'_>, fact: &Fact, is_content: bool) -> bool {
    let name = &*fact.property;
    if file.format == STORE || OF_FILE.contains(&name) || (is_content && SUMMED.contains(&name)) {
        return false;
    }
    if !is_content && OF_CONTENT.contains(&name) {
        return false;
    }
    // A citation names and links the paper, which people want to find.
    let is_paper = file.format == "citation" && name != property::NAME;
    if RECORDS.contains(&file.format) && OF_RECORD.contains(&name) && !is_paper {
        return false;
    }
    if is_of_origin(fact) && !is_content && !describes_data(file) {
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

/// Whether the fact is about something that the file names as an origin, rather than about what the
/// file speaks for.
pub(super) fn is_of_origin(fact: &Fact) -> bool {
    !fact.subject.is_empty() && OF_ORIGIN.contains(&&*fact.property)
}
