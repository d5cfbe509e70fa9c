//! Package URLs (purl-spec, ECMA-427): build, parse, normalise.
//!
//! | what | form |
//! |---|---|
//! | kit | `pkg:oci/NAME@sha256:HEX?repository_url=HOST/PATH` |
//! | model at the Hugging Face hub | `pkg:huggingface/OWNER/NAME@COMMIT`; only a commit is a version |
//! | dataset there | `pkg:huggingface/datasets/OWNER/NAME@COMMIT`: the path that the hub has for it |
//! | file that has no other name | `pkg:generic/NAME?checksum=sha256:HEX` |
//! | model of an MLflow registry | `pkg:mlflow/NAME@VERSION?model_uuid=…&run_id=…` |
//! | package | the type of its ecosystem |
//!
//! purl-spec has no form for datasets yet; what stands above is ours, and the identifier as it was
//! written is kept beside it as `hub-id`.

use std::collections::BTreeMap;
use std::fmt;

use sealkit_inspect::PackageInfo;
use sealkit_oci::Digest;

/// Longest package URL that is parsed, in bytes.
const MAX_BYTES: usize = 8192;

/// A text is not a package URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PurlError {
    /// It is too long.
    #[error("package URL is longer than {MAX_BYTES} bytes")]
    TooLong,
    /// It does not start with `pkg:`.
    #[error("package URL does not start with `pkg:`")]
    Scheme,
    /// It has no type, or a malformed one.
    #[error("package URL has no valid type")]
    Type,
    /// It has no name.
    #[error("package URL has no name")]
    Name,
    /// What its type demands is missing, or what it forbids is there.
    #[error("package URL is not valid for its type")]
    Form,
    /// A qualifier is malformed or stands twice.
    #[error("package URL has a malformed qualifier")]
    Qualifier,
    /// A percent-encoding is malformed.
    #[error("package URL has a malformed percent-encoding")]
    Encoding,
}

/// A package URL in its canonical form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Purl {
    kind: String,
    namespace: Option<String>,
    name: String,
    version: Option<String>,
    qualifiers: BTreeMap<String, String>,
    subpath: Option<String>,
}

impl Purl {
    /// A package URL of its parts, normalised as its type demands. Empty parts count as none.
    pub fn new(
        kind: &str,
        namespace: Option<&str>,
        name: &str,
        version: Option<&str>,
    ) -> Result<Self, PurlError> {
        let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let segments = namespace.map(|n| segments(n).collect::<Vec<_>>().join("/"));
        Self {
            kind: kind.to_ascii_lowercase(),
            namespace: segments.as_deref().and_then(filled),
            name: name.trim_matches('/').to_owned(),
            version: version.and_then(filled),
            qualifiers: BTreeMap::new(),
            subpath: None,
        }
        .normal()
    }

    /// The same with a qualifier; an empty value counts as none.
    pub fn with(mut self, key: &str, value: &str) -> Result<Self, PurlError> {
        let key = key.to_ascii_lowercase();
        if !is_key(&key) {
            return Err(PurlError::Qualifier);
        }
        if !value.is_empty() {
            self.qualifiers.insert(key, value.to_owned());
        }
        self.normal()
    }

    /// The same with a path inside the package.
    #[must_use]
    pub fn inside(mut self, path: &str) -> Self {
        let plain = segments(path).filter(|segment| !matches!(*segment, "." | ".."));
        let path = plain.collect::<Vec<_>>().join("/");
        self.subpath = Some(path).filter(|path| !path.is_empty());
        self
    }

    /// Type: `oci`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Name space, segments divided by `/`.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// Name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Version.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Qualifiers.
    pub fn qualifiers(&self) -> &BTreeMap<String, String> {
        &self.qualifiers
    }

    /// Path inside the package.
    pub fn subpath(&self) -> Option<&str> {
        self.subpath.as_deref()
    }

