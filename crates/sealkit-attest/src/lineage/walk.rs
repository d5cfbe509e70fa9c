//! The walk from a digest to all that it came from, each thing once, under limits.

use std::collections::{BTreeMap, VecDeque};

use sealkit_oci::Digest;
use sealkit_report::Code;

use super::claims::{self, Claim, Declared, End, Thing};
use super::conflict::Datasets;
use super::graph::{GraphEdge, GraphNode, LineageGraph, Proof, Standing, add, key_of};
use super::judge;
use crate::{AttestError, DigestSet, EdgeKind, NodeKind, VerifiedStatement};

/// How far a walk goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineageLimits {
    /// Most edges between the root and what is looked into.
    pub depth: usize,
    /// Most nodes.
    pub nodes: usize,
    /// Most edges.
    pub edges: usize,
}

impl Default for LineageLimits {
    /// Depth 32, 2,000 nodes, 10,000 edges: more than any model has, and little memory.
    fn default() -> Self {
        Self { depth: 32, nodes: 2_000, edges: 10_000 }
    }
}

/// What a walk wants to know about next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The digest.
    pub digest: Digest,
    /// What the statements call it: foreign text, a reference perhaps.
    pub name: Option<String>,
    /// What it is said to be.
    pub kind: NodeKind,
}

/// What was found out about a digest.
#[derive(Debug)]
pub enum Found {
    /// It is a kit.
    Kit(FoundKit),
    /// It is not there, or is no kit; why.
    Absent(String),
    /// Its bytes are not those of its digest; why.
    Damaged(String),
}

/// A kit with what is attached to it.
#[derive(Debug, Default)]
pub struct FoundKit {
    /// What people call it.
    pub name: Option<String>,
    /// Statements about it that were verified under the trust root of the walk.
    pub verified: Vec<VerifiedStatement>,
    /// Bundles that were not.
    pub rejected: Vec<Rejected>,
    /// Why nobody may use it, as whoever may revoke it says; foreign text is quoted. Empty where nobody does.
    pub revoked: Vec<String>,
    /// What its files declare.
    pub declared: Vec<Declared>,
    /// Its parts: other statements may name them by the digest of their layer.
    pub parts: Vec<Digest>,
}

/// A bundle that proves nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Its digest.
    pub bundle: Digest,
    /// Why; foreign text in it is quoted.
    pub reason: String,
    /// Stable name of the cause.
    pub code: Code,
    /// Whether it is wrong, as opposed to signed by nobody who is trusted.
    pub failed: bool,
}

/// Puts a lineage together.
#[derive(Debug)]
pub struct LineageWalk {
    pub(super) graph: LineageGraph,
    by_key: BTreeMap<String, usize>,
    by_edge: BTreeMap<(usize, usize, EdgeKind), usize>,
    queue: VecDeque<usize>,
    limits: LineageLimits,
    /// Every verified statement, and the node that it is about.
    pub(super) statements: BTreeMap<Digest, usize>,
    pub(super) datasets: Datasets,
    /// Kits that hold a part of this digest.
    pub(super) wholes: BTreeMap<Digest, Vec<usize>>,
}

impl LineageWalk {
    /// A walk that begins at `root`.
    pub fn new(root: &Digest, limits: LineageLimits) -> Self {
        let mut walk = Self {
            graph: LineageGraph::default(),
            by_key: BTreeMap::new(),
            by_edge: BTreeMap::new(),
            queue: VecDeque::new(),
            limits,
            statements: BTreeMap::new(),
            datasets: Datasets::default(),
            wholes: BTreeMap::new(),
        };
        walk.seed(root);
        walk
    }

    /// Adds a kit that is to be looked into too, at the depth of the root: for the way down, which
    /// begins at every kit that is at hand.
    pub fn seed(&mut self, digest: &Digest) {
        let thing = Thing {
            kind: NodeKind::Kit,
            name: None,
            version: None,
            digest: Some(DigestSet::of(digest)),
        };
        if let Some(at) = self.node(&thing, 0) {
            // One that was met as an ancestor is a kit at hand as well.
            if let Some(node) = self.graph.nodes.get_mut(at) {
                node.kind = NodeKind::Kit;
            }
        }
    }

    /// The next digest to be looked up: each is asked for once, the nearer first.
    pub fn next_wanted(&mut self) -> Option<Wanted> {
        while let Some(at) = self.queue.pop_front() {
            let limit = self.limits.depth;
            let Some(node) = self.graph.nodes.get_mut(at) else { continue };
            let Some(digest) = node.digest.clone() else { continue };
            if node.depth > limit {
                let reason = format!("not looked into: it lies deeper than {limit}");
                node.worsen(Standing::Missing, "limit-exceeded", reason);
                continue;
            }
            return Some(Wanted { digest, name: node.name.clone(), kind: node.kind });
        }
        None
    }

