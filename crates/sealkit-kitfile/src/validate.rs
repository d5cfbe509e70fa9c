//! The rules of the Kitfile format beyond its shape. All that are broken are told at once.

use std::collections::{BTreeMap, BTreeSet};

use crate::path::{self, PathKind};
use crate::{Dataset, Kitfile, KitfileError, Model};

/// Longest `type` of a model part, in bytes.
const MAX_TYPE: usize = 64;
/// How the path of an MCP server ends, in exactly this case.
const MCPB: &str = ".mcpb";
/// The version of the format.
pub(crate) const FORMAT_VERSION: &str = "1.0.0";

/// One broken rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say it, the fields are what they quote")]
pub enum Violation {
    #[error("{} use the same path {path}", join_and(users))]
    SamePath { users: Vec<String>, path: String },
    #[error("absolute paths are not supported in a Kitfile (path {path} in {user})")]
    Absolute { user: String, path: String },
    #[error("invalid path for {kind} ({path}): only local paths are permitted")]
    NotLocal { kind: &'static str, path: String },
    #[error(
        "invalid path for model ({path}): only local paths and references to kits are permitted"
    )]
    ModelPath { path: String },
    #[error(
        "modelpart {name} has invalid type `{value}` (letters, digits, `.`, `-` and `_`, not starting with `.` or `-`)"
    )]
    PartType { name: String, value: String },
    #[error("modelpart {name} has a type that is too long (at most 64 characters)")]
    PartTypeLength { name: String },
    #[error("remotePath {path} needs a remoteHash: the ETag of the object")]
    RemoteHashMissing { path: String },
    #[error("remotePath {path} is neither an `s3://` address nor a reference to a kit")]
    RemotePath { path: String },
    #[error("dataset {path} has a remoteHash but no remotePath")]
    RemoteHashAlone { path: String },
    #[error("{user} uses a path ({path}) that is within the path for a remote dataset")]
    WithinRemote { user: String, path: String },
    #[error("invalid path for mcpServer ({path}): it must be a single `.mcpb` file")]
    McpPath { path: String },
    #[error("mcpServer with path {path} must have a name")]
    McpNameMissing { path: String },
    #[error("mcpServer name {name} is used more than once")]
    McpNameTwice { name: String },
}

/// Something that is allowed but probably not meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// `manifestVersion` is not the one that is known.
    #[error("manifestVersion `{found}` is not known, the Kitfile is read as 1.0.0")]
    ManifestVersion {
        /// What it is.
        found: String,
    },
    /// A dataset that refers to a kit needs no hash.
    #[error("remoteHash of dataset {path} is ignored, because remotePath refers to a kit")]
    RemoteHashIgnored {
        /// Path of the dataset.
        path: String,
    },
    /// The text goes on after the first YAML document.
    #[error("only the first YAML document of the Kitfile is read")]
    FurtherDocuments,
}

impl Kitfile {
    /// Checks every rule of the format.
    ///
    /// # Errors
    /// [`KitfileError::Invalid`] with every broken rule, sorted.
    pub fn validate(&self) -> Result<Vec<Warning>, KitfileError> {
        let mut checker = Checker::default();
        if self.manifest_version != FORMAT_VERSION {
            let found = self.manifest_version.clone();
            checker.warnings.push(Warning::ManifestVersion { found });
        }
        checker.elements(self);
        checker.paths();
        let mut violations = checker.violations;
        if violations.is_empty() {
            return Ok(checker.warnings);
        }
        violations.sort_by_cached_key(ToString::to_string);
        Err(KitfileError::Invalid { violations })
    }
}

#[derive(Default)]
struct Checker {
    violations: Vec<Violation>,
    warnings: Vec<Warning>,
    users: BTreeMap<String, Vec<String>>,
    remote_paths: Vec<String>,
}

