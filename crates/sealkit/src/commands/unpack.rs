//! Placeholder.

use crate::app::{App, Exit};
use crate::console::Failure;

pub(crate) fn run(_app: &App, _args: &crate::cli::UnpackArgs) -> Result<Exit, Failure> {
    Err(Failure::new("placeholder", "placeholder"))
}
