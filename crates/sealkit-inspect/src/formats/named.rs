//! Formats that are recognised by magic bytes or by name, and not read further yet.

use crate::{Class, Confidence, Format, Inspector, Probe};

/// A format known by fixed bytes.
pub(crate) struct Magic {
    format: Format,
    /// Offset and bytes; one of them is enough.
    magics: &'static [(usize, &'static [u8])],
    /// What the bytes alone prove, without a name that agrees.
    alone: Confidence,
}

impl Magic {
    pub(super) const fn new(format: Format, magics: &'static [(usize, &'static [u8])]) -> Self {
        Self { format, magics, alone: Confidence::Magic }
    }

    /// For bytes that are too short to stand alone.
    pub(super) const fn weak(mut self, alone: Confidence) -> Self {
        self.alone = alone;
        self
    }
}

impl Inspector for Magic {
    fn format(&self) -> &Format {
        &self.format
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let matches = self.magics.iter().any(|(offset, magic)| probe.has(*offset, magic));
        match (matches, self.format.claims_name(probe.file_name())) {
            (true, true) => Confidence::Magic,
            (true, false) => self.alone,
            // Text can be no binary format, whatever it is called.
            (false, true) if probe.text().is_none() => Confidence::Name,
            (false, _) => Confidence::No,
        }
    }
}

/// A format known by name alone.
pub(crate) struct Named {
    format: Format,
    /// Whole file names, beside the endings.
    names: &'static [&'static str],
    confidence: Confidence,
}

impl Named {
    pub(super) const fn new(format: Format, confidence: Confidence) -> Self {
        Self { format, names: &[], confidence }
    }
}

impl Inspector for Named {
    fn format(&self) -> &Format {
        &self.format
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let by_name = probe.is_named(self.names) || self.format.claims_name(probe.file_name());
        if by_name { self.confidence } else { Confidence::No }
    }
}

/// Files that belong to a model by their name in Hugging Face repositories.
pub(crate) static MODEL_FILES: Named = Named {
    format: Format::new("model-file", "tokenizer or settings", Class::ModelPart, &[]),
    names: &[
        "added_tokens.json",
        "chat_template.jinja",
        "chat_template.json",
        "config_sentence_transformers.json",
        "feature_extractor_config.json",
        "generation_config.json",
        "merges.txt",
        "model_index.json",
        "modules.json",
        "preprocessor_config.json",
        "processor_config.json",
        "quantize_config.json",
        "sentence_bert_config.json",
        "sentencepiece.bpe.model",
        "special_tokens_map.json",
        "spiece.model",
        "tokenizer.json",
        "tokenizer.model",
        "tokenizer_config.json",
        "trainer_state.json",
        "vocab.json",
        "vocab.txt",
    ],
    confidence: Confidence::Content,
};

/// Endings of model files whose content is not recognised yet.
pub(crate) static OTHER_MODELS: Named = Named {
    format: Format::new(
        "other-model",
        "model file",
        Class::Model,
        &[".ckpt", ".pb", ".msgpack", ".caffemodel", ".ggml", ".ggmf", ".t7"],
    ),
    names: &[],
    confidence: Confidence::Name,
};

/// Endings of data files whose content is not recognised yet.
pub(crate) static OTHER_DATA: Named = Named {
    format: Format::new("other-data", "data file", Class::Dataset, &[".db", ".lmdb", ".xlsx"]),
    names: &[],
    confidence: Confidence::Name,
};

/// A format of data.
pub(super) const fn data(
    id: &'static str,
    name: &'static str,
    ends: &'static [&'static str],
) -> Format {
    Format::new(id, name, Class::Dataset, ends)
}

pub(super) const fn model(
    id: &'static str,
    name: &'static str,
    ends: &'static [&'static str],
) -> Format {
    Format::new(id, name, Class::Model, ends)
}

pub(crate) static PDF: Magic = Magic::new(
    Format::new("pdf", "PDF", Class::Docs, &[".pdf"]).media("application/pdf"),
    &[(0, b"%PDF-")],
);

/// MATLAB up to version 7; version 7.3 is HDF5 behind a header of its own.
pub(crate) static MATLAB: Magic = Magic::new(
    data("matlab", "MATLAB data", &[".mat"]).media("application/x-matlab-data"),
    &[(0, b"MATLAB 5.0 MAT-file"), (0, b"MATLAB 7.3 MAT-file")],
);
pub(crate) static DUCKDB: Magic =
    Magic::new(data("duckdb", "DuckDB", &[".duckdb", ".ddb"]), &[(8, b"DUCK")]);
pub(crate) static AVRO: Magic = Magic::new(
    data("avro", "Avro", &[".avro"]).media("application/vnd.apache.avro"),
    &[(0, b"Obj\x01")],
);
pub(crate) static ORC: Magic =
    Magic::new(data("orc", "ORC", &[".orc"]).media("application/vnd.apache.orc"), &[(0, b"ORC")])
        .weak(Confidence::No);

/// The descriptions of Zarr arrays and groups; the data lies in many files beside them.
pub(crate) static ZARR: Named = Named {
    format: data("zarr", "Zarr description", &[]).media("application/json"),
    names: &[".zarray", ".zattrs", ".zgroup", ".zmetadata", "zarr.json"],
    confidence: Confidence::Content,
};

/// Lance ends with its magic.
pub(crate) struct Lance;

const LANCE: Format = data("lance", "Lance", &[".lance"]);

impl Inspector for Lance {
    fn format(&self) -> &Format {
        &LANCE
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        match (probe.tail.ends_with(b"LANC"), LANCE.claims_name(probe.file_name())) {
            (true, true) => Confidence::Magic,
            (true, false) if probe.text().is_none() => Confidence::Guess,
            _ => Confidence::No,
        }
    }
}

pub(crate) static GZIP: Magic = Magic::new(
    data("gzip", "gzip", &[".gz", ".tgz"]).media("application/gzip"),
    &[(0, b"\x1F\x8B\x08")],
);
pub(crate) static ZSTD: Magic = Magic::new(
    data("zstd", "Zstandard", &[".zst"]).media("application/zstd"),
    &[(0, b"\x28\xB5\x2F\xFD")],
);
