//! Whether the AIBOM that was signed is the one of this kit.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use sealkit_aibom::{Bom, BomError, check_against, decode_any};
use sealkit_oci::{Digest, FileTable};
use sealkit_report::{Hint as _, Outcome, Report, Step, counted};

use super::signatures::Signed;
use crate::Kit;

const ID: &str = "bom";
const TITLE: &str = "AIBOM is signed and lists what is inside";
/// Code of an AIBOM that speaks of other bytes than those of the kit.
const MISMATCH: &str = "aibom-mismatch";
/// Differences that a reason repeats.
const SHOWN: usize = 5;
/// Most AIBOMs that are kept to be compared.
const MAX_BOMS: usize = 16;

/// A trusted statement with an AIBOM.
pub(super) struct SignedBom {
    /// The document, as it was signed.
    pub(super) document: Vec<u8>,
    /// Its digest.
    pub(super) digest: Digest,
    /// Digest of the bundle that proves it.
    evidence: Digest,
    /// Whether a hub made it by itself: it is no part of what somebody sealed.
    pub(super) of_hub: bool,
    /// What it says, once somebody asked.
    read: OnceLock<Result<Bom, BomError>>,
}

impl SignedBom {
    /// A document that is proven by the bundle `evidence`.
    pub(super) fn new(document: Vec<u8>, evidence: Digest, of_hub: bool) -> Self {
        let digest = Digest::of(&document);
        Self { document, digest, evidence, of_hub, read: OnceLock::new() }
    }

    fn read(&self) -> Result<&Bom, &BomError> {
        self.read.get_or_init(|| decode_any(&self.document)).as_ref()
    }

    /// What it says that it is about.
    fn subject(&self) -> Option<Digest> {
        self.read().ok()?.subject_digest()
    }

    /// Whether it says that it is about this kit. One of another tool need not say it: an SBOM with no
    /// digest of its subject is tied to the kit by the statement alone.
    pub(super) fn is_about(&self, kit: &Kit) -> bool {
        self.subject().as_ref() == Some(kit.digest())
    }

    /// Why it says nothing of any kit.
    fn why_not_counted(&self) -> String {
        match self.read() {
            Ok(_) => "not counted: the signed SBOM does not say by digest what it is of".to_owned(),
            Err(error) => format!("not counted: the signed SBOM can not be read: {error}"),
        }
    }
}

/// Keeps an AIBOM, each document once. A hub makes one for each version of itself: they must not crowd
/// out the others.
pub(super) fn add_bom(all: &mut Vec<SignedBom>, bom: SignedBom) {
    if let Some(same) = all.iter_mut().find(|one| one.digest == bom.digest) {
        if same.of_hub && !bom.of_hub {
            *same = bom;
        }
    } else if all.iter().filter(|one| one.of_hub == bom.of_hub).count() < MAX_BOMS {
        all.push(bom);
    }
}

/// Checks every AIBOM that a seal names, else one that is signed and about the kit; gives it where it was
/// accepted. What a hub made stands behind what people signed, and is missing from no kit.
pub(super) fn check(
    kit: &Kit,
    signed: &Signed<'_>,
    table: Option<&FileTable>,
    report: &mut Report,
) -> Option<Bom> {
    let named: BTreeSet<&Digest> =
        signed.seals.iter().filter_map(|seal| Some(&seal.bom.as_ref()?.digest)).collect();
    let (step, accepted) = if named.is_empty() {
        unnamed(kit, signed, table)
    } else {
        sealed(kit, signed, &named, table)
    };
    report.push(step);
    accepted.cloned()
}

