//! `quantization_config`: one line that sums it up, and every setting of it.

use serde_json::{Map, Value as Json};

use crate::pick::{Pen, text};
use crate::{Value, property};

/// Deepest nesting of settings that is followed.
const MAX_DEPTH: u32 = 6;

/// Says how the weights are quantised.
pub(super) fn of(pen: &mut Pen<'_>, place: &str, json: &Json) {
    let Json::Object(config) = json else { return };
    if let Some(method) = method(config) {
        // The algorithm says what the bits do not: `NVFP4`.
        let algorithm = config.get("quant_algo").and_then(text);
        let bits = bits(config).map(|bits| format!("{bits}-bit"));
        let more = algorithm.or(bits).map(|more| format!(" {more}")).unwrap_or_default();
        pen.declared(place, property::QUANTISATION, Value::Text(format!("{method}{more}")));
    }
    pen.flat(("", place), json, property::QUANTISATION_SETTING, MAX_DEPTH);
}

fn method(config: &Map<String, Json>) -> Option<String> {
    let named = config.get("quant_method").and_then(text);
    // Files from before `quant_method` was written: bitsandbytes was the only method with these.
    let is_old = ["load_in_4bit", "load_in_8bit"].iter().any(|key| is_on(config, key));
    // mlx-lm names no method.
    let is_mlx = ["bits", "group_size"].iter().all(|key| config.contains_key(*key));
    let guessed = if is_old { Some("bitsandbytes") } else { is_mlx.then_some("mlx") };
    named.or_else(|| guessed.map(str::to_owned))
}

fn bits(config: &Map<String, Json>) -> Option<f64> {
    let stated = ["bits", "w_bit", "nbits", "weight_bits"];
    // ExLlamaV2 mixes widths, and states their mean.
    let stated = stated.iter().find_map(|key| config.get(*key).and_then(Json::as_f64));
    let loaded = || match (is_on(config, "load_in_4bit"), is_on(config, "load_in_8bit")) {
        (true, _) => Some(4.0),
        (_, true) => Some(8.0),
        _ => None,
    };
    // `compressed-tensors` states bits for each group of layers.
    let of_group = || {
        let groups = config.get("config_groups")?.as_object()?;
        groups.values().next()?.get("weights")?.get("num_bits")?.as_f64()
    };
    stated.or_else(loaded).or_else(of_group)
}

fn is_on(config: &Map<String, Json>, key: &str) -> bool {
    let hidden = format!("_{key}");
    [key, &hidden].iter().any(|key| config.get(*key).and_then(Json::as_bool) == Some(true))
}