    /// Takes what was found out about `digest`.
    pub fn supply(&mut self, digest: &Digest, found: Found) {
        let Some(&at) = self.by_key.get(&digest.to_string()) else { return };
        let Some(node) = self.graph.nodes.get_mut(at) else { return };
        match found {
            Found::Absent(reason) if needs_own_proof(node.kind) => {
                node.worsen(Standing::Missing, "unresolved", reason);
            }
            Found::Absent(_) => {}
            Found::Damaged(reason) => node.worsen(Standing::Failed, "digest-mismatch", reason),
            Found::Kit(kit) => self.take(at, digest, kit),
        }
    }

    /// Ends the walk: every node and edge gets its standing. What goes down from the root is kept
    /// where `down`, else what goes up.
    pub fn finish(self, down: bool) -> LineageGraph {
        judge::finish(self, down)
    }

    fn take(&mut self, at: usize, digest: &Digest, kit: FoundKit) {
        let Some(node) = self.graph.nodes.get_mut(at) else { return };
        node.name = node.name.take().or(kit.name);
        for rejected in &kit.rejected {
            let standing = if rejected.failed { Standing::Failed } else { Standing::Missing };
            let reason = format!("bundle {}: {}", rejected.bundle, rejected.reason);
            // Anybody may attach a statement: those of strangers take nothing from the others.
            if rejected.failed || kit.verified.is_empty() {
                node.worsen(standing, rejected.code, reason);
            }
        }
        if kit.verified.is_empty() && kit.rejected.is_empty() {
            node.worsen(Standing::Missing, "no-signature", "no signed statement".to_owned());
        }
        if !kit.verified.is_empty() {
            node.own = Some(node.own.unwrap_or(Standing::Verified));
        }
        for reason in kit.revoked {
            node.worsen(Standing::Failed, "revoked", reason);
        }
        for part in kit.parts {
            self.wholes.entry(part).or_default().push(at);
        }
        for verified in &kit.verified {
            self.take_statement(at, digest, verified);
        }
        for declared in kit.declared {
            self.declare(at, declared);
        }
    }

    fn take_statement(&mut self, at: usize, subject: &Digest, verified: &VerifiedStatement) {
        let statement = verified.value();
        let proof = Proof {
            statement: statement.digest(),
            bundle: verified.evidence().clone(),
            signer: verified.signer().clone(),
        };
        self.statements.insert(proof.statement.clone(), at);
        if let Some(node) = self.graph.nodes.get_mut(at) {
            node.proofs.push(proof.clone());
        }
        match claims::of_statement(statement, subject) {
            Ok(claims) => {
                if let Some(dataset) = claims.dataset {
                    self.datasets.add(at, dataset);
                }
                for claim in claims.edges {
                    self.claim(at, claim, &proof);
                }
            }
            Err(error) => self.refuse(at, &proof, &error),
        }
    }

    fn refuse(&mut self, at: usize, proof: &Proof, error: &AttestError) {
        let reason = format!("statement {}: {}", proof.statement, error.full_message());
        if let Some(node) = self.graph.nodes.get_mut(at) {
            node.worsen(Standing::Failed, sealkit_report::Hint::code(error), reason);
        }
    }

    fn claim(&mut self, at: usize, claim: Claim, proof: &Proof) {
        let depth = self.graph.nodes.get(at).map_or(0, |node| node.depth) + 1;
        let end = |walk: &mut Self, end: &End| match end {
            End::Subject => Some(at),
            End::Thing(thing) => walk.node(thing, depth),
        };
        let (Some(from), Some(to)) = (end(self, &claim.from), end(self, &claim.to)) else { return };
        let Some(edge) = self.edge(from, to, claim.kind) else { return };
        let (child, parent) = edge.descent();
        match claim.evidence {
            Some(evidence) => {
                edge.evidence.insert(evidence.sha256());
            }
            // The signer speaks for the subject, not for what the subject came from.
            None if child == at && edge.proofs.last() != Some(proof) => {
                edge.proofs.push(proof.clone());
            }
            None if child == at => {}
            None => {
                let source = format!("statement {} about another thing", proof.statement);
                add(&mut edge.declared, source);
            }
        }
        if let End::Thing(thing) = if child == from { &claim.to } else { &claim.from }
            && child == at
        {
            self.datasets.used(parent, thing);
        }
    }

    fn declare(&mut self, at: usize, declared: Declared) {
        let depth = self.graph.nodes.get(at).map_or(0, |node| node.depth) + 1;
        let thing = Thing {
            kind: declared.kind,
            name: Some(declared.name),
            version: declared.version,
            digest: declared.digest.as_ref().map(DigestSet::of),
        };
        // A declared name is the thing that a statement names with its digest, where there is one.
        let known = self.proven_parent(at, &thing);
        let Some(other) = known.or_else(|| self.node(&thing, depth)) else { return };
        let (from, to) = match declared.edge {
            EdgeKind::PackagedIn | EdgeKind::TokenizerOf => (other, at),
            _ => (at, other),
        };
        let known_edge = known.and_then(|other| {
            self.graph.edges.iter_mut().find(|edge| edge.descent() == (at, other))
        });
        let edge = match known_edge {
            Some(edge) => Some(edge),
            None => self.edge(from, to, declared.edge),
        };
        if let Some(edge) = edge {
            add(&mut edge.declared, declared.source);
        }
    }

