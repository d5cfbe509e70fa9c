//! What the artifact says and a document of ours does not.

use crate::judging::{at, declared, failure, id, kit, measured, of, prop, step, text, verdict};
use sealkit_aibom::{Bom, JudgeOptions, Kind, Property, RelationKind, Run, judge, name};
use sealkit_inspect::property;
use sealkit_report::{Known, Outcome, Report, Verdict};

/// The kit, whose old weights call two functions.
fn calling() -> Bom {
    let mut bom = kit();
    for function in ["collections.OrderedDict", "os.system"] {
        let claim = measured("model/old.bin", property::CALLABLE, text(function));
        of(&mut bom, "model/old.bin").properties.push(claim);
    }
    bom.normalise();
    bom
}

fn judged(stated: &Bom, made: &Bom) -> Report {
    judge(stated, made, &JudgeOptions::default())
}

#[test]
fn one_function_of_several_is_not_to_be_hidden() {
    let made = calling();
    assert_eq!(judged(&made, &made).verdict(), Verdict::Yes);
    let mut stated = made.clone();
    let old = of(&mut stated, "model/old.bin");
    old.properties.retain(|p| p.as_text() != Some("os.system"));
    let found = step(&judged(&stated, &made), "claims-code", Outcome::Fail);
    let wanted = "`model/old.bin` is measured callable `os.system`, which is not stated";
    assert_eq!(found.reason, wanted);
    // That it says to leave one out, where none is left out, is no excuse.
    let left = |count| {
        let left = measured("model/old.bin", name::LEFT_OUT, sealkit_inspect::Value::Uint(count));
        left.about(property::CALLABLE)
    };
    of(&mut stated, "model/old.bin").properties.push(left(1));
    let report = judged(&stated, &made);
    assert_eq!(step(&report, "claims-code", Outcome::Fail).reason, wanted);
    let open = step(&report, "claims-other", Outcome::Unknown);
    let text = "`model/old.bin` is stated to leave out 1 of callable, and leaves out none";
    assert_eq!(open.reason, text);
    // Nor is it where one is left out: what is found in the list is not that one.
    let mut cut = made.clone();
    of(&mut cut, "model/old.bin").properties.push(left(1));
    assert_eq!(judged(&cut, &cut).verdict(), Verdict::Yes);
    assert_eq!(step(&judged(&stated, &cut), "claims-code", Outcome::Fail).reason, wanted);
}

#[test]
fn that_a_list_is_not_whole_is_not_to_be_hidden_and_neither_how_much_is_missing() {
    let left = |count| {
        let left = measured("model/old.bin", name::LEFT_OUT, sealkit_inspect::Value::Uint(count));
        left.about(property::CALLABLE)
    };
    let with = |counts: &[u64]| {
        let mut bom = calling();
        of(&mut bom, "model/old.bin").properties.extend(counts.iter().map(|count| left(*count)));
        bom
    };
    for (stated, made, said) in [
        (vec![], vec![7], "leave out none of callable, and leaves out 7"),
        (vec![1], vec![7], "leave out 1 of callable, and leaves out 7"),
        (vec![1, 7], vec![7], "leave out 1, 7 of callable, and leaves out 7"),
    ] {
        let open = step(&judged(&with(&stated), &with(&made)), "claims-other", Outcome::Unknown);
        assert!(open.reason.ends_with(said), "{}", open.reason);
    }
    // What is said to be unknown does not make it good that code runs.
    let mut stated = calling();
    let old = of(&mut stated, "model/old.bin");
    old.properties.retain(|p| p.as_text() != Some("os.system"));
    let unknown = Property::text(name::UNKNOWN, "too large", at(Known::Inferred, "", ""));
    old.properties.push(unknown.about(property::CALLABLE));
    let report = judged(&stated, &calling());
    assert!(step(&report, "claims-code", Outcome::Unknown).reason.contains("os.system"));
    assert_eq!(report.verdict(), Verdict::Unknown);
}

/// A component, the claim of it that is taken away, and the step that is open then.
const HIDDEN: &[(&str, &str, &str)] = &[
    ("model", property::PARAMETERS, "claims-parameters"),
    ("model", property::PARAMETERS_OF_TYPE, "claims-parameters"),
    ("model", property::DTYPE, "claims-parameters"),
    ("model", property::CONTEXT_LENGTH, "claims-architecture"),
    ("model", property::LICENCE, "claims-licence"),
    ("model", property::TASK, "declared-values"),
    ("model", property::INTENDED_USE, "declared-values"),
    ("data", property::VERSION, "declared-values"),
    ("data", property::ROWS, "claims-data"),
    ("data", property::LICENCE, "claims-licence"),
    ("base", property::BASE_MODEL, "declared-values"),
    ("numpy", property::VERSION, "declared-values"),
    ("model/w.safetensors", property::FORMAT, "claims-format"),
];

