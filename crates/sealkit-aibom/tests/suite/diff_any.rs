//! Comparison of any two AIBOMs: it has no side, no names of documents, and passes nothing over.

use crate::assembling::any::any_project;
use crate::judging::{at, declared, id, kit, measured, of, prop, sha, text};
use proptest::prelude::*;
use sealkit_aibom::{
    Area, Bom, BomDifference, Change, Component, ComponentId, Kind, Property, Relation,
    RelationKind, diff, name,
};
use sealkit_inspect::{FileInfo, LinkInfo, MetricInfo, PartyInfo, Value, property};
use sealkit_oci::Digest;
use sealkit_report::Known;

/// The same AIBOM with other names inside, and so in another order.
fn renamed(bom: &Bom, salt: u8) -> Bom {
    let mut bom = bom.clone();
    let rename = |id: &mut ComponentId| {
        let digest = Digest::of(format!("{salt} {}", id.0).as_bytes());
        digest.hex()[..12].clone_into(&mut id.0);
    };
    rename(&mut bom.subject.id);
    bom.components.iter_mut().for_each(|component| rename(&mut component.id));
    for tie in &mut bom.relations {
        rename(&mut tie.from);
        rename(&mut tie.to);
    }
    for run in &mut bom.runs {
        rename(&mut run.id);
        run.inputs.iter_mut().chain(&mut run.outputs).for_each(rename);
    }
    bom.normalise();
    bom
}

fn mirrored(rows: Vec<BomDifference>) -> Vec<BomDifference> {
    let turn = |row: BomDifference| BomDifference {
        change: match row.change {
            Change::Added => Change::Removed,
            Change::Removed => Change::Added,
            Change::Changed => Change::Changed,
        },
        before: row.after,
        after: row.before,
        ..row
    };
    let mut rows: Vec<_> = rows.into_iter().map(turn).collect();
    rows.sort();
    rows
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    #[test]
    fn names_inside_a_document_are_no_difference(bom in crate::cdx::any::bom(), salt in any::<u8>()) {
        prop_assert_eq!(diff(&bom, &bom), Vec::new());
        prop_assert_eq!(diff(&bom, &renamed(&bom, salt)), Vec::new());
    }

    #[test]
    fn neither_are_those_of_a_project(project in any_project(), salt in any::<u8>()) {
        let bom = project.bom();
        prop_assert_eq!(diff(&bom, &renamed(&bom, salt)), Vec::new());
    }

    #[test]
    fn what_is_added_one_way_is_removed_the_other(a in crate::cdx::any::bom(), b in crate::cdx::any::bom()) {
        prop_assert_eq!(mirrored(diff(&a, &b)), diff(&b, &a));
    }

    #[test]
    fn whatever_else_is_said_is_told(bom in crate::cdx::any::bom(), claim in crate::cdx::any::claim()) {
        let mut more = bom.clone();
        let silent = [
            name::UNKNOWN,
            name::UNREADABLE,
            name::READING_PROBLEM,
            property::NOT_MEASURED,
            property::LICENCE_CONFIDENCE,
        ];
        let known = |p: &Property| {
            p.name == claim.name && p.subject == claim.subject && p.value == claim.value
        };
        let is_new = !silent.contains(&claim.name.as_str()) && !bom.subject.properties.iter().any(known);
        more.subject.properties.push(claim);
        // Of a package, what it needs and its archives are told elsewhere.
        let found = diff(&bom, &more);
        prop_assert_eq!(found.len(), usize::from(is_new), "{:#?}", found);
    }
}

