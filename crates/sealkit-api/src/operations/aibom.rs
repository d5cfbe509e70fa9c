//! AIBOMs of versions, and the key that signs the hub's own.

use crate::operation::{Kind, Operation, Parameter, delete, get};
use crate::{AibomList, AibomSummary, HubKeyInfo};

/// Formats of an AIBOM, and `bundle` for the signed bundle around it.
const FORMATS: &[&str] =
    &["cyclonedx-json", "cyclonedx-json@1.7", "spdx3-json", "table", "markdown", "html", "bundle"];
const MEDIA: &[&str] = &[
    "application/vnd.cyclonedx+json",
    "application/spdx+json",
    "text/plain",
    "text/markdown",
    "text/html",
    "application/vnd.dev.sigstore.bundle.v0.3+json",
];
const DIGEST: Parameter = Parameter::new(
    "digest",
    Kind::Digest,
    "The manifest that attaches it; the hub's own newest where none is named.",
);
const WHICH: &[Parameter] = &[DIGEST];
const HOW: &[Parameter] =
    &[DIGEST, Parameter::new("format", Kind::OneOf(FORMATS), "How it is written.")];

pub(super) const OPERATIONS: &[Operation] = &[
    get(
        "/api/v1/kits/{name}/versions/{reference}/aibom",
        "readAibom",
        "The AIBOM of a version as a file; a scope `aibom:` is enough",
    )
    .query(HOW)
    .gives_media(MEDIA),
    get(
        "/api/v1/kits/{name}/versions/{reference}/aibom/summary",
        "showAibom",
        "What the AIBOM of a version says, how each value is known, and what is missing",
    )
    .query(WHICH)
    .gives::<AibomSummary>(),
    get(
        "/api/v1/kits/{name}/versions/{reference}/aiboms",
        "listAiboms",
        "The AIBOMs of a version, with who signed each; the hub's own first",
    )
    .gives::<AibomList>(),
    delete(
        "/api/v1/kits/{name}/versions/{reference}/aiboms/{digest}",
        "deleteAibom",
        "Deletes an AIBOM, by the digest of the manifest that attaches it; the hub does not store it again",
    ),
    get("/api/v1/hub/key", "showHubKey", "The key that signs what the hub found itself")
        .gives::<HubKeyInfo>(),
    get("/api/v1/hub/key.pem", "readHubKey", "The same key as a file for `sealkit trust add`")
        .gives_media(&["application/x-pem-file"]),
];
