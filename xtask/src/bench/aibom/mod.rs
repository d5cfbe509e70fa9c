//! `cargo xtask bench aibom`: what SealKit and its peers say of the same projects, how complete
//! strangers' scores find it, and what it costs.

mod document;
mod inputs;
mod judges;
mod makers;
mod owasp;
mod page;
mod parquet;
mod project;
mod rows;
mod speed;
mod texts;
mod tools;
mod weights;

use std::path::Path;

use super::inputs::Scale;
use crate::run::{Outcome, cargo, fail, has_flag, number_after, root, run, target_dir};
use inputs::Input;
use page::Findings;
use tools::Tools;

/// `cargo xtask bench aibom [--install] [--no-build] [--full] [--no-speed] [--write] [--runs N]`.
pub(super) fn task(args: &[String]) -> Outcome {
    let runs = number_after(args, "--runs", 5)?;
    let work = target_dir().join("bench-aibom");
    std::fs::create_dir_all(&work)?;
    if !has_flag(args, "--no-build") {
        run(cargo().args(["build", "--release", "--package", "sealkit", "--package", "xtask"]))?;
    }
    let tools = Tools::new(&work);
    if has_flag(args, "--install") {
        tools.install()?;
    }
    let inputs = inputs::all(&work)?;
    let mut found = Findings { is_cut_off: tools.is_cut_off(), ..Findings::default() };
    let out = work.join("out");
    std::fs::create_dir_all(&out)?;
    for input in &inputs {
        describe(&mut found, &tools, input, &out)?;
    }
    if let Some(real) = inputs.first().filter(|_| !has_flag(args, "--no-speed")) {
        let scale = if has_flag(args, "--full") { Scale::full() } else { Scale::small() };
        found.speed = speed::measure_all(&work, real, &scale, runs)?;
    }
    let page = found.page();
    println!("{page}");
    if has_flag(args, "--write") {
        std::fs::write(root().join("docs/reference/aibom-benchmark.md"), page)?;
    }
    let failures = found.failures();
    if failures.is_empty() { Ok(()) } else { fail(failures.join("; ")) }
}

/// Documents of one input, ours and those of the peers, with what others say of them.
fn describe(found: &mut Findings, tools: &Tools, input: &Input, out: &Path) -> Outcome {
    let program = speed::release("sealkit");
    let (made, documents) = makers::sealkit(&program, input, out)?;
    for path in &documents {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for (validator, verdict) in judges::validate(tools, path) {
            found.verdicts.insert((name.clone(), validator), verdict);
        }
    }
    if input.name == "B" {
        found.rows = check(&program, &input.folder, &made.path)?;
    }
    let (theirs, mut skipped) = makers::peers(tools, input, out);
    found.skipped.append(&mut skipped);
    for made in std::iter::once(made).chain(theirs) {
        let scores = judges::score(tools, &made.path)?;
        found.scores.push((made, scores));
    }
    Ok(())
}

/// Holds our document of the project against what is known of it.
fn check(program: &Path, folder: &Path, document: &Path) -> Outcome<Vec<rows::Row>> {
    let first = std::fs::read(document)?;
    let again = makers::bom(program, folder).output()?.stdout;
    let root = serde_json::from_slice(&first)?;
    let mut all = rows::rows(&root, folder)?;
    all.extend(rows::mistakes(&root, &first, &again));
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of the benchmark, as a test: every row is yes and no mistake is made.
    #[test]
    fn the_aibom_of_the_project_says_everything() {
        run(cargo().args(["build", "--quiet", "--package", "sealkit"])).unwrap();
        let program = target_dir().join("debug/sealkit");
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("project");
        std::fs::create_dir(&folder).unwrap();
        project::make(&folder, None).unwrap();
        let input = Input { name: "B", folder };
        let (made, _) = makers::sealkit(&program, &input, scratch.path()).unwrap();
        let all = check(&program, &input.folder, &made.path).unwrap();
        let wrong: Vec<_> = all.iter().filter(|row| !row.1).map(|row| row.0).collect();
        assert!(all.len() > 30 && wrong.is_empty(), "{wrong:?}");
    }
}
