//! AIBOMs for people: a table, Markdown, and one self-contained HTML page.

mod facts;
mod html;
mod markdown;
mod table;

pub use html::html;
pub use markdown::markdown;
pub use table::table;
