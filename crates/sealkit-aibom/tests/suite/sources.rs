//! Whose word a value is: of a Kitfile that somebody wrote, of one that was made, of a config, of a file table.

use crate::assembling::{Project, called, full, only, origin, statement, text, tie, values};
use sealkit_aibom::{Bom, JudgeOptions, Kind, RelationKind, judge, name};
use sealkit_inspect::{LinkInfo, OriginInfo, Value, property};
use sealkit_oci::{Digest, LayerRole};
use sealkit_report::{Known, Verdict};

/// Everything that says that it comes from this file.
fn from(bom: &Bom, file: &str) -> Vec<String> {
    let of_values = bom.all().flat_map(|component| {
        component.properties.iter().filter_map(|property| {
            Some((property.name.clone(), property.evidence.as_ref()?.file.clone()))
        })
    });
    let of_ties = bom
        .relations
        .iter()
        .filter_map(|tie| Some((tie.kind.name().to_owned(), tie.evidence.as_ref()?.file.clone())));
    of_values.chain(of_ties).filter(|(_, at)| at == file).map(|(what, _)| what).collect()
}

#[test]
fn a_kitfile_that_nobody_wrote_is_no_source() {
    let mut project = full();
    let model = project.kitfile.model.as_mut().unwrap();
    (model.license, model.framework) = ("MIT".into(), "pytorch".into());
    assert!(!from(&project.bom(), "Kitfile").is_empty());
    project.kitfile_is_made = true;
    let bom = project.bom();
    assert_eq!(from(&bom, "Kitfile"), Vec::<String>::new());
    let model = only(&bom, Kind::Model);
    let licences = values(model, property::LICENCE);
    assert_eq!(licences, ["apache-2.0", "Apache-2.0"], "what card and licence text say stays");
    assert_eq!(values(model, property::FRAMEWORK), ["transformers"]);
    let report = judge(&bom, &bom, &JudgeOptions::default());
    assert_eq!(report.verdict(), Verdict::Yes, "{report:#?}");
}

#[test]
fn what_a_config_says_is_of_the_kit_and_of_its_model() {
    let mut project = Project::folder().packed();
    project.kitfile_is_made = true;
    project.part(LayerRole::Model, "m.safetensors", &[("m.safetensors", "w")]);
    project.says("m.safetensors", "safetensors", |_| {});
    let mut say = |place: &str, property, value| {
        project.config.declared("config", place, property, value);
    };
    say("/descriptor/licenses/0", property::LICENCE, text("Apache-2.0"));
    say("/descriptor/licenses/1", property::LICENCE, text("LicenseRef-Mine"));
    say("/config/architecture", property::ARCHITECTURE, text("transformer"));
    let link = LinkInfo { kind: "vcs".into(), url: "https://h.example/x".into() };
    say("/descriptor/sourceURL", property::LINK, Value::Link(link));
    let data = OriginInfo::named("https://huggingface.co/datasets/org/wheat");
    say("/descriptor/datasetsURL/0", property::TRAINED_ON, Value::Origin(data));
    let bom = project.bom();
    let model = only(&bom, Kind::Model);
    for component in [model, &bom.subject] {
        assert_eq!(values(component, property::LICENCE), ["Apache-2.0", "LicenseRef-Mine"]);
        assert!(component.first(property::LINK).is_some());
    }
    assert_eq!(values(model, property::ARCHITECTURE), ["transformer"]);
    assert_eq!(bom.subject.first(property::ARCHITECTURE), None);
    let data = called(&bom, Kind::ExternalDataset, "org/wheat");
    assert!(tie(&bom, model, RelationKind::TrainedOn, data).is_some());
    assert_eq!(from(&bom, "Kitfile"), Vec::<String>::new());
}

#[test]
fn a_reference_is_pinned_by_the_digest_that_it_had_when_the_kit_was_packed() {
    let mut project = full().packed();
    project.kitfile.model.as_mut().unwrap().path = "h.example/s/kf:v1".into();
    let unpinned = project.bom();
    let base = called(&unpinned, Kind::BaseModel, "h.example/s/kf");
    assert!(base.hashes.is_empty() && base.of(name::UNKNOWN).any(|p| p.subject == "hash"));
    let digest = Digest::of(b"the kit");
    project.references.insert("h.example/s/kf:v1".into(), digest.clone());
    let bom = project.bom();
    let base = called(&bom, Kind::BaseModel, "h.example/s/kf");
    assert_eq!(base.sha256(), Some(digest.clone()));
    assert_eq!(base.hashes[0].evidence.as_ref().unwrap().known, Known::Inferred);
    assert!(base.purl.as_ref().unwrap().contains(&digest.hex()[..16]), "{:?}", base.purl);
    assert_eq!(base.of(name::UNKNOWN).count(), 0);
}

#[test]
fn a_card_over_several_datasets_speaks_for_each_but_for_its_name() {
    let mut project = Project::folder();
    project.part(LayerRole::Docs, "README.md", &[("README.md", "x")]);
    for name in ["a", "b"] {
        project.part(LayerRole::Dataset, name, &[(&format!("{name}/t.csv"), name)]);
        project.says(&format!("{name}/t.csv"), "csv", |_| {});
    }
    project.says("README.md", "dataset-card", |pen| {
        pen.declared("/sensitive", property::SENSITIVE_DATA, text("names"));
        pen.declared("/pretty_name", property::NAME, text("All"));
        pen.declared("/version", property::VERSION, text("1.0"));
    });
    let bom = project.bom();
    assert_eq!(bom.of_kind(Kind::Dataset).count(), 2);
    for name in ["a", "b"] {
        let data = called(&bom, Kind::Dataset, name);
        assert_eq!(values(data, property::SENSITIVE_DATA), ["names"]);
        assert!(values(data, property::NAME).is_empty());
        assert_eq!(data.of(name::CONFLICT).count(), 0);
    }
}

#[test]
fn an_author_of_a_kitfile_may_have_an_address() {
    let mut project = full();
    project.kitfile.package.authors = vec!["Ada <ada@lab.example>".into(), "<x>".into()];
    let bom = project.bom();
    let authors: Vec<_> = bom
        .properties
        .iter()
        .filter_map(|property| match &property.value {
            Value::Party(party) => Some((party.name.as_str(), party.email.as_deref())),
            _ => None,
        })
        .collect();
    assert_eq!(authors, [("Ada", Some("ada@lab.example")), ("<x>", None)]);
}

#[test]
fn a_merge_is_no_fine_tuning() {
    let mut project = full();
    project.says("model/README.md", "", |pen| {
        pen.declared("/m", property::BASE_MODEL, origin("org/other", Some("merge")));
    });
    project.attested = vec![statement(&[(property::SEED, text("1"))])];
    let bom = project.bom();
    assert_eq!(bom.runs[0].activity, "merging");
}
