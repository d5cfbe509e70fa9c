//! Whether the AIBOM that was signed is the one of this kit.

use sealkit_aibom::{Bom, check_against, decode_any};
use sealkit_oci::Digest;
use sealkit_report::{Hint as _, Report, Step, counted};

use super::Table;
use super::attached::Attached;
use super::signatures::{Signed, SignedBom, wants_bom};
use crate::Kit;

const TITLE: &str = "AIBOM is signed and lists what is inside";
/// Code of an AIBOM that speaks of other bytes than those of the kit.
const MISMATCH: &str = "aibom-mismatch";
/// Differences that a reason repeats.
const SHOWN: usize = 5;

/// Checks the AIBOM that the seal names, else the one that is signed; gives it where it was accepted. What a
/// hub made stands behind what people signed, and is missing from no kit.
pub(super) fn check(
    kit: &Kit,
    attached: &Attached,
    signed: &Signed<'_>,
    table: Option<&Table>,
    report: &mut Report,
) -> Option<Bom> {
    let id = "bom";
    let mut accepted = None;
    let named = signed.seals.iter().find_map(|seal| seal.bom.as_ref());
    let fits =
        |bom: &&SignedBom| named.is_none_or(|named| Digest::of(&bom.document) == named.digest);
    let of_people = || signed.boms.iter().filter(|bom| !bom.of_hub);
    let chosen = of_people().find(fits).or_else(|| signed.boms.iter().find(fits));
    let is_wanted = wants_bom(signed, attached);
    report.push(match (chosen, of_people().next()) {
        (Some(bom), _) => {
            let (step, bom) = judge(kit, bom, table, is_wanted);
            accepted = bom;
            step
        }
        (None, Some(other)) => {
            let reason = "the signed AIBOM is not the one that the seal names";
            let step = Step::fail(id, TITLE, reason).coded([MISMATCH]);
            step.proven_by(other.evidence.clone())
        }
        (None, None) if is_wanted => {
            Step::unknown(id, TITLE, "no AIBOM by a trusted signer is attached")
        }
        (None, None) => Step::skip(id, TITLE, "not sealed by SealKit: no AIBOM was attached"),
    });
    accepted
}

fn judge(
    kit: &Kit,
    signed: &SignedBom,
    table: Option<&Table>,
    is_wanted: bool,
) -> (Step, Option<Bom>) {
    let failed = |code: &str, reason: String| {
        Step::fail("bom", TITLE, reason).coded([code]).proven_by(signed.evidence.clone())
    };
    let fail = |reason: String| failed(MISMATCH, reason);
    let bom = match decode_any(&signed.document) {
        Ok(bom) => bom,
        Err(error) => return (failed(error.code(), error.to_string()), None),
    };
    if bom.subject_digest().as_ref() != Some(kit.digest()) {
        return (fail("it describes another kit".to_owned()), None);
    }
    let Some(table) = table.filter(|table| table.trusted) else {
        let step = if signed.of_hub && !is_wanted {
            let reason =
                "not sealed by SealKit: the AIBOM of a hub was not compared with the files";
            Step::skip("bom", TITLE, reason)
        } else {
            Step::unknown("bom", TITLE, "there is no sealed file table to compare it with")
        };
        return (step.proven_by(signed.evidence.clone()), None);
    };
    let differences = check_against(&bom, &table.table);
    if differences.is_empty() {
        let count = bom.components.len();
        let step = Step::pass("bom", TITLE).because(counted(count, "component"));
        return (step.proven_by(signed.evidence.clone()), Some(bom));
    }
    let shown: Vec<String> = differences.iter().take(SHOWN).map(ToString::to_string).collect();
    let paths = differences.iter().map(|difference| difference.path().to_owned());
    (fail(shown.join("; ")).about(paths), None)
}
