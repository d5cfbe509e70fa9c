//! Signatures in cosign's old format, kept under the tag `sha256-….sig` beside the kit.
//!
//! Whoever can remove a signature can leave an old one behind, so that a verifier which falls back
//! is talked into it (attestation reference §9.2, case 5). They count only where the person says so.

use sealkit_attest::{SIMPLE_SIGNING_LIMITS, verify_simple_signing};
use sealkit_oci::{Descriptor, Digest, Manifest, Target};
use sealkit_report::Step;
use sealkit_store::StoreError;

use super::name_of;
use super::problem::{self, Problem};
use super::read::{Document, document, is_damage};
use super::roles;
use crate::trust::TrustRoot;
use crate::{Kit, OpsError};

const ID: &str = "legacy-signature";
const TITLE: &str = "signature in cosign's old format";
const PAYLOAD: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
const ANNOTATION: &str = "dev.cosignproject.cosign/signature";
/// Most signatures of one tag that are looked at.
const MAX_SIGNATURES: usize = 32;

/// Whether old signatures may count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Legacy {
    /// They are named and count for nothing.
    Refused,
    /// They count where there is no other signature.
    Allowed,
}

impl Legacy {
    /// What the person said.
    pub(super) fn of(allowed: bool) -> Self {
        if allowed { Self::Allowed } else { Self::Refused }
    }
}

/// What came of looking for one.
pub(super) struct Old {
    /// The step.
    pub(super) step: Step,
    /// Digest of the payload of an accepted one, and what it proves.
    pub(super) accepted: Option<(Digest, String)>,
}

/// Looks for an old signature. None where there is none and nobody asked for one.
pub(super) async fn check(
    kit: &Kit,
    trust: &TrustRoot,
    now: i64,
    legacy: Legacy,
) -> Result<Option<Old>, OpsError> {
    let tag = format!("{}-{}.sig", kit.digest().algorithm().name(), kit.digest().hex());
    let stored = match kit.repository.manifest(&Target::Tag(tag.clone())).await {
        Ok(Some(stored)) => Ok(stored),
        Ok(None) | Err(StoreError::NotFound { .. }) => {
            let asked = (legacy == Legacy::Allowed).then(|| {
                let step = Step::unknown(ID, TITLE, "there is none");
                Old { step: step.coded(["no-signature"]), accepted: None }
            });
            return Ok(asked);
        }
        Err(error) if is_damage(&error) => Err(error),
        Err(error) => return Err(error.into()),
    };
    if legacy == Legacy::Refused {
        let reason = format!(
            "only the tag `{tag}` is there, which may have been left over by whoever removed the \
             signature; it is not looked at without `--insecure-legacy-signatures`"
        );
        let step = Step::unknown(ID, TITLE, reason).coded(["format-downgrade"]);
        return Ok(Some(Old { step, accepted: None }));
    }
    match stored {
        Ok(stored) => Ok(Some(judge(kit, &stored.bytes, trust, now).await?)),
        Err(error) => {
            let problem = [Problem::of(format!("tag `{tag}`"), &error)];
            let step = problem::step(&problem, |why| Step::fail(ID, TITLE, why));
            Ok(Some(Old { step, accepted: None }))
        }
    }
}

async fn judge(kit: &Kit, manifest: &[u8], trust: &TrustRoot, now: i64) -> Result<Old, OpsError> {
    let (mut failed, mut unknown) = (Vec::new(), Vec::new());
    let layers = signatures(manifest);
    for layer in layers.iter().take(MAX_SIGNATURES) {
        let name = name_of("old signature", layer);
        let payload = document(&*kit.repository, layer, SIMPLE_SIGNING_LIMITS.bytes as u64).await?;
        let payload = match payload {
            Document::Good(payload) => payload,
            Document::Damaged(why) => {
                failed.push(Problem::new(name, why.code, why.reason));
                continue;
            }
            Document::Missing(why) => {
                unknown.push(Problem::new(name, why.code, why.reason));
                continue;
            }
        };
        let signature = layer.annotations.get(ANNOTATION).map_or("", String::as_str);
        match verify_simple_signing(&payload, signature, kit.digest(), trust, now) {
            Ok(verified) => {
                if let Some(reason) = roles::vouches_not(verified.signer()) {
                    unknown.push(Problem::new(name, roles::CODE, reason));
                    continue;
                }
                let proof = format!("{}, in cosign's old format", verified.signer().proves());
                let step = Step::pass(ID, TITLE).because("allowed for this run");
                let evidence = verified.evidence().clone();
                let step = step.proven_by(evidence.clone());
                return Ok(Old { step, accepted: Some((evidence, proof)) });
            }
            // Anybody may have added one: what is not trusted takes nothing from the others.
            Err(error) if error.is_unknown() => unknown.push(Problem::of(name, &error)),
            Err(error) => failed.push(Problem::of(name, &error)),
        }
    }
    let step = if !failed.is_empty() {
        problem::step(&failed, |why| Step::fail(ID, TITLE, why))
    } else if !unknown.is_empty() {
        problem::step(&unknown, |why| Step::unknown(ID, TITLE, why))
    } else {
        Step::unknown(ID, TITLE, "the tag holds none").coded(["no-signature"])
    };
    Ok(Old { step, accepted: None })
}

fn signatures(manifest: &[u8]) -> Vec<Descriptor> {
    let parsed: Option<Manifest> = serde_json::from_slice(manifest).ok();
    let layers = parsed.map(|manifest| manifest.layers().to_vec()).unwrap_or_default();
    layers.into_iter().filter(|layer| layer.media_type == PAYLOAD).collect()
}
