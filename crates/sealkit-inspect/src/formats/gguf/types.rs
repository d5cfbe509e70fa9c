//! The numbers that GGUF uses for types (`ggml.h`: `ggml_type`, `ggml_ftype`).

use crate::inventory::elements;

/// Type of a text value.
pub(super) const TEXT: u32 = 8;
/// Type of an array value.
pub(super) const ARRAY: u32 = 9;
/// Most dimensions of a tensor (`GGML_MAX_DIMS`).
pub(super) const MAX_DIMENSIONS: u32 = 4;

/// Size in bytes of a value that is neither text nor array.
pub(super) fn scalar_size(kind: u32) -> Option<u64> {
    Some(match kind {
        0 | 1 | 7 => 1,
        2 | 3 => 2,
        4..=6 => 4,
        10..=12 => 8,
        _ => return None,
    })
}

/// Name of a tensor type and the size in bytes of a tensor of that type; size 0 for a type that
/// is not known, `None` where the shape cannot be of the type.
pub(super) fn tensor_type(kind: u32, shape: &[u64]) -> (String, Option<u64>) {
    let known = TENSOR_TYPES.iter().find(|known| known.0 == kind);
    let Some(&(_, name, block, bytes)) = known else {
        return (format!("type {kind}"), Some(0));
    };
    let whole = shape.first().is_none_or(|row| row % block == 0);
    let size = elements(shape).filter(|_| whole).and_then(|n| (n / block).checked_mul(bytes));
    (name.to_owned(), size)
}

/// Number, name, elements in a block, bytes in a block.
const TENSOR_TYPES: &[(u32, &str, u64, u64)] = &[
    (0, "F32", 1, 4),
    (1, "F16", 1, 2),
    (2, "Q4_0", 32, 18),
    (3, "Q4_1", 32, 20),
    (6, "Q5_0", 32, 22),
    (7, "Q5_1", 32, 24),
    (8, "Q8_0", 32, 34),
    (9, "Q8_1", 32, 36),
    (10, "Q2_K", 256, 84),
    (11, "Q3_K", 256, 110),
    (12, "Q4_K", 256, 144),
    (13, "Q5_K", 256, 176),
    (14, "Q6_K", 256, 210),
    (15, "Q8_K", 256, 292),
    (16, "IQ2_XXS", 256, 66),
    (17, "IQ2_XS", 256, 74),
    (18, "IQ3_XXS", 256, 98),
    (19, "IQ1_S", 256, 50),
    (20, "IQ4_NL", 32, 18),
    (21, "IQ3_S", 256, 110),
    (22, "IQ2_S", 256, 82),
    (23, "IQ4_XS", 256, 136),
    (24, "I8", 1, 1),
    (25, "I16", 1, 2),
    (26, "I32", 1, 4),
    (27, "I64", 1, 8),
    (28, "F64", 1, 8),
    (29, "IQ1_M", 256, 56),
    (30, "BF16", 1, 2),
    (34, "TQ1_0", 256, 54),
    (35, "TQ2_0", 256, 66),
    (39, "MXFP4", 32, 17),
    (40, "NVFP4", 64, 36),
    (41, "Q1_0", 128, 18),
];

/// Name of the quantisation that most tensors have (`general.file_type`).
pub(super) fn file_type(kind: u64) -> Option<&'static str> {
    // A flag says that it was guessed (`LLAMA_FTYPE_GUESSED`).
    Some(match kind & !1024 {
        0 => "F32",
        1 => "F16",
        2 => "Q4_0",
        3 => "Q4_1",
        7 => "Q8_0",
        8 => "Q5_0",
        9 => "Q5_1",
        10 => "Q2_K",
        11 => "Q3_K_S",
        12 => "Q3_K_M",
        13 => "Q3_K_L",
        14 => "Q4_K_S",
        15 => "Q4_K_M",
        16 => "Q5_K_S",
        17 => "Q5_K_M",
        18 => "Q6_K",
        19 => "IQ2_XXS",
        20 => "IQ2_XS",
        21 => "Q2_K_S",
        22 => "IQ3_XS",
        23 => "IQ3_XXS",
        24 => "IQ1_S",
        25 => "IQ4_NL",
        26 => "IQ3_S",
        27 => "IQ3_M",
        28 => "IQ2_S",
        29 => "IQ2_M",
        30 => "IQ4_XS",
        31 => "IQ1_M",
        32 => "BF16",
        36 => "TQ1_0",
        37 => "TQ2_0",
        38 => "MXFP4_MOE",
        39 => "NVFP4",
        40 => "Q1_0",
        _ => return None,
    })
}
