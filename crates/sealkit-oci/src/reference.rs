//! References to kits: `[registry/]repository[:tag[,tag…]][@digest]`, with `kit`'s rules for what
//! is a registry and OCI distribution-spec's rules for names and tags.

use std::fmt;
use std::str::FromStr;

use crate::{Digest, DigestError};

/// The registry of a reference that names none: the local store.
pub const DEFAULT_REGISTRY: &str = "localhost";
/// The tag of a reference that names neither tag nor digest, where a verb supplies one.
pub const DEFAULT_TAG: &str = "latest";
/// The repository of kits that were packed without a name, and of bare digests.
const UNNAMED_REPOSITORY: &str = "_";
/// Longest `registry/repository` that registries accept (distribution-spec, Pulling manifests).
const MAX_NAME: usize = 255;
/// Longest tag (distribution-spec, Pulling manifests).
const MAX_TAG: usize = 128;

/// What a reference points at inside its repository.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// A tag, which can move.
    Tag(String),
    /// A digest, which can not.
    Digest(Digest),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => f.write_str(tag),
            Self::Digest(digest) => digest.fmt(f),
        }
    }
}

/// A parsed reference, always well formed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reference {
    registry: String,
    repository: String,
    tags: Vec<String>,
    digest: Option<Digest>,
}

/// Why a text is not a reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// The reference or its repository is empty.
    #[error("reference `{0}` names no repository")]
    Empty(String),
    /// The registry is not `host` or `host:port`.
    #[error("registry `{registry}` in reference `{reference}` is not a host or host:port")]
    Registry {
        /// The whole reference.
        reference: String,
        /// The part that is wrong.
        registry: String,
    },
    /// The repository breaks the naming rule.
    #[error(
        "repository `{repository}` in reference `{reference}` is not valid: use lower-case letters, digits and single `.` `_` `-` between them, parts joined by `/`"
    )]
    Repository {
        /// The whole reference.
        reference: String,
        /// The part that is wrong.
        repository: String,
    },
    /// A tag breaks the naming rule.
    #[error(
        "tag `{tag}` in reference `{reference}` is not valid: use up to 128 letters, digits, `_`, `.` and `-`, not starting with `.` or `-`"
    )]
    Tag {
        /// The whole reference.
        reference: String,
        /// The part that is wrong.
        tag: String,
    },
    /// The digest is malformed.
    #[error("reference `{reference}`: {source}")]
    Digest {
        /// The whole reference.
        reference: String,
        /// What is wrong with the digest.
        source: DigestError,
    },
    /// Registry and repository are too long together.
    #[error("reference `{0}` is too long: registry and repository may have 255 characters")]
    TooLong(String),
}

impl Reference {
    /// A reference without tag or digest.
    pub fn new(registry: &str, repository: &str) -> Result<Self, ReferenceError> {
        if registry == DEFAULT_REGISTRY {
            return repository.parse();
        }
        let reference = format!("{registry}/{repository}");
        let parsed: Self = reference.parse()?;
        if parsed.registry != registry {
            return Err(ReferenceError::Registry { reference, registry: registry.to_owned() });
        }
        Ok(parsed)
    }

    /// Whether `repository` is a well-formed name in `registry` with nothing behind it.
    pub fn is_repository(registry: &str, repository: &str) -> bool {
        check("", registry, repository, &[]).is_ok()
    }

    /// Whether `tag` is a well-formed tag.
    pub fn is_tag(tag: &str) -> bool {
        is_tag(tag)
    }

    /// A kit in the local store that has no name, only a digest.
    pub fn unnamed(digest: Digest) -> Self {
        Self {
            registry: DEFAULT_REGISTRY.to_owned(),
            repository: UNNAMED_REPOSITORY.to_owned(),
            tags: Vec::new(),
            digest: Some(digest),
        }
    }

    /// The registry, `localhost` where none was given.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// Whether the reference names a registry, so that it can be pushed to or pulled from.
    pub fn is_remote(&self) -> bool {
        self.registry != DEFAULT_REGISTRY
    }

    /// Whether this is a bare digest or a kit that was packed without a name.
    pub fn is_unnamed(&self) -> bool {
        !self.is_remote() && self.repository == UNNAMED_REPOSITORY
    }

    /// The repository.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The first tag.
    pub fn tag(&self) -> Option<&str> {
        self.tags.first().map(String::as_str)
    }

    /// The tags after the first (`repo:tag1,tag2`).
    pub fn extra_tags(&self) -> &[String] {
        self.tags.get(1..).unwrap_or_default()
    }

    /// The digest.
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// What to resolve: the digest if there is one, else the first tag.
    pub fn target(&self) -> Option<Target> {
        match (&self.digest, self.tags.first()) {
            (Some(digest), _) => Some(Target::Digest(digest.clone())),
            (None, Some(tag)) => Some(Target::Tag(tag.clone())),
            (None, None) => None,
        }
    }

