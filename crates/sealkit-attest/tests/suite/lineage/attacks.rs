//! What strangers try: reference §9.2, cases 32 and 36.

use std::time::{Duration, Instant};

use sealkit_attest::{
    Bundle, CosignSign, DatasetVersion, HintStyle, LineageLimits, Standing, Statement, Subject,
};
use sealkit_oci::Digest;
use serde_json::{Value, json};

use super::world::{World, base_model, codes, dataset, digest, family, lineage, node, provenance};
use crate::common::{key, trusting};
use crate::predicates::golden;

#[test]
fn a_cycle_is_found_and_named() {
    let ada = key("ada");
    let mut world = World::default();
    world.derive("a", "b", &ada);
    world.derive("b", "c", &ada);
    world.derive("c", "a", &ada);
    let graph = world.up("a", &trusting(&[&ada]));
    assert_eq!(graph.standing(), Standing::Failed);
    assert_eq!(graph.cycles, [vec![0, 1, 2]]);
    assert_eq!(codes(&graph), ["lineage-cycle"; 3]);
    let tree = graph.tree();
    assert!(tree.contains("cycle: ") && tree.contains("(see above)"), "{tree}");
}

#[test]
fn a_thing_can_not_come_from_itself() {
    let ada = key("ada");
    let mut world = World::default();
    world.derive("a", "a", &ada);
    let graph = world.up("a", &trusting(&[&ada]));
    assert_eq!((graph.standing(), graph.cycles), (Standing::Failed, vec![vec![0]]));
}

#[test]
fn a_cycle_far_from_the_root_is_one_too() {
    let ada = key("ada");
    let mut world = World::default();
    world.derive("a", "b", &ada);
    world.derive("b", "c", &ada);
    world.derive("c", "b", &ada);
    let graph = world.up("a", &trusting(&[&ada]));
    let verified = graph.edges.iter().filter(|edge| edge.standing == Standing::Verified).count();
    assert_eq!((verified, graph.cycles.len()), (1, 1), "the way to the cycle is no part of it");
}

#[test]
fn a_depth_bomb_ends_at_the_limit() {
    let ada = key("ada");
    let mut world = World::default();
    for at in 0..200 {
        world.derive(&format!("kit {at}"), &format!("kit {}", at + 1), &ada);
    }
    let graph = world.up("kit 0", &trusting(&[&ada]));
    assert_eq!(world.lookups, 33);
    assert_eq!(graph.standing(), Standing::Missing);
    let link = graph.weakest_link().unwrap();
    assert_eq!(link.reason, "not looked into: it lies deeper than 32");
    assert_eq!(codes(&graph), ["limit-exceeded"]);
    let limits = LineageLimits { depth: 250, ..LineageLimits::default() };
    let graph = world.walk("kit 0", &trusting(&[&ada]), limits);
    assert_eq!(codes(&graph), ["unresolved"], "only the last, which is not there");
    // What is drawn does not grow with the square of the depth.
    assert!(graph.tree().len() < 201 * 600 && graph.svg().len() < 201 * 2000);
}

#[test]
fn a_fan_of_ten_thousand_ends_at_the_limit() {
    let ada = key("ada");
    let mut world = World::default();
    let inputs: Vec<Value> = (0..10_000).map(|at| base_model(&format!("base {at}"))).collect();
    world.attach("kit", &ada, &provenance("merge", &inputs));
    let start = Instant::now();
    let graph = world.up("kit", &trusting(&[&ada]));
    assert_eq!((graph.nodes.len(), graph.left_out), (2_000, 8_001));
    assert_eq!(graph.standing(), Standing::Missing);
    for drawn in [graph.tree(), graph.svg(), graph.mermaid()] {
        assert!(drawn.contains("more"), "{}", &drawn[drawn.len() - 300..]);
    }
    assert_eq!(graph.report().left_out, 8_001);
    assert!(start.elapsed() < Duration::from_mins(1), "{:?}", start.elapsed());
}

