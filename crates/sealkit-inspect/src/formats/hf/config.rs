//! `config.json` of a model, of every family, with the configurations nested in it.

use sealkit_report::Budget;
use serde_json::{Map, Value as Json};

use super::{asked, quantisation, remote_code, shape, written_by};
use crate::pick::{Pen, named_object, object, origin_name, sniff, step, text};
use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, LinkInfo, OriginInfo, Probe, ReadAt,
    Value, property,
};

const CONFIG: Format = Format::new("hf-config", "model configuration", Class::ModelPart, &[])
    .media("application/json");
/// Most class labels that are listed.
const MAX_LABELS: usize = 1000;
/// How far `_name_or_path` can be believed to be the base model: many models name themselves.
const NAME_OR_PATH: f64 = 0.4;
/// Nested configurations of the part that reads and writes text: what they say goes for the model.
const MAIN: &[&str] =
    &["text_config", "llm_config", "language_config", "thinker_config", "decoder", "moe"];
/// Nested configurations of the other parts, with the subject of their facts.
const PARTS: &[(&str, &str)] = &[
    ("vision_config", "vision"),
    ("audio_config", "audio"),
    ("speech_config", "speech"),
    ("encoder", "encoder"),
    ("text_encoder", "text-encoder"),
    ("qformer_config", "qformer"),
    ("talker_config", "talker"),
];

pub(crate) struct HfConfig;

impl Inspector for HfConfig {
    fn format(&self) -> &Format {
        &CONFIG
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let keys = [
            "\"model_type\"",
            "\"architectures\"",
            "\"transformers_version\"",
            "\"_diffusers_version\"",
            "\"_name_or_path\"",
            // timm.
            "\"pretrained_cfg\"",
            // mlx-lm.
            "\"quantization\"",
            // Who loads the model reads the file for these whatever else it says.
            "\"auto_map\"",
            "\"trust_remote_code\"",
            "\"_attn_implementation\"",
            "\"_target_\"",
        ];
        // The files that Meta and Mistral publish beside their weights.
        let own = ["\"n_layers\"", "\"n_heads\""];
        // Of a long one the start does not tell what the rest says, and a letter can be written as its number.
        let hides = |text: &str| probe.len > Probe::HEAD || text.contains("\\u00");
        let hidden = if probe.text().is_some_and(hides) {
            named_object(probe, &["config.json"])
        } else {
            Confidence::No
        };
        sniff(probe, "config.json", &keys)
            .max(hidden)
            .max(sniff(probe, "scheduler_config.json", &["\"_diffusers_version\""]))
            .max(sniff(probe, "params.json", &own))
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let config = object(source, budget)?;
        let mut facts = Facts::default();
        let mut pen = Pen { path, facts: &mut facts };
        identity(&mut pen, &config);
        shape::of(&mut pen, &config, "", "");
        nested(&mut pen, &config);
        written_by(&mut pen, &config, "transformers_version", ("transformers", "transformers"));
        written_by(&mut pen, &config, "_diffusers_version", ("diffusers", "diffusers"));
        image_model(&mut pen, &config);
        // mlx-lm writes the same map under two names.
        let keys = ["quantization_config", "compression_config", "quantization"];
        if let Some((key, json)) =
            keys.iter().find_map(|key| config.get(*key).map(|json| (key, json)))
        {
            quantisation::of(&mut pen, &step("", key), json);
        }
        for key in ["auto_map", "custom_pipelines"] {
            if let Some(classes) = config.get(key) {
                remote_code(&mut pen, &step("", key), &pipelines(classes));
            }
        }
        asked::anywhere(&mut pen, &config);
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::ARCHITECTURE,
            property::MODEL_CLASS,
            property::DTYPE,
            property::FRAMEWORK,
            property::FRAMEWORK_VERSION,
            property::PACKAGE,
            property::CONTEXT_LENGTH,
            property::VOCABULARY,
            property::LAYERS,
            property::HEADS,
            property::KEY_VALUE_HEADS,
            property::HIDDEN_SIZE,
            property::FEED_FORWARD_SIZE,
            property::EXPERTS,
            property::EXPERTS_USED,
            property::LABELS,
            property::LICENCE,
            property::LINK,
            property::TASK,
            property::QUANTISATION,
            property::QUANTISATION_SETTING,
            property::BASE_MODEL,
            property::BASE_MODEL_CONFIDENCE,
            property::LOADS_MODEL,
            property::CALLABLE,
            property::CAN_RUN_CODE,
        ]
    }
}

