//! Model formats of runtimes, recognised by their first bytes or by name, and not read further.

use super::named::{Magic, Named, model};
use super::recognised::Content;
use crate::{Class, Confidence, Format};

/// The files of ggml before GGUF: models of whisper.cpp still come so. The magic number stands in little endian.
pub(crate) static GGML: Magic = Magic::new(
    model("ggml", "GGML before GGUF", &[".ggml", ".ggmf", ".ggjt"]).read_by("ggml"),
    &[(0, b"lmgg"), (0, b"fmgg"), (0, b"tjgg"), (0, b"algg")],
);

/// fastText: vectors and classifiers, quantised (`.ftz`) or not.
pub(crate) static FASTTEXT: Magic = Magic::new(
    model("fasttext", "fastText", &[".ftz"]).read_by("fasttext"),
    &[(0, b"\xBA\x16\x4F\x2F")],
);

/// ONNX Runtime's own form of a model, a FlatBuffer.
pub(crate) static ORT: Magic =
    Magic::new(model("ort", "ONNX Runtime", &[".ort"]).read_by("onnxruntime"), &[(4, b"ORTM")]);

/// MNN, a FlatBuffer without an identifier.
pub(crate) static MNN: Magic =
    Magic::new(model("mnn", "MNN", &[".mnn"]).read_by("mnn"), &[]).weak(Confidence::No);

pub(crate) static RKNN: Magic =
    Magic::new(model("rknn", "RKNN", &[".rknn"]).read_by("rknn"), &[(0, b"RKNN")]);

pub(crate) static HAILO: Magic =
    Magic::new(model("hailo", "Hailo executable", &[".hef"]).read_by("hailo"), &[(0, b"\x01HEF")]);

/// `StableHLO` and other dialects of MLIR in its byte code.
pub(crate) static MLIR: Magic =
    Magic::new(model("mlir", "MLIR byte code", &[".mlirbc", ".stablehlo"]), &[(0, b"ML\xEFR")]);

/// The binary form of a language model of `KenLM`.
pub(crate) static KENLM: Magic = Magic::new(
    model("kenlm", "KenLM", &[]).read_by("kenlm"),
    &[(0, b"mmap lm http://kheafield.com/code")],
);

/// A finite-state transducer of `OpenFst`, as Kaldi and Vosk use them.
pub(crate) static OPENFST: Magic =
    Magic::new(model("openfst", "OpenFst", &[]), &[(0, b"\xD6\xFD\xB2\x7E")]);

/// Tesseract: a container of tables.
pub(crate) static TESSERACT: Magic =
    Magic::new(model("tesseract", "Tesseract", &[".traineddata"]).read_by("tesseract"), &[])
        .weak(Confidence::No);

/// An n-gram model as text.
pub(crate) static ARPA: Content = Content::new(
    model("arpa", "ARPA n-gram model", &[".arpa"]).media("text/plain"),
    &[],
    |probe| probe.text().is_some_and(|text| text.trim_start().starts_with("\\data\\")),
);

/// ncnn: the network as text; the weights lie in a file beside it, without a mark.
pub(crate) static NCNN: Magic =
    Magic::new(model("ncnn", "ncnn", &[]).read_by("ncnn"), &[(0, b"7767517\n")]);

/// Darknet: three numbers of a version that begins with 0. Others use the ending too: it promises nothing.
pub(crate) static DARKNET: Content =
    Content::new(model("darknet", "Darknet", &[]).read_by("darknet"), &[], |probe| {
        probe.has(0, &[0; 4]) && (probe.has(4, &[1, 0, 0, 0]) || probe.has(4, &[2, 0, 0, 0]))
    })
    .ending(&[".weights"]);

/// `CTranslate2`: a version, then the name of the specification, which ends in `Spec`.
pub(crate) static CTRANSLATE2: Content = Content::new(
    model("ctranslate2", "CTranslate2", &[]).read_by("ctranslate2"),
    &["model.bin"],
    |probe| {
        let Some(([version, 0, 0, 0, len, 0], rest)) = probe.head.split_first_chunk::<6>() else {
            return false;
        };
        let name = rest.get(..usize::from(*len)).unwrap_or_default();
        (1..=32).contains(version) && name.ends_with(b"Spec\0")
    },
);

/// TensorFlow.js: the network as JSON; the weights lie in files that it names.
pub(crate) static TENSORFLOW_JS: Content = Content::new(
    model("tensorflow-js", "TensorFlow.js", &[]).media("application/json").read_by("tensorflow-js"),
    &["model.json"],
    |probe| {
        let has = |key: &str| probe.text().is_some_and(|text| text.contains(key));
        has("\"modelTopology\"") && (has("\"weightsManifest\"") || has("-model\""))
    },
);

/// The weights that an ONNX model keeps outside of itself.
pub(crate) static ONNX_DATA: Named = Named::new(
    Format::new(
        "onnx-data",
        "weights of an ONNX model",
        Class::ModelPart,
        &[".onnx_data", ".onnx.data"],
    ),
    Confidence::Name,
);
