//! What a rule can ask. One variant for each question; its fields are all the settings it has.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::contents::{
    Annotations, BomPresent, BomScore, Documentation, ForbiddenFormats, Integrity, Licences, Rail,
    Scan, Vulnerabilities,
};
use super::origin::{
    Approval, BaseModels, Builder, Datasets, Evaluation, Lineage, Release, Source,
};
use super::signing::{
    Identities, Keys, Log, Predicates, SchemaTypes, SignatureAge, Signers, Timestamp,
};

/// What a rule asks. Where the evidence that it needs is missing, the answer is never yes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Check {
    /// Enough distinct signers signed the kit.
    Signers(Signers),
    /// One of these identities signed the kit.
    Identities(Identities),
    /// One of these keys signed the kit, in its window of time.
    Keys(Keys),
    /// The signature is not too old, by a proven time.
    SignatureAge(SignatureAge),
    /// The signature is in transparency logs.
    Log(Log),
    /// The time of the signature is proven by a timestamp.
    Timestamp(Timestamp),
    /// Statements of these types are there, each by who may make it.
    Predicates(Predicates),
    /// Statements of these types say what their type demands.
    PredicateSchemas(SchemaTypes),
    /// The kit was asked for by its digest.
    Pinned,
    /// Steps of verification passed.
    Integrity(Integrity),
    /// An AIBOM by who may make it is there and can be read.
    Bom(BomPresent),
    /// The AIBOM says enough.
    BomScore(BomScore),
    /// The AIBOM lists what is inside, digest for digest.
    BomMatches,
    /// No file is of these formats.
    ForbiddenFormats(ForbiddenFormats),
    /// A recent scan found the files safe.
    Scan(Scan),
    /// No known vulnerability is worse.
    Vulnerabilities(Vulnerabilities),
    /// Licences are among those that are allowed.
    Licences(Licences),
    /// Licences that restrict the use (RAIL and its like) are accepted ones.
    UseRestrictions(Rail),
    /// Every dataset is pinned, and attested.
    Datasets(Datasets),
    /// Base models are among those that are allowed.
    BaseModels(BaseModels),
    /// The ancestors are verified.
    Lineage(Lineage),
    /// A trusted builder made it, in a known way.
    Builder(Builder),
    /// It was made from this source.
    Source(Source),
    /// An evaluation by a named harness reached a result.
    Evaluation(Evaluation),
    /// No newer release was seen before.
    Release(Release),
    /// The manifest has these annotations.
    Annotations(Annotations),
    /// Every layer is covered by what was signed.
    SignedLayers,
    /// The documentation says these things.
    Documentation(Documentation),
    /// Somebody trusted has checked it and says yes (SVR).
    Approval(Approval),
}
