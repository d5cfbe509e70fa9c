//! `model_index.json` of diffusers: a pipeline and its components.

use sealkit_report::Budget;
use serde_json::Value as Json;

use super::{asked, written_by};
use crate::pick::{Pen, object, sniff, step, text};
use crate::{
    Class, Confidence, Facts, FileInfo, Format, InspectError, Inspector, Probe, ReadAt, Value,
    property,
};

const FORMAT: Format = Format::new("diffusers-index", "diffusion pipeline", Class::ModelPart, &[])
    .media("application/json");

pub(crate) struct ModelIndex;

impl Inspector for ModelIndex {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        sniff(probe, "model_index.json", &["\"_class_name\"", "\"_diffusers_version\""])
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let index = object(source, budget)?;
        let mut facts = Facts::default();
        let mut pen = Pen { path, facts: &mut facts };
        match index.get("_class_name") {
            // A module of the repository and a class in it.
            Some(Json::Array(parts)) => {
                let parts: Vec<String> = parts.iter().filter_map(text).collect();
                pen.declared("/_class_name", property::CAN_RUN_CODE, Value::Bool(true));
                let class = parts.join(".");
                pen.declared("/_class_name", property::CALLABLE, Value::Text(class.clone()));
                pen.declared("/_class_name", property::MODEL_CLASS, Value::Text(class));
            }
            class => pen.text("/_class_name", property::MODEL_CLASS, class),
        }
        written_by(&mut pen, &index, "_diffusers_version", ("diffusers", "diffusers"));
        for (name, json) in index.iter().filter(|(name, _)| !name.starts_with('_')) {
            component(&mut pen, name, json);
        }
        asked::anywhere(&mut pen, &index);
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::MODEL_CLASS,
            property::FRAMEWORK,
            property::FRAMEWORK_VERSION,
            property::PACKAGE,
            property::FILE_REFERENCE,
            property::CAN_RUN_CODE,
            property::CALLABLE,
            property::LOADS_MODEL,
            property::METADATA,
        ]
    }
}

/// Libraries whose classes diffusers loads, and its own pipelines, which bring classes too. It takes every other name for a
/// module of the repository. A pipeline that is missing here is taken for one.
const KNOWN: &[&str] = &[
    "diffusers",
    "transformers",
    "peft",
    "flax",
    "k_diffusion",
    "onnxruntime",
    "openvino",
    "optimum",
    "sentence_transformers",
    "tokenizers",
    "torch",
    // Pipelines.
    "amused",
    "animatediff",
    "audioldm",
    "audioldm2",
    "blip_diffusion",
    "cogvideo",
    "consistency_models",
    "controlnet",
    "deepfloyd_if",
    "deprecated",
    "flux",
    "hunyuandit",
    "kandinsky",
    "kandinsky2_2",
    "latent_diffusion",
    "ledits_pp",
    "ltx",
    "lumina",
    "marigold",
    "musicldm",
    "paint_by_example",
    "pixart_alpha",
    "sana",
    "shap_e",
    "spectrogram_diffusion",
    "stable_audio",
    "stable_cascade",
    "stable_diffusion",
    "stable_diffusion_3",
    "stable_diffusion_safe",
    "stable_diffusion_xl",
    "stable_video_diffusion",
    "t2i_adapter",
    "unclip",
    "unidiffuser",
    "versatile_diffusion",
    "wan",
    "wuerstchen",
];

fn is_known(library: &str) -> bool {
    KNOWN.contains(&library.split('.').next().unwrap_or_default())
}

/// A component is a folder with the library and class that read it; anything else is a setting.
fn component(pen: &mut Pen<'_>, name: &str, json: &Json) {
    let place = step("", name);
    let parts = json.as_array().map(Vec::as_slice).unwrap_or_default();
    let [library, class] = parts else {
        if let Some(value) = crate::pick::plain(json) {
            pen.about(name, &place, property::METADATA, value);
        }
        return;
    };
    // `[null, null]` is a component that is left out.
    let (Some(library), Some(class)) = (text(library), text(class)) else { return };
    let class = Value::Text(format!("{library}.{class}"));
    pen.about(name, &place, property::MODEL_CLASS, class.clone());
    if !is_known(&library) {
        // A module of the repository: a file of this name beside the component.
        pen.declared(&place, property::CAN_RUN_CODE, Value::Bool(true));
        pen.declared(&place, property::CALLABLE, class);
    }
    let file = FileInfo { path: name.to_owned(), ..FileInfo::default() };
    pen.declared(&place, property::FILE_REFERENCE, Value::File(file));
}
