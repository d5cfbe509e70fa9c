//! Texts become questions.

use sealkit_aibom::purl::Purl;
use sealkit_aibom::{Hash, HashAlgorithm, is_version_range};

use super::{Named, Question, QuestionError};
use crate::hub_address::hub_address;

/// Algorithms whose digests can be asked for, as they stand before the colon.
const ALGORITHMS: [&str; 11] = [
    "sha256",
    "sha512",
    "sha384",
    "sha1",
    "md5",
    "sha3-256",
    "sha3-384",
    "sha3-512",
    "blake2b-256",
    "blake2b-384",
    "blake2b-512",
];
/// What digests of single tensors are made with.
const BLAKE3: &str = "blake3:";
/// What asks for a dataset.
pub(crate) const DATASET_WORDS: &[&str] = &["dataset", "datasets"];
/// What asks for a model: also what people and formats call one that others are made of.
pub(crate) const MODEL_WORDS: &[&str] = &["model", "models", "base", "base-model", "base_model"];
/// What asks for a package.
pub(crate) const PACKAGE_WORDS: &[&str] = &["package", "packages"];
/// Types of package URLs that people write before a name as if they were kinds.
const ECOSYSTEMS: &[&str] = &[
    "pypi",
    "npm",
    "cargo",
    "golang",
    "maven",
    "gem",
    "nuget",
    "conda",
    "huggingface",
    "deb",
    "rpm",
    "apk",
    "cran",
];
/// What cannot be asked for, and is no name of anything either.
const NO_KINDS: &[&str] = &[
    "cve",
    "ghsa",
    "osv",
    "vuln",
    "vulnerability",
    "author",
    "owner",
    "user",
    "file",
    "layer",
    "path",
    "format",
];
/// Schemes before the reference to a kit.
const SCHEMES: [&str; 6] = ["oci", "docker", "remote", "local", "https", "http"];

/// Reads a question of any form.
pub(super) fn question(text: &str) -> Result<Question, QuestionError> {
    let text = text.trim();
    if let Some(read) = digest(text).or_else(|| bare_digest(text)) {
        return read;
    }
    let (kind, rest) = text.split_once(':').unwrap_or_default();
    let (kind, rest) = (kind.trim().to_ascii_lowercase(), rest.trim());
    let whole = || Some(rest.to_owned()).filter(|rest| !rest.is_empty());
    let read = match kind.as_str() {
        "tensor" => return tensor(rest).map(Question::Tensor),
        "blake3" => return tensor(&format!("{BLAKE3}{rest}")).map(Question::Tensor),
        "pkg" => return purl(&format!("pkg:{rest}")),
        "purl" if starts_purl(rest) => return question(rest),
        "digest" | "hash" => return of_digest(rest),
        word if DATASET_WORDS.contains(&word) => return inner(rest, Question::Dataset, named),
        word if MODEL_WORDS.contains(&word) => return inner(rest, Question::Model, named),
        word if PACKAGE_WORDS.contains(&word) => return inner(rest, Question::Package, package),
        "kit" | "kits" => return inner(rest, Question::Kit, kit),
        "oci" | "docker" | "remote" | "local" if rest.starts_with("//") => {
            return kit(text).map(Question::Kit);
        }
        "signer" => whole().map(Question::Signer),
        "finding" => whole().map(Question::Finding),
        "licence" | "license" | "licence-id" | "license-id" | "spdx" => {
            whole().map(Question::Licence)
        }
        // Whatever somebody calls what has the digest.
        _ if digest(rest).is_some() => return question(rest),
        word if ECOSYSTEMS.contains(&word) && !rest.starts_with("//") => {
            return purl(&format!("pkg:{word}/{}", rest.replacen("==", "@", 1)));
        }
        word if NO_KINDS.contains(&word) => return Err(QuestionError::Kind(kind)),
        _ => return thing(text).map(Question::Thing),
    };
    read.ok_or(QuestionError::Empty)
}

