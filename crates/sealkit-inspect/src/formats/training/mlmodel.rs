//! `MLmodel` of MLflow: flavours, signature and the run that made the model.

use sealkit_report::Budget;
use serde_json::{Map, Value as Json};

use super::{has_keys, yaml_map};
use crate::pick::{Pen, origin_name, step, text};
use crate::{
    Class, Confidence, Facts, FileInfo, Format, InspectError, Inspector, OriginInfo, Probe, ReadAt,
    Value, json, property,
};

const FORMAT: Format =
    Format::new("mlmodel", "MLflow model", Class::ModelPart, &[]).media("application/yaml");

/// Modules of mlflow that unpickle what they load.
const UNPICKLE: &[&str] = &[
    "mlflow.sklearn",
    "mlflow.pytorch",
    "mlflow.pyfunc.model",
    "mlflow.statsmodels",
    "mlflow.pmdarima",
    "mlflow.fastai",
];

pub(crate) struct MlModel;

impl Inspector for MlModel {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let named = probe.is_named(&["MLmodel"]);
        if named && has_keys(probe, &["flavors:"]) { Confidence::Content } else { Confidence::No }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let map = yaml_map(source, budget)?;
        let mut facts = Facts::default();
        let mut pen = Pen { path, facts: &mut facts };
        let texts = [
            ("model_uuid", property::MODEL_UUID),
            ("model_id", property::MODEL_ID),
            ("run_id", property::RUN_ID),
            ("name", property::NAME),
        ];
        for (key, property) in texts {
            pen.text(&step("", key), property, map.get(key));
        }
        if let Some(time) = map.get("utc_time_created").and_then(text) {
            pen.declared("/utc_time_created", property::CREATED, Value::Text(rfc3339(&time)));
        }
        if let Some(version) = map.get("mlflow_version").and_then(text) {
            pen.declared("/mlflow_version", property::PRODUCER, Value::Text("mlflow".to_owned()));
            let value = Value::Text(version.clone());
            pen.declared("/mlflow_version", property::PRODUCER_VERSION, value);
            pen.package("/mlflow_version", "mlflow", &version);
        }
        for (name, flavour) in map.get("flavors").and_then(Json::as_object).into_iter().flatten() {
            if let Json::Object(entries) = flavour {
                one(&mut pen, name, entries);
            }
        }
        if let Some(Json::Object(signature)) = map.get("signature") {
            columns(&mut pen, signature, "inputs", (property::INPUT, property::INPUT_TYPE), budget);
            let outputs = (property::OUTPUT, property::OUTPUT_TYPE);
            columns(&mut pen, signature, "outputs", outputs, budget);
        }
        if let Some(metadata) = map.get("metadata") {
            pen.flat(("", "/metadata"), metadata, property::METADATA, 4);
        }
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::MODEL_UUID,
            property::MODEL_ID,
            property::RUN_ID,
            property::NAME,
            property::CREATED,
            property::PRODUCER,
            property::PRODUCER_VERSION,
            property::FRAMEWORK,
            property::FRAMEWORK_VERSION,
            property::PACKAGE,
            property::FILE_REFERENCE,
            property::BASE_MODEL,
            property::TASK,
            property::INPUT,
            property::INPUT_TYPE,
            property::OUTPUT,
            property::OUTPUT_TYPE,
            property::CAN_RUN_CODE,
            property::CALLABLE,
            property::METADATA,
        ]
    }
}

