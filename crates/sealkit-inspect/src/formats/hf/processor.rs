//! `preprocessor_config.json` and its relatives: how pictures and sound are made ready.

use sealkit_report::Budget;

use super::{asked, remote_code};
use crate::pick::{Pen, named_object, object};
use crate::{Class, Confidence, Facts, Format, InspectError, Inspector, Probe, ReadAt, property};

const FORMAT: Format =
    Format::new("hf-preprocessor-config", "preprocessor configuration", Class::ModelPart, &[])
        .media("application/json");
const NAMES: &[&str] = &[
    "preprocessor_config.json",
    "processor_config.json",
    "feature_extractor_config.json",
    "video_preprocessor_config.json",
];
/// Keys that name the class.
const CLASSES: &[&str] =
    &["image_processor_type", "feature_extractor_type", "video_processor_type", "processor_class"];

pub(crate) struct ProcessorConfig;

impl Inspector for ProcessorConfig {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        named_object(probe, NAMES)
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
        for key in CLASSES {
            pen.text(&format!("/{key}"), property::PROCESSOR, config.get(*key));
        }
        if let Some(classes) = config.get("auto_map") {
            remote_code(&mut pen, "/auto_map", classes);
        }
        for (key, json) in config
            .iter()
            .filter(|(key, _)| !CLASSES.contains(&key.as_str()) && key.as_str() != "auto_map")
        {
            let place = crate::pick::step("", key);
            pen.flat((key, &place), json, property::PROCESSOR_SETTING, 3);
        }
        asked::anywhere(&mut pen, &config);
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::PROCESSOR,
            property::PROCESSOR_SETTING,
            property::CAN_RUN_CODE,
            property::CALLABLE,
            property::LOADS_MODEL,
        ]
    }
}