    /// Parses a package URL and normalises it.
    pub fn parse(text: &str) -> Result<Self, PurlError> {
        if text.len() > MAX_BYTES {
            return Err(PurlError::TooLong);
        }
        let (scheme, rest) = text.split_once(':').ok_or(PurlError::Scheme)?;
        if !scheme.eq_ignore_ascii_case("pkg") {
            return Err(PurlError::Scheme);
        }
        let (rest, subpath) = cut(rest, '#');
        let (rest, qualifiers) = cut(rest, '?');
        let rest = rest.trim_matches('/');
        let (kind, rest) = rest.split_once('/').ok_or(PurlError::Name)?;
        // An `@` before a further `/` belongs to a scope that was not encoded.
        let at = rest.rfind('@').filter(|at| {
            let (before, after) = rest.split_at(*at);
            !(before.is_empty() || before.ends_with('/')) || !after.contains('/')
        });
        let (path, version) = match at {
            Some(at) => (rest.get(..at).unwrap_or_default(), rest.get(at + 1..)),
            None => (rest, None),
        };
        let path = path.trim_matches('/');
        let (namespace, name) = path.rsplit_once('/').map_or((None, path), |(n, p)| (Some(n), p));
        let segments = |text: &str| {
            let all: Result<Vec<String>, PurlError> = segments(text).map(decode).collect();
            // A slash inside a segment would be a border when it is written again.
            let all = all?;
            let whole = all.iter().all(|segment| !segment.contains('/'));
            whole.then(|| all.join("/")).ok_or(PurlError::Encoding)
        };
        let namespace = namespace.map(segments).transpose()?;
        let version = version.map(decode).transpose()?;
        let mut purl = Self::new(kind, namespace.as_deref(), &decode(name)?, version.as_deref())?;
        for pair in qualifiers.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').ok_or(PurlError::Qualifier)?;
            if purl.qualifiers.contains_key(&key.to_ascii_lowercase()) {
                return Err(PurlError::Qualifier);
            }
            purl = purl.with(key, &decode(value)?)?;
        }
        Ok(match subpath {
            Some(path) => purl.inside(&segments(path)?),
            None => purl,
        })
    }

    /// The rules of the type. Of types that are not listed here only the general rules hold.
    fn normal(mut self) -> Result<Self, PurlError> {
        let letter = self.kind.starts_with(|c: char| c.is_ascii_lowercase());
        let fits = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || b".-".contains(&c);
        if !letter || !self.kind.bytes().all(fits) {
            return Err(PurlError::Type);
        }
        if self.name.is_empty() {
            return Err(PurlError::Name);
        }
        let lower = |text: &mut Option<String>| {
            if let Some(text) = text {
                *text = text.to_lowercase();
            }
        };
        match self.kind.as_str() {
            "pypi" => self.name = self.name.to_lowercase().replace('_', "-"),
            "oci" => self.name = self.name.to_lowercase(),
            "github" | "golang" | "npm" => {
                self.name = self.name.to_lowercase();
                lower(&mut self.namespace);
            }
            "huggingface" => lower(&mut self.version),
            "mlflow" => {
                let registry = self.qualifiers.get("repository_url");
                if registry.is_some_and(|url| url.contains("azuredatabricks.net")) {
                    self.name = self.name.to_lowercase();
                }
            }
            _ => {}
        }
        let flat = matches!(self.kind.as_str(), "oci" | "pypi" | "cargo" | "conda" | "mlflow");
        let owned = matches!(self.kind.as_str(), "huggingface" | "github");
        if (flat && self.namespace.is_some()) || (owned && self.namespace.is_none()) {
            return Err(PurlError::Form);
        }
        Ok(self)
    }
}

impl fmt::Display for Purl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = |text: &str| text.split('/').map(encode).collect::<Vec<_>>().join("/");
        write!(f, "pkg:{}/", self.kind)?;
        if let Some(namespace) = &self.namespace {
            write!(f, "{}/", path(namespace))?;
        }
        f.write_str(&encode(&self.name))?;
        if let Some(version) = &self.version {
            write!(f, "@{}", encode(version))?;
        }
        for (number, (key, value)) in self.qualifiers.iter().enumerate() {
            write!(f, "{}{key}={}", if number == 0 { '?' } else { '&' }, encode(value))?;
        }
        match &self.subpath {
            Some(subpath) => write!(f, "#{}", path(subpath)),
            None => Ok(()),
        }
    }
}

fn cut(text: &str, border: char) -> (&str, Option<&str>) {
    text.rsplit_once(border).map_or((text, None), |(before, after)| (before, Some(after)))
}

fn segments(text: &str) -> impl Iterator<Item = &str> {
    text.split('/').filter(|segment| !segment.is_empty())
}

fn is_key(key: &str) -> bool {
    let fits = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || b".-_".contains(&c);
    key.starts_with(|c: char| c.is_ascii_lowercase()) && key.bytes().all(fits)
}

/// Percent-encodes what purl-spec does not allow as it is.
fn encode(text: &str) -> String {
    use fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Takes percent-encoding away.
pub(crate) fn decode(text: &str) -> Result<String, PurlError> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        let (Some(high), Some(low)) = (digit(), digit()) else { return Err(PurlError::Encoding) };
        out.push(u8::try_from(high * 16 + low).map_err(|_| PurlError::Encoding)?);
    }
    String::from_utf8(out).map_err(|_| PurlError::Encoding)
}

