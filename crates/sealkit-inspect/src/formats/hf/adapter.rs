//! `adapter_config.json` of PEFT.

use sealkit_report::{Budget, Known};
use serde_json::{Map, Value as Json};

use super::{asked, remote_code, settings, written_by};
use crate::pick::{Pen, named_object, object, origin_name, text};
use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, OriginInfo, Probe, ReadAt, Value,
    property,
};

const ADAPTER: Format =
    Format::new("hf-adapter-config", "adapter configuration", Class::ModelPart, &[])
        .media("application/json");
/// How far the last part of a path on somebody's machine can be believed to name the base model.
const FROM_PATH: f64 = 0.4;
/// Keys that are said otherwise, or say nothing of the training.
const LEAVE_OUT: &[&str] = &[
    "base_model_name_or_path",
    "revision",
    "peft_type",
    "task_type",
    "auto_mapping",
    "peft_version",
    "inference_mode",
];

pub(crate) struct AdapterConfig;

impl Inspector for AdapterConfig {
    fn format(&self) -> &Format {
        &ADAPTER
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        // The name says it: PEFT sorts the keys, and a long pattern stands before those that it can be told by.
        named_object(probe, &["adapter_config.json"])
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
        base(&mut pen, &config);
        pen.text("/peft_type", property::ADAPTER_TYPE, config.get("peft_type"));
        pen.text("/task_type", property::TASK, config.get("task_type"));
        if config.contains_key("peft_version") {
            written_by(&mut pen, &config, "peft_version", ("peft", "peft"));
        } else if config.contains_key("peft_type") {
            pen.declared("", property::FRAMEWORK, Value::Text("peft".to_owned()));
        }
        if let Some(classes) = config.get("auto_map") {
            remote_code(&mut pen, "/auto_map", classes);
        }
        settings(&mut pen, &config, property::HYPERPARAMETER, LEAVE_OUT);
        asked::anywhere(&mut pen, &config);
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::BASE_MODEL,
            property::BASE_MODEL_RELATION,
            property::BASE_MODEL_CONFIDENCE,
            property::ADAPTER_TYPE,
            property::TASK,
            property::FRAMEWORK,
            property::FRAMEWORK_VERSION,
            property::PACKAGE,
            property::HYPERPARAMETER,
            property::CALLABLE,
            property::LOADS_MODEL,
            property::CAN_RUN_CODE,
        ]
    }
}

fn base(pen: &mut Pen<'_>, config: &Map<String, Json>) {
    const PLACE: &str = "/base_model_name_or_path";
    let Some(stated) = config.get("base_model_name_or_path").and_then(text) else { return };
    let (name, is_local) = origin_name(&stated);
    if name.is_empty() {
        return;
    }
    let origin = OriginInfo {
        role: Some("adapter".to_owned()),
        revision: config.get("revision").and_then(text),
        ..OriginInfo::named(name.clone())
    };
    if is_local {
        pen.inferred(PLACE, property::BASE_MODEL, Value::Origin(origin));
        let sure = (property::BASE_MODEL_CONFIDENCE, Value::Float(FROM_PATH));
        pen.facts.about(&name, Known::Inferred, (pen.path, PLACE), sure);
    } else {
        pen.declared(PLACE, property::BASE_MODEL, Value::Origin(origin));
    }
    pen.inferred("", property::BASE_MODEL_RELATION, Value::Text("adapter".to_owned()));
}
