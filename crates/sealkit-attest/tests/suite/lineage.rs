//! The lineage engine: what it proves, and what strangers can not talk it into (reference §9.2, case
//! 32 and 36).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use sealkit_attest::{
    Bundle, CosignSign, DatasetVersion, Declared, DigestSet, EdgeKind, Found, FoundKit, GraphNode,
    HintStyle, Lineage, LineageGraph, LineageLimits, LineageReport, LineageWalk, NodeKind,
    Predicate, PrivateKey, Provenance, Rejected, Standing, Statement, Subject, TrustRoot, Verifier,
};
use sealkit_oci::Digest;
use sealkit_report::Hint as _;
use serde_json::{Value, json};

use crate::common::{NOW, key, trusting};
use crate::predicates::golden;

/// Name, bundles and declarations of a kit.
type Kit = (String, Vec<Vec<u8>>, Vec<Declared>);

/// Kits with what is attached to them, as a registry would have them.
#[derive(Default)]
struct World {
    kits: BTreeMap<Digest, Kit>,
    parts: BTreeMap<Digest, Vec<Digest>>,
    lookups: usize,
}

fn digest(name: &str) -> Digest {
    Digest::of(name.as_bytes())
}

impl World {
    fn kit(&mut self, name: &str) -> &mut Kit {
        let new = || (name.to_owned(), Vec::new(), Vec::new());
        self.kits.entry(digest(name)).or_insert_with(new)
    }

    /// Signs a statement about a kit, attaches it, and gives its digest.
    fn attach<P: Predicate>(&mut self, name: &str, signer: &PrivateKey, predicate: &P) -> Digest {
        let statement = Statement::new(vec![Subject::of(&digest(name))], predicate).unwrap();
        let bundle = Bundle::sign(&statement, signer, HintStyle::Cosign).unwrap();
        self.kit(name).1.push(bundle.into_bytes());
        statement.digest()
    }

    fn sign(&mut self, name: &str, signer: &PrivateKey) {
        self.attach(name, signer, &CosignSign {});
    }

    /// A kit that was made from another one.
    fn derive(&mut self, name: &str, base: &str, signer: &PrivateKey) -> Digest {
        self.attach(name, signer, &provenance("finetune", &[base_model(base)]))
    }

    fn find(&mut self, wanted: &Digest, trust: &TrustRoot) -> Found {
        self.lookups += 1;
        let Some((name, bundles, declared)) = self.kits.get(wanted) else {
            return Found::Absent("it is not in the store".to_owned());
        };
        let mut kit = FoundKit { name: Some(name.clone()), ..FoundKit::default() };
        kit.declared.clone_from(declared);
        kit.parts = self.parts.get(wanted).cloned().unwrap_or_default();
        for bytes in bundles {
            match Verifier::new(trust, NOW).verify(bytes, wanted) {
                Ok(verified) => kit.verified.push(verified),
                Err(error) => kit.rejected.push(Rejected {
                    bundle: Digest::of(bytes),
                    reason: error.to_string(),
                    code: error.code(),
                    failed: !error.is_unknown(),
                }),
            }
        }
        Found::Kit(kit)
    }

    fn walk(&mut self, root: &str, trust: &TrustRoot, limits: LineageLimits) -> LineageGraph {
        let mut walk = LineageWalk::new(&digest(root), limits);
        while let Some(wanted) = walk.next_wanted() {
            let found = self.find(&wanted.digest, trust);
            walk.supply(&wanted.digest, found);
        }
        walk.finish(false)
    }

    fn up(&mut self, root: &str, trust: &TrustRoot) -> LineageGraph {
        self.walk(root, trust, LineageLimits::default())
    }
}

fn base_model(name: &str) -> Value {
    json!({ "name": name, "digest": { "sha256": digest(name).hex() }, "annotations": { "role": "base-model" } })
}

fn dataset(name: &str, version: &str, bytes: &str) -> Value {
    json!({ "name": name, "digest": { "sha256": digest(bytes).hex() },
        "annotations": { "role": "dataset", "version": version } })
}

