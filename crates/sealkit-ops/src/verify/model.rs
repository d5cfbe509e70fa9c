//! The signature of a kit's files (OpenSSF Model Signing), attached to the kit.

use sealkit_attest::oms::{self, GitPaths, Ignores, SignedTree, Tree};
use sealkit_attest::{BUNDLE_LIMITS, Bundle, ModelVerification, Statement, Verifier};
use sealkit_oci::{FileTable, LayerTable};
use sealkit_report::{Outcome, Report, Step};

use super::attached::{Attachment, bytes};
use super::name_of;
use super::problem::{self, Problem};
use super::roles;
use crate::files::blob::Blobs;
use crate::sign::{kit_files, read_layers};
use crate::trust::TrustRoot;
use crate::{Context, Kit, OpsError, Place};

const ID: &str = "model-signing";
const TITLE: &str = "model signature lists the files of the kit";

/// Most model signatures of one kit that are compared.
const MAX_SIGNATURES: usize = 64;

/// The statement of a bundle that is the signature of a model's files, by what it says of itself.
pub(crate) fn model_signature(bytes: &[u8]) -> Option<Statement> {
    let statement = Bundle::parse(bytes.to_vec()).ok()?.statement().ok()?;
    oms::is_model_signature(statement.predicate_type()).then_some(statement)
}

/// What the check needs to know.
pub(super) struct Check<'a> {
    pub(super) context: &'a Context,
    pub(super) place: &'a Place,
    pub(super) kit: &'a Kit,
    /// The bundles that are model signatures.
    pub(super) bundles: &'a [&'a Attachment],
    /// Whether a trusted seal says that one was made.
    pub(super) sealed: bool,
    pub(super) trust: &'a TrustRoot,
}

/// What came of all signatures.
#[derive(Default)]
struct Found {
    good: Option<(sealkit_oci::Digest, String)>,
    failed: Vec<Problem>,
    /// Trusted lists that nothing could be compared with.
    open: Vec<String>,
    not_counted: Vec<String>,
}

impl Check<'_> {
    /// Verifies every model signature, and compares the trusted ones with the kit's files.
    pub(super) async fn run(
        &self,
        table: Option<&FileTable>,
        report: &mut Report,
    ) -> Result<(), OpsError> {
        let mut found = Found::default();
        let sealed = table.map(|table| &*table.layers);
        let mut read: Option<Vec<LayerTable>> = None;
        for (count, bundle) in self.bundles.iter().enumerate() {
            let limit = BUNDLE_LIMITS.bytes as u64;
            let Some(bytes) = bytes(self.kit, bundle, limit).await? else { continue };
            let name = name_of("model signature", &bundle.blob);
            if count >= MAX_SIGNATURES {
                found.not_counted.push(format!("{name}: only {MAX_SIGNATURES} are looked at"));
                break;
            }
            let mut verifier = Verifier::new(self.trust, (self.context.clock)());
            if let Some(claimed) = &bundle.claimed {
                verifier = verifier.claiming(claimed);
            }
            let result = verifier.check_model(&bytes);
            let Some(verified) = result.verified() else {
                found.note(name, &result);
                continue;
            };
            if let Some(reason) = roles::vouches_not(verified.signer()) {
                found.not_counted.push(format!("{name}: {reason}"));
                continue;
            }
            // Only somebody who is trusted makes us read the layers.
            if sealed.is_none() && read.is_none() {
                read = self::read(self.context, self.place, self.kit).await?;
            }
            match sealed.or(read.as_deref()).map(|layers| differences(verified.value(), layers)) {
                None => found.open.push(name),
                Some(Err(reason)) => {
                    found.failed.push(Problem::new(name, "digest-mismatch", reason));
                }
                Some(Ok(())) => {
                    let proof = verified.signer().proves();
                    found.good.get_or_insert((verified.evidence().clone(), proof));
                }
            }
        }
        report.push(found.step(self.sealed));
        Ok(())
    }
}

/// The files as the layers hold them; none where a layer is damaged, which has a step itself.
pub(super) async fn read(
    context: &Context,
    place: &Place,
    kit: &Kit,
) -> Result<Option<Vec<LayerTable>>, OpsError> {
    let blobs = Blobs::of(context, place, kit)?;
    Ok(read_layers(&blobs, kit, context).await.ok())
}

/// What of the kit differs from the signed list.
fn differences(signed: &SignedTree, layers: &[LayerTable]) -> Result<(), String> {
    let files = kit_files(layers).map_err(|error| error.to_string())?;
    let none = Ignores::default();
    let ignores = signed.ignores(GitPaths::Ignore, &none).map_err(|error| error.to_string())?;
    let (ignored, files): (Vec<_>, Vec<_>) =
        files.into_iter().partition(|(path, _)| ignores.covers(path));
    let ignored = ignored.into_iter().map(|(path, _)| path).collect();
    let tree = Tree { files: files.into_iter().collect(), ignored, ..Tree::default() };
    let failed = signed.compare(&tree, false);
    let failed: Vec<String> = failed
        .into_iter()
        .filter(|step| step.outcome == Outcome::Fail)
        .map(|step| step.reason)
        .collect();
    if failed.is_empty() { Ok(()) } else { Err(failed.join("; ")) }
}

impl Found {
    /// Notes why a signature does not count: it is wrong, or nobody trusted made it.
    fn note(&mut self, name: String, result: &ModelVerification) {
        let at = |outcome| result.checks.iter().find(|check| check.step.outcome == outcome);
        match (at(Outcome::Fail), at(Outcome::Unknown)) {
            (Some(check), _) => {
                let code = check.code().unwrap_or("signature-invalid");
                self.failed.push(Problem::new(name, code, check.step.reason.clone()));
            }
            (None, Some(check)) => self.not_counted.push(format!("{name}: {}", check.step.reason)),
            (None, None) => {}
        }
    }

    fn step(self, sealed: bool) -> Step {
        if !self.failed.is_empty() {
            return problem::step(&self.failed, |why| Step::fail(ID, TITLE, why));
        }
        if !self.open.is_empty() {
            let reason = "the kit's layers could not be read to compare them";
            return Step::unknown(ID, TITLE, reason).coded(["not-checked"]).about(self.open);
        }
        let others = self.not_counted.join("; ");
        match self.good {
            Some((evidence, proof)) => {
                let others =
                    if others.is_empty() { others } else { format!("; not counted: {others}") };
                Step::pass(ID, TITLE).because(format!("{proof}{others}")).proven_by(evidence)
            }
            None if sealed => {
                let others =
                    if others.is_empty() { others } else { format!("; not counted: {others}") };
                let reason =
                    format!("the seal says that one was made, and it is not there{others}");
                Step::unknown(ID, TITLE, reason).coded(["no-signature"])
            }
            // Anybody may attach one: those of strangers take nothing from the others.
            None if !others.is_empty() => Step::skip(ID, TITLE, format!("not counted: {others}")),
            None => Step::skip(ID, TITLE, "none is attached"),
        }
    }
}
