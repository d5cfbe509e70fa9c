//! A predicate of any kind that this version knows.

use super::{
    Advisory, CosignSign, CycloneDxBom, DatasetVersion, KitSeal, Lineage, ModelScan, Predicate,
    Provenance, References, Release, SpdxBom, Svr, TestResult, Vulns,
};
use crate::{AttestError, Statement};

/// A predicate of any kind.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum AnyPredicate {
    /// cosign's bare signature.
    CosignSign(CosignSign),
    /// A CycloneDX document.
    CycloneDx(CycloneDxBom),
    /// An SPDX document.
    Spdx(SpdxBom),
    /// SealKit's seal.
    KitSeal(Box<KitSeal>),
    /// SLSA provenance.
    Provenance(Box<Provenance>),
    /// The version of a dataset.
    DatasetVersion(Box<DatasetVersion>),
    /// A lineage.
    Lineage(Box<Lineage>),
    /// A scan of model files.
    ModelScan(Box<ModelScan>),
    /// A run of tests.
    TestResult(Box<TestResult>),
    /// A scan for known vulnerabilities.
    Vulns(Box<Vulns>),
    /// A release.
    Release(Box<Release>),
    /// The result of a verification.
    Svr(Box<Svr>),
    /// That the subject must not be used.
    Advisory(Box<Advisory>),
    /// Documents elsewhere.
    References(Box<References>),
    /// A kind that this version does not know, with its type.
    Unknown(String),
}

impl AnyPredicate {
    /// Reads the predicate of `statement` by its type. One of a known type that does not have the
    /// shape of its type is an error, never [`Self::Unknown`].
    pub fn read(statement: &Statement) -> Result<Self, AttestError> {
        let name = statement.predicate_type();
        Ok(match name {
            _ if CosignSign::matches(name) => Self::CosignSign(statement.predicate()?),
            _ if CycloneDxBom::matches(name) => Self::CycloneDx(statement.predicate()?),
            _ if SpdxBom::matches(name) => Self::Spdx(statement.predicate()?),
            _ if KitSeal::matches(name) => Self::KitSeal(boxed(statement)?),
            _ if Provenance::matches(name) => Self::Provenance(boxed(statement)?),
            _ if DatasetVersion::matches(name) => Self::DatasetVersion(boxed(statement)?),
            _ if Lineage::matches(name) => Self::Lineage(boxed(statement)?),
            _ if ModelScan::matches(name) => Self::ModelScan(boxed(statement)?),
            _ if TestResult::matches(name) => Self::TestResult(boxed(statement)?),
            _ if Vulns::matches(name) => Self::Vulns(boxed(statement)?),
            _ if Release::matches(name) => Self::Release(boxed(statement)?),
            _ if Svr::matches(name) => Self::Svr(boxed(statement)?),
            _ if Advisory::matches(name) => Self::Advisory(boxed(statement)?),
            _ if References::matches(name) => Self::References(boxed(statement)?),
            _ => Self::Unknown(name.to_owned()),
        })
    }
}

fn boxed<P: Predicate>(statement: &Statement) -> Result<Box<P>, AttestError> {
    statement.predicate().map(Box::new)
}
