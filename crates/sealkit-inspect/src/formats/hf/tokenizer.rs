//! `tokenizer_config.json`, `special_tokens_map.json` and chat templates.

use sealkit_oci::Digest;
use sealkit_report::{Budget, Known};
use serde_json::{Map, Value as Json};

use super::{asked, remote_code};
use crate::pick::{Pen, head, named_object, object, sniff, step, text, uint};
use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, Probe, ReadAt, Value, property,
};

const CONFIG: Format =
    Format::new("hf-tokenizer-config", "tokenizer configuration", Class::ModelPart, &[])
        .media("application/json");
const SPECIAL: Format = Format::new("hf-special-tokens", "special tokens", Class::ModelPart, &[])
    .media("application/json");
const TEMPLATE: Format =
    Format::new("hf-chat-template", "chat template", Class::ModelPart, &[]).media("text/plain");
/// Longest template that is hashed, in bytes.
const MAX_TEMPLATE: u64 = 4 << 20;
/// The library writes 10^30 where a tokenizer has no limit; no model comes near this.
const NO_LIMIT: u64 = 1 << 40;

pub(crate) struct TokenizerConfig;

impl Inspector for TokenizerConfig {
    fn format(&self) -> &Format {
        &CONFIG
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        named_object(probe, &["tokenizer_config.json"])
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
        pen.text("/tokenizer_class", property::TOKENIZER, config.get("tokenizer_class"));
        let limit = config.get("model_max_length").and_then(uint).filter(|n| *n < NO_LIMIT);
        if let Some(limit) = limit {
            pen.declared("/model_max_length", property::CONTEXT_LENGTH, Value::Uint(limit));
        }
        special_tokens(&mut pen, &config);
        if let Some(template) = config.get("chat_template") {
            templates(&mut pen, "/chat_template", template);
        }
        if let Some(classes) = config.get("auto_map") {
            remote_code(&mut pen, "/auto_map", classes);
        }
        asked::anywhere(&mut pen, &config);
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::TOKENIZER,
            property::CONTEXT_LENGTH,
            property::SPECIAL_TOKEN,
            property::CHAT_TEMPLATE_DIGEST,
            property::EMBEDDED_CODE,
            property::CAN_RUN_CODE,
            property::CALLABLE,
            property::LOADS_MODEL,
        ]
    }
}

pub(crate) struct SpecialTokens;

impl Inspector for SpecialTokens {
    fn format(&self) -> &Format {
        &SPECIAL
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        sniff(probe, "special_tokens_map.json", &["_token\"", "_tokens\""])
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let map = object(source, budget)?;
        let mut facts = Facts::default();
        special_tokens(&mut Pen { path, facts: &mut facts }, &map);
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[property::SPECIAL_TOKEN]
    }
}

pub(crate) struct ChatTemplate;

impl Inspector for ChatTemplate {
    fn format(&self) -> &Format {
        &TEMPLATE
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let is_text = probe.text().is_some();
        let fits = match probe.file_name() {
            "chat_template.jinja" => is_text,
            "chat_template.json" => probe.text().is_some_and(|t| t.contains("\"chat_template\"")),
            _ => is_text && additional(probe.path).is_some(),
        };
        if fits { Confidence::Content } else { Confidence::No }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let mut facts = Facts::default();
        let mut pen = Pen { path, facts: &mut facts };
        if crate::format::ends_with(path, ".json") {
            let map = object(source, budget)?;
            if let Some(template) = map.get("chat_template") {
                templates(&mut pen, "/chat_template", template);
            }
            return Ok(facts);
        }
        let (template, whole) = head(source, budget, MAX_TEMPLATE)?;
        if !whole {
            let what = "a chat template above the limit of 4 MiB";
            return Err(InspectError::malformed("chat template", what, MAX_TEMPLATE));
        }
        digest(&mut pen, additional(path).unwrap_or_default(), "", &template);
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[property::CHAT_TEMPLATE_DIGEST, property::EMBEDDED_CODE]
    }
}

/// Name of a template in `additional_chat_templates/NAME.jinja`.
fn additional(path: &str) -> Option<&str> {
    let (folder, name) = path.rsplit_once('/')?;
    let is_there = folder.rsplit('/').next() == Some("additional_chat_templates");
    name.strip_suffix(".jinja").filter(|_| is_there)
}

/// A template, or several with names.
fn templates(pen: &mut Pen<'_>, place: &str, json: &Json) {
    match json {
        Json::String(template) => digest(pen, "", place, template),
        Json::Array(named) => {
            for (at, entry) in named.iter().enumerate() {
                let name = entry.get("name").and_then(text).unwrap_or_default();
                if let Some(template) = entry.get("template").and_then(Json::as_str) {
                    digest(pen, &name, &format!("{place}/{at}/template"), template);
                }
            }
        }
        Json::Object(map) => {
            for (name, template) in map {
                if let Some(template) = template.as_str() {
                    digest(pen, name, &step(place, name), template);
                }
            }
        }
        _ => {}
    }
}

/// The template that is used where none is chosen has no subject, the others have their name.
fn digest(pen: &mut Pen<'_>, name: &str, place: &str, template: &str) {
    let name = if name == "default" { "" } else { name };
    let digest = Value::Text(Digest::of(template.as_bytes()).to_string());
    let at = (pen.path, place);
    pen.facts.about(name, Known::Measured, at, (property::CHAT_TEMPLATE_DIGEST, digest));
    crate::template::check(template, at, pen.facts);
}

/// `eos_token` and the like: the text, or an object with the text as `content`.
fn special_tokens(pen: &mut Pen<'_>, map: &Map<String, Json>) {
    for (key, json) in map.iter().filter(|(key, _)| key.ends_with("_token")) {
        let content = json.get("content").unwrap_or(json);
        if let Some(token) = content.as_str().filter(|token| !token.is_empty()) {
            let token = crate::pick::cut(token, 1024).to_owned();
            pen.about(key, &step("", key), property::SPECIAL_TOKEN, Value::Text(token));
        }
    }
}
