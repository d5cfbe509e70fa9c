//! What the weights of a model are: those who share them share the model.

use sealkit_aibom::Kind;
use sealkit_report::Known;

use crate::Thing;

/// Extensions of files that hold the weights of a model. Two kits with one of them in common hold the same
/// model; a tokenizer or a config in common says little.
const WEIGHTS: &[&str] = &[
    "bin",
    "bst",
    "caffemodel",
    "cbm",
    "ckpt",
    "dlc",
    "engine",
    "ftz",
    "ggml",
    "gguf",
    "h5",
    "hdf5",
    "joblib",
    "keras",
    "llamafile",
    "mar",
    "mlmodel",
    "mnn",
    "model",
    "msgpack",
    "nemo",
    "nnue",
    "npz",
    "onnx",
    "onnx_data",
    "ot",
    "params",
    "pb",
    "pdiparams",
    "pdparams",
    "pickle",
    "pkl",
    "plan",
    "pt",
    "pt2",
    "pte",
    "pth",
    "rds",
    "rknn",
    "safetensors",
    "t7",
    "task",
    "tflite",
    "trt",
    "ubj",
    "weights",
];
/// Endings that are more than an extension.
const LONG_WEIGHTS: &[&str] = &[".pth.tar", ".pt.tar", ".onnx.data"];
/// What tokenizers are called that have an extension of models.
const TOKENIZERS: &[&str] = &["tokenizer", "spiece", "sentencepiece", "spm", "vocab", "bpe"];
/// Extensions of files that hold anything: a tokenizer has one of them as often as weights.
const PLAIN: &[&str] = &["bin", "joblib", "pickle", "pkl"];
/// What trainers leave beside the weights, by the start of the name and the extension: equal settings make it equal.
const STATES: &[(&str, &str)] = &[
    ("training_args", "bin"),
    ("scheduler", "bin"),
    ("scheduler", "pt"),
    ("rng_state", "pth"),
    ("random_states", "pkl"),
    ("scaler", "pt"),
];

/// Digest of an empty file, which is everywhere.
const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Whether it is the key of an empty file.
pub(crate) fn is_empty(key: &str) -> bool {
    key.strip_prefix("digest:") == Some(EMPTY)
}

/// Whether it is a model, or a file that holds the weights of one.
pub(crate) fn is_weights(thing: &Thing) -> bool {
    // A file that is only named is not here.
    let is_here = thing.kind == Kind::File && thing.known == Known::Measured;
    let is_file = is_here && holds_weights(&thing.name.to_ascii_lowercase());
    (is_file || thing.kind == Kind::Model) && !thing.digests.iter().any(|digest| digest == EMPTY)
}

/// Whether a file of this name, which is in lower case, holds weights.
fn holds_weights(path: &str) -> bool {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    if LONG_WEIGHTS.iter().any(|ending| name.ends_with(ending)) {
        return true;
    }
    let Some((start, extension)) = name.rsplit_once('.') else { return false };
    // TensorFlow writes `variables.data-00000-of-00001`.
    if extension.starts_with("data-") && extension.contains("-of-") {
        return true;
    }
    let is_tokenizer = extension == "model" && TOKENIZERS.iter().any(|word| start.contains(word));
    let is_words = PLAIN.contains(&extension) && TOKENIZERS.contains(&start) || start == "vocab";
    let is_state = STATES.iter().any(|(state, of)| start.starts_with(state) && *of == extension);
    WEIGHTS.contains(&extension) && !is_tokenizer && !is_words && !is_state
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_known_by_their_names_and_tokenizers_are_none() {
        for name in [
            "flax_model.msgpack",
            "m/model.onnx_data",
            "checkpoint.pth.tar",
            "variables/variables.data-00000-of-00001",
            "xgb.model",
            "model.safetensors",
            "speech_tokenizer.safetensors",
            "tokenizer_encoder.bin",
            "scaler.pkl",
            "optimizer.pt",
        ] {
            assert!(holds_weights(name), "{name}");
        }
        for name in [
            "tokenizer.model",
            "spiece.model",
            "vocab.bin",
            "vocab.pt",
            "tokenizer.pkl",
            "checkpoint-5/training_args.bin",
            "scheduler.pt",
            "rng_state_0.pth",
            "data.tar",
            "a.data-set",
            "weights",
            "notes.txt",
            "",
        ] {
            assert!(!holds_weights(name), "{name}");
        }
    }
}