fn provenance(build: &str, inputs: &[Value]) -> Provenance {
    let mut predicate = golden("provenance");
    let kind = format!("https://sealkit.dev/buildtypes/{build}/v1");
    predicate["buildDefinition"]["buildType"] = json!(kind);
    predicate["buildDefinition"]["resolvedDependencies"] = json!(inputs);
    serde_json::from_value(predicate).unwrap()
}

fn lineage(nodes: &[(&str, &str)], edges: &[(&str, &str, &str, Option<&Digest>)]) -> Lineage {
    let node = |(name, kind): &(&str, &str)| json!({ "id": name, "name": name, "kind": kind, "digest": { "sha256": digest(name).hex() } });
    let edge = |(from, to, kind, evidence): &(&str, &str, &str, Option<&Digest>)| {
        let mut edge = json!({ "from": from, "to": to, "type": kind });
        if let Some(evidence) = evidence {
            edge["evidence"] = json!({ "sha256": evidence.hex() });
        }
        edge
    };
    let nodes: Vec<Value> = nodes.iter().map(node).collect();
    let edges: Vec<Value> = edges.iter().map(edge).collect();
    serde_json::from_value(json!({ "nodes": nodes, "edges": edges })).unwrap()
}

fn node<'a>(graph: &'a LineageGraph, name: &str) -> &'a GraphNode {
    graph.nodes.iter().find(|node| node.name.as_deref() == Some(name)).unwrap()
}

fn codes(graph: &LineageGraph) -> Vec<&'static str> {
    let nodes = graph.nodes.iter().filter_map(|node| node.code);
    nodes.chain(graph.edges.iter().filter_map(|edge| edge.code)).collect()
}

/// A family that is signed throughout: data, code, base, model.
fn family(ada: &PrivateKey) -> World {
    let mut world = World::default();
    world.sign("base:v1", ada);
    let code = json!({ "uri": "git+https://git.example.org/chat", "annotations": { "role": "code" },
        "digest": { "gitCommit": "d20ace7968ba43c0219f62d71334c1095bab1602" } });
    let inputs = [base_model("base:v1"), dataset("reviews", "2026.1", "train"), code];
    world.attach("chat:v2", ada, &provenance("finetune", &inputs));
    world
}

#[test]
fn what_is_signed_throughout_is_verified() {
    let ada = key("ada");
    let graph = family(&ada).up("chat:v2", &trusting(&[&ada]));
    assert_eq!(graph.standing(), Standing::Verified, "{}", graph.tree());
    assert!(graph.weakest_link().is_none());
    let kinds: Vec<_> = graph.edges.iter().map(|edge| edge.kind.name()).collect();
    assert_eq!(kinds, ["fine-tuned-from", "trained-on", "produced-by-code"]);
    assert_eq!(node(&graph, "reviews").version.as_deref(), Some("2026.1"));
    assert!(graph.nodes.iter().all(|node| !node.proofs.is_empty()));
}

#[test]
fn each_build_type_ties_its_base_in_its_own_way() {
    let ada = key("ada");
    for (build, edge) in [
        ("train", "fine-tuned-from"),
        ("finetune", "fine-tuned-from"),
        ("quantize", "quantized-from"),
        ("merge", "merged-from"),
        ("convert", "converted-from"),
        ("pack", "packaged-in"),
    ] {
        let mut world = World::default();
        world.sign("base", &ada);
        world.attach("kit", &ada, &provenance(build, &[base_model("base")]));
        let graph = world.up("kit", &trusting(&[&ada]));
        assert_eq!(graph.edges[0].kind.name(), edge, "{build}");
        assert_eq!(graph.nodes.len(), 2, "{build}: a part is reached as an ancestor is");
        assert_eq!(graph.standing(), Standing::Verified, "{build}");
    }
}

