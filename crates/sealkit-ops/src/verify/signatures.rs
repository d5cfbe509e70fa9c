//! Whose statements about the kit are trusted, and what they say.

use sealkit_attest::{
    Advisory, AnyPredicate, AttestError, BUNDLE_LIMITS, Bundle, Check, CosignSign, KitSeal,
    Predicate as _, Verification as BundleVerification, Verifier, VouchedIdentity, identify,
};
use sealkit_oci::Digest;
use sealkit_report::{Hint as _, Outcome, Step};

use super::attached::{Attached, Attachment, bytes};
use super::bom::{SignedBom, add_bom};
use super::legacy::{self, Legacy};
use super::problem::Problem;
use super::roles;
use super::{UntrustedSigner, Verification};
use crate::trust::TrustRoot;
use crate::{Kit, OpsError};

const SIGNATURES: &str = "signatures are valid and about this kit";
const TRUSTED: &str = "signer is trusted";
const SIGNED: &str = "kit is signed";
const SEAL: &str = "seal names file table and AIBOM";

/// What trusted signers say.
#[derive(Default)]
pub(super) struct Signed<'a> {
    /// Seals.
    pub(super) seals: Vec<KitSeal>,
    /// AIBOMs.
    pub(super) boms: Vec<SignedBom>,
    /// Bundles that are model signatures.
    pub(super) models: Vec<&'a Attachment>,
    /// Every verified statement.
    kept: super::kept::Kept,
    /// Bundle of a bare signature.
    signature: Option<Digest>,
    /// Bundle of a seal.
    seal_evidence: Option<Digest>,
    /// Advisories that nobody trusted has signed.
    pub(super) strange_advisories: usize,
    /// What the accepted signatures prove.
    proofs: Vec<String>,
    /// Trusted signers whose role vouches for no kit, as sentences.
    others: Vec<String>,
    failed: Vec<Problem>,
    unknown: Vec<Problem>,
}

impl Signed<'_> {
    /// Whether all of a seal must be there: a trusted signer sealed the kit, or signed an AIBOM of it as
    /// `seal` does, or nobody trusted signed it at all. What anybody may attach is not asked: a file table
    /// that no trusted seal names counts for nothing, in either direction.
    pub(super) fn wants_seal(&self, kit: &Kit) -> bool {
        self.signature.is_none()
            || !self.seals.is_empty()
            || self.boms.iter().any(|bom| !bom.of_hub && bom.is_about(kit))
    }
}

/// Verifies every bundle.
pub(super) async fn check<'a>(
    kit: &Kit,
    attached: &'a Attached,
    trust: &TrustRoot,
    now: i64,
    legacy: Legacy,
    found: &mut Verification,
) -> Result<Signed<'a>, OpsError> {
    let mut signed = Signed::default();
    for bundle in &attached.bundles {
        let name = super::name_of("bundle", &bundle.blob);
        let Some(bytes) = bytes(kit, bundle, BUNDLE_LIMITS.bytes as u64).await? else { continue };
        // The signature of the files is about them, not about the manifest: it has its own step.
        if super::model::model_signature(&bytes).is_some() {
            signed.models.push(bundle);
            continue;
        }
        let mut verifier = Verifier::new(trust, now).allowing_statement_v01();
        if let Some(claimed) = &bundle.claimed {
            verifier = verifier.claiming(claimed);
        }
        let result = verifier.check(&bytes, kit.digest());
        add_untrusted(bundle, &bytes, &result, found);
        super::keyless::add_untrusted(&result, found);
        if result.verified().is_none() && super::revoked::is_advisory(&bytes) {
            signed.strange_advisories += 1;
        }
        signed.add(name, result);
    }
    let old = match signed.signature {
        Some(_) => None,
        None => legacy::check(kit, trust, now, legacy).await?,
    };
    if let Some((evidence, proof)) = old.as_ref().and_then(|old| old.accepted.clone()) {
        signed.signature = Some(evidence);
        signed.proofs.push(proof);
    }
    signed.report(kit, attached, found);
    found.report.steps.extend(old.map(|old| old.step));
    found.statements = signed.kept.take(&mut found.report);
    Ok(signed)
}

fn add_untrusted(
    bundle: &Attachment,
    bytes: &[u8],
    result: &BundleVerification,
    found: &mut Verification,
) {
    let untrusted = |check: &sealkit_attest::Check| {
        matches!(check.error, Some(AttestError::UntrustedKey { .. }))
    };
    let (true, Some(claimed)) = (result.checks.iter().any(untrusted), &bundle.claimed) else {
        return;
    };
    let proven = Bundle::parse(bytes.to_vec())
        .is_ok_and(|parsed| identify(&parsed, claimed).signature_valid);
    let signer = UntrustedSigner { key: claimed.clone() };
    if proven && !found.untrusted.contains(&signer) {
        found.untrusted.push(signer);
    }
}

