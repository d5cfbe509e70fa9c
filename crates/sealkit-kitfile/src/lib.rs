//! Kitfile: parse, validate, emit, generate from a listing.

mod model;

pub use model::{
    Code, Dataset, Docs, Kitfile, LayerInfo, McpServer, Model, ModelPart, Package, Part, Prompt,
    Value,
};
