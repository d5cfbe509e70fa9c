//! The graph: things and the ties between them, each with how far it is proven.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_oci::Digest;
use sealkit_report::Code;
use serde::Serialize;

use crate::{DigestSet, EdgeKind, NodeKind, TrustedSigner};

/// How far a node or an edge is proven, from the best to the worst.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// A verified statement proves it.
    Verified,
    /// A file or an unproven word says so.
    Declared,
    /// What should prove it is not there, or is by nobody who is trusted.
    Missing,
    /// What should prove it is wrong.
    Failed,
}

impl Standing {
    /// How it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Declared => "declared only",
            Self::Missing => "missing",
            Self::Failed => "failed",
        }
    }

    /// The mark that stands for it: `✓`, `–` or `✗`.
    pub fn mark(self) -> char {
        match self {
            Self::Verified => '✓',
            Self::Declared | Self::Missing => '–',
            Self::Failed => '✗',
        }
    }
}

/// What proves a node or an edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// Digest of the statement.
    pub statement: Digest,
    /// Digest of the bundle that carries it.
    pub bundle: Digest,
    /// Who signed, as the trust root knows them.
    pub signer: TrustedSigner,
}

impl Proof {
    /// Puts proofs in the one order that they are shown in, each once.
    pub(super) fn arrange(proofs: &mut Vec<Self>) {
        let key = |proof: &Self| (proof.statement.clone(), proof.bundle.clone(), proof.signer.id());
        proofs.sort_by_cached_key(key);
        proofs.dedup();
    }
}

/// A thing.
#[derive(Clone, Debug)]
pub struct GraphNode {
    /// What tells it from all others: a digest where it has one, else its name.
    pub key: String,
    /// What it is.
    pub kind: NodeKind,
    /// What people call it: foreign text.
    pub name: Option<String>,
    /// Its version: foreign text.
    pub version: Option<String>,
    /// Its SHA-256 digest.
    pub digest: Option<Digest>,
    /// How many edges lie between it and the root.
    pub depth: usize,
    /// How far it is proven.
    pub standing: Standing,
    /// Why it is no better: foreign text in it is quoted.
    pub reasons: Vec<String>,
    /// Stable name of the worst cause.
    pub code: Option<Code>,
    /// What proves it.
    pub proofs: Vec<Proof>,
    /// Whether the key is a digest, so that it names one thing for ever.
    pub(super) by_digest: bool,
    /// How far its own statements prove it; none where nobody looked.
    pub(super) own: Option<Standing>,
}

impl GraphNode {
    pub(super) fn new(key: String, kind: NodeKind, digest: Option<Digest>, depth: usize) -> Self {
        Self {
            by_digest: !key.starts_with(NAMED),
            key,
            kind,
            name: None,
            version: None,
            digest,
            depth,
            standing: Standing::Declared,
            reasons: Vec::new(),
            code: None,
            proofs: Vec::new(),
            own: None,
        }
    }

    /// Makes it at least as bad as `standing`, and says why.
    pub(super) fn worsen(&mut self, standing: Standing, code: Code, reason: String) {
        let worse = self.own.is_none_or(|own| standing > own);
        self.own = self.own.max(Some(standing));
        note((&mut self.code, &mut self.reasons), worse, code, reason);
    }
}

/// Adds a text that is not there yet, as far as anybody would read on.
pub(super) fn add(texts: &mut Vec<String>, text: String) {
    if texts.len() < MAX_TEXTS && !texts.contains(&text) {
        texts.push(text);
    }
}

/// Notes a cause; the worst one stands first, however many others there are.
fn note(place: (&mut Option<Code>, &mut Vec<String>), worse: bool, code: Code, reason: String) {
    let (first, reasons) = place;
    if worse {
        *first = Some(code);
        reasons.retain(|other| *other != reason);
        reasons.insert(0, reason);
        reasons.truncate(MAX_TEXTS);
    } else {
        first.get_or_insert(code);
        add(reasons, reason);
    }
}

/// Most reasons, and most places of a declaration, that one node or edge keeps.
const MAX_TEXTS: usize = 8;

/// A tie between two things.
#[derive(Clone, Debug)]
pub struct GraphEdge {
    /// Index of the node that came to be.
    pub from: usize,
    /// Index of the node that it came from.
    pub to: usize,
    /// How.
    pub kind: EdgeKind,
    /// How far it is proven.
    pub standing: Standing,
    /// Why it is no better.
    pub reasons: Vec<String>,
    /// Stable name of the worst cause.
    pub code: Option<Code>,
    /// What proves it.
    pub proofs: Vec<Proof>,
    /// Where it is declared: file and place, foreign text.
    pub declared: Vec<String>,
    /// Whether the thing is a layer of the kit, as the kit's manifest says.
    pub(super) is_layer: bool,
    /// The statements that are said to prove it.
    pub(super) evidence: BTreeSet<Option<Digest>>,
}

