//! What can be asked about: a digest, a tensor, a package, a dataset, a model, a kit, a signer, a finding, a licence.

mod read;

use std::fmt;
use std::str::FromStr;

use sealkit_oci::Digest;
use sealkit_report::{Code, Hint};

pub(crate) use read::{DATASET_WORDS, MODEL_WORDS, PACKAGE_WORDS, as_kit};

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
    /// A thing whose digest by another algorithm is this one: `md5:HEX`.
    Hash(String),
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
    #[error("`{text}` is no digest: write `{algorithm}:` and {digits} hex digits")]
    Digest {
        /// What was written.
        text: String,
        /// The algorithm that it names.
        algorithm: &'static str,
        /// How many hex digits its digests have.
        digits: usize,
    },
    /// It looks like a digest, and its algorithm is not said.
    #[error(
        "`{text}` may be a digest: write {algorithms}, or `dataset:`, `model:` or `package:` before a name"
    )]
    Algorithm {
        /// What was written.
        text: String,
        /// Which algorithms have digests of this length.
        algorithms: &'static str,
    },
    /// It asks for many versions of a package at once.
    #[error("`{0}` asks for a range of versions: write one version, or none for every one")]
    Range(String),
    /// What stands before the colon is no kind of thing that can be asked for.
    #[error("`{0}` is no kind of thing that can be asked for")]
    Kind(String),
    /// It asks for a tensor and does not say its digest.
    #[error("`{0}` is no digest of a tensor: write `blake3:` and 64 hex digits")]
    Tensor(String),
}

impl Hint for QuestionError {
    fn code(&self) -> Code {
        "question-malformed"
    }

    fn hint(&self) -> Option<String> {
        let forms = "ask for `sha256:HEX`, `md5:HEX`, `tensor:blake3:HEX`, `pkg:TYPE/NAME@VERSION`, `dataset:NAME@VERSION`, \
                     `model:NAME`, `package:NAME@VERSION`, `kit:REPOSITORY:TAG`, `signer:NAME`, `finding:RULE` or a name";
        Some(forms.to_owned())
    }
}

impl FromStr for Question {
    type Err = QuestionError;

    /// Reads `sha256:HEX` and digests of other algorithms, `tensor:blake3:HEX` or `blake3:HEX`, `pkg:TYPE/NAME@VERSION`,
    /// `KIND:NAME[@VERSION]` with a kind of `dataset`, `model`, `package`, `kit`, `signer`, `finding`, `licence`;
    /// anything else is a name of any kind.
    fn from_str(text: &str) -> Result<Self, QuestionError> {
        read::question(text)
    }
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
            Self::Hash(digest) => f.write_str(digest),
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
        assert!(matches!("sha256:xyz".parse::<Question>(), Err(QuestionError::Digest { .. })));
        assert!(matches!("pkg:".parse::<Question>(), Err(QuestionError::Purl(_))));
    }

    #[track_caller]
    fn reads_as(text: &str, shown: &str) {
        let question: Question = text.parse().unwrap();
        assert_eq!(question.to_string(), shown, "{text}");
        assert_eq!(shown.parse::<Question>().as_ref(), Ok(&question), "{text} reads back");
    }

    #[test]
    fn digests_are_read_however_they_are_written() {
        let hex = "0123456789abcdef";
        let of = |count: usize| hex.repeat(8)[..count].to_owned();
        let sha256 = format!("sha256:{}", of(64));
        for text in [
            of(64),
            of(64).to_uppercase(),
            format!("SHA256:{}", of(64)),
            format!("sha-256: {}", of(64)),
            format!("digest:{sha256}"),
            format!("dataset:{sha256}"),
        ] {
            reads_as(&text, &sha256);
        }
        for (name, digits) in
            [("md5", 32), ("sha1", 40), ("sha384", 96), ("sha512", 128), ("sha3-256", 64)]
        {
            reads_as(
                &format!("{}:{}", name.to_uppercase(), of(digits)),
                &format!("{name}:{}", of(digits)),
            );
            let short = format!("{name}:{}", of(digits - 1)).parse::<Question>().unwrap_err();
            let right = format!("write `{name}:` and {digits} hex digits");
            assert!(short.to_string().contains(&right), "{short}");
        }
        for (digits, algorithm) in [(32, "md5:"), (40, "sha1:"), (96, "sha384:"), (128, "sha512:")]
        {
            let error = of(digits).parse::<Question>().unwrap_err().to_string();
            assert!(error.contains(algorithm), "{error}");
        }
    }

    #[test]
    fn what_is_copied_from_elsewhere_asks_the_same() {
        let digest = Digest::of(b"x");
        for (text, shown) in [
            ("https://huggingface.co/google/bert/tree/v1", "google/bert@v1"),
            ("https://huggingface.co/google/bert/tree/main", "google/bert"),
            ("https://hf.co/datasets/squad", "datasets/squad"),
            ("model:hf://google/bert@v1", "model:google/bert@v1"),
            ("Dataset: squad@1", "dataset:squad@1"),
            ("model:pkg:huggingface/google/bert", "pkg:huggingface/google/bert"),
            ("purl:PKG:pypi/Torch@2", "pkg:pypi/torch@2"),
            ("torch==2.1", "torch@2.1"),
            ("package:uvicorn[standard]==0.2", "package:uvicorn@0.2"),
            ("package:torch 2.1", "package:torch@2.1"),
            ("oci://hub:5000/team/model:v1", "kit:hub:5000/team/model:v1"),
            ("remote://hub.example.com/team/model", "kit:hub.example.com/team/model"),
            ("kit:https://hub.example.com/team/model/", "kit:hub.example.com/team/model"),
            ("kit:team/model@v1", "kit:team/model:v1"),
            (
                &format!("kit:team/model:v1@{}", digest.to_string().to_uppercase()),
                &format!("kit:team/model@{digest}"),
            ),
            ("hub:5000/team/model:v1", "hub:5000/team/model:v1"),
        ] {
            reads_as(text, shown);
        }
    }

    #[test]
    fn a_range_of_versions_is_no_version() {
        for text in [
            "torch>=2",
            "package:torch~=2.1",
            "package:torch@^2",
            "pkg:pypi/torch@2.*",
            "torch==2.*",
        ] {
            let read = text.parse::<Question>();
            assert!(matches!(read, Err(QuestionError::Range(_))), "{text}: {read:?}");
        }
        assert!(matches!("kit:a@sha256:00".parse::<Question>(), Err(QuestionError::Digest { .. })));
    }
}
