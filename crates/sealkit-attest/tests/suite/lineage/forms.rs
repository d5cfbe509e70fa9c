//! The forms in which a lineage is shown.

use sealkit_attest::{Declared, EdgeKind, LineageGraph, LineageReport, NodeKind};
use serde_json::{Value, json};

use super::world::family;
use crate::common::{key, trusting};

/// A graph with each standing, and names that would break out of every format.
fn hostile() -> LineageGraph {
    let ada = key("ada");
    let mut world = family(&ada);
    let name =
        "x\"]; click n0 href \"javascript:alert(1)\" <script>&amp;</svg>\u{1b}[2J\u{202e}\n- y";
    let declared = Declared {
        edge: EdgeKind::TrainedOn,
        kind: NodeKind::Dataset,
        name: name.to_owned(),
        version: Some("\u{7}".to_owned()),
        digest: None,
        source: "a\u{1b}[31m.md".to_owned(),
    };
    world.kit("chat:v2").2.push(declared);
    world.derive("base:v1", "gone", &ada);
    world.derive("base:v1", "chat:v2", &ada);
    world.up("chat:v2", &trusting(&[&ada]))
}

fn golden_file(name: &str, text: &str) {
    let path = format!("{}/tests/golden/lineage/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("SEALKIT_WRITE_GOLDEN").is_some() {
        std::fs::create_dir_all(std::path::Path::new(&path).parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text, golden, "{name}; to accept: SEALKIT_WRITE_GOLDEN=1");
}

#[test]
fn every_form_is_as_it_was() {
    let graph = hostile();
    golden_file("hostile.tree", &(graph.tree() + "\n"));
    golden_file("hostile.mermaid", &graph.mermaid());
    golden_file("hostile.svg", &graph.svg());
    let report = serde_json::to_string_pretty(&graph.report()).unwrap() + "\n";
    golden_file("hostile.json", &report);
    let ada = key("ada");
    let good = family(&ada).up("chat:v2", &trusting(&[&ada]));
    golden_file("good.tree", &(good.tree() + "\n"));
    golden_file("good.mermaid", &good.mermaid());
    golden_file("good.svg", &good.svg());
}

#[test]
fn names_break_out_of_no_form() {
    let graph = hostile();
    let forms = [graph.tree(), graph.mermaid(), graph.svg()];
    for text in &forms {
        for bad in ['\u{1b}', '\u{202e}', '\u{7}'] {
            assert!(!text.contains(bad), "{bad:?} in {text}");
        }
        assert!(!text.contains("\n- y"), "{text}");
    }
    let [_, mermaid, svg] = forms;
    for broken in [&mermaid, &svg] {
        assert!(!broken.contains("click n0 href \""), "{broken}");
    }
    let allowed = |line: &str| {
        ["flowchart LR", "  n", "  classDef "].iter().any(|start| line.starts_with(start))
    };
    assert!(mermaid.lines().all(allowed), "{mermaid}");
    assert!(!mermaid.contains('<') || !mermaid.replace("<br/>", "").contains('<'));
    for bad in ["<script", "href", "url(", "</svg>\u{1b}", "<!", "style"] {
        let found = svg.replace("&lt;script", "").replace("click n0 href", "");
        assert!(!found.contains(bad), "{bad}");
    }
    assert_eq!((svg.matches("<svg").count(), svg.matches("</svg>").count()), (1, 1));
}

#[test]
fn the_report_fits_its_published_schema() {
    let schema: Value = serde_json::from_str(&LineageReport::schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let ada = key("ada");
    let good = family(&ada).up("chat:v2", &trusting(&[&ada]));
    for graph in [hostile(), good, LineageGraph::default()] {
        let report = serde_json::to_value(graph.report()).unwrap();
        validator.validate(&report).unwrap_or_else(|error| panic!("{error}"));
        let mut bad = report;
        bad["schemaVersion"] = json!("1");
        assert!(!validator.is_valid(&bad));
    }
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/reference/schemas/lineage-report.schema.json"
    );
    assert_eq!(std::fs::read_to_string(path).unwrap(), LineageReport::schema());
}
