//! What can be asked about: a digest, a tensor, a package, a dataset, a model, a kit, a signer, a finding, a licence.

use std::fmt;
use std::str::FromStr;

use sealkit_aibom::purl::Purl;
use sealkit_oci::Digest;
use sealkit_report::{Code, Hint};

/// What a thing of the question's kinds is asked by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its name as it was typed.
    pub name: String,
    /// The version that is meant; none means every one.
    pub version: Option<String>,
}

/// Something that kits may contain or come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// A file, layer, dataset, model or kit of these bytes.
    Digest(Digest),
    /// A tensor of these bytes: `blake3:HEX`, as the catalogue keeps it.
    Tensor(String),
    /// A package URL; without a version every one is meant.
    Purl(String),
    /// A dataset inside or outside of kits.
    Dataset(Named),
    /// A model inside or outside of kits.
    Model(Named),
    /// A software package of any ecosystem.
    Package(Named),
    /// Anything of this name.
    Thing(Named),
    /// A kit of this place: its repository, and tag or digest where only one version is meant.
    Kit(Named),
    /// Who signed it, or claims to have.
    Signer(String),
    /// The rule of a finding.
    Finding(String),
    /// A licence as it is written.
    Licence(String),
}

/// A text that asks nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuestionError {
    /// It is empty, or nothing stands behind its kind.
    #[error("nothing is asked about")]
    Empty,
    /// It starts like a package URL and is none.
    #[error("`{0}` is no package URL")]
    Purl(String),
    /// It looks like a digest and is none.
    #[error("`{0}` is no digest: write `sha256:` and 64 hex digits")]
    Digest(String),
    /// It asks for a tensor and does not say its digest.
    #[error("`{0}` is no digest of a tensor: write `blake3:` and 64 hex digits")]
    Tensor(String),
}

impl Hint for QuestionError {
    fn code(&self) -> Code {
        "question-malformed"
    }

    fn hint(&self) -> Option<String> {
        let forms = "ask for `sha256:HEX`, `tensor:blake3:HEX`, `pkg:TYPE/NAME@VERSION`, `dataset:NAME@VERSION`, \
                     `model:NAME`, `package:NAME@VERSION`, `kit:REPOSITORY:TAG`, `signer:NAME`, `finding:RULE` or a name";
        Some(forms.to_owned())
    }
}

impl FromStr for Question {
    type Err = QuestionError;

    /// Reads `sha256:HEX`, `tensor:blake3:HEX` or `blake3:HEX`, `pkg:TYPE/NAME@VERSION`, `KIND:NAME[@VERSION]` with a kind of `dataset`, `model`,
    /// `package`, `kit`, `signer`, `finding`, `licence`; anything else is a name of any kind.
    fn from_str(text: &str) -> Result<Self, QuestionError> {
        let text = text.trim();
        if text.starts_with("sha256:") || text.starts_with("sha512:") {
            let digest = text.to_ascii_lowercase().parse();
            return digest.map(Self::Digest).map_err(|_| QuestionError::Digest(text.to_owned()));
        }
        if let Some(tensor) = text.strip_prefix("tensor:") {
            return tensor_digest(tensor.trim()).map(Self::Tensor);
        }
        if text.starts_with(BLAKE3) {
            return tensor_digest(text).map(Self::Tensor);
        }
        if text.starts_with("pkg:") {
            let purl = Purl::parse(text).map_err(|_| QuestionError::Purl(text.to_owned()))?;
            return Ok(Self::Purl(purl.to_string()));
        }
        let (kind, rest) = text.split_once(':').unwrap_or_default();
        let whole = || Some(rest.trim().to_owned()).filter(|rest| !rest.is_empty());
        match kind {
            "dataset" | "datasets" => named(rest).map(Self::Dataset),
            // What people and formats call a model that others are made of.
            "model" | "models" | "base" | "base-model" | "base_model" => {
                named(rest).map(Self::Model)
            }
            "package" | "packages" => named(rest).map(Self::Package),
            "kit" => kit(rest).map(Self::Kit),
            "signer" => whole().map(Self::Signer),
            "finding" => whole().map(Self::Finding),
            "licence" | "license" => whole().map(Self::Licence),
            _ => named(text).map(Self::Thing),
        }
        .ok_or(QuestionError::Empty)
    }
}

/// What digests of single tensors are made with.
const BLAKE3: &str = "blake3:";

/// `blake3:HEX` in lower case. Tensors are found by nothing else: names are the same everywhere.
fn tensor_digest(text: &str) -> Result<String, QuestionError> {
    if text.is_empty() {
        return Err(QuestionError::Empty);
    }
    let hex = text.strip_prefix(BLAKE3).map(str::to_ascii_lowercase);
    let whole = |hex: &String| hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    let hex = hex.filter(whole).ok_or_else(|| QuestionError::Tensor(text.to_owned()))?;
    Ok(format!("{BLAKE3}{hex}"))
}

