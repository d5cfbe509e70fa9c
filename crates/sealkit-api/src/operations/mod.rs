//! Every operation of the API, area by area.
//!
//! A route below `/api/v1` and its line here belong together: the hub's tests hold one against the other.

mod admin;
mod aibom;
mod catalog;
mod kits;
mod log;
mod trust;

use crate::operation::Operation;

/// Operations that belong together.
#[derive(Clone, Copy)]
pub struct Area {
    /// Its name.
    pub name: &'static str,
    /// What it is about.
    pub about: &'static str,
    /// Its operations, in the order in which people meet them.
    pub operations: &'static [Operation],
}

/// Everything that the API can do.
pub static AREAS: &[Area] = &[
    Area {
        name: "Kits",
        about: "What is stored, and what is in it.",
        operations: kits::OPERATIONS,
    },
    Area {
        name: "AIBOMs",
        about: "What is inside of a version, as a signed document.",
        operations: aibom::OPERATIONS,
    },
    Area {
        name: "Catalogue",
        about: "Questions about every kit at once.",
        operations: catalog::OPERATIONS,
    },
    Area {
        name: "Trust",
        about: "What must not be used, and who says so.",
        operations: trust::OPERATIONS,
    },
    Area {
        name: "Log",
        about: "The transparency log and its proofs.",
        operations: log::OPERATIONS,
    },
    Area {
        name: "Administration",
        about: "Who did what, and who may do what.",
        operations: admin::OPERATIONS,
    },
];

/// Every operation, area by area.
pub fn operations() -> impl Iterator<Item = &'static Operation> {
    AREAS.iter().flat_map(|area| area.operations)
}

/// The operation that a request with this method, by its name, and this path asks for. Where several fit,
/// the one with the fewest parameters in its path.
pub fn operation(method: &str, path: &str) -> Option<&'static Operation> {
    let fitting = operations().filter(|known| known.method.name() == method && known.fits(path));
    fitting.min_by_key(|known| known.path_parameters().count())
}
