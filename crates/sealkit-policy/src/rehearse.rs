//! Facts that were written down, to test a policy with. What comes of them is a rehearsal: it can be
//! compared and shown, and is never an [`Evaluation`].

use std::collections::BTreeMap;

use sealkit_attest::strict_json::{self, Limits};
use sealkit_attest::{
    CertifiedSubject, LogWitness, STATEMENT_TYPE, SigningCertificate, Statement, SubjectKind,
    TrustedAuthority, TrustedIdentity, TrustedKey, TrustedSigner, Witnesses,
};
use sealkit_oci::Digest;
use sealkit_report::{Outcome, Report, Step};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::facts::{BomFacts, Facts, FileFact, LineageFacts, Manifested, Said, Seen, Subject};
use crate::model::Moment;
use crate::{Evaluation, Policy, PolicyError};

/// How large a file of facts may be: 64 MiB, depth 64.
const LIMITS: Limits = Limits { bytes: 64 << 20, depth: 64, string: 1 << 20 };
/// Version of the format.
const SCHEMA_VERSION: u32 = 1;

/// Facts that nobody verified.
#[derive(Clone, Debug)]
pub struct HypotheticalFacts {
    facts: Facts,
    now: Option<i64>,
    expect: Option<Expectation>,
}

/// What a test says that a policy has to answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Expectation {
    /// Whether it allows.
    pub allowed: bool,
    /// What comes of rules, by id.
    #[serde(default)]
    pub rules: BTreeMap<String, Outcome>,
}