#[test]
fn each_digest_is_looked_up_once_however_many_name_it() {
    let ada = key("ada");
    let mut world = World::default();
    world.sign("root", &ada);
    let middle: Vec<String> = (0..20).map(|at| format!("middle {at}")).collect();
    for name in &middle {
        world.derive(name, "root", &ada);
    }
    let inputs: Vec<Value> = middle.iter().map(|name| base_model(name)).collect();
    world.attach("merged", &ada, &provenance("merge", &inputs));
    let graph = world.up("merged", &trusting(&[&ada]));
    assert_eq!((graph.nodes.len(), graph.edges.len(), world.lookups), (22, 40, 22));
    assert_eq!(graph.standing(), Standing::Verified);
}

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
fn what_files_declare_is_declared_and_no_more() {
    let ada = key("ada");
    let mut world = World::default();
    world.sign("kit", &ada);
    world.sign("base", &ada);
    let base = Declared {
        edge: EdgeKind::FineTunedFrom,
        kind: NodeKind::Model,
        name: "org/base".to_owned(),
        version: None,
        digest: None,
        source: "README.md".to_owned(),
    };
    let pinned = Declared {
        name: "base".to_owned(),
        kind: NodeKind::Kit,
        digest: Some(digest("base")),
        source: "Kitfile".to_owned(),
        ..base.clone()
    };
    world.kit("kit").2 = vec![base, pinned];
    let graph = world.up("kit", &trusting(&[&ada]));
    assert_eq!(graph.standing(), Standing::Declared);
    assert_eq!(node(&graph, "org/base").standing, Standing::Declared);
    // The pinned kit has its own proof; that the kit comes from it has none.
    assert_eq!(node(&graph, "base").standing, Standing::Verified);
    assert!(graph.edges.iter().all(|edge| edge.standing == Standing::Declared));
    assert_eq!(graph.edges[1].declared, ["Kitfile"]);
}

#[test]
fn a_declared_name_is_the_thing_that_is_proven_under_that_name() {
    let ada = key("ada");
    let mut world = World::default();
    world.sign("hf://org/base@main", &ada);
    world.derive("kit", "hf://org/base@main", &ada);
    world.kit("kit").2 = vec![Declared {
        edge: EdgeKind::FineTunedFrom,
        kind: NodeKind::Model,
        name: "org/base".to_owned(),
        version: None,
        digest: None,
        source: "README.md".to_owned(),
    }];
    let graph = world.up("kit", &trusting(&[&ada]));
    assert_eq!((graph.nodes.len(), graph.standing()), (2, Standing::Verified), "{}", graph.tree());
    assert_eq!(graph.edges[0].declared, ["README.md"]);
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

#[test]
fn the_way_down_leads_to_all_that_came_from_it() {
    let ada = key("ada");
    let mut world = World::default();
    world.sign("base", &ada);
    world.sign("unrelated", &ada);
    world.derive("child", "base", &ada);
    world.derive("grandchild", "child", &ada);
    // One that names the bytes of a part of the base.
    world.parts.insert(digest("base"), vec![digest("weights")]);
    world.attach("quantised", &ada, &provenance("quantize", &[base_model("weights")]));
    let trust = trusting(&[&ada]);
    let mut walk = LineageWalk::new(&digest("base"), LineageLimits::default());
    for kit in ["child", "grandchild", "quantised", "unrelated"] {
        walk.seed(&digest(kit));
    }
    while let Some(wanted) = walk.next_wanted() {
        let found = world.find(&wanted.digest, &trust);
        walk.supply(&wanted.digest, found);
    }
    let graph = walk.finish(true);
    let names: Vec<_> =
        graph.nodes.iter().map(|node| (node.name.clone().unwrap(), node.depth)).collect();
    let named = |name: &str, depth| (name.to_owned(), depth);
    let near = [named("base", 0), named("child", 1), named("weights", 1)];
    assert_eq!(names, [&near[..], &[named("grandchild", 2), named("quantised", 2)]].concat());
    assert_eq!(graph.standing(), Standing::Verified, "{}", graph.tree());
    assert!(graph.tree().contains("grandchild"), "{}", graph.tree());
}

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

#[test]
fn a_graph_of_nothing_is_no_yes() {
    assert_eq!(LineageGraph::default().standing(), Standing::Missing);
    let set = DigestSet::of(&digest("x"));
    assert!(set.sha256().is_some());
}
