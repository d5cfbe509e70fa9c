//! Whatever files say, and in whatever order they are given.

use crate::assembling::any::{PATHS, any_project};
use crate::assembling::{full, text};
use proptest::prelude::*;
use sealkit_aibom::{Bom, Kind, Supplied};
use sealkit_inspect::property;
use sealkit_oci::LayerRole;

fn holds(bom: &Bom) {
    let ids: std::collections::BTreeSet<_> = bom.all().map(|c| &c.id).collect();
    assert_eq!(ids.len(), bom.components.len() + 1, "a name stands twice");
    for component in bom.all() {
        assert!(component.properties.iter().all(|p| p.evidence.is_some()), "{}", component.name);
        let purl = component.purl.as_deref().unwrap_or("pkg:a/b");
        assert!(purl.starts_with("pkg:") && !purl.contains([' ', '\u{0}']), "{purl}");
    }
    for tie in &bom.relations {
        assert!(ids.contains(&tie.from) && ids.contains(&tie.to) && tie.from != tie.to, "{tie:?}");
        assert!(tie.evidence.is_some());
    }
    for run in &bom.runs {
        assert!(run.inputs.iter().chain(&run.outputs).all(|id| ids.contains(id)));
        assert!(run.properties.iter().all(|p| p.evidence.is_some()));
    }
    assert_eq!(bom.of_kind(Kind::File).count(), PATHS.len(), "every file is listed");
    let models: Vec<bool> = bom.components.iter().map(|c| c.kind == Kind::Model).collect();
    assert!(models.is_sorted_by(|a, b| a >= b), "models come first");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_value_has_its_evidence_and_every_tie_its_ends(project in any_project()) {
        holds(&project.bom());
    }

    #[test]
    fn the_order_of_parts_and_files_does_not_matter(project in any_project(), turn in 0_usize..4) {
        let mut turned = project.clone();
        turned.parts.rotate_left(turn);
        for part in &mut turned.parts {
            part.files.as_mut().unwrap().reverse();
        }
        let shown = |bom: &Bom| format!("{bom:?}");
        prop_assert!(shown(&turned.bom()) == shown(&project.bom()));
    }

    #[test]
    fn any_text_is_an_overlay_or_an_error(text in "[a-z:{}\\[\\], \n-]{0,80}") {
        if let Ok(supplied) = sealkit_aibom::overlay(&text, "x") {
            let facts = supplied.model.facts.iter().chain(&supplied.kit.facts);
            prop_assert!(facts.into_iter().all(|fact| fact.evidence.place.starts_with("line ")));
        }
    }
}

#[test]
fn a_project_of_odd_parts_holds() {
    let mut project = full();
    project.part(LayerRole::Model, "model", &[]);
    project.part(LayerRole::ModelPart, "nowhere", &[]);
    project.part(LayerRole::Mcpb, "x", &[]);
    project.parts[4].element = None;
    project.parts[5].files = None;
    project.supplied = Supplied::default();
    let bom = project.bom();
    assert!(bom.relations.iter().all(|tie| tie.from != tie.to));
    assert_eq!(bom.components[0].kind, Kind::Model);
    project.says("model/config.json", "", |pen| {
        pen.declared("", property::NAME, text("x"));
    });
    assert_eq!(project.bom().components.len(), bom.components.len());
}