#[test]
fn a_limit_alone_is_an_open_answer() {
    let ada = key("ada");
    let mut world = family(&ada);
    let limits = LineageLimits { nodes: 3, ..LineageLimits::default() };
    let graph = world.walk("chat:v2", &trusting(&[&ada]), limits);
    assert_eq!((graph.standing(), graph.left_out), (Standing::Missing, 1));
    assert!(graph.weakest_link().unwrap().reason.contains("1 things were left out"));
    let limits = LineageLimits { edges: 1, ..LineageLimits::default() };
    let graph = world.walk("chat:v2", &trusting(&[&ada]), limits);
    assert_eq!((graph.standing(), graph.left_out), (Standing::Missing, 2));
}

#[test]
fn an_ancestor_that_is_not_there_is_missing() {
    let ada = key("ada");
    let mut world = World::default();
    world.derive("kit", "gone", &ada);
    let graph = world.up("kit", &trusting(&[&ada]));
    let gone = node(&graph, "gone");
    assert_eq!((gone.standing, gone.code), (Standing::Missing, Some("unresolved")));
    assert_eq!(graph.edges[0].standing, Standing::Verified);
    assert_eq!(graph.weakest_link().unwrap().node, digest("gone").to_string());
}

#[test]
fn an_ancestor_signed_by_a_stranger_is_not_proven() {
    let (ada, eve) = (key("ada"), key("eve"));
    let mut world = World::default();
    world.derive("kit", "base", &ada);
    world.sign("base", &eve);
    let graph = world.up("kit", &trusting(&[&ada]));
    let base = node(&graph, "base");
    assert_eq!((base.standing, base.code), (Standing::Missing, Some("untrusted-key")));
    // Where somebody trusted has signed too, the stranger takes nothing away.
    world.sign("base", &ada);
    let graph = world.up("kit", &trusting(&[&ada]));
    assert_eq!(graph.standing(), Standing::Verified, "{}", graph.tree());
}

#[test]
fn many_strangers_do_not_bury_a_forgery() {
    let ada = key("ada");
    let mut world = World::default();
    for at in 0..20 {
        world.sign("kit", &key(&format!("stranger {at}")));
    }
    let statement = Statement::new(vec![Subject::of(&digest("other"))], &CosignSign {}).unwrap();
    let bundle = Bundle::sign(&statement, &ada, HintStyle::Cosign).unwrap();
    world.kit("kit").1.push(bundle.into_bytes());
    let graph = world.up("kit", &trusting(&[&ada]));
    let kit = &graph.nodes[0];
    assert_eq!((kit.standing, kit.code), (Standing::Failed, Some("subject-mismatch")));
    assert!(kit.reasons[0].contains("statement is not about"), "{:?}", kit.reasons);
    assert_eq!(kit.reasons.len(), 8);
}

#[test]
fn a_stranger_adds_no_edge() {
    let (ada, eve) = (key("ada"), key("eve"));
    let mut world = World::default();
    world.sign("kit", &ada);
    world.derive("kit", "evil", &eve);
    let graph = world.up("kit", &trusting(&[&ada]));
    assert_eq!((graph.nodes.len(), graph.edges.len()), (1, 0));
}

#[test]
fn a_kit_that_nobody_signed_is_missing_its_proof() {
    let ada = key("ada");
    let mut world = World::default();
    world.kit("kit");
    let graph = world.up("kit", &trusting(&[&ada]));
    assert_eq!((graph.standing(), codes(&graph)), (Standing::Missing, vec!["no-signature"]));
}

#[test]
fn a_bundle_of_another_subject_fails_its_kit() {
    let ada = key("ada");
    let mut world = World::default();
    world.sign("kit", &ada);
    let statement = Statement::new(vec![Subject::of(&digest("other"))], &CosignSign {}).unwrap();
    let bundle = Bundle::sign(&statement, &ada, HintStyle::Cosign).unwrap();
    world.kit("kit").1.push(bundle.into_bytes());
    let graph = world.up("kit", &trusting(&[&ada]));
    assert_eq!((graph.standing(), codes(&graph)), (Standing::Failed, vec!["subject-mismatch"]));
}

