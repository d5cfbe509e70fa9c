//! The signature of a model (OpenSSF Model Signing): who signed the list of its files.

use sealkit_oci::Digest;

use super::checks::{self, Check, Verification, judged};
use super::{Verified, Verifier, step};
use crate::oms::SignedTree;
use crate::{AttestError, Statement};
use sealkit_report::Outcome;

const TITLE: &str = "list of signed files is valid";

/// Every check of a model's signature. It says who signed which files, not yet that the files are so.
#[derive(Debug)]
pub struct ModelVerification {
    /// The checks, in the order of [`step`].
    pub checks: Vec<Check>,
    claimed: Option<SignedTree>,
    verified: Option<Verified<SignedTree>>,
}

impl ModelVerification {
    /// The signed list: there is one only where every check that applies has passed.
    pub fn verified(&self) -> Option<&Verified<SignedTree>> {
        self.verified.as_ref()
    }

    /// The list, whoever signed it: to say where a tree differs from it, never to trust one.
    pub fn claimed(&self) -> Option<&SignedTree> {
        self.claimed.as_ref()
    }

    /// The check of step `id`.
    pub fn find(&self, id: &str) -> Option<&Check> {
        self.checks.iter().find(|check| check.step.id == id)
    }

    /// The signed list, or the first failure, or the first thing that was not checked.
    pub fn into_result(mut self) -> Result<Verified<SignedTree>, AttestError> {
        if let Some(verified) = self.verified {
            return Ok(verified);
        }
        // What was found wrong comes first, then what could not be told; what only depends on
        // either says nothing of its own.
        let depends =
            |check: &Check| matches!(check.error, Some(AttestError::NotChecked { .. }) | None);
        let of = |outcome| {
            let is = |check: &Check| check.step.outcome == outcome && !depends(check);
            self.checks.iter().position(is)
        };
        let first = of(Outcome::Fail).or_else(|| of(Outcome::Unknown));
        let error = first.and_then(|at| self.checks.swap_remove(at).error);
        Err(error.unwrap_or(AttestError::NotChecked { needs: "a model signature" }))
    }
}

/// Makes every check.
pub(super) fn run(verifier: &Verifier<'_>, bytes: &[u8]) -> ModelVerification {
    let mut tree = Err(AttestError::NotChecked { needs: "there is no valid statement" });
    // Which digest a statement must be about is in its own list: without one there is no digest.
    let about = |statement: &Statement| {
        tree = SignedTree::read(statement, verifier.legacy);
        let needs = "there is no valid list of signed files";
        let tree = tree.as_ref().map_err(|_| AttestError::NotChecked { needs })?;
        statement.check_subject(tree.subject())
    };
    let Verification { mut checks, verified, .. } = checks::run(verifier, bytes, about);
    let (check, claimed) = judged(step::MANIFEST, TITLE, &Digest::of(bytes), tree);
    checks.push(check);
    let verified = match (verified, &claimed) {
        (Some(statement), Some(tree)) => Some(statement.with(tree.clone())),
        _ => None,
    };
    ModelVerification { checks, claimed, verified }
}
