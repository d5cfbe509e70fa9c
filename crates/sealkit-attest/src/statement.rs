//! in-toto Statement v1: a predicate about subjects, each named by digest.

use std::collections::BTreeMap;

use sealkit_oci::{Algorithm, Digest};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::strict_json::{self, Limits};
use crate::{AnyPredicate, AttestError, Predicate};

/// The `_type` of a Statement v1.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";

/// The `_type` that cosign 3.1 still writes in attestations, other than signatures.
const STATEMENT_TYPE_V01: &str = "https://in-toto.io/Statement/v0.1";

/// Signed annotation of a subject: who made what is said of it, where that was no person.
pub const ANNOTATION_MADE_BY: &str = "sealkit.dev/made-by";

/// Value of [`ANNOTATION_MADE_BY`]: a hub made it of the bytes that it holds, and of nothing that it was told.
pub const MADE_BY_HUB: &str = "hub";

/// How large a statement may be: 24 MiB (an AIBOM of some 20,000 files; one of more leaves files out), depth 64, strings of 1 MiB.
pub const STATEMENT_LIMITS: Limits = Limits { bytes: 24 << 20, depth: 64, string: 1 << 20 };

/// How many subjects an error repeats.
const SHOWN: usize = 3;

/// What a statement is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Name, for people; subjects are matched by digest alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Algorithm name → hex digits.
    #[serde(default)]
    pub digest: BTreeMap<String, String>,
    /// Anything more that the signer says of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<serde_json::Map<String, serde_json::Value>>,
}

impl Subject {
    /// A subject without a name.
    pub fn of(digest: &Digest) -> Self {
        let pair = (digest.algorithm().name().to_owned(), digest.hex().to_owned());
        Self { digest: BTreeMap::from([pair]), ..Self::default() }
    }

    /// The same, with the mark that a hub made what is said of it ([`MADE_BY_HUB`]).
    pub fn looked_at_by_hub(digest: &Digest) -> Self {
        let mark = (ANNOTATION_MADE_BY.to_owned(), MADE_BY_HUB.into());
        Self { annotations: Some(serde_json::Map::from_iter([mark])), ..Self::of(digest) }
    }

    /// The SHA-256 digest, where it has a well-formed one.
    pub fn sha256(&self) -> Option<Digest> {
        let hex = self.digest.get(Algorithm::Sha256.name())?;
        format!("sha256:{hex}").parse().ok()
    }
}

/// A statement together with the exact bytes it came from; they are never written anew, so that
/// fields which this version does not know survive.
#[derive(Clone, Debug)]
pub struct Statement {
    payload: Vec<u8>,
    subjects: Vec<Subject>,
    predicate_type: String,
    predicate: Box<RawValue>,
}

#[derive(Serialize, Deserialize)]
struct StatementJson {
    #[serde(rename = "_type")]
    statement_type: String,
    #[serde(default)]
    subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    predicate: Box<RawValue>,
}

impl Statement {
    /// Reads a statement from a verified or unverified payload.
    pub fn parse(payload: Vec<u8>) -> Result<Self, AttestError> {
        Self::parse_typed(payload, &[STATEMENT_TYPE])
    }

    /// Reads a statement of v1 or of the older v0.1, whose fields are the same.
    pub fn parse_allowing_v01(payload: Vec<u8>) -> Result<Self, AttestError> {
        Self::parse_typed(payload, &[STATEMENT_TYPE, STATEMENT_TYPE_V01])
    }

    fn parse_typed(payload: Vec<u8>, types: &[&str]) -> Result<Self, AttestError> {
        let json: StatementJson = strict_json::from_slice(&payload, "statement", STATEMENT_LIMITS)
            .map_err(|error| match error {
                AttestError::Json { source, .. } if source.is_data() => {
                    AttestError::StatementInvalid {
                        reason: AttestError::quote(&source.to_string()),
                    }
                }
                other => other,
            })?;
        let fault = |reason: String| AttestError::StatementInvalid { reason };
        if !types.contains(&json.statement_type.as_str()) {
            let found = AttestError::quote(&json.statement_type);
            return Err(fault(format!("`_type` is `{found}`, not `{STATEMENT_TYPE}`")));
        }
        if json.subject.is_empty() {
            return Err(fault("it has no subject".to_owned()));
        }
        if json.subject.iter().any(|subject| subject.digest.is_empty()) {
            return Err(fault("a subject has no digest".to_owned()));
        }
        if json.predicate_type.is_empty() {
            return Err(fault("`predicateType` is empty".to_owned()));
        }
        if !json.predicate.get().starts_with('{') {
            return Err(fault("`predicate` is no object".to_owned()));
        }
        let StatementJson { subject, predicate_type, predicate, .. } = json;
        Ok(Self { payload, subjects: subject, predicate_type, predicate })
    }