impl Signed<'_> {
    fn add(&mut self, name: String, result: BundleVerification) {
        let Some(verified) = result.verified() else {
            let at = |outcome| result.checks.iter().find(|check| check.step.outcome == outcome);
            let problem = |check: &Check| {
                Problem::new(name, check.code().unwrap_or("not-checked"), &check.step.reason)
            };
            if let Some(check) = at(Outcome::Fail) {
                self.failed.push(problem(check));
            } else if let Some(check) = at(Outcome::Unknown) {
                self.unknown.push(problem(check));
            }
            return;
        };
        let other = roles::vouches_not(verified.signer());
        self.others.extend(other.clone().filter(|other| !self.others.contains(other)));
        if let Some(reason) = roles::uncounted(verified) {
            self.unknown.push(Problem::new(name, roles::CODE, reason));
            return;
        }
        let evidence = verified.evidence().clone();
        match verified.value().any_predicate() {
            Ok(AnyPredicate::CosignSign(CosignSign {})) => self.signature = Some(evidence),
            Ok(AnyPredicate::KitSeal(seal)) => {
                self.seals.push(*seal);
                self.seal_evidence = Some(evidence);
            }
            Ok(AnyPredicate::CycloneDx(bom)) => {
                let of_hub = verified.value().is_made_by_hub();
                let document = bom.document().as_bytes().to_vec();
                add_bom(&mut self.boms, SignedBom::new(document, evidence, of_hub));
            }
            Ok(_) => {}
            // Of kinds that are not used here: it says nothing, and takes nothing from the others.
            Err(error) if !must_be_read(verified.value().predicate_type()) => {
                self.unknown.push(Problem::new(name, error.code(), error.full_message()));
                return;
            }
            Err(error) => {
                self.failed.push(Problem::of(name, &error));
                return;
            }
        }
        self.kept.push(verified);
        let proof = verified.signer().proves();
        if other.is_none() && !self.proofs.contains(&proof) {
            self.proofs.push(proof);
        }
    }

    fn report(&self, kit: &Kit, attached: &Attached, found: &mut Verification) {
        let strangers = &found.untrusted_identities;
        let report = &mut found.report;
        let told = |step: Step, all: &[Problem]| {
            let step = step.coded(all.iter().map(|one| one.code));
            step.about(all.iter().map(|one| one.name.clone()))
        };
        let none = no_signature(attached);
        report.push(if !self.failed.is_empty() {
            told(Step::fail("signatures", SIGNATURES, join(&self.failed)), &self.failed)
        } else if !self.proofs.is_empty() && self.unknown.is_empty() {
            Step::pass("signatures", SIGNATURES)
        } else if !self.proofs.is_empty() {
            // Anybody may attach a statement: those of strangers take nothing from the others.
            let reason = format!("not counted: {}", join(&self.unknown));
            told(Step::pass("signatures", SIGNATURES).because(reason), &self.unknown)
        } else if self.unknown.is_empty() {
            Step::unknown("signatures", SIGNATURES, none).coded(["no-signature"])
        } else {
            told(Step::unknown("signatures", SIGNATURES, join(&self.unknown)), &self.unknown)
        });
        report.push(self.trusted(none, &found.untrusted, strangers));
        report.push(match &self.signature {
            Some(bundle) => Step::pass("signature", SIGNED).proven_by(bundle.clone()),
            None => Step::unknown("signature", SIGNED, missing("signature", self, attached))
                .coded(["no-signature"]),
        });
        report.push(match &self.seal_evidence {
            Some(bundle) => Step::pass("kit-seal", SEAL).proven_by(bundle.clone()),
            None if self.wants_seal(kit) => {
                Step::unknown("kit-seal", SEAL, missing("seal", self, attached)).coded(["no-seal"])
            }
            None => Step::skip("kit-seal", SEAL, "not sealed by SealKit: the manifest is signed"),
        });
        found.signed_by.clone_from(&self.proofs);
    }
}

impl Signed<'_> {
    /// The step that says who of those that are trusted signed; `none` says that nobody did.
    fn trusted(
        &self,
        none: &str,
        untrusted: &[UntrustedSigner],
        strangers: &[VouchedIdentity],
    ) -> Step {
        if !self.proofs.is_empty() {
            return Step::pass("signer-trusted", TRUSTED).because(self.proofs.join("; "));
        }
        let reason = match untrusted.first() {
            // Their role is what stands in the way, which is not for want of trust in a key.
            _ if !self.others.is_empty() => self.others.join("; "),
            Some(signer) => {
                format!("signed by {}, whom you do not trust", signer.key.fingerprint())
            }
            None if self.unknown.is_empty() => none.to_owned(),
            None if !strangers.is_empty() => super::keyless::names(strangers),
            None => "no trusted key made a signature".to_owned(),
        };
        let step = Step::unknown("signer-trusted", TRUSTED, reason);
        let step = step.coded(self.unknown.iter().map(|one| one.code));
        if self.unknown.is_empty() && !self.others.is_empty() {
            step.coded([roles::CODE])
        } else if self.failed.is_empty() && self.unknown.is_empty() {
            step.coded(["no-signature"])
        } else {
            step
        }
    }
}

/// Whether a statement of a trusted signer spoils the answer where it can not be read: a seal says what the kit
/// is, and an advisory that it must not be used.
fn must_be_read(kind: &str) -> bool {
    KitSeal::matches(kind) || Advisory::matches(kind)
}

/// The reasons, each once with the documents that it is about.
fn join(all: &[Problem]) -> String {
    let mut texts: Vec<String> = Vec::new();
    for (at, Problem { name, reason: why, .. }) in all.iter().enumerate() {
        if all.iter().take(at).any(|before| before.reason == *why) {
            continue;
        }
        let more = all.iter().skip(at + 1).filter(|other| other.reason == *why).count();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        texts.push(format!("{name}{more}: {why}"));
    }
    texts.join("; ")
}

fn no_signature(attached: &Attached) -> &'static str {
    if attached.listed { "no signature" } else { "what is attached could not be read" }
}

fn missing(what: &str, signed: &Signed<'_>, attached: &Attached) -> String {
    match (signed.failed.is_empty() && signed.unknown.is_empty(), attached.listed) {
        (_, false) => "what is attached could not be read".to_owned(),
        (true, _) if what == "signature" => "no signature".to_owned(),
        (true, _) => {
            format!("no {what}: it is not attached; its signer makes one with `sealkit sign`")
        }
        (false, _) => format!("no {what} by a trusted signer"),
    }
}
