//! The worst of a lineage, and whether it goes in circles.

use sealkit_api::KitLineage;
use sealkit_report::Known;

/// Names the weakest tie and says whether there is a circle.
pub(super) fn weigh(lineage: &mut KitLineage) {
    lineage.weakest = weakest(lineage);
    lineage.circular = is_circular(lineage);
}

/// The tie that is known worst, the nearest to the root of those.
fn weakest(lineage: &KitLineage) -> Option<usize> {
    let far = |at: usize| lineage.nodes.get(at).map_or(0, |node| node.steps.unsigned_abs());
    let ties = lineage.edges.iter().enumerate();
    let bad = ties.filter(|(_, edge)| edge.known < Known::Attested);
    bad.min_by_key(|(_, edge)| (edge.known, far(edge.from).max(far(edge.to)))).map(|(at, _)| at)
}

/// Whether something came from itself: what is left when everything without an origin is taken away, over and
/// over.
fn is_circular(lineage: &KitLineage) -> bool {
    let mut origins = vec![0_usize; lineage.nodes.len()];
    let mut came = vec![Vec::new(); lineage.nodes.len()];
    // That two hold the same bytes says nothing of which was first.
    for edge in lineage.edges.iter().filter(|edge| edge.relation != "same-bytes-as") {
        if let (Some(count), Some(heirs)) = (origins.get_mut(edge.from), came.get_mut(edge.to)) {
            *count += 1;
            heirs.push(edge.from);
        }
    }
    let free = origins.iter().enumerate().filter(|(_, count)| **count == 0).map(|(at, _)| at);
    let mut free: Vec<usize> = free.collect();
    let mut taken = 0;
    while let Some(at) = free.pop() {
        taken += 1;
        for heir in came.get(at).into_iter().flatten() {
            if let Some(count) = origins.get_mut(*heir) {
                *count -= 1;
                if *count == 0 {
                    free.push(*heir);
                }
            }
        }
    }
    taken < lineage.nodes.len()
}

#[cfg(test)]
mod tests {
    use sealkit_api::{LineageEdge, LineageNode};
    use sealkit_oci::Digest;

    use super::*;

    fn of(ties: &[(usize, usize, Known)]) -> KitLineage {
        let mut lineage = KitLineage::new("a".to_owned(), Digest::of(b"a"));
        let nodes = ties.iter().map(|(from, to, _)| from.max(to) + 1).max().unwrap_or(0);
        let node = |at: usize| LineageNode {
            kind: "kit".to_owned(),
            name: at.to_string(),
            version: None,
            digest: None,
            known: Known::Measured,
            steps: i64::try_from(at).unwrap_or(0),
            kits: Vec::new(),
        };
        lineage.nodes = (0..nodes).map(node).collect();
        let edge = |(from, to, known): &(usize, usize, Known)| LineageEdge {
            from: *from,
            to: *to,
            relation: "derived-from".to_owned(),
            role: None,
            known: *known,
            source: String::new(),
        };
        lineage.edges = ties.iter().map(edge).collect();
        weigh(&mut lineage);
        lineage
    }

    #[test]
    fn the_nearest_of_the_worst_is_the_weakest() {
        use Known::{Attested, Declared, Inferred, Measured};
        assert_eq!(of(&[(0, 1, Attested), (1, 2, Measured)]).weakest, None);
        let mixed = [(0, 1, Declared), (1, 3, Inferred), (1, 2, Inferred), (2, 3, Declared)];
        assert_eq!(of(&mixed).weakest, Some(2));
    }

    #[test]
    fn circles_are_found_and_diamonds_are_none() {
        let known = Known::Declared;
        assert!(!of(&[(0, 1, known), (0, 2, known), (1, 3, known), (2, 3, known)]).circular);
        assert!(of(&[(0, 1, known), (1, 2, known), (2, 1, known)]).circular);
        assert!(!of(&[]).circular);
    }
}