/// Package URL of a kit that has this name and this manifest, with the address of its repository where the name
/// begins with a registry; none where the name has no last segment.
pub fn oci(repository: &str, digest: &Digest) -> Option<String> {
    let name = repository.rsplit('/').next()?;
    let purl = Purl::new("oci", None, name, Some(&digest.to_string())).ok()?;
    let host = repository.split_once('/').map_or("", |(host, _)| host);
    let address = if host.contains(['.', ':']) { repository } else { "" };
    Some(purl.with("repository_url", address).ok()?.to_string())
}

/// Package URL of a model at the Hugging Face hub. None for anything that is not `owner/name`. A
/// revision that is no commit is left out: it names another thing tomorrow.
pub fn hugging_face(id: &str, revision: Option<&str>) -> Option<String> {
    let (owner, name) = id.split_once('/')?;
    at_the_hub(owner, &[owner, name], name, revision)
}

/// Package URL of a dataset at the Hugging Face hub, with an owner or, as old ones, without.
pub fn hugging_face_dataset(id: &str, revision: Option<&str>) -> Option<String> {
    match id.split_once('/') {
        Some((owner, name)) => {
            at_the_hub(&format!("datasets/{owner}"), &[owner, name], name, revision)
        }
        None => at_the_hub("datasets", &[id], id, revision),
    }
}

fn at_the_hub(
    namespace: &str,
    parts: &[&str],
    name: &str,
    revision: Option<&str>,
) -> Option<String> {
    let is_plain = |text: &&str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        !text.is_empty() && !text.starts_with('.') && text.chars().all(fits)
    };
    if !parts.iter().all(is_plain) {
        return None;
    }
    let is_commit = |text: &&str| text.len() == 40 && text.bytes().all(|c| c.is_ascii_hexdigit());
    let version = revision.filter(is_commit);
    Some(Purl::new("huggingface", Some(namespace), name, version).ok()?.to_string())
}

/// Package URL of a repository at GitHub; a branch, tag or commit is its version.
pub fn github(id: &str, revision: Option<&str>) -> Option<String> {
    let (owner, name) = id.trim_end_matches('/').split_once('/')?;
    let name = name.strip_suffix(".git").unwrap_or(name);
    let is_plain = !name.contains('/') && !owner.is_empty();
    let purl = Purl::new("github", Some(owner), name, revision).ok().filter(|_| is_plain)?;
    Some(purl.to_string())
}

/// Package URL of a file that is known by its digest alone.
pub fn generic(name: &str, version: Option<&str>, digest: Option<&Digest>) -> Option<String> {
    let purl = Purl::new("generic", None, name, version).ok()?;
    let purl = match digest {
        Some(digest) => purl.with("checksum", &digest.to_string()).ok()?,
        None => purl,
    };
    Some(purl.to_string())
}

/// Package URL of a package as a lock file or a manifest names it; none where its ecosystem has no
/// type or its name is not one. Of the source of one that is not from the usual registry only a commit of git
/// goes into it (`vcs_url`), and of an image its registry (`repository_url`): the rest may be a path.
pub fn package(package: &PackageInfo) -> Option<String> {
    let (kind, name) = (package.ecosystem.as_str(), package.name.as_str());
    let version = package.version.as_deref();
    // `docker.io` is the registry that is meant where none is named.
    let is_host = |host: &str| host.contains(['.', ':']) || host == "localhost";
    let host = name.split_once('/').filter(|(host, _)| kind == "docker" && is_host(host));
    let (host, name) = host.unwrap_or(("", name));
    let purl = match kind {
        "npm" | "golang" | "docker" | "github" | "generic" => {
            let (namespace, name) =
                name.rsplit_once('/').map_or((None, name), |(n, name)| (Some(n), name));
            Purl::new(kind, namespace, name, version)
        }
        _ => Purl::new(kind, None, name, version),
    };
    let registry = if host == "docker.io" { "" } else { host };
    let from_git = package.source.as_deref().filter(|source| source.starts_with("git+"));
    let purl = purl.and_then(|purl| purl.with("repository_url", registry));
    let purl = purl.and_then(|purl| purl.with("vcs_url", from_git.unwrap_or_default()));
    Some(purl.ok()?.to_string())
}

/// Package URL of a model of an MLflow registry.
pub fn mlflow(
    name: &str,
    version: Option<&str>,
    model_uuid: Option<&str>,
    run_id: Option<&str>,
) -> Option<String> {
    let purl = Purl::new("mlflow", None, name, version).ok()?;
    let purl = purl.with("model_uuid", model_uuid.unwrap_or_default()).ok()?;
    Some(purl.with("run_id", run_id.unwrap_or_default()).ok()?.to_string())
}