#[test]
fn whatever_is_taken_away_leaves_the_answer_open() {
    for (component, claim, wanted) in HIDDEN {
        let mut bom = kit();
        let of = of(&mut bom, component);
        let count = of.properties.len();
        of.properties.retain(|p| p.name != *claim);
        assert!(of.properties.len() < count, "{component} has no {claim}");
        let (answer, report) = verdict(&bom);
        assert_eq!(answer, Verdict::Unknown, "{component} {claim}: {report:#?}");
        let open: Vec<_> = crate::judging::steps(&report, Outcome::Unknown);
        assert_eq!(open.len(), 1, "{component} {claim}: {open:#?}");
        assert_eq!(open[0].id, *wanted, "{component} {claim}");
        assert_eq!(open[0].subjects.len(), 1);
        assert!(open[0].reason.ends_with("which is not stated"), "{}", open[0].reason);
        // What a document says that it does not know is said.
        let unknown = Property::text(name::UNKNOWN, "nobody says", at(Known::Inferred, "", ""));
        crate::judging::of(&mut bom, component).properties.push(unknown.about(*claim));
        assert_eq!(verdict(&bom).0, Verdict::Yes, "{component} {claim}");
    }
}

#[test]
fn a_package_url_or_a_role_is_not_to_be_hidden() {
    let mut bom = kit();
    of(&mut bom, "numpy").purl = None;
    let open = step(&verdict(&bom).1, "declared-values", Outcome::Unknown);
    let wanted = "library `numpy` is stated without its package URL, `pkg:pypi/numpy@2.1.0`";
    assert_eq!(open.reason, wanted);
    // In which repository a kit lies is nothing that the artifact could tell.
    let mut bom = kit();
    bom.subject.purl = None;
    assert_eq!(verdict(&bom).0, Verdict::Yes);
    let tie = |bom: &mut Bom, role: Option<&str>| {
        let mut ties = bom.relations.iter_mut();
        let tie = ties.find(|tie| tie.kind == RelationKind::DerivedFrom).unwrap();
        tie.role = role.map(str::to_owned);
    };
    let mut bom = kit();
    tie(&mut bom, None);
    let open = step(&verdict(&bom).1, "lineage", Outcome::Unknown);
    let wanted =
        "`model` derived from base-model `org/base` does not say in which role: `finetune`";
    assert_eq!(open.reason, wanted);
    let mut bom = kit();
    tie(&mut bom, Some("quantized"));
    let found = failure(&bom);
    let wanted =
        "`model` derived from base-model `org/base` (quantized), by the artifact `finetune`";
    assert_eq!((found.id.as_str(), found.reason.as_str()), ("lineage", wanted));
}

#[test]
fn nothing_is_known_better_than_the_artifact_knows_it() {
    let known = |known: Known| {
        let mut bom = kit();
        let claim = prop(of(&mut bom, "model"), property::TASK);
        claim.evidence.as_mut().unwrap().known = known;
        bom
    };
    let open = step(&verdict(&known(Known::Measured)).1, "declared-values", Outcome::Unknown);
    let wanted = "`model` is stated task `sentence-similarity` as measured, and it is declared";
    assert_eq!(open.reason, wanted);
    let mut bom = kit();
    for claim in &mut of(&mut bom, "model").properties {
        if claim.name == property::LICENCE {
            claim.evidence.as_mut().unwrap().known = Known::Measured;
        }
    }
    let open = step(&verdict(&bom).1, "declared-values", Outcome::Unknown);
    assert!(open.reason.contains("as measured, and it is declared"), "{}", open.reason);
    // To claim less is no lie.
    assert_eq!(verdict(&known(Known::Inferred)).0, Verdict::Yes);
    // What a text is of is concluded; a person may declare the same.
    let licensed = |evidence| {
        let (mut stated, mut made) = (kit(), kit());
        for bom in [&mut stated, &mut made] {
            of(bom, "model").properties.retain(|p| p.name != property::LICENCE);
            let title = Property::text(property::CITATION, "A", at(Known::Inferred, "LICENSE", ""));
            of(bom, "model").properties.push(title);
        }
        prop(of(&mut stated, "model"), property::CITATION).evidence = evidence;
        judged(&stated, &made).verdict()
    };
    assert_eq!(licensed(at(Known::Inferred, "LICENSE", "")), Verdict::Yes);
    assert_eq!(licensed(at(Known::Declared, "LICENSE", "")), Verdict::Unknown);
    assert_eq!(licensed(at(Known::Declared, "", "--citation")), Verdict::Yes);
}

