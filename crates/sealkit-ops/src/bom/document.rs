//! AIBOMs as documents: read from files, written in every format.

use std::fs::File;
use std::io::{Read as _, Write};
use std::path::Path;

use sealkit_aibom::{
    Bom, BomCodec, BomError, CODECS, CycloneDx, EncodeOptions, codec, codec_of, decode_any,
    encode_within, render,
};
use sealkit_attest::STATEMENT_LIMITS;
use sealkit_oci::Digest;

use crate::OpsError;

/// Largest document that is read, in bytes.
const MAX_DOCUMENT: u64 = 64 << 20;
/// Formats for people.
const PAGES: [&str; 3] = ["table", "markdown", "html"];

/// A format that an AIBOM can be shown in.
#[derive(Clone, Copy)]
pub enum BomFormat {
    /// A document format.
    Document(&'static dyn BomCodec),
    /// A table of components.
    Table,
    /// Markdown.
    Markdown,
    /// One self-contained page.
    Html,
}

impl std::fmt::Debug for BomFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Document(codec) => f.write_str(codec.id()),
            Self::Table => f.write_str("table"),
            Self::Markdown => f.write_str("markdown"),
            Self::Html => f.write_str("html"),
        }
    }
}

impl BomFormat {
    /// The format of this name: `cyclonedx-json`, `cyclonedx-json@1.7`, `spdx3-json`, `table`,
    /// `markdown`, `html`.
    pub fn named(name: &str) -> Result<Self, OpsError> {
        let page = match name {
            "table" => Some(Self::Table),
            "markdown" => Some(Self::Markdown),
            "html" => Some(Self::Html),
            _ => None,
        };
        page.or_else(|| codec(name, None).map(Self::Document)).ok_or_else(|| {
            OpsError::usage("unknown-format", format!("there is no format `{name}`"))
                .with_hint(format!("use one of: {}", Self::names().join(", ")))
        })
    }

    /// Names of all formats.
    pub fn names() -> Vec<&'static str> {
        CODECS.iter().map(|codec| codec.id()).chain(PAGES).collect()
    }

    /// Whether `document` is in this format already. A format without a version is every version
    /// of it.
    pub fn is_of(&self, document: &[u8]) -> bool {
        let Self::Document(wanted) = self else { return false };
        let family = |id: &'static str| id.split('@').next();
        codec_of(document).is_ok_and(|own| {
            own.id() == wanted.id()
                || (!wanted.id().contains('@') && family(own.id()) == family(wanted.id()))
        })
    }

    /// Writes the AIBOM in this format, as it is made, and ends the last line. A table is left to
    /// whoever draws tables.
    pub fn write(
        &self,
        bom: Bom,
        timestamp: Option<String>,
        out: &mut dyn Write,
    ) -> Result<(), BomError> {
        let page = match self {
            Self::Document(codec) => {
                return codec.write(bom, &encode_options(timestamp), out);
            }
            Self::Markdown => render::markdown(&bom),
            Self::Html => render::html(&bom),
            Self::Table => {
                let rows = render::table(&bom).into_iter().map(|row| row.join("\t"));
                rows.collect::<Vec<_>>().join("\n")
            }
        };
        let end = if page.ends_with('\n') { "" } else { "\n" };
        let written = out.write_all(page.as_bytes()).and_then(|()| out.write_all(end.as_bytes()));
        written.map_err(BomError::Output)
    }
}

/// How AIBOMs are written: the same for the same kit, whoever makes them.
pub(crate) fn encode_options(timestamp: Option<String>) -> EncodeOptions {
    let tool = ("sealkit".to_owned(), env!("CARGO_PKG_VERSION").to_owned());
    EncodeOptions { timestamp, tool: Some(tool) }
}

/// Bytes of a statement around the AIBOM in it.
const AROUND: u64 = 64 << 10;

/// The CycloneDX document of a kit as a signed statement can carry it, and what it says. Where it would be too
/// large it leaves files to the kit's file table, whose digest is `table`.
pub(crate) fn statement_document(
    bom: Bom,
    timestamp: Option<String>,
    table: Option<&Digest>,
) -> Result<(Vec<u8>, Bom), BomError> {
    let limit = STATEMENT_LIMITS.bytes as u64 - AROUND;
    encode_within(&CycloneDx::V1_6, bom, &encode_options(timestamp), limit, table)
}

/// What the person should know of an AIBOM that leaves files to the file table; none where it lists all.
pub(crate) fn files_left(bom: &Bom) -> Option<String> {
    let left = bom.files_left();
    (left > 0).then(|| {
        format!("the AIBOM would be too large with all files: {left} stand in the file table alone")
    })
}

/// A document as it lies in a file, and what it says.
#[derive(Clone, Debug)]
pub struct ReadDocument {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What it says.
    pub bom: Bom,
}

/// Reads a document of any format from a file.
pub fn read_document(path: &Path) -> Result<ReadDocument, OpsError> {
    let failed = |source| OpsError::io("read", path, source);
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(MAX_DOCUMENT + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_DOCUMENT {
        let message = format!("`{}` is larger than {MAX_DOCUMENT} bytes", path.display());
        return Err(OpsError::usage("file-too-large", message));
    }
    let bom = decode_any(&bytes).map_err(|source| OpsError::in_file(path, source))?;
    Ok(ReadDocument { bytes, bom })
}
