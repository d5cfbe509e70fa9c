//! Where a configuration asks for code of its own, however deep: libraries look for these keys in nested
//! configurations too.
//!
//! Sources: `dynamic_module_utils.py` and `integrations/hub_kernels.py` of transformers, `auto.py` of PEFT,
//! `instantiate` of Hydra.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use super::remote_code;
use crate::pick::{Pen, step, text};
use crate::{OriginInfo, Value, property};

/// Libraries whose own classes PEFT names as what an adapter was made for.
const LIBRARIES: &[&str] =
    &["transformers", "diffusers", "peft", "sentence_transformers", "timm", "torch"];
/// Keys that name how attention is computed; `owner/name` is a kernel that is loaded from a hub.
const KERNELS: &[&str] =
    &["_attn_implementation", "attn_implementation", "_attn_implementation_internal"];

/// Adds every place at which code is asked for and that does not stand there yet.
pub(super) fn anywhere(pen: &mut Pen<'_>, config: &Map<String, Json>) {
    let said = pen.facts.of(property::CAN_RUN_CODE).map(|fact| fact.evidence.place.clone());
    let said: BTreeSet<String> = said.collect();
    walk(pen, config, "", &said);
}

fn walk(pen: &mut Pen<'_>, map: &Map<String, Json>, base: &str, said: &BTreeSet<String>) {
    for (key, json) in map {
        let place = step(base, key);
        if !said.contains(&place) {
            asked(pen, (base, key), &place, json);
        }
        inside(pen, json, &place, said);
    }
}

fn inside(pen: &mut Pen<'_>, json: &Json, place: &str, said: &BTreeSet<String>) {
    match json {
        Json::Object(map) => walk(pen, map, place, said),
        Json::Array(list) => {
            for (at, item) in list.iter().enumerate().filter(|(_, item)| !item.is_number()) {
                inside(pen, item, &format!("{place}/{at}"), said);
            }
        }
        _ => {}
    }
}

fn asked(pen: &mut Pen<'_>, (base, key): (&str, &str), place: &str, json: &Json) {
    let runs = |pen: &mut Pen<'_>, place: &str| {
        pen.declared(place, property::CAN_RUN_CODE, Value::Bool(true));
    };
    match key {
        "auto_map" if !json.is_null() => remote_code(pen, place, json),
        "trust_remote_code" if *json == Json::Bool(true) => runs(pen, place),
        "_target_" => {
            if let Some(callable) = text(json) {
                runs(pen, place);
                pen.declared(place, property::CALLABLE, Value::Text(callable));
            }
        }
        "parent_library" if base.ends_with("/auto_mapping") => {
            let module = text(json).unwrap_or_default();
            let top = module.split('.').next().unwrap_or_default();
            if !module.is_empty() && !LIBRARIES.contains(&top) {
                runs(pen, place);
                pen.declared(place, property::CALLABLE, Value::Text(module));
            }
        }
        key if KERNELS.contains(&key) => kernels(pen, place, json),
        _ => {}
    }
}

/// A kernel from a hub, `owner/name@revision:function`; of a model in parts each has its own.
fn kernels(pen: &mut Pen<'_>, place: &str, json: &Json) {
    let each: Vec<(String, &Json)> = match json {
        Json::Object(map) => map.iter().map(|(key, one)| (step(place, key), one)).collect(),
        one => vec![(place.to_owned(), one)],
    };
    for (place, one) in each {
        let Some(name) = text(one).filter(|name| name.contains('/')) else { continue };
        pen.declared(&place, property::CAN_RUN_CODE, Value::Bool(true));
        let repository = name.split(['@', ':']).next().unwrap_or(&name);
        pen.declared(&place, property::LOADS_MODEL, Value::Origin(OriginInfo::named(repository)));
        pen.declared(&place, property::CALLABLE, Value::Text(name));
    }
}
