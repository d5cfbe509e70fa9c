//! Checks that hold the architecture: layers, purity, sizes.

mod graph;
mod invariants;
mod layers;
mod purity;
mod scrub;
mod sizes;
mod sources;
mod terminal;

pub(crate) use graph::Graph;
pub(crate) use layers::CRATES;

use crate::run::{Outcome, fail};

/// `cargo xtask check-layers`.
pub(crate) fn layers(_args: &[String]) -> Outcome {
    let graph = Graph::of_workspace()?;
    report("check-layers", &graph.problems(), &format!("{} crates", graph.crates.len()))
}

/// `cargo xtask check-purity`.
pub(crate) fn purity(_args: &[String]) -> Outcome {
    let (problems, files) = purity::check_workspace()?;
    report("check-purity", &problems, &format!("{files} files"))
}

/// `cargo xtask check-sizes`.
pub(crate) fn sizes(_args: &[String]) -> Outcome {
    let (problems, files) = sizes::check_workspace()?;
    report("check-sizes", &problems, &format!("{files} files"))
}

/// `cargo xtask check-terminal`.
pub(crate) fn terminal(_args: &[String]) -> Outcome {
    let (problems, files) = terminal::check_workspace()?;
    report("check-terminal", &problems, &format!("{files} files"))
}

/// `cargo xtask check-invariants`.
pub(crate) fn invariants(_args: &[String]) -> Outcome {
    let (problems, named) = invariants::check_workspace()?;
    report("check-invariants", &problems, &format!("{named} tests named"))
}

/// `cargo xtask pure-crates`.
pub(crate) fn pure_crates(_args: &[String]) -> Outcome {
    let graph = Graph::of_workspace()?;
    let present =
        layers::pure().filter(|name| graph.crates.iter().any(|krate| krate.name == *name));
    let args: Vec<String> = present.map(|name| format!("-p {name}")).collect();
    println!("{}", args.join(" "));
    Ok(())
}

fn report(check: &str, problems: &[String], looked_at: &str) -> Outcome {
    if problems.is_empty() {
        println!("{check}: ok ({looked_at})");
        return Ok(());
    }
    for problem in problems {
        println!("  {problem}");
    }
    fail(format!("{} problem(s)", problems.len()))
}