/// What is changed, and the rows that tell it: area, subject, how, what.
type Row = (Area, &'static str, Change, &'static str);
type Case = (fn(&mut Bom), &'static [Row]);

fn metric(bom: &mut Bom, split: &str) {
    let metric = MetricInfo {
        name: "f1".to_owned(),
        value: "0.9".to_owned(),
        split: Some(split.to_owned()),
        ..MetricInfo::default()
    };
    let metric = Value::Metric(metric);
    of(bom, "model").properties.retain(|p| p.name != property::METRIC);
    of(bom, "model").properties.push(measured("README.md", property::METRIC, metric));
}

fn party(bom: &mut Bom, email: &str) {
    let email = Some(email.to_owned());
    let party = PartyInfo { name: "Ada".to_owned(), email, ..PartyInfo::default() };
    of(bom, "model").properties.retain(|p| p.name != property::PARTY);
    of(bom, "model").properties.push(measured("README.md", property::PARTY, Value::Party(party)));
}

fn link(bom: &mut Bom, kind: &str) {
    let link = LinkInfo { kind: kind.to_owned(), url: "https://example.org".to_owned() };
    of(bom, "model").properties.retain(|p| p.name != property::LINK);
    of(bom, "model").properties.push(measured("README.md", property::LINK, Value::Link(link)));
}

fn named(bom: &mut Bom, digest: char) {
    let file =
        FileInfo { path: "a.csv".to_owned(), size: None, digests: vec![sha(digest).to_string()] };
    of(bom, "data").properties.retain(|p| p.name != property::FILE_REFERENCE);
    let claim = measured("data/a.csv", property::FILE_REFERENCE, Value::File(file));
    of(bom, "data").properties.push(claim);
}

fn start() -> Bom {
    let mut bom = kit();
    metric(&mut bom, "test");
    party(&mut bom, "ada@example.org");
    link(&mut bom, "website");
    named(&mut bom, 'a');
    bom
}

fn of_bytes() -> Vec<Case> {
    use Area::{File, Kit};
    use Change::{Added, Changed, Removed};
    vec![
        (|bom| bom.subject.hashes = vec![sha('f')], &[(Kit, "kit", Changed, "digest")]),
        (|bom| "other".clone_into(&mut bom.subject.name), &[(Kit, "kit", Changed, "name")]),
        (
            |bom| bom.subject.media_type = Some("a/b".to_owned()),
            &[(Kit, "kit", Changed, "media-type")],
        ),
        (|bom| bom.subject.purl = None, &[(Kit, "kit", Changed, "purl")]),
        (
            |bom| of(bom, "LICENSE").hashes = vec![sha('8')],
            &[(File, "file LICENSE", Changed, "digest")],
        ),
        (|bom| of(bom, "LICENSE").size = Some(6), &[(File, "file LICENSE", Changed, "size")]),
        (
            |bom| {
                of(bom, "LICENSE").hashes = vec![sha('8')];
                of(bom, "LICENSE").size = Some(6);
            },
            &[(File, "file LICENSE", Changed, "digest")],
        ),
        (
            |bom| bom.components.retain(|c| c.id.0 != "LICENSE"),
            &[(File, "file LICENSE", Removed, "")],
        ),
        (
            |bom| of(bom, "LICENSE").path = Some("COPYING".to_owned()),
            &[(File, "file COPYING", Added, ""), (File, "file LICENSE", Removed, "")],
        ),
    ]
}

fn of_values() -> Vec<Case> {
    use Area::{Author, Licence, Metric, Model};
    use Change::{Added, Changed, Removed};
    vec![
        (
            |bom| prop(of(bom, "model"), property::PARAMETERS).value = Value::Uint(7),
            &[(Model, "model model", Changed, "parameters")],
        ),
        (
            |bom| {
                let subject = &mut prop(of(bom, "model"), property::PARAMETERS_OF_TYPE).subject;
                "BF16".clone_into(subject);
            },
            &[
                (Model, "model model", Added, "parameters-of-type:BF16"),
                (Model, "model model", Removed, "parameters-of-type:F32"),
            ],
        ),
        (
            |bom| prop(of(bom, "model"), property::LICENCE).value = text("MIT"),
            &[(Licence, "model model", Changed, "licence")],
        ),
        (|bom| metric(bom, "validation"), &[(Metric, "model model", Changed, "metric")]),
        (|bom| party(bom, "eve@example.org"), &[(Author, "model model", Changed, "party")]),
        (|bom| link(bom, "vcs"), &[(Model, "model model", Changed, "link")]),
    ]
}

fn of_data_and_ties() -> Vec<Case> {
    use Area::{Dataset, Dependency, Lineage};
    use Change::{Added, Changed, Removed};
    vec![
        (|bom| named(bom, 'b'), &[(Dataset, "dataset data", Changed, "file-reference")]),
        (
            |bom| prop(of(bom, "data"), property::VERSION).value = text("v2"),
            &[(Dataset, "dataset data", Changed, "version")],
        ),
        // Another packing of the same content.
        (
            |bom| of(bom, "data").hashes = vec![sha('f')],
            &[(Dataset, "dataset data", Changed, "digest")],
        ),
        (
            |bom| {
                of(bom, "data").hashes = vec![sha('f')];
                let content = text(&sha('f').to_string());
                prop(of(bom, "data"), name::DATA_VERSION).value = content;
            },
            &[
                (Dataset, "dataset data", Changed, "data-version"),
                (Dataset, "dataset data", Changed, "digest"),
                (Dataset, "dataset data", Changed, "version"),
            ],
        ),
        (
            |bom| bom.relations.retain(|tie| tie.kind != RelationKind::DerivedFrom),
            &[(Lineage, "model model", Removed, "derived-from")],
        ),
        (
            |bom| {
                let tie = Relation::new(&id("model"), RelationKind::EvaluatedOn, &id("far"));
                bom.relations.push(tie);
            },
            &[(Lineage, "model model", Added, "evaluated-on")],
        ),
        (
            |bom| {
                bom.components.push(Component::new(id("more"), Kind::Library, "more"));
            },
            &[(Dependency, "library more", Added, "")],
        ),
    ]
}

fn of_runs() -> Vec<Case> {
    use Area::{Author, Run};
    use Change::{Added, Changed, Removed};
    vec![
        (
            |bom| bom.runs[0].inputs = vec![id("data")],
            &[(Run, "run training of tiny", Changed, "inputs")],
        ),
        (|bom| bom.runs[0].outputs.clear(), &[(Run, "run training of tiny", Removed, "outputs")]),
        (
            |bom| "evaluation".clone_into(&mut bom.runs[0].activity),
            &[(Run, "run training of tiny", Changed, "activity")],
        ),
        (
            |bom| bom.runs[0].properties[0].value = text("43"),
            &[(Run, "run training of tiny", Changed, "seed")],
        ),
        (
            |bom| {
                let mut second = bom.runs[0].clone();
                second.id = id("second");
                second.properties[0].value = text("43");
                bom.runs.push(second);
            },
            &[(Run, "run training of tiny", Added, "")],
        ),
        (
            |bom| bom.properties.retain(|p| p.name != name::BOM_AUTHOR),
            &[(Author, "AIBOM", Removed, "bom-author")],
        ),
    ]
}

fn cases() -> Vec<Case> {
    [of_bytes(), of_values(), of_data_and_ties(), of_runs()].concat()
}

#[test]
fn each_change_is_told_once_and_by_its_name() {
    for (at, (change, rows)) in cases().into_iter().enumerate() {
        let (before, mut after) = (start(), start());
        change(&mut after);
        after.normalise();
        let found = diff(&before, &after);
        let told: Vec<_> =
            found.iter().map(|r| (r.area, r.subject.as_str(), r.change, r.what.as_str())).collect();
        assert_eq!(told, rows, "change {at}: {found:#?}");
        assert_eq!(mirrored(found), diff(&after, &before), "change {at}");
    }
}

#[test]
fn a_version_that_one_side_inferred_contradicts_nothing() {
    let of_version = |known, digest| {
        let mut bom = kit();
        of(&mut bom, "data").hashes = vec![sha(digest)];
        prop(of(&mut bom, "data"), name::DATA_VERSION).value = text(&sha(digest).to_string());
        prop(of(&mut bom, "data"), property::VERSION).evidence = at(known, "Kitfile", "/x");
        bom
    };
    for (one, other, contradicts) in [
        (Known::Declared, Known::Declared, true),
        (Known::Declared, Known::Inferred, false),
        (Known::Inferred, Known::Declared, false),
    ] {
        let found = diff(&of_version(one, 'e'), &of_version(other, 'f'));
        assert_eq!(found.iter().any(|row| row.contradiction), contradicts, "{one:?} {other:?}");
    }
}

#[test]
fn what_stands_several_times_is_told_apart_by_what_it_is() {
    let twins = |salt: &str, versions: &[&str]| {
        let mut bom = kit();
        for (at, version) in versions.iter().enumerate() {
            let mut twin = Component::new(id(&format!("{salt}{at}")), Kind::Library, "twin");
            twin.properties = vec![declared("requirements.txt", property::VERSION, version)];
            bom.components.push(twin);
        }
        bom.normalise();
        bom
    };
    assert_eq!(diff(&twins("a", &["1", "2"]), &twins("b", &["2", "1"])), Vec::new());
    let found = diff(&twins("a", &["1", "2", "3"]), &twins("b", &["3", "4", "1"]));
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!((found[0].before[0].as_str(), found[0].after[0].as_str()), ("2", "4"));
    let found = diff(&twins("a", &["1", "2"]), &twins("b", &["2"]));
    assert_eq!((found.len(), found[0].change), (1, Change::Removed), "{found:#?}");
}

#[test]
fn many_things_of_one_name_take_bounded_time() {
    let many = |salt: usize| {
        let mut bom = kit();
        for number in 0..60_000 {
            let id = id(&format!("{}", (number * 7919 + salt) % 60_000));
            let mut twin = Component::new(id, Kind::Library, "twin");
            let version = number.to_string();
            twin.properties = vec![Property::text(
                property::VERSION,
                version,
                at(Known::Declared, "requirements.txt", ""),
            )];
            bom.components.push(twin);
        }
        bom.normalise();
        bom
    };
    assert_eq!(diff(&many(0), &many(13)), Vec::new());
}
