//! Quantisation that shows in the names and types of tensors.
//!
//! Sources: the tensor names that AutoGPTQ, AutoAWQ, bitsandbytes, compressed-tensors, MLX and
//! the FP8 checkpoints of DeepSeek write.

use std::collections::BTreeSet;

use sealkit_report::Known;

use crate::{Facts, TensorInfo, Value, kept, property};

/// Adds the quantisation that the tensors hint at. Says whether several parameters are packed
/// into one element, so that elements are not parameters.
pub(super) fn hint(tensors: &[TensorInfo], path: &str, facts: &mut Facts) -> bool {
    let names: BTreeSet<&str> = tensors.iter().map(|tensor| tensor.name.as_str()).collect();
    let found = tensors.iter().find_map(|tensor| by_name(tensor, &names));
    let found = found.or_else(|| tensors.iter().find_map(by_type));
    let Some((method, packed, name)) = found else { return false };
    let place = format!("/{}", kept::step(name));
    facts.inferred(path, &place, property::QUANTISATION, Value::Text(method));
    packed
}

/// Says why the number of parameters is not known.
pub(super) fn correct(path: &str, facts: &mut Facts) {
    let why = "several parameters are packed into one element: the count is of elements";
    let fact = (property::NOT_MEASURED, Value::Text(why.to_owned()));
    facts.about(property::PARAMETERS, Known::Measured, (path, "header"), fact);
}

/// Method, whether it packs, and the tensor that shows it.
fn by_name<'a>(tensor: &'a TensorInfo, names: &BTreeSet<&str>) -> Option<(String, bool, &'a str)> {
    let name = tensor.name.as_str();
    let has = |stem: &str, ending: &str| names.contains(format!("{stem}{ending}").as_str());
    let found = |method: &str, packed| Some((method.to_owned(), packed, name));
    if let Some((_, kind)) = name.rsplit_once(".quant_state.bitsandbytes__") {
        return found(&format!("bitsandbytes {kind}"), true);
    }
    if let Some(stem) = name.strip_suffix(".qweight") {
        return match (has(stem, ".g_idx"), has(stem, ".qzeros")) {
            (true, _) => found("gptq", true),
            (false, true) => found("awq", true),
            (false, false) => None,
        };
    }
    if let Some(stem) = name.strip_suffix(".weight_packed") {
        return if has(stem, ".weight_scale") { found("compressed-tensors", true) } else { None };
    }
    if let Some(stem) = name.strip_suffix("_blocks").filter(|_| tensor.dtype == "U8") {
        return if has(stem, "_scales") { found("mxfp4", true) } else { None };
    }
    if name.strip_suffix(".SCB").is_some() {
        return found("bitsandbytes int8", false);
    }
    let stem = name.strip_suffix(".weight").filter(|_| tensor.dtype == "U32")?;
    if has(stem, ".scales") && has(stem, ".biases") { found("mlx", true) } else { None }
}

fn by_type(tensor: &TensorInfo) -> Option<(String, bool, &str)> {
    let method = match tensor.dtype.as_str() {
        "F8_E4M3" | "F8_E5M2" | "F8_E4M3FNUZ" | "F8_E5M2FNUZ" => "fp8",
        "F4" => "fp4",
        "F6_E2M3" | "F6_E3M2" => "fp6",
        _ => return None,
    };
    Some((method.to_owned(), false, &tensor.name))
}
