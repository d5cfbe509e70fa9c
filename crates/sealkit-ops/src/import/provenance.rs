//! What an import was made from: a SLSA provenance v1 predicate (slsa.dev/spec/v1.0/provenance).
//! It is not signed, as `kit`'s is not; unlike it, it names every file.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::fetched::Fetched;
use super::{ImportRequest, Source};
use crate::pack::PackOutcome;
use crate::time::rfc3339;

/// Build type of an import. External parameters: `source` with the revision that was asked for,
/// `kitfile` with the digest of the kit's configuration. Resolved dependencies: the commit, then
/// every file that was packed, with its SHA-256. By-product: the manifest of the kit.
pub const BUILD_TYPE: &str = "https://sealkit.dev/import/v1";
/// Who made it.
const BUILDER: &str = "https://sealkit.dev/sealkit";

/// The predicate; none for a folder.
pub(super) fn predicate(
    request: &ImportRequest,
    fetched: &Fetched,
    packed: &PackOutcome,
    files: &BTreeMap<String, String>,
    (started, finished): (i64, i64),
) -> Option<Value> {
    let (uri, commit) = (fetched.uri.as_ref()?, fetched.commit.as_ref()?);
    let mut resolved = vec![json!({ "uri": uri, "digest": { "gitCommit": commit } })];
    for (path, digest) in files {
        let mut file = json!({ "name": path, "digest": { "sha256": hex(digest) } });
        if let Source::Hub(repository) = &request.source {
            let page = repository.page(&request.endpoint);
            file["uri"] = json!(format!("{page}/resolve/{commit}/{path}"));
        }
        resolved.push(file);
    }
    let manifest = &packed.manifest;
    let config = manifest.value().config.digest.to_string();
    Some(json!({
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {
                "source": { "uri": uri, "revision": request.revision },
                "kitfile": { "digest": { "sha256": hex(&config) } },
            },
            "resolvedDependencies": resolved,
        },
        "runDetails": {
            "builder": { "id": BUILDER, "version": { "sealkit": env!("CARGO_PKG_VERSION") } },
            "metadata": { "startedOn": rfc3339(started), "finishedOn": rfc3339(finished) },
            "byproducts": [{
                "name": request.name.to_string(),
                "mediaType": manifest.descriptor().media_type,
                "digest": { "sha256": hex(&manifest.digest().to_string()) },
            }],
        },
    }))
}

fn hex(digest: &str) -> &str {
    digest.split_once(':').map_or(digest, |(_, hex)| hex)
}