#[test]
fn an_altered_bundle_fails_its_ancestor() {
    let ada = key("ada");
    let mut world = family(&ada);
    let bundle = &mut world.kit("base:v1").1[0];
    let text = String::from_utf8(bundle.clone()).unwrap();
    let at = text.find("\"sig\":\"").unwrap() + 20;
    let byte = if bundle[at] == b'A' { b'B' } else { b'A' };
    bundle[at] = byte;
    let graph = world.up("chat:v2", &trusting(&[&ada]));
    assert_eq!(node(&graph, "base:v1").standing, Standing::Failed);
    assert_eq!(graph.standing(), Standing::Failed);
}

#[test]
fn the_evidence_of_an_edge_is_the_statement_that_proves_it() {
    let ada = key("ada");
    let mut world = World::default();
    world.sign("base", &ada);
    let proof = world.derive("kit", "base", &ada);
    let nodes = [("kit", "kit"), ("base", "kit")];
    let said = lineage(&nodes, &[("kit", "base", "fine-tuned-from", Some(&proof))]);
    world.attach("kit", &ada, &said);
    let graph = world.up("kit", &trusting(&[&ada]));
    assert_eq!(graph.standing(), Standing::Verified, "{}", graph.tree());
    assert_eq!(graph.edges[0].proofs[0].statement, proof);
}

#[test]
fn evidence_that_proves_something_else_fails() {
    let ada = key("ada");
    let trust = trusting(&[&ada]);
    let nodes = [("kit", "kit"), ("base", "kit")];
    let tie = |evidence: &Digest, kind| lineage(&nodes, &[("kit", "base", kind, Some(evidence))]);

    // Of another subject: the base's own signature, as proof of where the kit comes from.
    let mut world = World::default();
    let of_base = world.attach("base", &ada, &CosignSign {});
    world.attach("kit", &ada, &tie(&of_base, "fine-tuned-from"));
    let graph = world.up("kit", &trust);
    assert_eq!(codes(&graph), ["evidence-mismatch"]);
    assert!(graph.weakest_link().unwrap().reason.contains("about another subject"));
    assert_eq!(graph.standing(), Standing::Failed);

    // Of the right subject, about something else.
    let mut world = World::default();
    world.sign("base", &ada);
    let bare = world.attach("kit", &ada, &CosignSign {});
    world.attach("kit", &ada, &tie(&bare, "fine-tuned-from"));
    let graph = world.up("kit", &trust);
    assert_eq!((codes(&graph), graph.standing()), (vec!["evidence-mismatch"], Standing::Failed));
    assert!(graph.weakest_link().unwrap().reason.contains("does not say so"));

    // Of another kind of tie.
    let mut world = World::default();
    world.sign("base", &ada);
    let proof = world.derive("kit", "base", &ada);
    world.attach("kit", &ada, &tie(&proof, "quantized-from"));
    assert_eq!(world.up("kit", &trust).standing(), Standing::Failed);

    // Not there at all, or by a stranger.
    let mut world = World::default();
    world.sign("base", &ada);
    world.attach("kit", &ada, &tie(&digest("nowhere"), "fine-tuned-from"));
    let graph = world.up("kit", &trust);
    assert_eq!((codes(&graph), graph.standing()), (vec!["evidence-missing"], Standing::Missing));
    let mut world = World::default();
    world.sign("base", &ada);
    let by_eve = world.derive("kit", "base", &key("eve"));
    world.attach("kit", &ada, &tie(&by_eve, "fine-tuned-from"));
    assert_eq!(world.up("kit", &trust).standing(), Standing::Missing);
}

