//! Kitfile: parse, validate, emit, generate from a listing.
//!
//! Pure: no file, socket, clock or environment. Sources: KitOps Kitfile format 1.0.0 as `kit`
//! 1.15.0 reads and writes it.

mod decode;
mod emit;
mod error;
mod filter;
mod generate;
mod ignore;
mod json;
mod model;
mod parts;
pub mod path;
mod schema;
mod url;
mod validate;
mod yaml;

pub use decode::{Parsed, nearest};
pub use error::{KitfileError, Place, Problem, ProblemKind};
pub use filter::{Filter, FilterError, FilterType, any_matches, any_matches_kitfile};
pub use generate::{Class, Facts, GenerateOptions, Generated, Listed, class_by_name, generate};
pub use ignore::{IgnoreError, IgnoreRules};
pub use model::{
    Code, Dataset, Docs, Kitfile, LayerInfo, McpServer, Model, ModelPart, Package, Part, Prompt,
    Value,
};
pub use parts::LayerCount;
pub use schema::schema;
pub use validate::{Violation, Warning};