    /// The same reference with the tag `latest` where it has neither tag nor digest.
    #[must_use]
    pub fn or_latest(mut self) -> Self {
        if self.tags.is_empty() && self.digest.is_none() {
            self.tags.push(DEFAULT_TAG.to_owned());
        }
        self
    }

    /// The same repository, at `tag` alone.
    pub fn with_tag(&self, tag: &str) -> Result<Self, ReferenceError> {
        if !is_tag(tag) {
            let reference = self.to_string();
            return Err(ReferenceError::Tag { reference, tag: tag.to_owned() });
        }
        Ok(Self { tags: vec![tag.to_owned()], digest: None, ..self.clone() })
    }

    /// The same repository, at `digest` alone.
    #[must_use]
    pub fn with_digest(&self, digest: Digest) -> Self {
        Self { tags: Vec::new(), digest: Some(digest), ..self.clone() }
    }

    /// `registry/repository`, the local registry included: a key, not for display.
    pub fn name(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        if let Ok(digest) = text.parse::<Digest>() {
            return Ok(Self::unnamed(digest));
        }
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => {
                let parsed = digest.parse();
                let reference = || text.to_owned();
                let parsed = parsed
                    .map_err(|source| ReferenceError::Digest { reference: reference(), source })?;
                (rest, Some(parsed))
            }
            None => (text, None),
        };
        let (registry, path) = match rest.split_once('/') {
            Some((first, path)) if first.contains(['.', ':']) => (first, path),
            _ => (DEFAULT_REGISTRY, rest),
        };
        let (repository, tags) = match path.split_once(':') {
            Some((repository, tags)) => (repository, tags.split(',').collect()),
            None => (path, Vec::new()),
        };
        check(text, registry, repository, &tags)?;
        Ok(Self {
            registry: registry.to_owned(),
            repository: repository.to_owned(),
            tags: tags.into_iter().map(str::to_owned).collect(),
            digest,
        })
    }
}

fn check(
    text: &str,
    registry: &str,
    repository: &str,
    tags: &[&str],
) -> Result<(), ReferenceError> {
    let reference = || text.to_owned();
    if repository.is_empty() {
        return Err(ReferenceError::Empty(reference()));
    }
    if !is_registry(registry) {
        return Err(ReferenceError::Registry {
            reference: reference(),
            registry: registry.to_owned(),
        });
    }
    if registry.len() + 1 + repository.len() > MAX_NAME {
        return Err(ReferenceError::TooLong(reference()));
    }
    let unnamed = registry == DEFAULT_REGISTRY && repository == UNNAMED_REPOSITORY;
    if !unnamed && !repository.split('/').all(is_name_part) {
        return Err(ReferenceError::Repository {
            reference: reference(),
            repository: repository.to_owned(),
        });
    }
    match tags.iter().find(|tag| !is_tag(tag)) {
        Some(tag) => Err(ReferenceError::Tag { reference: reference(), tag: (*tag).to_owned() }),
        None => Ok(()),
    }
}

fn is_registry(text: &str) -> bool {
    let is_port = |port: &str| {
        !port.is_empty() && port.len() <= 5 && port.bytes().all(|c| c.is_ascii_digit())
    };
    let (host, port_fits) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((v6, "")) => return v6.parse::<std::net::Ipv6Addr>().is_ok(),
        Some((v6, port)) => {
            let fits = port.strip_prefix(':').is_some_and(is_port);
            return fits && v6.parse::<std::net::Ipv6Addr>().is_ok();
        }
        None => match text.split_once(':') {
            Some((host, port)) => (host, is_port(port)),
            None => (text, true),
        },
    };
    let is_label = |label: &str| {
        let inner = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
        !label.is_empty()
            && label.bytes().all(inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    port_fits && host.split('.').all(is_label)
}

/// One part of a repository: `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`.
fn is_name_part(part: &str) -> bool {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if !part.starts_with(is_word) || !part.ends_with(is_word) {
        return false;
    }
    part.split(is_word).all(|separator| {
        matches!(separator, "" | "." | "_" | "__") || separator.bytes().all(|c| c == b'-')
    })
}

fn is_tag(tag: &str) -> bool {
    let is_word = |c: u8| c.is_ascii_alphanumeric() || c == b'_';
    let mut bytes = tag.bytes();
    tag.len() <= MAX_TAG
        && bytes.next().is_some_and(is_word)
        && bytes.all(|c| is_word(c) || c == b'.' || c == b'-')
}

impl fmt::Display for Reference {
    /// As people write it: the local registry is left out, and so is the name of an unnamed kit.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (true, Some(digest)) = (self.is_unnamed(), &self.digest) {
            return digest.fmt(f);
        }
        if self.is_remote() {
            write!(f, "{}/", self.registry)?;
        }
        f.write_str(&self.repository)?;
        if let Some(tag) = self.tags.first() {
            write!(f, ":{tag}")?;
        }
        for tag in self.extra_tags() {
            write!(f, ",{tag}")?;
        }
        match &self.digest {
            Some(digest) => write!(f, "@{digest}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
#[path = "reference_tests.rs"]
mod tests;
