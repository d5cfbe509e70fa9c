//! The transparency log.

use crate::operation::{Kind, Operation, Parameter, get};
use crate::{LogInfo, LogProofs, TagHistory};

pub(super) const OPERATIONS: &[Operation] = &[
    get("/api/v1/log", "showLog", "Name, key and newest checkpoint of the log").gives::<LogInfo>(),
    get(
        "/api/v1/log/proof",
        "proveEntries",
        "Entries about a digest, or the one of a number, with their inclusion proofs",
    )
    .query(WANTED)
    .gives::<LogProofs>(),
    get(
        "/api/v1/kits/{name}/tags/{tag}/history",
        "tagHistory",
        "Which digest a tag had when, the newest first, with proofs",
    )
    .pages("before")
    .gives::<TagHistory>(),
];

const WANTED: &[Parameter] = &[
    Parameter::new(
        "digest",
        Kind::Digest,
        "Entries about this digest. Either this or `index` is needed.",
    ),
    Parameter::new("index", Kind::Number, "The entry of this number."),
];
