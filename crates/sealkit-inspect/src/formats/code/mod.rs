//! Python sources and notebooks: what they import and what they load by name.

mod inline;
mod loads;
mod notebook;
mod source;

pub(crate) use notebook::Notebook;
pub(crate) use source::Python;
