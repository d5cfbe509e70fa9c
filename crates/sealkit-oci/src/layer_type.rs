//! Layer media types of ModelKit and ModelPack (reference: KitOps `mediatype`, model-spec §Layers).

use std::fmt;
use std::str::FromStr;

/// Which of the two kit formats a manifest or a layer belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KitFormat {
    /// KitOps ModelKit.
    ModelKit,
    /// CNCF ModelPack.
    ModelPack,
}

/// What part of a kit a layer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LayerRole {
    /// The model itself (ModelPack `weight`).
    Model,
    /// A further part of the model (ModelPack `weight.config`).
    ModelPart,
    /// Code, and prompts by annotation.
    Code,
    /// A dataset.
    Dataset,
    /// Documentation (ModelPack `doc`).
    Docs,
    /// An MCP bundle; ModelKit only.
    Mcpb,
}

/// How the layer's blob holds its files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LayerFormat {
    /// A tar archive.
    Tar,
    /// The bytes of one file.
    Raw,
}

/// How the layer's blob is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compression {
    /// Not at all: the default, so that bytes can be fetched by range.
    None,
    /// gzip, level 6.
    Gzip,
    /// gzip, level 1; written as `+gzip`.
    GzipFastest,
    /// Zstandard.
    Zstd,
}

/// A layer media type, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LayerType {
    /// ModelKit or ModelPack.
    pub kit: KitFormat,
    /// What the layer holds.
    pub role: LayerRole,
    /// tar or raw.
    pub format: LayerFormat,
    /// Compression.
    pub compression: Compression,
}

const MODELKIT_PREFIX: &str = "application/vnd.kitops.modelkit.";
const MODELPACK_PREFIX: &str = "application/vnd.cncf.model.";
/// ModelPack's media types before the format moved to `org.cncf`, read only: `modctl` 0.2.2 still
/// writes them.
const OLD_MODELPACK_PREFIX: &str = "application/vnd.cnai.model.";

impl LayerRole {
    fn name(self, kit: KitFormat) -> &'static str {
        match (kit, self) {
            (KitFormat::ModelKit, Self::Model) => "model",
            (KitFormat::ModelKit, Self::ModelPart) => "modelpart",
            (KitFormat::ModelKit, Self::Docs) => "docs",
            (KitFormat::ModelPack, Self::Model) => "weight",
            (KitFormat::ModelPack, Self::ModelPart) => "weight.config",
            (KitFormat::ModelPack, Self::Docs) => "doc",
            (_, Self::Code) => "code",
            (_, Self::Dataset) => "dataset",
            (_, Self::Mcpb) => "mcpb",
        }
    }

    fn parse(kit: KitFormat, name: &str) -> Option<Self> {
        let roles =
            [Self::Model, Self::ModelPart, Self::Code, Self::Dataset, Self::Docs, Self::Mcpb];
        let known = |role: &Self| *role != Self::Mcpb || kit == KitFormat::ModelKit;
        roles.into_iter().filter(known).find(|role| role.name(kit) == name)
    }
}

impl FromStr for LayerType {
    type Err = UnknownLayerType;

    fn from_str(text: &str) -> Result<Self, UnknownLayerType> {
        let unknown = || UnknownLayerType(text.to_owned());
        let (kit, rest) = if let Some(rest) = text.strip_prefix(MODELKIT_PREFIX) {
            (KitFormat::ModelKit, rest)
        } else {
            let rest = text.strip_prefix(MODELPACK_PREFIX);
            let rest = rest.or_else(|| text.strip_prefix(OLD_MODELPACK_PREFIX));
            (KitFormat::ModelPack, rest.ok_or_else(unknown)?)
        };
        let (role, rest) = rest.split_once(".v1.").ok_or_else(unknown)?;
        let role = LayerRole::parse(kit, role).ok_or_else(unknown)?;
        let (format, compression) = match rest.split_once('+') {
            Some((format, "gzip")) => (format, Compression::Gzip),
            Some((format, "zstd")) => (format, Compression::Zstd),
            Some(_) => return Err(unknown()),
            None => (rest, Compression::None),
        };
        let format = match format {
            "tar" => LayerFormat::Tar,
            "raw" => LayerFormat::Raw,
            _ => return Err(unknown()),
        };
        Ok(Self { kit, role, format, compression })
    }
}

impl fmt::Display for LayerType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = match self.kit {
            KitFormat::ModelKit => MODELKIT_PREFIX,
            KitFormat::ModelPack => MODELPACK_PREFIX,
        };
        let format = match self.format {
            LayerFormat::Tar => "tar",
            LayerFormat::Raw => "raw",
        };
        let compression = match self.compression {
            Compression::None => "",
            Compression::Gzip | Compression::GzipFastest => "+gzip",
            Compression::Zstd => "+zstd",
        };
        write!(f, "{prefix}{}.v1.{format}{compression}", self.role.name(self.kit))
    }
}

/// A media type that is no layer of a kit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a layer type of a ModelKit or a ModelPack")]
pub struct UnknownLayerType(pub String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_written_type_reads_back() {
        for text in [
            "application/vnd.kitops.modelkit.model.v1.tar",
            "application/vnd.kitops.modelkit.modelpart.v1.tar+gzip",
            "application/vnd.kitops.modelkit.docs.v1.raw+zstd",
            "application/vnd.kitops.modelkit.mcpb.v1.raw",
            "application/vnd.cncf.model.weight.v1.raw",
            "application/vnd.cncf.model.weight.config.v1.tar",
            "application/vnd.cncf.model.doc.v1.tar+zstd",
        ] {
            assert_eq!(text.parse::<LayerType>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn old_modelpack_types_are_read() {
        let old: LayerType = "application/vnd.cnai.model.weight.v1.tar".parse().unwrap();
        assert_eq!(old.to_string(), "application/vnd.cncf.model.weight.v1.tar");
    }

    #[test]
    fn others_are_refused() {
        for text in [
            "application/vnd.oci.image.layer.v1.tar",
            "application/vnd.kitops.modelkit.weight.v1.tar",
            "application/vnd.cncf.model.mcpb.v1.raw",
            "application/vnd.kitops.modelkit.model.v2.tar",
            "application/vnd.kitops.modelkit.model.v1.tar+lz4",
            "application/vnd.kitops.modelkit.model.v1.zip",
        ] {
            assert!(text.parse::<LayerType>().is_err(), "{text}");
        }
    }
}
