//! A world of kits with what is attached to them, as a registry would have them.

use std::collections::BTreeMap;

use sealkit_attest::{
    Bundle, CosignSign, Declared, Found, FoundKit, GraphNode, HintStyle, Lineage, LineageGraph,
    LineageLimits, LineageWalk, Predicate, PrivateKey, Provenance, Rejected, Statement, Subject,
    TrustRoot, Verifier,
};
use sealkit_oci::Digest;
use sealkit_report::Hint as _;
use serde_json::{Value, json};

use crate::common::NOW;
use crate::predicates::golden;

/// Name, bundles and declarations of a kit.
pub(super) type Kit = (String, Vec<Vec<u8>>, Vec<Declared>);

/// Kits with what is attached to them, as a registry would have them.
#[derive(Default)]
pub(super) struct World {
    pub(super) kits: BTreeMap<Digest, Kit>,
    pub(super) parts: BTreeMap<Digest, Vec<Digest>>,
    pub(super) lookups: usize,
}

pub(super) fn digest(name: &str) -> Digest {
    Digest::of(name.as_bytes())
}

impl World {
    pub(super) fn kit(&mut self, name: &str) -> &mut Kit {
        let new = || (name.to_owned(), Vec::new(), Vec::new());
        self.kits.entry(digest(name)).or_insert_with(new)
    }

    /// Signs a statement about a kit, attaches it, and gives its digest.
    pub(super) fn attach<P: Predicate>(
        &mut self,
        name: &str,
        signer: &PrivateKey,
        predicate: &P,
    ) -> Digest {
        let statement = Statement::new(vec![Subject::of(&digest(name))], predicate).unwrap();
        let bundle = Bundle::sign(&statement, signer, HintStyle::Cosign).unwrap();
        self.kit(name).1.push(bundle.into_bytes());
        statement.digest()
    }

    pub(super) fn sign(&mut self, name: &str, signer: &PrivateKey) {
        self.attach(name, signer, &CosignSign {});
    }

    /// A kit that was made from another one.
    pub(super) fn derive(&mut self, name: &str, base: &str, signer: &PrivateKey) -> Digest {
        self.attach(name, signer, &provenance("finetune", &[base_model(base)]))
    }

    pub(super) fn find(&mut self, wanted: &Digest, trust: &TrustRoot) -> Found {
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

    pub(super) fn walk(
        &mut self,
        root: &str,
        trust: &TrustRoot,
        limits: LineageLimits,
    ) -> LineageGraph {
        let mut walk = LineageWalk::new(&digest(root), limits);
        while let Some(wanted) = walk.next_wanted() {
            let found = self.find(&wanted.digest, trust);
            walk.supply(&wanted.digest, found);
        }
        walk.finish(false)
    }

    pub(super) fn up(&mut self, root: &str, trust: &TrustRoot) -> LineageGraph {
        self.walk(root, trust, LineageLimits::default())
    }
}

pub(super) fn base_model(name: &str) -> Value {
    json!({ "name": name, "digest": { "sha256": digest(name).hex() }, "annotations": { "role": "base-model" } })
}

pub(super) fn dataset(name: &str, version: &str, bytes: &str) -> Value {
    json!({ "name": name, "digest": { "sha256": digest(bytes).hex() },
        "annotations": { "role": "dataset", "version": version } })
}

pub(super) fn provenance(build: &str, inputs: &[Value]) -> Provenance {
    let mut predicate = golden("provenance");
    let kind = format!("https://sealkit.dev/buildtypes/{build}/v1");
    predicate["buildDefinition"]["buildType"] = json!(kind);
    predicate["buildDefinition"]["resolvedDependencies"] = json!(inputs);
    serde_json::from_value(predicate).unwrap()
}

pub(super) fn lineage(
    nodes: &[(&str, &str)],
    edges: &[(&str, &str, &str, Option<&Digest>)],
) -> Lineage {
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

pub(super) fn node<'a>(graph: &'a LineageGraph, name: &str) -> &'a GraphNode {
    graph.nodes.iter().find(|node| node.name.as_deref() == Some(name)).unwrap()
}

pub(super) fn codes(graph: &LineageGraph) -> Vec<&'static str> {
    let nodes = graph.nodes.iter().filter_map(|node| node.code);
    nodes.chain(graph.edges.iter().filter_map(|edge| edge.code)).collect()
}

/// A family that is signed throughout: data, code, base, model.
pub(super) fn family(ada: &PrivateKey) -> World {
    let mut world = World::default();
    world.sign("base:v1", ada);
    let code = json!({ "uri": "git+https://git.example.org/chat", "annotations": { "role": "code" },
        "digest": { "gitCommit": "d20ace7968ba43c0219f62d71334c1095bab1602" } });
    let inputs = [base_model("base:v1"), dataset("reviews", "2026.1", "train"), code];
    world.attach("chat:v2", ada, &provenance("finetune", &inputs));
    world
}