/// What seals name must all be there and be good.
fn sealed<'a>(
    kit: &Kit,
    signed: &'a Signed<'_>,
    named: &BTreeSet<&Digest>,
    table: Option<&FileTable>,
) -> (Step, Option<&'a Bom>) {
    let mut first = None;
    for digest in named {
        let Some(bom) = signed.boms.iter().find(|bom| bom.digest == **digest) else {
            let other = signed.boms.iter().find(|bom| !bom.of_hub && !named.contains(&bom.digest));
            return (missing(other), None);
        };
        let judged = judge(kit, bom, table);
        if judged.0.outcome != Outcome::Pass {
            return judged;
        }
        first.get_or_insert(judged);
    }
    first.unwrap_or_else(|| (missing(None), None))
}

/// The step where a seal names one that is not there.
fn missing(other: Option<&SignedBom>) -> Step {
    match other {
        Some(other) => {
            let reason = "the signed AIBOM is not the one that the seal names";
            let step = Step::fail(ID, TITLE, reason).coded([MISMATCH]);
            step.proven_by(other.evidence.clone())
        }
        None => {
            Step::unknown(ID, TITLE, "no AIBOM by a trusted signer is attached").coded(["no-bom"])
        }
    }
}

/// No seal names one: one that is signed is held to what it says of itself. An SBOM of another tool, which
/// does not say of which bytes it is, or can not be read, says nothing of this kit and takes nothing from it.
fn unnamed<'a>(
    kit: &Kit,
    signed: &'a Signed<'_>,
    table: Option<&FileTable>,
) -> (Step, Option<&'a Bom>) {
    let of_people = || signed.boms.iter().filter(|bom| !bom.of_hub);
    let of_another = of_people().find(|bom| bom.subject().is_some() && !bom.is_about(kit));
    let about = || of_people().chain(&signed.boms).find(|bom| bom.is_about(kit));
    match of_another.or_else(about) {
        Some(bom) if bom.of_hub && table.is_none() && !signed.wants_seal(kit) => {
            let reason =
                "not sealed by SealKit: the AIBOM of a hub was not compared with the files";
            (Step::skip(ID, TITLE, reason).proven_by(bom.evidence.clone()), None)
        }
        Some(bom) => judge(kit, bom, table),
        None if signed.seals.is_empty() && signed.wants_seal(kit) => (missing(None), None),
        None => {
            let reason = match (of_people().next(), signed.seals.is_empty()) {
                (Some(bom), _) => bom.why_not_counted(),
                (None, true) => "not sealed by SealKit: no AIBOM was attached".to_owned(),
                (None, false) => "the seal names none".to_owned(),
            };
            (Step::skip(ID, TITLE, reason), None)
        }
    }
}

fn judge<'a>(
    kit: &Kit,
    signed: &'a SignedBom,
    table: Option<&FileTable>,
) -> (Step, Option<&'a Bom>) {
    let failed = |code: &'static str, reason: String| {
        Step::fail(ID, TITLE, reason).coded([code]).proven_by(signed.evidence.clone())
    };
    let fail = |reason: String| failed(MISMATCH, reason);
    let bom = match signed.read() {
        Ok(bom) => bom,
        Err(error) => return (failed(error.code(), error.to_string()), None),
    };
    if !signed.is_about(kit) {
        let reason = match bom.subject_digest() {
            Some(_) => "it describes another kit",
            None => "it does not say that it describes this kit",
        };
        return (fail(reason.to_owned()), None);
    }
    let Some(table) = table else {
        let reason = "there is no sealed file table to compare it with";
        let step = Step::unknown(ID, TITLE, reason).coded(["no-file-table"]);
        return (step.proven_by(signed.evidence.clone()), None);
    };
    let differences = check_against(bom, table);
    if differences.is_empty() {
        let count = bom.components.len();
        let step = Step::pass(ID, TITLE).because(counted(count, "component"));
        return (step.proven_by(signed.evidence.clone()), Some(bom));
    }
    let shown: Vec<String> = differences.iter().take(SHOWN).map(ToString::to_string).collect();
    let paths = differences.iter().map(|difference| difference.path().to_owned());
    (fail(shown.join("; ")).about(paths), None)
}
