//! The trait that every document format implements.

use std::io::{self, Write as _};

use sealkit_inspect::{PackageInfo, Value};

use crate::{Bom, BomError, CycloneDx, Property, Spdx3, name};

/// What a document says beside the AIBOM itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EncodeOptions {
    /// Time of making, RFC 3339 in UTC; left out where none is given and the format allows it, so
    /// that equal kits have equal documents.
    pub timestamp: Option<String>,
    /// Name and version of the software that makes the document.
    pub tool: Option<(String, String)>,
}

/// Writes and reads AIBOMs in one document format.
pub trait BomCodec: Sync {
    /// Name on the command line: `cyclonedx-json`.
    fn id(&self) -> &'static str;

    /// Name of the format with its version: `CycloneDX 1.6`.
    fn name(&self) -> &'static str;

    /// Media type of the documents.
    fn media_type(&self) -> &'static str;

    /// Writes a document, piece by piece as it is made. Equal input gives equal bytes. What makes no
    /// document fails before the first byte; only [`BomError::Output`] comes later.
    fn write(
        &self,
        bom: Bom,
        options: &EncodeOptions,
        out: &mut dyn io::Write,
    ) -> Result<(), BomError>;

    /// The same in memory.
    fn encode(&self, bom: &Bom, options: &EncodeOptions) -> Result<Vec<u8>, BomError> {
        let mut bytes = Vec::new();
        self.write(bom.clone(), options, &mut bytes)?;
        Ok(bytes)
    }

    /// Reads a document, own or foreign. What the model has no place for is kept as residue.
    fn decode(&self, bytes: &[u8]) -> Result<Bom, BomError>;
}

/// Puts on the AIBOM with what the document is made.
pub(crate) fn add_tool(bom: &mut Bom, options: &EncodeOptions) {
    let Some((name, version)) = &options.tool else { return };
    let version = Some(version.clone()).filter(|version| !version.is_empty());
    let package = PackageInfo { name: name.clone(), version, ..PackageInfo::default() };
    let tool = Property::new(name::TOOL, Value::Package(package), None);
    if !bom.properties.contains(&tool) {
        bom.properties.push(tool);
    }
}

/// Bytes that are put together before they are written.
const PIECE: usize = 64 << 10;

/// Lets `write` fill a buffered `out`, and ends the last line.
pub(crate) fn finish(
    out: &mut dyn io::Write,
    write: impl FnOnce(&mut io::BufWriter<&mut dyn io::Write>) -> Result<(), BomError>,
) -> Result<(), BomError> {
    let mut out = io::BufWriter::with_capacity(PIECE, out);
    write(&mut out)?;
    out.write_all(b"\n").and_then(|()| out.flush()).map_err(BomError::Output)
}

/// Every document format, the usual version of each first.
pub static CODECS: &[&dyn BomCodec] = &[&CycloneDx::V1_6, &CycloneDx::V1_7, &Spdx3];

/// The codec of a format: `cyclonedx-json`, with its version where another than the usual one is
/// meant, either as an argument or as `cyclonedx-json@1.7`.
pub fn codec(id: &str, version: Option<&str>) -> Option<&'static dyn BomCodec> {
    let (id, stated) = id.split_once('@').map_or((id, version), |(id, v)| (id, Some(v)));
    let agrees = version.is_none() || stated == version;
    let of_format = |codec: &&&dyn BomCodec| codec.id().split('@').next() == Some(id);
    let mut fits = CODECS.iter().filter(of_format).filter(|_| agrees);
    fits.find(|codec| stated.is_none_or(|v| codec.name().ends_with(&format!(" {v}")))).copied()
}

/// The codec that reads a document, by what the document says it is.
pub fn codec_of(bytes: &[u8]) -> Result<&'static dyn BomCodec, BomError> {
    #[derive(serde::Deserialize)]
    struct Head {
        #[serde(rename = "bomFormat")]
        cyclonedx: Option<serde::de::IgnoredAny>,
        #[serde(rename = "@context")]
        spdx3: Option<serde::de::IgnoredAny>,
        #[serde(rename = "spdxVersion")]
        spdx2: Option<serde::de::IgnoredAny>,
    }
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        return Err(BomError::Shape { reason: "it is a list, not an object".to_owned() });
    }
    let head: Head = serde_json::from_slice(bytes)?;
    match head {
        Head { cyclonedx: Some(_), .. } => Ok(&CycloneDx::V1_6),
        Head { spdx3: Some(_), .. } | Head { spdx2: Some(_), .. } => Ok(&Spdx3),
        _ => Err(BomError::Shape {
            reason: "it has neither `bomFormat` nor `@context` nor `spdxVersion`".to_owned(),
        }),
    }
}

/// Reads a document of any format, own or foreign.
pub fn decode_any(bytes: &[u8]) -> Result<Bom, BomError> {
    codec_of(bytes)?.decode(bytes)
}