/// What a policy answers to facts that nobody verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rehearsal {
    /// Every step.
    pub report: Report,
    /// Whether it would allow.
    pub would_allow: bool,
    /// What came out otherwise than was expected; none where nothing was expected.
    pub surprises: Option<Vec<String>>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FactsJson {
    schema_version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expect: Option<Expectation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    now: Option<Moment>,
    subject: Subject,
    #[serde(default)]
    statements: Vec<StatementJson>,
    #[serde(default)]
    steps: Vec<Step>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    manifest: Option<Manifested>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed_layers: Option<Vec<Digest>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    files: Option<Vec<FileFact>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bom: Option<BomFacts>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lineage: Option<LineageFacts>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seen: Option<Seen>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StatementJson {
    signer: SignerJson,
    evidence: Digest,
    predicate_type: String,
    #[serde(default)]
    predicate: Value,
    /// What it calls its subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Other things that it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    subjects: Vec<Digest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sequence: Option<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    logs: Vec<LogJson>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    timestamps: Vec<i64>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct LogJson {
    operator: String,
    log: String,
    index: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time: Option<i64>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
enum SignerJson {
    Key(TrustedKey),
    Identity(NamedJson<TrustedIdentity>),
    Certified(NamedJson<TrustedAuthority>),
}

/// Somebody whom a certificate names.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NamedJson<T> {
    entry: T,
    kind: SubjectKind,
    subject: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    certificate: Option<SigningCertificate>,
}

impl<T> NamedJson<T> {
    fn of(entry: T, name: &CertifiedSubject, certificate: Option<&SigningCertificate>) -> Self {
        let (kind, subject) = (name.kind, name.value.clone());
        Self { entry, kind, subject, certificate: certificate.cloned() }
    }

    fn read(self) -> (T, CertifiedSubject, Option<SigningCertificate>) {
        (self.entry, CertifiedSubject { kind: self.kind, value: self.subject }, self.certificate)
    }
}

impl HypotheticalFacts {
    /// Reads a file of facts: strict JSON, an unknown field is an error.
    ///
    /// # Errors
    /// When it is not one.
    pub fn parse(bytes: &[u8]) -> Result<Self, PolicyError> {
        let bad = |reason: String| PolicyError::Facts { reason };
        let json: FactsJson = strict_json::from_slice(bytes, "file of facts", LIMITS)
            .map_err(|error| bad(with_source(&error)))?;
        if json.schema_version != SCHEMA_VERSION {
            return Err(bad(format!("`schemaVersion` is {}, not 1", json.schema_version)));
        }
        let subject = json.subject;
        let read = |statement: StatementJson| statement.read(&subject.digest);
        let said = json.statements.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let facts = Facts {
            said,
            subject,
            steps: json.steps,
            manifest: json.manifest,
            sealed_layers: json.sealed_layers,
            files: json.files,
            bom: json.bom,
            lineage: json.lineage,
            seen: json.seen,
        };
        Ok(Self { facts, now: json.now.map(Moment::seconds), expect: json.expect })
    }

    /// The same facts with what is expected of them.
    #[must_use]
    pub fn expecting(mut self, expect: Expectation) -> Self {
        self.expect = Some(expect);
        self
    }
}

fn with_source(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

impl Facts {
    /// Writes the facts down as indented JSON, for [`HypotheticalFacts::parse`]. The predicates of
    /// AIBOMs are left out.
    ///
    /// # Errors
    /// When they can not be written as JSON.
    pub fn to_json(&self) -> Result<Vec<u8>, PolicyError> {
        let bad = |error: serde_json::Error| PolicyError::Facts { reason: error.to_string() };
        let json = FactsJson {
            schema_version: SCHEMA_VERSION,
            expect: None,
            now: None,
            subject: self.subject.clone(),
            statements: self.said.iter().map(StatementJson::of).collect::<Result<_, _>>()?,
            steps: self.steps.clone(),
            manifest: self.manifest.clone(),
            sealed_layers: self.sealed_layers.clone(),
            files: self.files.clone(),
            bom: self.bom.clone(),
            lineage: self.lineage.clone(),
            seen: self.seen.clone(),
        };
        let mut bytes = serde_json::to_vec_pretty(&json).map_err(bad)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

impl StatementJson {
    fn of(said: &Said) -> Result<Self, PolicyError> {
        let signer = match &said.signer {
            TrustedSigner::Key(key) => SignerJson::Key(key.clone()),
            TrustedSigner::Identity(entry, name, with) => {
                SignerJson::Identity(NamedJson::of(entry.clone(), name, with.as_ref()))
            }
            TrustedSigner::Certified(entry, name, with) => {
                SignerJson::Certified(NamedJson::of(entry.clone(), name, with.as_ref()))
            }
            _ => return Err(PolicyError::Facts { reason: "a signer of a new kind".to_owned() }),
        };
        let predicate = match &said.raw {
            Some(raw) => serde_json::from_str(raw)
                .map_err(|error| PolicyError::Facts { reason: error.to_string() })?,
            None => json!({}),
        };
        let logs = said.witnesses.logs.iter().cloned();
        Ok(Self {
            signer,
            evidence: said.evidence.clone(),
            predicate_type: said.predicate_type.clone(),
            predicate,
            name: said.name.clone(),
            subjects: said.subjects.clone(),
            sequence: said.sequence,
            logs: logs
                .map(|LogWitness { operator, log, index, time, .. }| LogJson {
                    operator,
                    log,
                    index,
                    time,
                })
                .collect(),
            timestamps: said.witnesses.timestamps.clone(),
        })
    }

    fn read(self, subject: &Digest) -> Result<Said, PolicyError> {
        let bad = |reason: String| PolicyError::Facts { reason };
        let mut subjects = vec![json!({"digest": {subject.algorithm().name(): subject.hex()}})];
        if let Some(Value::Object(own)) = subjects.first_mut() {
            if let Some(sequence) = self.sequence {
                let key = sealkit_attest::ANNOTATION_SEQUENCE;
                own.insert("annotations".to_owned(), json!({key: sequence}));
            }
            own.extend(self.name.map(|name| ("name".to_owned(), json!(name))));
        }
        let others = self.subjects.iter().filter(|digest| *digest != subject);
        subjects.extend(others.map(|d| json!({"digest": {d.algorithm().name(): d.hex()}})));
        let text = json!({
            "_type": STATEMENT_TYPE,
            "subject": subjects,
            "predicateType": self.predicate_type,
            "predicate": self.predicate,
        });
        let statement = Statement::parse(text.to_string().into_bytes())
            .map_err(|error| bad(with_source(&error)))?;
        let signer = match self.signer {
            SignerJson::Key(key) => TrustedSigner::Key(key),
            SignerJson::Identity(json) => {
                let (entry, name, with) = json.read();
                TrustedSigner::Identity(entry, name, with)
            }
            SignerJson::Certified(json) => {
                let (entry, name, with) = json.read();
                TrustedSigner::Certified(entry, name, with)
            }
        };
        let logs = self.logs.into_iter();
        let witnesses = Witnesses {
            logs: logs
                .map(|LogJson { operator, log, index, time }| LogWitness {
                    operator,
                    log,
                    index,
                    time,
                    tree: None,
                })
                .collect(),
            timestamps: self.timestamps,
        };
        Ok(Said::read(&statement, subject, signer, witnesses, self.evidence))
    }
}

impl Policy {
    /// What the policy would answer to facts that nobody verified, at the time that they name, else at
    /// `now` (unix seconds).
    pub fn rehearse(&self, facts: &HypotheticalFacts, now: i64) -> Rehearsal {
        let answer = self.evaluate(&facts.facts, facts.now.unwrap_or(now));
        let surprises = facts.expect.as_ref().map(|expect| self.surprises(expect, &answer));
        let would_allow = answer.is_allowed();
        Rehearsal { report: answer.report().clone(), would_allow, surprises }
    }

    fn surprises(&self, expect: &Expectation, answer: &Evaluation) -> Vec<String> {
        let word = |allowed: bool| if allowed { "allows" } else { "denies" };
        let mut all = Vec::new();
        if expect.allowed != answer.is_allowed() {
            let (wanted, got) = (word(expect.allowed), word(answer.is_allowed()));
            all.push(format!("it {got} what is expected that it {wanted}"));
        }
        for (id, wanted) in &expect.rules {
            let name = format!("{}{id}", crate::judge::STEP_RULE);
            match answer.report().steps.iter().find(|step| step.id == name) {
                Some(step) if step.outcome == *wanted => {}
                Some(step) => {
                    all.push(format!("rule `{id}` ends with {:?}, not {wanted:?}", step.outcome));
                }
                None => all.push(format!("`{}` has no rule `{id}`", self.name())),
            }
        }
        all
    }
}