    /// Makes a statement that says `predicate` about `subjects`.
    pub fn new<P: Predicate>(subjects: Vec<Subject>, predicate: &P) -> Result<Self, AttestError> {
        check_meaning(predicate)?;
        let raw = serde_json::value::to_raw_value(predicate);
        let raw = raw.map_err(|source| AttestError::Json { document: "statement", source })?;
        Self::of_raw(subjects, P::TYPE.to_owned(), raw)
    }

    /// Makes a statement of any type, with the bytes of a JSON object as the predicate: they are
    /// embedded as they are and not held against the type, see [`Self::any_predicate`].
    pub fn with_predicate(
        subjects: Vec<Subject>,
        predicate_type: &str,
        predicate: &[u8],
    ) -> Result<Self, AttestError> {
        strict_json::check(predicate, "predicate", STATEMENT_LIMITS)?;
        let raw = serde_json::from_slice(predicate);
        let raw = raw.map_err(|source| AttestError::Json { document: "predicate", source })?;
        Self::of_raw(subjects, predicate_type.to_owned(), raw)
    }

    fn of_raw(
        subject: Vec<Subject>,
        predicate_type: String,
        predicate: Box<RawValue>,
    ) -> Result<Self, AttestError> {
        let statement_type = STATEMENT_TYPE.to_owned();
        let json = StatementJson { statement_type, subject, predicate_type, predicate };
        let payload = serde_json::to_vec(&json);
        Self::parse(payload.map_err(|source| AttestError::Json { document: "statement", source })?)
    }

    /// The exact bytes.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Digest of the exact bytes. Two signatures of one statement are one fact: count by this.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.payload)
    }

    /// What it is about: never empty.
    pub fn subjects(&self) -> &[Subject] {
        &self.subjects
    }

    /// Whether its signer says that a hub made it of bytes ([`Subject::looked_at_by_hub`]). It is no more than
    /// a mark: who is believed is for a trust root to say.
    pub fn is_made_by_hub(&self) -> bool {
        let says = |subject: &Subject| {
            let mark = subject.annotations.as_ref().and_then(|all| all.get(ANNOTATION_MADE_BY));
            mark.and_then(serde_json::Value::as_str) == Some(MADE_BY_HUB)
        };
        self.subjects.iter().any(says)
    }

    /// What kind of thing it says.
    pub fn predicate_type(&self) -> &str {
        &self.predicate_type
    }

    /// What it says, as the signed JSON text.
    pub fn raw_predicate(&self) -> &str {
        self.predicate.get()
    }

    /// What it says, as a `P`; refuses a statement of another type.
    pub fn predicate<P: Predicate>(&self) -> Result<P, AttestError> {
        if !P::matches(&self.predicate_type) {
            let found = AttestError::quote(&self.predicate_type);
            return Err(AttestError::PredicateType { expected: P::TYPE.to_owned(), found });
        }
        let read: P = strict_json::read(self.predicate.get().as_bytes()).map_err(invalid::<P>)?;
        check_meaning(&read)?;
        Ok(read)
    }

    /// What it says, as one of the types that SealKit knows or [`AnyPredicate::Unknown`].
    pub fn any_predicate(&self) -> Result<AnyPredicate, AttestError> {
        AnyPredicate::read(self)
    }

    /// Checks that one subject names `expected` by `sha256` in lower-case hex. Nothing else counts:
    /// no other algorithm, no digest inside the predicate.
    pub fn check_subject(&self, expected: &Digest) -> Result<(), AttestError> {
        let name = Algorithm::Sha256.name();
        let mut named =
            self.subjects.iter().filter_map(|subject| subject.digest.get(name)).peekable();
        if named.peek().is_none() {
            let all = self.subjects.iter().flat_map(|subject| subject.digest.keys());
            let found: Vec<_> = all.take(SHOWN).map(|key| AttestError::quote(key)).collect();
            return Err(AttestError::WeakAlgorithm { found: found.join(", ") });
        }
        if expected.algorithm() == Algorithm::Sha256
            && named.clone().any(|hex| hex == expected.hex())
        {
            return Ok(());
        }
        let found: Vec<_> = named.take(SHOWN).map(|hex| AttestError::quote(hex)).collect();
        let (expected, found) = (expected.clone(), found.join(", "));
        Err(AttestError::SubjectMismatch { expected, found })
    }
}

fn invalid<P: Predicate>(source: serde_json::Error) -> AttestError {
    AttestError::PredicateInvalid { predicate_type: P::TYPE.to_owned(), source }
}

/// Refuses a predicate whose fields mean nothing together.
fn check_meaning<P: Predicate>(predicate: &P) -> Result<(), AttestError> {
    match predicate.fault() {
        None => Ok(()),
        Some(fault) => Err(invalid::<P>(serde::de::Error::custom(fault))),
    }
}
