//! Typed predicates, and the walk of a lineage over what strangers say.

use sealkit_attest::{
    AnyPredicate, Declared, EdgeKind, Found, FoundKit, KINDS, LineageLimits, LineageWalk, NodeKind,
    Standing, Statement, Subject, Timestamp, Uri,
};
use sealkit_oci::Digest;

macro_rules! golden {
    ($($name:literal),* $(,)?) => {
        /// Name and golden document of each kind.
        static GOLDEN: &[(&str, &[u8])] = &[
            $(($name, include_bytes!(concat!(
                "../../crates/sealkit-attest/tests/golden/predicates/", $name, ".json"
            )))),*
        ];
    };
}

golden! {
    "kit", "dataset-version", "lineage", "provenance", "model-scan", "test-result", "vulns",
    "release", "svr", "advisory", "reference",
}

/// One golden document for each kind, behind the byte that chooses the kind.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let place = |name: &str| KINDS.iter().position(|kind| kind.name == name).unwrap_or_default();
    let seed = |(name, text): &(&str, &[u8])| [&[place(name) as u8], *text].concat();
    GOLDEN.iter().map(seed).collect()
}

/// A predicate of a kind that the first byte chooses: what is read keeps its bytes, and what is typed
/// is never unknown.
pub fn predicate(data: &[u8]) {
    let Some((&choice, text)) = data.split_first() else { return };
    let kind = &KINDS[usize::from(choice) % KINDS.len()];
    let subjects = vec![Subject::of(&Digest::of(b"kit"))];
    let made = Statement::with_predicate(subjects, kind.predicate_type, text);
    let Ok(statement) = made else { return };
    let trimmed = String::from_utf8_lossy(text);
    let blank = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r');
    assert_eq!(statement.raw_predicate(), trimmed.trim_matches(blank));
    match statement.any_predicate() {
        Ok(AnyPredicate::Unknown(_)) => assert!(kind.schema().is_none(), "{}", kind.name),
        Ok(_) => {}
        Err(error) => drop(error.full_message()),
    }
    let text = trimmed.into_owned();
    if let Ok(uri) = Uri::try_from(text.as_str()) {
        assert_eq!(uri.as_str(), text);
    }
    if let Ok(time) = Timestamp::try_from(text) {
        assert!(Timestamp::from_unix(time.unix()).is_ok());
    }
}

/// A walk in which each four bytes are a tie that a file declares: it ends, nothing of it is ever
/// verified, and every form can be drawn.
pub fn lineage(data: &[u8]) {
    let thing = |byte: u8| Digest::of(&[byte % 16]);
    let limits = LineageLimits { depth: 6, nodes: 24, edges: 60 };
    let mut walk = LineageWalk::new(&thing(0), limits);
    let mut looked_up = Vec::new();
    while let Some(wanted) = walk.next_wanted() {
        assert!(!looked_up.contains(&wanted.digest), "asked twice");
        let declared = data.chunks_exact(4).filter(|tie| thing(tie[0]) == wanted.digest).map(tie);
        let declared = declared.collect();
        let kit =
            FoundKit { declared, parts: vec![thing(data.len() as u8)], ..FoundKit::default() };
        walk.supply(&wanted.digest, Found::Kit(kit));
        looked_up.push(wanted.digest);
    }
    let graph = walk.finish(data.first().is_some_and(|byte| byte % 2 == 1));
    assert!(graph.nodes.len() <= limits.nodes && graph.edges.len() <= limits.edges);
    assert_ne!(graph.standing(), Standing::Verified);
    assert!(
        graph
            .edges
            .iter()
            .all(|edge| edge.standing != Standing::Verified || edge.proofs.is_empty())
    );
    for text in [graph.tree(), graph.mermaid(), graph.svg()] {
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
    }
    drop(graph.report());
}

fn tie(bytes: &[u8]) -> Declared {
    let kinds = [NodeKind::Kit, NodeKind::Model, NodeKind::Dataset, NodeKind::Code];
    let name = char::from_u32(u32::from(bytes[3]) << 5 | 0x1b).unwrap_or('x');
    Declared {
        edge: EdgeKind::ALL[usize::from(bytes[2]) % EdgeKind::ALL.len()],
        kind: kinds[usize::from(bytes[3]) % kinds.len()],
        name: format!("{name}\"<&"),
        version: (bytes[3] & 4 != 0).then(|| name.to_string()),
        digest: (bytes[3] & 8 != 0).then(|| Digest::of(&[bytes[1] % 16])),
        source: name.to_string(),
    }
}
