//! Placeholder.

use crate::app::{App, Exit};
use crate::console::Failure;

pub(crate) fn push(_app: &App, _args: &crate::cli::PushArgs) -> Result<Exit, Failure> {
    Err(Failure::new("placeholder", "placeholder"))
}

pub(crate) fn pull(_app: &App, _args: &crate::cli::PullArgs) -> Result<Exit, Failure> {
    Err(Failure::new("placeholder", "placeholder"))
}

pub(crate) fn copy(_app: &App, _args: &crate::cli::CopyArgs) -> Result<Exit, Failure> {
    Err(Failure::new("placeholder", "placeholder"))
}

pub(crate) fn save(_app: &App, _args: &crate::cli::SaveArgs) -> Result<Exit, Failure> {
    Err(Failure::new("placeholder", "placeholder"))
}

pub(crate) fn load(_app: &App, _args: &crate::cli::LoadArgs) -> Result<Exit, Failure> {
    Err(Failure::new("placeholder", "placeholder"))
}
