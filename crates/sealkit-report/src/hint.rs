//! What an error tells the person who meets it: a stable code and the next command to run.

/// A stable name of a cause, for scripts: lower-case words joined by `-`, e.g. `not-found`.
pub type Code = &'static str;

/// An error that knows its code and what to do next.
pub trait Hint: std::error::Error {
    /// The stable name of the cause.
    fn code(&self) -> Code;

    /// The next command to run or thing to change, as a phrase without a full stop.
    fn hint(&self) -> Option<String> {
        None
    }
}