/// `NAME@VERSION`; an `@` at the start belongs to the name, as in npm's scopes.
fn named(text: &str) -> Option<Named> {
    let text = text.trim();
    let (name, version) = match text.rsplit_once('@') {
        Some((name, version)) if !name.is_empty() => (name, Some(version)),
        _ => (text, None),
    };
    let version = version.filter(|version| !version.is_empty()).map(str::to_owned);
    (!name.is_empty()).then(|| Named { name: name.to_owned(), version })
}

/// `REPOSITORY[:TAG|@DIGEST]`.
fn kit(text: &str) -> Option<Named> {
    let text = text.trim();
    let start = text.rfind('/').map_or(0, |slash| slash + 1);
    let (name, version) = match text.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => match text[start..].split_once(':') {
            Some((last, tag)) => (&text[..start + last.len()], Some(tag)),
            None => (text, None),
        },
    };
    let version = version.filter(|version| !version.is_empty()).map(str::to_owned);
    (!name.is_empty()).then(|| Named { name: name.to_owned(), version })
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        self.version.as_ref().map_or(Ok(()), |version| write!(f, "@{version}"))
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Digest(digest) => digest.fmt(f),
            Self::Tensor(digest) => write!(f, "tensor:{digest}"),
            Self::Purl(purl) => f.write_str(purl),
            Self::Dataset(named) => write!(f, "dataset:{named}"),
            Self::Model(named) => write!(f, "model:{named}"),
            Self::Package(named) => write!(f, "package:{named}"),
            Self::Thing(named) => named.fmt(f),
            Self::Kit(Named { name, version: None }) => write!(f, "kit:{name}"),
            Self::Kit(Named { name, version: Some(version) }) => {
                let between = if version.contains(':') { '@' } else { ':' };
                write!(f, "kit:{name}{between}{version}")
            }
            Self::Signer(name) => write!(f, "signer:{name}"),
            Self::Finding(rule) => write!(f, "finding:{rule}"),
            Self::Licence(licence) => write!(f, "licence:{licence}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_reads_back_as_it_is_shown() {
        let digest = Digest::of(b"x").to_string();
        for text in [
            digest.as_str(),
            "pkg:pypi/torch@2.1.0",
            "dataset:squad@1.1",
            "dataset:squad",
            "model:google/bert",
            "package:@scope/name@1.0",
            "kit:hub:5000/team/model:v1",
            "kit:team/model",
            &format!("kit:team/model@{digest}"),
            "signer:alice@example.com",
            "finding:pickle-import",
            "licence:MIT",
            "torch@2.1",
        ] {
            let question: Question = text.parse().unwrap();
            assert_eq!(question.to_string(), text);
        }
        let scoped: Question = "package:@scope/name".parse().unwrap();
        let named = Named { name: "@scope/name".to_owned(), version: None };
        assert_eq!(scoped, Question::Package(named));
        assert_eq!("license:MIT".parse(), Ok(Question::Licence("MIT".to_owned())));
    }

    #[test]
    fn a_word_that_people_use_for_a_kind_is_that_kind() {
        // As a mere name, `base:org/base` would be found nowhere and say that no kit is concerned.
        for (text, kind) in [
            ("base:org/base", "model:org/base"),
            ("base-model:org/base", "model:org/base"),
            ("models:org/base", "model:org/base"),
            ("datasets:squad@1", "dataset:squad@1"),
            ("packages:torch", "package:torch"),
        ] {
            assert_eq!(text.parse::<Question>().unwrap().to_string(), kind);
        }
        assert_eq!("llama:7b".parse::<Question>().unwrap().to_string(), "llama:7b");
    }

    #[test]
    fn a_tensor_is_asked_for_by_its_digest() {
        let hex = "0123456789abcdef".repeat(4);
        for text in [
            format!("tensor:blake3:{hex}"),
            format!("blake3:{hex}"),
            format!(" tensor: blake3:{} ", hex.to_uppercase()),
        ] {
            let question: Question = text.parse().unwrap();
            assert_eq!(question, Question::Tensor(format!("blake3:{hex}")), "{text}");
            assert_eq!(question.to_string(), format!("tensor:blake3:{hex}"));
        }
        for text in ["blake3:", "blake3:00", "tensor:lm_head.weight", "tensor:sha256:00"] {
            let read = text.parse::<Question>();
            assert!(matches!(read, Err(QuestionError::Tensor(_))), "{text}: {read:?}");
        }
        let long = format!("blake3:{hex}0");
        assert!(matches!(long.parse::<Question>(), Err(QuestionError::Tensor(_))));
    }

    #[test]
    fn what_asks_nothing_is_an_error() {
        for text in ["", "  ", "dataset:", "kit: ", "signer:", "tensor:"] {
            assert_eq!(text.parse::<Question>(), Err(QuestionError::Empty), "{text:?}");
        }
        assert!(matches!("sha256:xyz".parse::<Question>(), Err(QuestionError::Digest(_))));
        assert!(matches!("pkg:".parse::<Question>(), Err(QuestionError::Purl(_))));
    }
}
