//! What is proven, what is only declared, and which way the walk goes.

use sealkit_attest::{
    Declared, DigestSet, EdgeKind, Found, LineageGraph, LineageLimits, LineageWalk, NodeKind,
    Standing,
};
use serde_json::Value;

use super::world::{World, base_model, digest, family, node, provenance};
use crate::common::{key, trusting};

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

#[test]
fn a_graph_of_nothing_is_no_yes() {
    assert_eq!(LineageGraph::default().standing(), Standing::Missing);
    let set = DigestSet::of(&digest("x"));
    assert!(set.sha256().is_some());
}

#[test]
fn a_revoked_ancestor_fails_whoever_signed_it() {
    let ada = key("ada");
    let (mut world, trust) = (family(&ada), trusting(&[&ada]));
    let mut walk = LineageWalk::new(&digest("chat:v2"), LineageLimits::default());
    let mut named = None;
    while let Some(wanted) = walk.next_wanted() {
        let mut found = world.find(&wanted.digest, &trust);
        if let Found::Kit(kit) = &mut found
            && wanted.digest != digest("chat:v2")
        {
            kit.revoked.push("revoked by `ada`: poisoned".to_owned());
            named = Some(wanted.digest.clone());
        }
        walk.supply(&wanted.digest, found);
    }
    let graph = walk.finish(false);
    let node = graph.nodes.iter().find(|node| node.digest == named).unwrap();
    assert_eq!((node.standing, node.code), (Standing::Failed, Some("revoked")));
    assert_eq!(graph.standing(), Standing::Failed, "{}", graph.tree());
    let worst = graph.weakest_link().unwrap();
    assert!(worst.reason.contains("poisoned"), "{worst:?}");
}
