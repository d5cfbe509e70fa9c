//! Real models, where a folder with some is given.

use std::path::Path;

fn walk(folder: &Path, all: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, all) } else { all.push(path) }
    }
}

/// Prints what is known of every file; for people: `SEALKIT_MODELS=DIR cargo test -- --ignored`.
#[test]
#[ignore = "needs a folder of models in SEALKIT_MODELS"]
fn every_file_of_a_folder() {
    let Ok(root) = std::env::var("SEALKIT_MODELS") else {
        println!("skipped: no SEALKIT_MODELS");
        return;
    };
    let mut files = Vec::new();
    walk(Path::new(&root), &mut files);
    files.sort();
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        let name = file.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
        let (class, facts) = crate::common::look(&name, &bytes);
        println!("{name}: {class:?} {}", crate::common::format(&name, &bytes));
        for fact in facts.facts.iter().filter(|f| f.property != "tensor").take(300) {
            println!(
                "    {} {}= {} [{:?} {}]",
                fact.property, fact.subject, fact.value, fact.evidence.known, fact.evidence.place
            );
        }
        for finding in &facts.findings {
            println!("    ! {}: {}", finding.rule, finding.message);
        }
    }
}