    fn proven_parent(&self, at: usize, thing: &Thing) -> Option<usize> {
        let wanted = super::graph::normal_name(thing.name.as_deref()?);
        let parents = self.graph.edges.iter().filter(|edge| !edge.proofs.is_empty());
        let mut parents = parents.map(GraphEdge::descent).filter(|(child, _)| *child == at);
        let same = |node: &GraphNode| {
            let name = node.name.as_deref().map(super::graph::normal_name);
            let alike = (node.kind == NodeKind::Dataset) == (thing.kind == NodeKind::Dataset);
            let digest = thing.digest.as_ref().and_then(DigestSet::sha256);
            name == Some(wanted) && alike && digest.is_none_or(|d| node.digest.as_ref() == Some(&d))
        };
        parents.find(|(_, parent)| self.graph.nodes.get(*parent).is_some_and(same)).map(|(_, p)| p)
    }

    /// The node of a thing; none where there is no room for it.
    fn node(&mut self, thing: &Thing, depth: usize) -> Option<usize> {
        let key = key_of(thing.digest.as_ref(), thing.kind, thing.name.as_deref());
        if let Some(&at) = self.by_key.get(&key) {
            if let Some(node) = self.graph.nodes.get_mut(at) {
                // Who calls a kit a dataset does not spare it the proof of a kit.
                if needs_own_proof(thing.kind) && !needs_own_proof(node.kind) {
                    node.kind = thing.kind;
                }
                node.name = node.name.take().or_else(|| thing.name.clone());
                node.version = node.version.take().or_else(|| thing.version.clone());
            }
            return Some(at);
        }
        if self.graph.nodes.len() >= self.limits.nodes {
            self.graph.left_out += 1;
            return None;
        }
        let digest = thing.digest.as_ref().and_then(DigestSet::sha256);
        let at = self.graph.nodes.len();
        let mut node = GraphNode::new(key.clone(), thing.kind, digest, depth);
        node.name.clone_from(&thing.name);
        node.version.clone_from(&thing.version);
        self.graph.nodes.push(node);
        self.by_key.insert(key, at);
        self.queue.push_back(at);
        Some(at)
    }

    fn edge(&mut self, from: usize, to: usize, kind: EdgeKind) -> Option<&mut GraphEdge> {
        let known = self.by_edge.get(&(from, to, kind)).copied();
        let at = match known {
            Some(at) => at,
            None if self.graph.edges.len() >= self.limits.edges => {
                self.graph.left_out += 1;
                return None;
            }
            None => {
                self.by_edge.insert((from, to, kind), self.graph.edges.len());
                self.graph.edges.push(GraphEdge {
                    from,
                    to,
                    kind,
                    standing: Standing::Verified,
                    reasons: Vec::new(),
                    code: None,
                    proofs: Vec::new(),
                    declared: Vec::new(),
                    is_layer: false,
                    evidence: std::collections::BTreeSet::new(),
                });
                self.graph.edges.len() - 1
            }
        };
        self.graph.edges.get_mut(at)
    }

    /// Ties every part that statements name to the kits that hold it.
    pub(super) fn tie_parts(&mut self) {
        let parts: Vec<(usize, Vec<usize>)> = self
            .wholes
            .iter()
            .filter_map(|(part, kits)| Some((*self.by_key.get(&part.to_string())?, kits.clone())))
            .collect();
        for (part, kits) in parts {
            for kit in kits.into_iter().filter(|kit| *kit != part) {
                self.tie_part(part, kit);
            }
        }
    }

    /// The manifest that was signed names its layers, so whoever signed it vouches for them.
    fn tie_part(&mut self, part: usize, kit: usize) {
        let Some(whole) = self.graph.nodes.get(kit) else { return };
        let (own, proofs) = (whole.own, whole.proofs.clone());
        if let Some(edge) = self.edge(part, kit, EdgeKind::PackagedIn) {
            edge.is_layer = true;
            edge.proofs.extend(proofs.iter().cloned());
        }
        if let Some(node) = self.graph.nodes.get_mut(part)
            && own == Some(Standing::Verified)
        {
            node.own = own;
            node.reasons.clear();
            node.code = None;
            node.proofs.extend(proofs);
        }
    }
}

/// Whether a thing has a lineage of its own, which somebody has to answer for.
pub(super) fn needs_own_proof(kind: NodeKind) -> bool {
    matches!(kind, NodeKind::Kit | NodeKind::Model | NodeKind::Adapter)
}