/// What stands behind a kind, where that is no digest or package URL: those mean the same with a kind and without.
fn inner(
    rest: &str,
    question: fn(Named) -> Question,
    read: fn(&str) -> Result<Named, QuestionError>,
) -> Result<Question, QuestionError> {
    if let Some(digest) = digest(rest) {
        return digest;
    }
    if starts_purl(rest) {
        return purl(rest);
    }
    read(rest).map(question)
}

fn starts_purl(text: &str) -> bool {
    text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("pkg:"))
}

fn purl(text: &str) -> Result<Question, QuestionError> {
    let purl = Purl::parse(text).map_err(|_| QuestionError::Purl(text.to_owned()))?;
    let is_package =
        !matches!(purl.kind(), "huggingface" | "mlflow" | "oci" | "docker" | "generic");
    if is_package && purl.version().is_some_and(is_version_range) {
        return Err(QuestionError::Range(text.to_owned()));
    }
    Ok(Question::Purl(purl.to_string()))
}

/// `ALGORITHM:HEX` in any case; none where no algorithm stands before the colon.
fn digest(text: &str) -> Option<Result<Question, QuestionError>> {
    let (name, hex) = text.split_once(':')?;
    let plain = |name: &str| name.trim().replace(['-', '_'], "").to_ascii_lowercase();
    let name = ALGORITHMS.into_iter().find(|one| plain(one) == plain(name))?;
    let algorithm = HashAlgorithm::from_name(name)?;
    let hash = Hash::new(algorithm, hex.trim(), None);
    let malformed = || QuestionError::Digest {
        text: text.to_owned(),
        algorithm: algorithm.name(),
        digits: algorithm.hex_digits(),
    };
    Some(hash.ok_or_else(malformed).map(|hash| match hash.digest() {
        Some(digest) => Question::Digest(digest),
        None => Question::Hash(format!("{}:{}", algorithm.name(), hash.hex())),
    }))
}

/// A digest without its algorithm. 64 digits are SHA-256; other lengths are of several algorithms, or of one that
/// nobody would guess.
fn bare_digest(text: &str) -> Option<Result<Question, QuestionError>> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let algorithms = match text.len() {
        32 => "`md5:…`",
        40 => "`sha1:…`",
        64 => return digest(&format!("sha256:{text}")),
        96 => "`sha384:…`, `sha3-384:…` or `blake2b-384:…`",
        128 => "`sha512:…`, `sha3-512:…` or `blake2b-512:…`",
        _ => return None,
    };
    Some(Err(QuestionError::Algorithm { text: text.to_owned(), algorithms }))
}

/// What stands behind `digest:`.
fn of_digest(text: &str) -> Result<Question, QuestionError> {
    if text.get(..BLAKE3.len()).is_some_and(|start| start.eq_ignore_ascii_case(BLAKE3)) {
        return tensor(text).map(Question::Tensor);
    }
    let malformed = || QuestionError::Digest {
        text: text.to_owned(),
        algorithm: HashAlgorithm::Sha256.name(),
        digits: HashAlgorithm::Sha256.hex_digits(),
    };
    match text {
        "" => Err(QuestionError::Empty),
        _ => digest(text).or_else(|| bare_digest(text)).unwrap_or_else(|| Err(malformed())),
    }
}

/// `blake3:HEX` in lower case. Tensors are found by nothing else: names are the same everywhere.
fn tensor(text: &str) -> Result<String, QuestionError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(QuestionError::Empty);
    }
    let text = text.to_ascii_lowercase();
    let hash = Hash::parse(&text, None).filter(|hash| hash.algorithm() == HashAlgorithm::Blake3);
    let hash = hash.ok_or_else(|| QuestionError::Tensor(text.clone()))?;
    Ok(format!("{BLAKE3}{}", hash.hex()))
}

/// `NAME@VERSION` or an address at the Hugging Face hub; an `@` at the start belongs to the name, as in npm's scopes.
fn named(text: &str) -> Result<Named, QuestionError> {
    let text = text.trim();
    if let Some(address) = hub_address(text) {
        return Ok(Named { name: address.name, version: address.revision });
    }
    let (name, version) = match text.rsplit_once('@') {
        Some((name, version)) if !name.is_empty() => (name, Some(version)),
        _ => (text, None),
    };
    of(name, version)
}