impl Checker {
    fn elements(&mut self, kitfile: &Kitfile) {
        if let Some(model) = &kitfile.model {
            self.model(model);
        }
        for (at, code) in kitfile.code.iter().enumerate() {
            self.local("code", &code.path);
            self.uses(&code.path, format!("code layer {at}"));
        }
        for (at, dataset) in kitfile.datasets.iter().enumerate() {
            self.uses(&dataset.path, format!("dataset layer {at}"));
            self.dataset(dataset);
        }
        for (at, docs) in kitfile.docs.iter().enumerate() {
            self.local("doc", &docs.path);
            self.uses(&docs.path, format!("docs layer {at}"));
        }
        for prompt in &kitfile.prompts {
            self.local("prompt", &prompt.path);
        }
        self.mcp_servers(kitfile);
    }

    fn model(&mut self, model: &Model) {
        self.uses(&model.path, format!("model {}", model.name));
        if !matches!(path::kind(&model.path), PathKind::Local | PathKind::Reference) {
            self.violations.push(Violation::ModelPath { path: model.path.clone() });
        }
        for part in &model.parts {
            self.local("model part", &part.path);
            self.uses(&part.path, format!("modelpart {}", part.name));
            let name = || part.name.clone();
            if !part.kind.is_empty() && !is_part_type(&part.kind) {
                self.violations
                    .push(Violation::PartType { name: name(), value: part.kind.clone() });
            }
            if part.kind.len() > MAX_TYPE {
                self.violations.push(Violation::PartTypeLength { name: name() });
            }
        }
    }

    fn dataset(&mut self, dataset: &Dataset) {
        self.local("dataset", &dataset.path);
        let has_hash = !dataset.remote_hash.is_empty();
        let remote = || dataset.remote_path.clone();
        if dataset.remote_path.is_empty() {
            if has_hash {
                self.violations.push(Violation::RemoteHashAlone { path: dataset.path.clone() });
            }
            return;
        }
        match path::kind(&dataset.remote_path) {
            PathKind::S3 if has_hash => {}
            PathKind::S3 => self.violations.push(Violation::RemoteHashMissing { path: remote() }),
            PathKind::Reference => {
                if has_hash {
                    let path = dataset.path.clone();
                    self.warnings.push(Warning::RemoteHashIgnored { path });
                }
                self.remote_paths.push(path::clean(&dataset.path));
            }
            _ => self.violations.push(Violation::RemotePath { path: remote() }),
        }
    }

    fn mcp_servers(&mut self, kitfile: &Kitfile) {
        let mut names = BTreeSet::new();
        for (at, server) in kitfile.mcp_servers.iter().enumerate() {
            self.uses(&server.path, format!("mcpServer layer {at}"));
            let path = || server.path.clone();
            if self.local("mcpServer", &server.path) && !server.path.ends_with(MCPB) {
                self.violations.push(Violation::McpPath { path: path() });
            }
            if server.name.is_empty() {
                self.violations.push(Violation::McpNameMissing { path: path() });
            } else if !names.insert(&server.name) {
                self.violations.push(Violation::McpNameTwice { name: server.name.clone() });
            }
        }
    }

    fn local(&mut self, kind: &'static str, path: &str) -> bool {
        let is_local = path::kind(path) == PathKind::Local;
        if !is_local {
            self.violations.push(Violation::NotLocal { kind, path: path.to_owned() });
        }
        is_local
    }

    fn uses(&mut self, path: &str, user: String) {
        self.users.entry(path::clean(path)).or_default().push(user);
    }

    /// What can be said only when all paths are known.
    fn paths(&mut self) {
        for (path, users) in &self.users {
            let Some(first) = users.first() else { continue };
            let (user, path) = (|| first.clone(), || path.clone());
            if users.len() > 1 {
                self.violations.push(Violation::SamePath { users: users.clone(), path: path() });
            }
            if path().starts_with('/') {
                self.violations.push(Violation::Absolute { user: user(), path: path() });
            }
            for remote in &self.remote_paths {
                if *remote != path() && path::is_within(&path(), remote) {
                    self.violations.push(Violation::WithinRemote { user: user(), path: path() });
                }
            }
        }
    }
}

fn is_part_type(text: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.starts_with(is_word) && text.chars().all(|c| is_word(c) || c == '.' || c == '-')
}

fn join_and(users: &[String]) -> String {
    match users.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => users.concat(),
    }
}