/// A flavour names its library's version, its files, and for `python_function` the module that is
/// imported to load the model.
fn one(pen: &mut Pen<'_>, name: &str, entries: &Map<String, Json>) {
    let base = step("/flavors", name);
    let is_function = name == "python_function";
    if !is_function {
        pen.declared(&base, property::FRAMEWORK, Value::Text(framework(name).to_owned()));
    }
    for (key, json) in entries {
        let (place, Some(stated)) = (step(&base, key), text(json)) else { continue };
        match key.as_str() {
            "loader_module" => {
                pen.declared(&place, property::CALLABLE, Value::Text(stated.clone()));
                // Any module that is not of mlflow is code of the model.
                if !stated.starts_with("mlflow.") || UNPICKLE.contains(&stated.as_str()) {
                    pen.declared(&place, property::CAN_RUN_CODE, Value::Bool(true));
                }
            }
            "code" | "model_code_path" => {
                pen.declared(&place, property::CAN_RUN_CODE, Value::Bool(true));
                file(pen, &place, &stated);
            }
            "data" | "model_path" | "pickled_model" | "model_binary" | "model_data"
            | "python_model" | "onnx_model" => file(pen, &place, &stated),
            "source_model_name" => {
                let (name, _) = origin_name(&stated);
                pen.declared(&place, property::BASE_MODEL, Value::Origin(OriginInfo::named(name)));
            }
            "task" => pen.declared(&place, property::TASK, Value::Text(stated)),
            "python_version" => pen.about(key, &place, property::METADATA, Value::Text(stated)),
            "serialization_format" if stated.contains("pickle") => {
                pen.declared(&place, property::CAN_RUN_CODE, Value::Bool(true));
            }
            _ => {
                if let Some(library) = key.strip_suffix("_version") {
                    version(pen, &place, (name, library), &stated);
                }
            }
        }
    }
}

/// `sklearn_version` is the version of the flavour; others stand beside it.
fn version(pen: &mut Pen<'_>, place: &str, (flavour, library): (&str, &str), version: &str) {
    let package = match library {
        "sklearn" => "scikit-learn",
        "pytorch" => "torch",
        "xgb" => "xgboost",
        "lgb" => "lightgbm",
        other => other,
    };
    let package = package.replace('_', "-");
    if library == flavour || library == flavour.trim_start_matches("py") || flavour == "pytorch" {
        pen.declared(place, property::FRAMEWORK_VERSION, Value::Text(version.to_owned()));
    }
    pen.package(place, &package, version);
}

fn framework(flavour: &str) -> &str {
    match flavour {
        "sklearn" => "scikit-learn",
        "sentence_transformers" => "sentence-transformers",
        other => other,
    }
}

fn file(pen: &mut Pen<'_>, place: &str, stated: &str) {
    let file = FileInfo { path: origin_name_of(stated), ..FileInfo::default() };
    pen.declared(place, property::FILE_REFERENCE, Value::File(file));
}

/// Paths are relative to the file; one that is not is a path on the machine that saved the model.
fn origin_name_of(stated: &str) -> String {
    if stated.starts_with('/') { origin_name(stated).0 } else { stated.to_owned() }
}

/// Columns of the signature, which is JSON inside of the YAML.
fn columns(
    pen: &mut Pen<'_>,
    signature: &Map<String, Json>,
    key: &str,
    (name_of, type_of): (&'static str, &'static str),
    budget: &mut Budget,
) {
    let Some(stated) = signature.get(key).and_then(Json::as_str) else { return };
    let Ok(Json::Array(columns)) = json::parse_python(stated.as_bytes(), budget) else { return };
    let place = format!("/signature/{key}");
    for (at, column) in columns.iter().enumerate() {
        let name = column.get("name").and_then(text).unwrap_or_else(|| at.to_string());
        let tensor = column.get("tensor-spec");
        let kind = match tensor {
            Some(spec) => spec.get("dtype").and_then(text).map(|dtype| {
                let shape = spec.get("shape").map(ToString::to_string).unwrap_or_default();
                format!("{dtype} {shape}").trim().to_owned()
            }),
            None => column.get("type").and_then(text),
        };
        pen.declared(&place, name_of, Value::Text(name.clone()));
        if let Some(kind) = kind {
            pen.about(&name, &place, type_of, Value::Text(kind));
        }
    }
}

/// `2024-05-27 11:31:35.123456` as RFC 3339 has it; the file says that it is UTC.
fn rfc3339(time: &str) -> String {
    match time.split_once(' ') {
        Some((date, time)) if date.len() == 10 && !time.contains(['+', 'Z']) => {
            format!("{date}T{time}Z")
        }
        _ => time.to_owned(),
    }
}
