//! A look inside one file, made harmless: bounded text and numbers, whatever the file holds.
//!
//! [`look`] finds what a file is and shows its head as that: text, a table, the cells of a notebook, what a
//! pickle would look up. Nothing is executed, unpickled, decoded or drawn; a file costs its head and a bounded
//! part of its header or footer, however large it is. [`markdown`] turns Markdown into HTML that consists of
//! a fixed set of tags.
#![cfg_attr(not(test), warn(clippy::indexing_slicing))]

mod archive;
mod columns;
mod facts;
mod graph;
mod hex;
mod image;
mod language;
mod look;
pub mod markdown;
mod names;
mod notebook;
mod pickle;
mod spread;
mod table;
mod tensors;
mod text;

pub use image::raster;
pub use look::look;
pub use text::front_matter;
