//! Which files run code where they are loaded, for people.

use sealkit_inspect::{Facts, Value, property};
use sealkit_report::Known;

use super::Gathered;

/// A file that runs code where it is loaded. That is what its format does, and no judgement of the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunsCode {
    /// Its path.
    pub file: String,
    /// What it looks up by name, as far as that was listed: `os.system`.
    pub looks_up: Vec<String>,
    /// Whether the code is elsewhere, and whoever loads the file is asked to allow it.
    pub asks: bool,
}

impl Gathered {
    /// The files that run code where they are loaded, or ask for it, in the order of their paths.
    pub(crate) fn runs_code(&self) -> Vec<RunsCode> {
        self.facts.iter().filter_map(|(path, facts)| of(path, facts)).collect()
    }
}

fn of(path: &str, facts: &Facts) -> Option<RunsCode> {
    let all = facts.facts.iter().filter(|fact| fact.property == property::CAN_RUN_CODE);
    let yes = all.filter(|fact| fact.value == Value::Bool(true));
    let known: Vec<Known> = yes.map(|fact| fact.evidence.known).collect();
    let embedded = facts.facts.iter().any(|fact| fact.property == property::EMBEDDED_CODE);
    if known.is_empty() && !embedded {
        return None;
    }
    let asks = !embedded && known.iter().all(|known| *known == Known::Declared);
    let looks_up = facts.list(property::CALLABLE).into_iter().map(str::to_owned).collect();
    Some(RunsCode { file: path.to_owned(), looks_up, asks })
}
