//! Pages for people.

use sealkit_aibom::render::{html, markdown, table};
use sealkit_aibom::{
    Bom, Completeness, Component, ComponentId, Composition, Hash, HashAlgorithm, Kind, Property,
    Relation, RelationKind, name,
};
use sealkit_inspect::{Value, property};
use sealkit_report::{Evidence, Known};

const EVIL: &str = "<script>alert(1)</script>|`x`\u{1b}[31m\n\"'";

fn bom() -> Bom {
    let id = |text: &str| ComponentId(text.to_owned());
    let evidence = |place: &str| {
        Some(Evidence {
            known: Known::Declared,
            file: "README.md".to_owned(),
            place: place.to_owned(),
            digest: None,
        })
    };
    let mut kit = Component::new(id("kit"), Kind::Kit, EVIL);
    kit.hashes.push(Hash::new(HashAlgorithm::Sha256, &"a".repeat(64), None).unwrap());
    let mut model = Component::new(id("model"), Kind::Model, "m");
    model.properties = vec![
        Property::text(property::LICENCE, "MIT", evidence("/license")),
        Property::text(property::INTENDED_USE, EVIL, evidence("lines 3-4")),
        Property::new(property::PARAMETERS, Value::Uint(7), evidence("header")),
        Property::text(property::HYPERPARAMETER, "32", evidence("line 9")).about("batch_size"),
    ];
    let base = Component::new(id("base"), Kind::BaseModel, "org/base");
    let data = Component::new(id("data"), Kind::ExternalDataset, EVIL);
    let mut file = Component::new(id("file"), Kind::File, "w.bin");
    file.size = Some(10);
    let mut bom = Bom::new(kit);
    bom.relations
        .push(Relation::new(&model.id, RelationKind::DerivedFrom, &base.id).role(Some("adapter")));
    bom.compositions.push(Composition {
        completeness: Completeness::Unknown,
        contents: Vec::new(),
        origins: vec![model.id.clone()],
    });
    bom.components = vec![model, base, data, file];
    bom.normalise();
    bom
}

#[test]
fn a_page_shows_values_with_how_they_are_known() {
    let page = html(&bom());
    for text in [
        "<h2>Models</h2>",
        "<h2>Lineage</h2>",
        "<h2>Datasets</h2>",
        "<h2>Files</h2>",
        "<a href=\"#datasets\">Datasets</a>",
        "<section id=\"datasets\">",
        "1 model, 1 base model, 1 dataset elsewhere, 1 file",
        "hyperparameter batch_size",
        "README.md /license",
        "<span class=\"tag declared\">declared</span>",
        "derived from org/base (adapter)",
        "not known to be complete",
        "default-src 'none'",
    ] {
        assert!(page.contains(text), "{text}");
    }
    assert!(!page.contains("http:") && !page.contains("https:"), "a page asks nobody for anything");
}

#[test]
fn what_cannot_be_read_or_contradicts_itself_stands_first() {
    let mut bom = bom();
    assert!(!html(&bom).contains("Needs attention"));
    for component in &mut bom.components {
        let (name, text) = match component.kind {
            Kind::File => (name::UNREADABLE, "too short"),
            Kind::Model => (name::CONFLICT, "two licences"),
            _ => continue,
        };
        component.properties.push(Property::text(name, text, None));
    }
    for page in [html(&bom), markdown(&bom)] {
        let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}: {page}"));
        assert!(at("Needs attention") < at("m: conflict: two licences"));
        let escaped = if page.starts_with('#') { "## Models" } else { "<h2>Models" };
        assert!(at("w.bin: unreadable: too short") < at(escaped));
    }
}

#[test]
fn what_has_a_licence_alone_is_one_row() {
    let mut bom = bom();
    let mut part = Component::new(ComponentId("part".to_owned()), Kind::ModelPart, "config.json");
    part.properties = vec![Property::text(property::LICENCE, "MIT", None)];
    bom.components.push(part);
    assert!(html(&bom).contains("<tr><td>config.json</td><td></td><td>MIT</td>"));
    assert!(markdown(&bom).contains("| config.json |  | MIT |  |"));
    bom.components.last_mut().unwrap().properties.push(Property::text(property::TASK, "x", None));
    assert!(html(&bom).contains("<h3>config.json</h3>"));
}

#[test]
fn nothing_of_a_stranger_is_active() {
    for page in [html(&bom()), markdown(&bom())] {
        assert!(!page.contains("<script"), "{page}");
        assert!(!page.contains('\u{1b}'));
    }
    assert!(html(&bom()).contains("&lt;script&gt;"));
}

#[test]
fn every_markdown_row_has_the_cells_of_its_head() {
    let page = markdown(&bom());
    let mut wanted = None;
    for line in page.lines() {
        if !line.starts_with('|') {
            wanted = None;
            continue;
        }
        let cells = line.replace("\\|", "").matches('|').count();
        assert_eq!(*wanted.get_or_insert(cells), cells, "{line}");
    }
    assert!(page.contains("| licence | MIT | declared | README.md /license |"));
}

#[test]
fn the_table_has_a_row_for_everything() {
    let rows = table(&bom());
    assert_eq!(rows.len(), 1 + 5);
    assert_eq!(rows[0][0], "KIND");
    let model = rows.iter().find(|row| row[0] == "model").unwrap();
    assert_eq!(model[3], "MIT");
    let file = rows.iter().find(|row| row[0] == "file").unwrap();
    assert_eq!(file[4], "10");
}

#[test]
fn the_same_aibom_gives_the_same_page() {
    assert_eq!(html(&bom()), html(&bom()));
    assert_eq!(markdown(&bom()), markdown(&bom()));
}
