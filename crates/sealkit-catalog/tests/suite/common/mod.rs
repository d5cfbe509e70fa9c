//! Entries made by hand.

use sealkit_aibom::{Kind, RelationKind};
use sealkit_catalog::{Catalog, Entry, Facet, Question, Thing, Tie};
use sealkit_oci::Digest;
use sealkit_report::Known;

/// A digest that stands for `text`.
pub(crate) fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

/// A thing of which kind and name are known.
pub(crate) fn thing(kind: Kind, name: &str) -> Thing {
    Thing { source: format!("{name}.md /x"), ..Thing::named(kind, name.to_owned()) }
}

/// The same with bytes.
pub(crate) fn content(kind: Kind, name: &str, bytes: &str) -> Thing {
    let digests = vec![digest(bytes).to_string()];
    Thing { digests, known: Known::Measured, source: String::new(), ..thing(kind, name) }
}

pub(crate) fn tie(from: usize, to: usize, kind: RelationKind) -> Tie {
    let source = "README.md".to_owned();
    Tie { from, to, kind, role: None, known: Known::Declared, source }
}

/// The kit `repository` of which `content` stands for the manifest, with these things, each tied to it.
pub(crate) fn entry(repository: &str, content: &str, pushed: i64, things: Vec<Thing>) -> Entry {
    let mut all =
        vec![Thing { digests: vec![digest(content).to_string()], ..thing(Kind::Kit, repository) }];
    let ties = (1..=things.len()).map(|at| tie(0, at, RelationKind::Contains)).collect();
    all.extend(things);
    Entry {
        repository: repository.to_owned(),
        digest: digest(content),
        pushed,
        size: 10,
        artifact_type: "application/vnd.kitops.modelkit.manifest.v1+json".to_owned(),
        title: None,
        description: None,
        version: None,
        parameters: None,
        things: all,
        ties,
        facets: vec![(Facet::Kind, "modelkit".to_owned())],
        notes: Vec::new(),
        code: Vec::new(),
        signers: Vec::new(),
        trust: String::new(),
        text: repository.replace('/', " "),
        problem: None,
    }
}

/// A catalogue of these entries, each with the tag `v1`.
pub(crate) fn catalog(entries: &[Entry]) -> Catalog {
    let catalog = Catalog::in_memory().unwrap();
    catalog.serve_as(&["hub.example.com".to_owned()], 0).unwrap();
    for entry in entries {
        catalog.put(entry).unwrap();
        catalog.set_tag(&entry.repository, "v1", &entry.digest).unwrap();
    }
    catalog
}

/// Each affected repository with its distance, in the order of the answer.
pub(crate) fn affected(catalog: &Catalog, question: &str) -> Vec<(String, u32)> {
    let question: Question = question.parse().unwrap();
    let impact = catalog.impact(&question, sealkit_catalog::ImpactLimits::default(), None).unwrap();
    impact.affected.into_iter().map(|one| (one.repository, one.distance)).collect()
}