#[test]
fn a_signer_speaks_for_the_subject_alone() {
    let ada = key("ada");
    let mut world = World::default();
    world.sign("base", &ada);
    world.sign("root", &ada);
    let nodes = [("kit", "kit"), ("base", "kit"), ("root", "kit")];
    let edges =
        [("kit", "base", "fine-tuned-from", None), ("base", "root", "fine-tuned-from", None)];
    world.attach("kit", &ada, &lineage(&nodes, &edges));
    let graph = world.up("kit", &trusting(&[&ada]));
    let standings: Vec<_> = graph.edges.iter().map(|edge| edge.standing).collect();
    assert_eq!(standings, [Standing::Verified, Standing::Declared], "{}", graph.tree());
}

#[test]
fn a_lineage_without_its_subject_is_about_something_else() {
    let ada = key("ada");
    let mut world = World::default();
    let nodes = [("other", "kit"), ("base", "kit")];
    world.attach("kit", &ada, &lineage(&nodes, &[("other", "base", "merged-from", None)]));
    let graph = world.up("kit", &trusting(&[&ada]));
    assert_eq!((graph.nodes.len(), graph.standing()), (1, Standing::Failed));
}

#[test]
fn who_calls_a_kit_data_does_not_spare_it_its_proof() {
    let ada = key("ada");
    let mut world = World::default();
    // The kit is there, and nobody signed it.
    world.kit("data kit");
    let input = dataset("data kit", "1", "data kit");
    world.attach("kit", &ada, &provenance("train", std::slice::from_ref(&input)));
    let graph = world.up("kit", &trusting(&[&ada]));
    assert_eq!(node(&graph, "data kit").code, Some("no-signature"));
    // It is not there, and another statement says that it is a kit.
    world.kits.remove(&digest("data kit"));
    assert_eq!(world.up("kit", &trusting(&[&ada])).standing(), Standing::Verified);
    let nodes = [("kit", "kit"), ("data kit", "kit")];
    world.attach("kit", &ada, &lineage(&nodes, &[("kit", "data kit", "trained-on", None)]));
    let graph = world.up("kit", &trusting(&[&ada]));
    assert_eq!(node(&graph, "data kit").standing, Standing::Missing);
}

#[test]
fn one_version_of_a_dataset_with_other_bytes_is_a_conflict() {
    let ada = key("ada");
    let version = |train: &str| {
        let mut version = golden("dataset-version");
        version["splits"] = json!({ "train": { "digest": { "sha256": digest(train).hex() } } });
        version["parents"] = json!([]);
        serde_json::from_value::<DatasetVersion>(version).unwrap()
    };
    let id = "https://data.example.org/reviews";
    // Two statements about two kits.
    let mut world = World::default();
    world.attach("data a", &ada, &version("bytes"));
    world.attach("data b", &ada, &version("bytez"));
    let inputs = [dataset("a", "x", "data a"), dataset("b", "x", "data b")];
    world.attach("kit", &ada, &provenance("train", &inputs));
    let graph = world.up("kit", &trusting(&[&ada]));
    assert_eq!(codes(&graph), ["version-conflict"; 2]);
    assert_eq!(graph.standing(), Standing::Failed);
    // What was trained on is not what that version is.
    let mut world = World::default();
    world.attach("data a", &ada, &version("bytes"));
    let inputs = [dataset("a", "x", "data a"), dataset(id, "2026.1", "other bytes")];
    world.attach("kit", &ada, &provenance("train", &inputs));
    assert_eq!(codes(&world.up("kit", &trusting(&[&ada]))), ["version-conflict"; 2]);
    // And where it is, all is well.
    let mut world = World::default();
    world.attach("data a", &ada, &version("bytes"));
    let inputs = [dataset("a", "x", "data a"), dataset(id, "2026.1", "bytes")];
    world.attach("kit", &ada, &provenance("train", &inputs));
    let graph = world.up("kit", &trusting(&[&ada]));
    assert_eq!(graph.standing(), Standing::Verified, "{}", graph.tree());
}
