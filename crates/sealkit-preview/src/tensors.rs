//! What a file of tensors says of itself.

use sealkit_api::TensorSummary;
use sealkit_inspect::{Facts, property};

use crate::text::line;

/// Most characters of the name of an element type.
const MAX_NAME: usize = 80;

/// The sums that inspection found.
pub(crate) fn summary(facts: &Facts) -> TensorSummary {
    TensorSummary {
        tensors: facts.uint(property::TENSORS),
        parameters: facts.uint(property::PARAMETERS),
        dtype: facts.text(property::DTYPE).map(|name| line(name, MAX_NAME)),
    }
}