fn of(name: &str, version: Option<&str>) -> Result<Named, QuestionError> {
    let version = version.map(str::trim).filter(|version| !version.is_empty()).map(str::to_owned);
    let name = name.trim();
    if name.is_empty() {
        return Err(QuestionError::Empty);
    }
    Ok(Named { name: name.to_owned(), version })
}

/// As [`named`], or as pip writes it: `NAME==VERSION`, extras left out.
fn package(text: &str) -> Result<Named, QuestionError> {
    let Named { name, version } = match pinned(text)? {
        Some(named) => named,
        // As people write it, and as conda does.
        None => match text.trim().split_once([' ', '\t', '=']) {
            Some((name, version)) => of(name, Some(version.trim_start_matches('=')))?,
            None => named(text)?,
        },
    };
    if version.as_deref().is_some_and(is_version_range) {
        return Err(QuestionError::Range(text.to_owned()));
    }
    // What is installed with a package is no part of its name.
    let bare =
        name.split_once('[').filter(|(bare, extras)| !bare.is_empty() && extras.ends_with(']'));
    let name = bare.map_or(name.clone(), |(bare, _)| bare.trim().to_owned());
    Ok(Named { name, version })
}

/// Anything of a name. What only packages are asked with is read as for those.
fn thing(text: &str) -> Result<Named, QuestionError> {
    if let Some(named) = pinned(text)? {
        return Ok(named);
    }
    // `torch 2.1.0`; names of two words are no versions.
    match text.split_once(char::is_whitespace) {
        Some((name, version)) if is_plain_version(version) => of(name, Some(version)),
        _ => named(text),
    }
}

/// Whether a word can be nothing but a version: digits, points and what may stand behind those.
fn is_plain_version(text: &str) -> bool {
    let text = text.trim();
    let digits = text.trim_start_matches(['v', 'V']);
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.contains('.')
        && digits.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-'))
}

/// `NAME==VERSION`; an error where a range is asked for, which no single version is.
fn pinned(text: &str) -> Result<Option<Named>, QuestionError> {
    let range = || QuestionError::Range(text.to_owned());
    let is_address = text.contains("://") || text.contains('/');
    if let Some((name, version)) = text.split_once("==").filter(|_| !is_address) {
        let version = version.trim_start_matches('=');
        return if is_version_range(version) {
            Err(range())
        } else {
            of(name, Some(version)).map(Some)
        };
    }
    let compares = [">", "<", "~=", "!=", "@^", "@~"];
    let is_range = compares.iter().any(|one| text.contains(one)) && !text.contains("://");
    if is_range { Err(range()) } else { Ok(None) }
}

/// `REPOSITORY[:TAG|@DIGEST]`; where both stand, the digest says more.
fn kit(text: &str) -> Result<Named, QuestionError> {
    let text = text.trim();
    let text = match text.split_once("://") {
        Some((scheme, rest)) if SCHEMES.iter().any(|one| scheme.eq_ignore_ascii_case(one)) => rest,
        _ => text,
    };
    let (name, at) = text.split_once('@').map_or((text, None), |(name, at)| (name, Some(at)));
    let start = name.rfind('/').map_or(0, |slash| slash + 1);
    let (name, tag) = match name.get(start..).and_then(|last| last.split_once(':')) {
        Some((last, tag)) => (name.get(..start + last.len()).unwrap_or(name), Some(tag)),
        None => (name, None),
    };
    let version = match at.filter(|at| !at.trim().is_empty()) {
        Some(at) => match digest(at) {
            Some(Ok(read)) => Some(read.to_string()),
            Some(Err(error)) => return Err(error),
            None => Some(at.to_owned()),
        },
        None => tag.map(str::to_owned),
    };
    of(name.trim_end_matches('/'), version.as_deref())
}

/// The kit that a name of anything could mean: `HOST/REPOSITORY:TAG`, `REPOSITORY@DIGEST`.
pub(crate) fn as_kit(named: &Named) -> Option<Named> {
    kit(&named.to_string()).ok()
}
