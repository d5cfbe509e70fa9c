//! A signed list of files, as it is read from a statement.

use std::collections::{BTreeMap, HashSet};

use sealkit_oci::{Algorithm, Digest};

use super::wire::{PredicateJson, ResourceJson, StatementJson, SubjectJson, invalid, shape};
use super::{GIT_PATHS, GitPaths, Ignores, LEGACY_PREDICATE, Shard, check_names, manifest, shards};
use crate::{AttestError, Legacy, STATEMENT_LIMITS, Statement, strict_json};

/// How the file of a model that is one file is called by `model_signing`.
const SINGLE: &str = ".";

/// The files of a model, as somebody signed them. Whoever has one from
/// [`crate::ModelVerification`] alone knows who.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedTree {
    name: String,
    subject: Digest,
    files: BTreeMap<String, Digest>,
    shards: BTreeMap<String, Vec<Shard>>,
    ignores: Ignores,
}

impl SignedTree {
    /// Reads the predicate of a model signature by all rules of the spec. What only old or odd
    /// signers write is refused unless `legacy` takes it.
    pub fn read(statement: &Statement, legacy: Legacy) -> Result<Self, AttestError> {
        let payload = statement.payload();
        if statement.predicate_type() == LEGACY_PREDICATE {
            legacy.check_format()?;
            return Self::read_legacy(payload);
        }
        if !super::is_v1(statement.predicate_type()) {
            let found = AttestError::quote(statement.predicate_type());
            let expected = super::PREDICATE_TYPE.to_owned();
            return Err(AttestError::PredicateType { expected, found });
        }
        // The statement has passed the strict reader: only its shape can be wrong here.
        let read: StatementJson = serde_json::from_slice(payload).map_err(|error| shape(&error))?;
        let predicate: PredicateJson =
            serde_json::from_value(read.predicate).map_err(|error| shape(&error))?;
        let [subject] = read.subject.as_slice() else {
            return Err(invalid("it has more than one subject"));
        };
        Self::of(subject, predicate, legacy)
    }

    fn of(
        subject: &SubjectJson,
        predicate: PredicateJson,
        legacy: Legacy,
    ) -> Result<Self, AttestError> {
        let PredicateJson { serialization, resources } = predicate;
        let sharded = match serialization.method.as_str() {
            "files" => false,
            "shards" => true,
            other => {
                return Err(invalid(format!(
                    "method `{}` is not known",
                    AttestError::quote(other)
                )));
            }
        };
        if serialization.hash_type != "sha256" {
            let found = AttestError::quote(&serialization.hash_type);
            return Err(AttestError::HashUnsupported { found });
        }
        let listed = resources.into_iter().map(resource).collect::<Result<Vec<_>, _>>()?;
        let named = subject_of(subject, &listed)?;
        let ignores = Ignores::new(serialization.ignore_paths.unwrap_or_default())?;
        let name = subject.name.clone().unwrap_or_default();
        let mut read =
            Self { name, subject: named, files: BTreeMap::new(), shards: BTreeMap::new(), ignores };
        match (sharded, serialization.shard_size) {
            (false, None) => read.files = files(listed)?,
            (false, Some(_)) => return Err(invalid("`shard_size` stands beside method `files`")),
            (true, None | Some(0)) => return Err(invalid("`shard_size` is missing or 0")),
            (true, Some(_)) if !legacy.shards => {
                let what = "a signature over pieces of files (method `shards`)";
                return Err(AttestError::LegacyRefused { what, flag: "--insecure-allow-shards" });
            }
            (true, Some(size)) => {
                distinct(&listed)?;
                read.shards = shards::collect(listed, size)?;
            }
        }
        read.check()?;
        Ok(read)
    }

    /// The format of 0.2: each file is a subject, and the predicate says nothing.
    fn read_legacy(payload: &[u8]) -> Result<Self, AttestError> {
        let read: StatementJson = strict_json::from_slice(payload, "statement", STATEMENT_LIMITS)?;
        let mut listed = Vec::new();
        for subject in read.subject {
            let name = subject.name.ok_or_else(|| invalid("a subject has no name"))?;
            let found = digest(subject.digest.get(Algorithm::Sha256.name()), "subject")?;
            listed.push((name, found));
        }
        let first = listed.first().ok_or_else(|| invalid("it lists no file"))?;
        let subject = first.1.clone();
        let (files, shards) = (files(listed)?, BTreeMap::new());
        let read =
            Self { name: String::new(), subject, files, shards, ignores: Ignores::default() };
        read.check()?;
        Ok(read)
    }

