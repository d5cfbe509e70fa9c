//! Placeholder.

use crate::app::{App, Exit};
use crate::console::Failure;

pub(crate) fn generate(_app: &App, _args: &crate::cli::KeysGenerateArgs) -> Result<Exit, Failure> {
    Err(Failure::new("placeholder", "placeholder"))
}