fn identity(pen: &mut Pen<'_>, config: &Map<String, Json>) {
    pen.text("/model_type", property::ARCHITECTURE, config.get("model_type"));
    if let Some(classes) = config.get("architectures").and_then(crate::pick::value) {
        pen.declared("/architectures", property::MODEL_CLASS, classes);
    }
    pen.text("/_class_name", property::MODEL_CLASS, config.get("_class_name"));
    pen.text("/finetuning_task", property::TASK, config.get("finetuning_task"));
    if let Some(Json::Object(labels)) = config.get("id2label") {
        let names: Vec<String> = labels.values().take(MAX_LABELS).filter_map(text).collect();
        // Two labels of this name are what the library writes where nobody gave any.
        let is_default = names.iter().all(|name| name.starts_with("LABEL_"));
        if !is_default {
            pen.declared("/id2label", property::LABELS, Value::List(names));
        }
    }
    if let Some(name) = config.get("_name_or_path").and_then(text) {
        base(pen, "/_name_or_path", &name);
    }
}

/// The library writes here where the weights were loaded from before they were saved: the base of
/// a fine-tuned model, but also the model itself, or a folder on somebody's machine.
fn base(pen: &mut Pen<'_>, place: &str, text: &str) {
    let (name, is_local) = origin_name(text);
    if is_local || name.is_empty() {
        return;
    }
    pen.inferred(place, property::BASE_MODEL, Value::Origin(OriginInfo::named(name.clone())));
    let sure = (property::BASE_MODEL_CONFIDENCE, Value::Float(NAME_OR_PATH));
    let at = (pen.path, place);
    pen.facts.about(&name, sealkit_report::Known::Inferred, at, sure);
}

/// What timm writes: the name of the network, and where its weights came from.
fn image_model(pen: &mut Pen<'_>, config: &Map<String, Json>) {
    let Some(Json::Object(weights)) = config.get("pretrained_cfg") else { return };
    pen.text("/architecture", property::ARCHITECTURE, config.get("architecture"));
    pen.declared("/pretrained_cfg", property::FRAMEWORK, Value::Text("timm".to_owned()));
    pen.text("/pretrained_cfg/license", property::LICENCE, weights.get("license"));
    if let Some(url) = weights.get("origin_url").and_then(text) {
        let link = LinkInfo { kind: "vcs".to_owned(), url };
        pen.declared("/pretrained_cfg/origin_url", property::LINK, Value::Link(link));
    }
}

fn nested(pen: &mut Pen<'_>, config: &Map<String, Json>) {
    for key in MAIN {
        let Some(Json::Object(inner)) = config.get(*key) else { continue };
        let base = step("", key);
        // A second level is as deep as models go: `thinker_config` holds a `text_config`.
        let deeper = inner.get("text_config").and_then(Json::as_object);
        match deeper {
            Some(deeper) => shape::of(pen, deeper, &step(&base, "text_config"), ""),
            None => shape::of(pen, inner, &base, ""),
        }
    }
    for (key, subject) in PARTS {
        if let Some(Json::Object(inner)) = config.get(*key) {
            let base = step("", key);
            if let Some(kind) = inner.get("model_type").and_then(text) {
                let place = step(&base, "model_type");
                pen.about(subject, &place, property::ARCHITECTURE, Value::Text(kind));
            }
            shape::of(pen, inner, &base, subject);
        }
    }
}

/// `custom_pipelines` has its classes one level deeper, under `impl`.
fn pipelines(classes: &Json) -> Json {
    let Json::Object(map) = classes else { return classes.clone() };
    let flat = map.iter().map(|(key, entry)| {
        (key.clone(), entry.get("impl").cloned().unwrap_or_else(|| entry.clone()))
    });
    Json::Object(flat.collect())
}