impl GraphEdge {
    /// The nodes as descendant and ancestor: a part, or a tokenizer, is what its whole comes from,
    /// though the edge is written from the part to the whole. On the way down it is the other way
    /// round for layers: what came from a layer of a kit came from the kit.
    pub fn descent(&self) -> (usize, usize) {
        match self.kind {
            EdgeKind::PackagedIn if self.is_layer => (self.from, self.to),
            EdgeKind::PackagedIn | EdgeKind::TokenizerOf => (self.to, self.from),
            _ => (self.from, self.to),
        }
    }

    pub(super) fn worsen(&mut self, standing: Standing, code: Code, reason: String) {
        let worse = standing > self.standing;
        self.standing = self.standing.max(standing);
        note((&mut self.code, &mut self.reasons), worse, code, reason);
    }
}

/// What is known of the lineage of a thing. The root is the first node.
#[derive(Clone, Debug, Default)]
pub struct LineageGraph {
    /// Things, the nearer first.
    pub nodes: Vec<GraphNode>,
    /// Ties.
    pub edges: Vec<GraphEdge>,
    /// Cycles, each as the indexes of its nodes.
    pub cycles: Vec<Vec<usize>>,
    /// How many things were left out because of a limit.
    pub left_out: usize,
    /// Whether it goes down to descendants.
    pub(super) is_down: bool,
}

/// The worst of a graph: what to mend first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    Node(usize),
    Edge(usize),
}

impl LineageGraph {
    /// How far the whole is proven: as far as the worst of it.
    pub fn standing(&self) -> Standing {
        let nodes = self.nodes.iter().map(|node| node.standing);
        let edges = self.edges.iter().map(|edge| edge.standing);
        let cut = (self.left_out > 0).then_some(Standing::Missing);
        nodes.chain(edges).chain(cut).max().unwrap_or(Standing::Missing)
    }

    /// The worst node or edge, the nearest to the root of those; none where all is verified.
    pub(super) fn weakest(&self) -> Option<Link> {
        let nodes = self.nodes.iter().enumerate();
        let nodes = nodes.map(|(at, node)| (node.standing, node.depth, Link::Node(at)));
        let edges = self.edges.iter().enumerate().map(|(at, edge)| {
            let depth = self.nodes.get(edge.descent().1).map_or(0, |node| node.depth);
            (edge.standing, depth, Link::Edge(at))
        });
        let bad = nodes.chain(edges).filter(|(standing, ..)| *standing > Standing::Verified);
        // An edge is told before the node behind it: it comes first on the way from the root.
        let rank = |link: &Link| matches!(link, Link::Node(_));
        let best = bad.min_by_key(|(standing, depth, link)| {
            (std::cmp::Reverse(*standing), *depth, rank(link))
        });
        best.map(|(.., link)| link)
    }

    /// Keeps what can be reached from `root` by going up (to ancestors) or down; `root` becomes the
    /// first node, and depths count from it.
    pub(super) fn restrict(self, root: usize, up: bool) -> Self {
        let mut next: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for edge in &self.edges {
            let (child, parent) = edge.descent();
            let (from, to) = if up { (child, parent) } else { (parent, child) };
            next.entry(from).or_default().push(to);
        }
        let mut order = vec![(root, 0)];
        let mut place = BTreeMap::from([(root, 0)]);
        let mut at = 0;
        while let Some((node, depth)) = order.get(at).copied() {
            at += 1;
            for &to in next.get(&node).into_iter().flatten() {
                if let std::collections::btree_map::Entry::Vacant(free) = place.entry(to) {
                    free.insert(order.len());
                    order.push((to, depth + 1));
                }
            }
        }
        let mut nodes: Vec<Option<GraphNode>> = self.nodes.into_iter().map(Some).collect();
        let taken = order.iter().filter_map(|(at, depth)| {
            let node = nodes.get_mut(*at)?.take()?;
            Some(GraphNode { depth: *depth, ..node })
        });
        let taken: Vec<GraphNode> = taken.collect();
        let edges = self.edges.into_iter().filter_map(|edge| {
            let (from, to) = (*place.get(&edge.from)?, *place.get(&edge.to)?);
            Some(GraphEdge { from, to, ..edge })
        });
        let (nodes, edges, left_out) = (taken, edges.collect(), self.left_out);
        Self { nodes, edges, cycles: Vec::new(), left_out, is_down: !up }
    }
}

/// How the key of a thing without a digest begins.
const NAMED: &str = "name:";

/// What tells a thing from all others.
pub(super) fn key_of(digest: Option<&DigestSet>, kind: NodeKind, name: Option<&str>) -> String {
    if let Some(digest) = digest {
        if let Some(sha256) = digest.sha256() {
            return sha256.to_string();
        }
        if let Some((algorithm, value)) = digest.iter().next() {
            return format!("digest:{algorithm}:{value}");
        }
    }
    format!("{NAMED}{}:{}", kind.name(), normal_name(name.unwrap_or_default()))
}

/// One spelling for the several that a model or dataset of a hub has.
pub(super) fn normal_name(name: &str) -> &str {
    let bare = ["https://huggingface.co/datasets/", "https://huggingface.co/", "hf://"];
    let name = bare.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name);
    name.strip_suffix("@main").unwrap_or(name)
}