#[test]
fn what_people_or_statements_say_need_not_be_said_again() {
    let mut made = kit();
    let people = Property::text(property::TASK, "x", at(Known::Declared, "", "--task"));
    let attested = Property::text(property::SEED, "1", at(Known::Attested, "provenance", ""));
    let record = Property::text(property::COMMIT, "ab", at(Known::Declared, ".git/HEAD", ""));
    of(&mut made, "model").properties.extend([people, attested, record]);
    assert_eq!(judged(&kit(), &made).verdict(), Verdict::Yes);
}

#[test]
fn a_folder_and_its_kit_need_not_declare_the_same() {
    let mut made = kit();
    made.properties.retain(|p| p.name != name::LIFECYCLE);
    let phase = at(Known::Inferred, "", "folder");
    made.properties.push(Property::text(name::LIFECYCLE, name::PRE_BUILD, phase));
    of(&mut made, "model").properties.push(declared("README.md", property::LIMITATION, "x"));
    let report = judged(&kit(), &made);
    assert!(report.steps.iter().all(|s| !s.reason.contains("limitation")), "{report:#?}");
    of(&mut made, "model").properties.retain(|p| p.name != property::LIMITATION);
}

#[test]
fn one_value_of_several_is_missed_too() {
    let mut made = kit();
    for language in ["en", "de"] {
        let claim = declared("README.md", property::LANGUAGE, language);
        of(&mut made, "model").properties.push(claim);
    }
    let mut stated = made.clone();
    of(&mut stated, "model").properties.retain(|p| p.as_text() != Some("de"));
    let open = step(&judged(&stated, &made), "declared-values", Outcome::Unknown);
    assert_eq!(open.reason, "`model` is language `de` by `README.md /x`, which is not stated");
    // Of a licence the same holds, in whatever spelling.
    let mut made = kit();
    let more = declared("README.md", property::LICENCE, "GPL-3.0-only");
    of(&mut made, "model").properties.push(more);
    let open = step(&judged(&kit(), &made), "claims-licence", Outcome::Unknown);
    assert!(open.reason.starts_with("`model` is `GPL-3.0-only` by"), "{}", open.reason);
}

#[test]
fn runs_are_those_of_the_artifact() {
    let mut bom = kit();
    bom.runs.clear();
    let (answer, report) = verdict(&bom);
    assert_eq!(answer, Verdict::Unknown);
    let open = step(&report, "declared-values", Outcome::Unknown);
    assert_eq!(open.reason, "run `training of tiny` is found and not stated");
    // Other data went in.
    let mut bom = kit();
    bom.runs[0].inputs = vec![id("data")];
    let found = failure(&bom);
    assert_eq!(found.id, "declared-values");
    let wanted = "`data` went into run `training of tiny`, and the artifact does not say so";
    assert_eq!(found.reason, wanted);
    // Something that went in is hidden.
    let mut bom = kit();
    bom.runs[0].inputs.clear();
    let open = step(&verdict(&bom).1, "declared-values", Outcome::Unknown);
    assert!(open.reason.contains("`s2orc` went into run"), "{}", open.reason);
    let mut bom = kit();
    bom.runs[0].outputs = vec![id("base")];
    assert_eq!(failure(&bom).id, "declared-values");
    // A run that a statement tells of has no record in the artifact.
    let mut bom = kit();
    bom.runs.push(Run {
        id: id("attested"),
        name: "another".to_owned(),
        activity: "training".to_owned(),
        inputs: vec![id("data")],
        outputs: vec![id("model")],
        properties: Vec::new(),
    });
    assert_eq!(verdict(&bom).0, Verdict::Yes);
    assert!(bom.of_kind(Kind::Model).next().is_some());
}

#[test]
fn strangers_may_be_silent() {
    let mut stranger = crate::judging::foreign();
    let before = verdict(&stranger).1;
    of(&mut stranger, "m").properties.retain(|p| p.name != property::LICENCE);
    let after = verdict(&stranger).1;
    assert_eq!(before.verdict(), after.verdict());
    assert_eq!(after.failures().count(), 0);
    assert!(after.steps.iter().all(|s| !s.reason.contains("apache")), "{after:#?}");
}
