//! `generation_config.json`: how a language model writes where its user does not say otherwise.

use sealkit_report::Budget;

use super::{asked, settings, written_by};
use crate::pick::{Pen, named_object, object};
use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, Probe, ReadAt, Value, property,
};

const FORMAT: Format =
    Format::new("hf-generation-config", "generation configuration", Class::ModelPart, &[])
        .media("application/json");

pub(crate) struct GenerationConfig;

impl Inspector for GenerationConfig {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        named_object(probe, &["generation_config.json"])
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
        written_by(&mut pen, &config, "transformers_version", ("transformers", "transformers"));
        let leave_out = ["transformers_version", "_from_model_config", "custom_generate"];
        settings(&mut pen, &config, property::GENERATION_SETTING, &leave_out);
        // A repository, or the name of a function in it, that replaces the library's own loop.
        if let Some(custom) = config.get("custom_generate").filter(|json| !json.is_null()) {
            pen.declared("/custom_generate", property::CAN_RUN_CODE, Value::Bool(true));
            pen.text("/custom_generate", property::CALLABLE, Some(custom));
        }
        asked::anywhere(&mut pen, &config);
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[
            property::GENERATION_SETTING,
            property::FRAMEWORK,
            property::FRAMEWORK_VERSION,
            property::PACKAGE,
            property::CAN_RUN_CODE,
            property::CALLABLE,
            property::LOADS_MODEL,
        ]
    }
}
