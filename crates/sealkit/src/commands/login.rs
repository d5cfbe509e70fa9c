//! Placeholder.

use crate::app::{App, Exit};
use crate::console::Failure;

pub(crate) fn login(_app: &App, _args: &crate::cli::LoginArgs) -> Result<Exit, Failure> {
    Err(Failure::new("placeholder", "placeholder"))
}

pub(crate) fn logout(_app: &App, _args: &crate::cli::LogoutArgs) -> Result<Exit, Failure> {
    Err(Failure::new("placeholder", "placeholder"))
}
