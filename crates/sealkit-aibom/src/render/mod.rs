//! AIBOMs for people: a table, Markdown, and one self-contained HTML page.

mod facts;
mod html;
mod markdown;
pub(crate) mod page;
mod table;

pub use facts::{Line, completeness, lines};
pub use html::html;
pub(crate) use markdown::escape as markdown_escape;
pub use markdown::markdown;
pub use table::table;
