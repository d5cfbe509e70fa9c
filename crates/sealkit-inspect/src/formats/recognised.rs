//! Model formats that are recognised and not read further.

use super::named::{Magic, model};
use crate::format::ends_with;
use crate::{Class, Confidence, Format, Inspector, Probe};

/// CatBoost's own binary form.
pub(crate) static CATBOOST: Magic =
    Magic::new(model("catboost", "CatBoost", &[".cbm"]).read_by("catboost"), &[(0, b"CBM1")]);

/// An engine of TensorRT: code for one kind of processor.
pub(crate) static TENSORRT: Magic = Magic::new(
    model("tensorrt", "TensorRT engine", &[".engine", ".plan", ".trt"]).read_by("tensorrt"),
    &[(0, b"ptrt"), (0, b"ftrt")],
);

/// ExecuTorch: a FlatBuffer with its version in its identifier.
pub(crate) static EXECUTORCH: Magic = Magic::new(
    model("executorch", "ExecuTorch", &[".pte"]).read_by("executorch"),
    &[(4, b"ET11"), (4, b"ET12"), (4, b"ET13")],
);

/// PaddlePaddle: a program in protobuf, and parameters in a binary form of its own.
pub(crate) static PADDLE: Magic = Magic::new(
    model("paddlepaddle", "PaddlePaddle", &[".pdmodel", ".pdiparams"]).read_by("paddlepaddle"),
    &[],
);

/// Flax: MessagePack, a map at the root.
pub(crate) static FLAX: Content = Content {
    format: model("flax-msgpack", "Flax MessagePack", &[".msgpack"]).read_by("flax"),
    names: &[],
    endings: &[],
    fits: |probe| match probe.head {
        [0x81..=0x8F, rest @ ..] | [0xDE, _, _, rest @ ..] | [0xDF, _, _, _, _, rest @ ..] => {
            // The first key is a short text.
            matches!(rest.first(), Some(0xA1..=0xBF | 0xD9))
        }
        _ => false,
    },
};

/// Orbax: the files that describe a checkpoint folder.
pub(crate) static ORBAX: Content = Content {
    format: Format::new("orbax", "Orbax checkpoint", Class::ModelPart, &[]).read_by("orbax"),
    names: &["_METADATA", "_CHECKPOINT_METADATA", "manifest.ocdbt"],
    endings: &[],
    fits: |probe| {
        let has = |keys: &[&str]| {
            probe.text().is_some_and(|text| keys.iter().any(|key| text.contains(key)))
        };
        probe.has(0, b"\x0C\xDB\x3A\x2A")
            || has(&["\"tree_metadata\"", "\"item_handlers\"", "\"use_zarr3\""])
    },
};

/// NeMo: a tar archive, packed or not, of `model_config.yaml` and weights.
pub(crate) static NEMO: Content = Content {
    format: model("nemo", "NeMo", &[".nemo"]).read_by("nemo"),
    names: &[],
    endings: &[],
    fits: |probe| probe.has(257, b"ustar") || probe.has(0, b"\x1F\x8B\x08"),
};

/// PMML: XML with the root `PMML`.
pub(crate) static PMML: Content = Content {
    format: model("pmml", "PMML", &[".pmml"]).media("application/xml"),
    names: &[],
    endings: &[],
    fits: |probe| probe.text().is_some_and(|text| text.contains("<PMML")),
};

/// A format known by its name and a look at its content.
pub(crate) struct Content {
    format: Format,
    /// Whole file names, beside the endings.
    names: &'static [&'static str],
    /// Endings that promise nothing where the content is another.
    endings: &'static [&'static str],
    fits: fn(&Probe<'_>) -> bool,
}

impl Content {
    pub(super) const fn new(
        format: Format,
        names: &'static [&'static str],
        fits: fn(&Probe<'_>) -> bool,
    ) -> Self {
        Self { format, names, endings: &[], fits }
    }

    /// Adds endings that others use too.
    pub(super) const fn ending(mut self, endings: &'static [&'static str]) -> Self {
        self.endings = endings;
        self
    }
}

impl Inspector for Content {
    fn format(&self) -> &Format {
        &self.format
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let name = probe.file_name();
        let is_named = probe.is_named(self.names)
            || self.format.claims_name(name)
            || self.endings.iter().any(|ending| ends_with(name, ending));
        if is_named && (self.fits)(probe) { Confidence::Magic } else { Confidence::No }
    }
}