    fn check(&self) -> Result<(), AttestError> {
        if self.names().next().is_none() {
            return Err(invalid("it lists no file"));
        }
        if !self.is_single() {
            check_names(self.names())?;
        }
        self.ignores.check_against(self.names())
    }

    /// What the signer calls the model: for people.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A digest that the statement's subject names: the root digest, or of the oldest format that of
    /// the first file.
    pub fn subject(&self) -> &Digest {
        &self.subject
    }

    /// The files that are signed as a whole, by name.
    pub fn files(&self) -> &BTreeMap<String, Digest> {
        &self.files
    }

    /// The files that are signed in pieces, by name; empty but for method `shards`.
    pub fn shards(&self) -> &BTreeMap<String, Vec<Shard>> {
        &self.shards
    }

    /// Names of all signed files, in the order of their bytes.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().chain(self.shards.keys()).map(String::as_str)
    }

    /// The paths that the signer left out.
    pub fn ignored(&self) -> &Ignores {
        &self.ignores
    }

    /// Whether the model is one file, which is then called `.`.
    pub fn is_single(&self) -> bool {
        self.shards.is_empty() && self.files.len() == 1 && self.files.contains_key(SINGLE)
    }

    /// What a verifier passes over: the recorded paths, those of git where none of them is signed,
    /// and `more` of its own. More paths must not cover what is signed.
    pub fn ignores(&self, git: GitPaths, more: &Ignores) -> Result<Ignores, AttestError> {
        more.check_against(self.names())?;
        let is_git = |path: &str| GIT_PATHS.iter().any(|git| is_within(path, git));
        let own = self.ignores.join(more.paths().iter().map(String::as_str));
        Ok(match git {
            GitPaths::Check => own.without(is_git),
            GitPaths::Ignore => {
                let unsigned = |path: &&str| !self.names().any(|name| is_within(name, path));
                own.join(GIT_PATHS.into_iter().filter(unsigned))
            }
        })
    }
}

/// Whether `path` is `dir` or lies below it.
fn is_within(path: &str, dir: &str) -> bool {
    path.strip_prefix(dir).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The digest that the subject names, which must be the root digest of the list.
fn subject_of(subject: &SubjectJson, listed: &[(String, Digest)]) -> Result<Digest, AttestError> {
    let name = Algorithm::Sha256.name();
    if !subject.digest.contains_key(name) {
        let found: Vec<_> =
            subject.digest.keys().take(3).map(|key| AttestError::quote(key)).collect();
        return Err(AttestError::WeakAlgorithm { found: found.join(", ") });
    }
    let named = digest(subject.digest.get(name), "subject")?;
    let root = manifest::root(listed.iter().map(|(_, digest)| digest));
    if root != named {
        let found = named.to_string();
        return Err(AttestError::SubjectMismatch { expected: root, found });
    }
    Ok(named)
}

fn resource(json: ResourceJson) -> Result<(String, Digest), AttestError> {
    if json.algorithm != "sha256" {
        let found = AttestError::quote(&json.algorithm);
        return Err(invalid(format!("a resource has algorithm `{found}` beside `sha256`")));
    }
    let found = digest(Some(&json.digest), "resource")?;
    Ok((json.name, found))
}

/// 64 lower-case hex digits.
fn digest(hex: Option<&String>, what: &str) -> Result<Digest, AttestError> {
    let malformed = || invalid(format!("the digest of a {what} is not sha256 in lower-case hex"));
    let hex = hex.ok_or_else(malformed)?;
    format!("sha256:{hex}").parse().map_err(|_| malformed())
}

fn distinct(listed: &[(String, Digest)]) -> Result<(), AttestError> {
    let mut seen = HashSet::new();
    match listed.iter().find(|(name, _)| !seen.insert(name)) {
        Some((name, _)) => Err(invalid(format!("`{}` is listed twice", AttestError::quote(name)))),
        None => Ok(()),
    }
}

fn files(listed: Vec<(String, Digest)>) -> Result<BTreeMap<String, Digest>, AttestError> {
    distinct(&listed)?;
    Ok(listed.into_iter().collect())
}
