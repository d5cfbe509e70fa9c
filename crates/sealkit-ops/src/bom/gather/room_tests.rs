//! What many files say together is bounded, and the same whichever was looked at first.

use sealkit_inspect::{Class, Facts, Value, property};
use sealkit_report::Known;

use super::file::Looked;
use super::room::Room;

/// What a file of so many keys says.
fn facts(keys: u64) -> Facts {
    let mut facts = Facts::default();
    for at in 0..keys {
        facts.about("key", Known::Declared, ("m", ""), (property::METADATA, Value::Uint(at)));
    }
    facts
}

fn looked(keys: u64) -> Looked {
    Looked { class: Class::Model, facts: facts(keys), digest: None, failed: false, later: false }
}

/// Files of these sizes, looked at in the order of `first` and taken in their own.
fn taken(sizes: &[u64], first: &[usize]) -> Vec<Facts> {
    let room = Room::of(1 << 20);
    let mut held: Vec<Option<Looked>> = sizes.iter().map(|_| None).collect();
    for &at in first {
        held[at] = Some(room.hold(looked(sizes[at])));
    }
    let seen: u64 = held.iter().flatten().map(|looked| looked.facts.size()).sum();
    assert!(seen <= (1 << 20) + sizes.len() as u64 * (9 << 10), "{seen} bytes wait");
    let each = held.into_iter().flatten().zip(sizes);
    each.map(|(looked, size)| room.take("m", looked, || facts(*size)).facts).collect()
}

#[test]
fn very_many_files_take_no_more_than_the_room() {
    let sizes = [1_500_u64; 64];
    let order: Vec<usize> = (0..64).collect();
    let back: Vec<usize> = (0..64).rev().collect();
    let all = taken(&sizes, &order);
    let size: u64 = all.iter().map(Facts::size).sum();
    assert!(size <= (1 << 20) + 64 * (9 << 10), "{size} bytes");
    assert!(!all[0].incomplete && all[63].incomplete);
    assert!(all.iter().all(|facts| !facts.facts.is_empty()), "each says something");
    assert_eq!(all, taken(&sizes, &back), "whoever was first");
}

#[test]
fn small_files_stay_whole_beside_large_ones() {
    let sizes = [5_000, 3, 3, 5_000, 3, 700];
    let all = taken(&sizes, &[5, 3, 0, 1, 2, 4]);
    let whole: Vec<bool> = all.iter().map(|facts| !facts.incomplete).collect();
    assert_eq!(whole, [false, true, true, false, true, true]);
    assert_eq!(all, taken(&sizes, &[0, 1, 2, 3, 4, 5]));
}
