//! The words that every judge shares: what was checked, what came of it, how it is known, and what
//! to do next. They know nothing of formats or of policy. With them the calendar that all times are of.

mod budget;
pub mod calendar;
mod count;
mod distance;
mod finding;
mod hint;
mod step;
mod text;

pub use budget::{Budget, Exceeded};
pub use count::counted;
pub use distance::edit_distance;
pub use finding::{Evidence, Finding, Known, Severity};
pub use hint::{Code, Hint};
pub use step::{Outcome, Report, Step, Verdict};
pub use text::{entity, is_deceptive, lookalikes};
