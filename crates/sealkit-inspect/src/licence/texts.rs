//! Licence texts, compared word pair by word pair with those of the SPDX list.
//!
//! The score is the Sørensen-Dice coefficient over pairs of words, as SPDX's matching guidelines
//! (annex B) suggest what to look past: case, punctuation, spaces and copyright lines.

use super::known::by_title;

/// Least likeness with which a text is named.
const ENOUGH: f64 = 0.9;
/// Licences that are looked at first: most texts are one of them.
const USUAL: &[&str] = &[
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "GPL-2.0-only",
    "GPL-3.0-only",
    "ISC",
    "MIT",
    "MPL-2.0",
];
/// Likeness with one of these from which on no other is looked at: what differs by a clause has
/// less.
const SURE: f64 = 0.985;
/// Likeness from which on there is room for nothing else.
const WHOLE: f64 = 0.97;
/// Least share of a licence that a longer text must hold to hold that licence.
const HELD: f64 = 0.95;
/// Least number of word pairs of a licence that is looked for inside a longer text: a short one
/// stands inside many others.
const LEAST: usize = 80;
/// Least length of a text that has a part that may be left out, in bytes.
const LONG: usize = 7000;
/// Most licences that are named for one text.
const MOST: usize = 8;

/// A licence that a text is, or holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Match {
    /// SPDX identifier, or `LicenseRef-` and the name that hubs use.
    pub id: &'static str,
    /// How well it matches, 0 to 1.
    pub score: f64,
}

/// The licence that the text is. Where it is none as a whole, those that it holds, the longest
/// first. Of identifiers with one text (`GPL-3.0-only`, `GPL-3.0-or-later`) the shortest is named.
pub fn detect(text: &str) -> Vec<Match> {
    let pairs = Pairs::of(text);
    if pairs.0.is_empty() {
        return Vec::new();
    }
    let usual = nearest(&pairs, text, listed().filter(|(id, _)| USUAL.contains(id)));
    let best = usual.filter(|best| best.score >= SURE).or_else(|| nearest(&pairs, text, listed()));
    if let Some(best) = best {
        return with_rest(best, pairs, text.len());
    }
    if let Some(id) = by_title(text) {
        // A title says which licence it is and nothing of the text below it.
        return vec![Match { id, score: ENOUGH }];
    }
    held(pairs, text.len())
}

/// The one of these licences that the text is most like, where it is like enough.
fn nearest(
    pairs: &Pairs,
    text: &str,
    licences: impl Iterator<Item = (&'static str, &'static str)>,
) -> Option<Match> {
    let mut best: Option<Match> = None;
    let len = solid(text) as f64;
    for (id, wording) in licences.flat_map(|(id, text)| wordings(text).map(move |w| (id, w))) {
        // Texts of very different length cannot be alike; this spares most of the work.
        let bytes = wording.len() as f64 / text.len() as f64;
        if !(0.5..2.0).contains(&bytes) || !(0.75..1.33).contains(&(solid(wording) as f64 / len)) {
            continue;
        }
        let score = pairs.likeness(&Pairs::of(wording));
        let is_better = best.as_ref().is_none_or(|best| {
            score > best.score || (score >= best.score && id.len() < best.id.len())
        });
        if score >= ENOUGH && is_better {
            best = Some(Match { id, score });
        }
    }
    best
}

/// A text that is one licence nearly, with those that what is left of it holds.
fn with_rest(best: Match, mut pairs: Pairs, len: usize) -> Vec<Match> {
    let mut found = vec![best];
    let Some(best) = found.first().filter(|best| best.score < WHOLE) else { return found };
    if let Some((_, wording)) = listed().find(|(id, _)| *id == best.id) {
        pairs.take(&Pairs::of(wording));
        found.extend(held(pairs, len));
    }
    found
}

/// Licences that stand inside the text, each counted once.
fn held(mut pairs: Pairs, len: usize) -> Vec<Match> {
    let mut candidates: Vec<(&'static str, Pairs)> = Vec::new();
    for (id, wording) in listed() {
        if wording.len() > len.saturating_add(len / 4) {
            continue;
        }
        let wanted = Pairs::of(wording);
        if wanted.0.len() >= LEAST && pairs.share_of(&wanted) >= HELD {
            candidates.push((id, wanted));
        }
    }
    // The longest first; of equals the one that is matched best, then the shortest name.
    candidates.sort_by(|(a, x), (b, y)| {
        let score = |pairs_of: &Pairs| (pairs.share_of(pairs_of) * 1000.0) as u64;
        let key = |id: &str, p: &Pairs| (p.0.len() / 50, score(p), std::cmp::Reverse(id.len()));
        key(b, y).cmp(&key(a, x)).then(a.cmp(b))
    });
    let mut found = Vec::new();
    for (id, wanted) in candidates {
        let score = pairs.share_of(&wanted);
        if score >= HELD && found.len() < MOST {
            found.push(Match { id, score });
        }
        // Every copy of it, so that none is taken for a licence that is like it.
        while pairs.share_of(&wanted) >= HELD {
            pairs.take(&wanted);
        }
    }
    found
}

/// The texts of the SPDX list, without identifiers that are no longer to be used.
fn listed() -> impl Iterator<Item = (&'static str, &'static str)> {
    let is_current = |id: &str| spdx::license_id(id).is_some_and(|id| !id.is_deprecated());
    spdx::text::LICENSE_TEXTS.iter().copied().filter(move |(id, _)| is_current(id))
}

/// The forms in which a text is used: whole, without the advice on how to apply it, and for the
/// LGPL without the GPL behind it.
fn wordings(text: &'static str) -> impl Iterator<Item = &'static str> {
    let cut = |mark: &str| {
        let at = if text.len() > LONG { text.find(mark) } else { None };
        at.filter(|at| *at > 1000).and_then(|at| text.get(..at))
    };
    let ends = ["END OF TERMS AND CONDITIONS", "\nGNU GENERAL PUBLIC LICENSE"];
    [Some(text), cut(ends[0]), cut(ends[1])].into_iter().flatten()
}

/// Number of bytes that are no space: indentation and line length do not count.
fn solid(text: &str) -> usize {
    text.bytes().filter(|byte| !byte.is_ascii_whitespace()).count()
}

/// Hashes of the word pairs of a text, sorted.
struct Pairs(Vec<u64>);

impl Pairs {
    fn of(text: &str) -> Self {
        let mut pairs = Vec::new();
        let mut before = 0;
        for line in text.lines().filter(|line| !is_copyright(line)) {
            let mut word = START;
            // The space behind the last word ends it.
            for c in line.chars().chain([' ']) {
                if c.is_ascii_alphanumeric() {
                    word = step(word, u64::from(c.to_ascii_lowercase() as u8));
                } else if c.is_alphanumeric() {
                    word =
                        c.to_lowercase().fold(word, |word, c| step(word, u64::from(u32::from(c))));
                } else if word != START {
                    if before != 0 {
                        pairs.push(step(before, word));
                    }
                    before = std::mem::replace(&mut word, START);
                }
            }
        }
        pairs.sort_unstable();
        Self(pairs)
    }

    /// Number of pairs that both have, each as often as both have it.
    fn shared(&self, other: &Self) -> usize {
        let (mut a, mut b) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut shared = 0;
        while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
            match x.cmp(y) {
                std::cmp::Ordering::Less => drop(a.next()),
                std::cmp::Ordering::Greater => drop(b.next()),
                std::cmp::Ordering::Equal => {
                    shared += 1;
                    a.next();
                    b.next();
                }
            }
        }
        shared
    }

    fn likeness(&self, other: &Self) -> f64 {
        let all = self.0.len() + other.0.len();
        if all == 0 { 0.0 } else { 2.0 * self.shared(other) as f64 / all as f64 }
    }

    /// How much of `other` is here.
    fn share_of(&self, other: &Self) -> f64 {
        if other.0.is_empty() { 0.0 } else { self.shared(other) as f64 / other.0.len() as f64 }
    }

    /// Takes away what `other` has.
    fn take(&mut self, other: &Self) {
        let mut gone = other.0.iter().peekable();
        self.0.retain(|pair| {
            while gone.peek().is_some_and(|next| *next < pair) {
                gone.next();
            }
            let is_gone = gone.peek() == Some(&pair);
            if is_gone {
                gone.next();
            }
            !is_gone
        });
    }
}

/// Start of FNV-1a.
const START: u64 = 0xCBF2_9CE4_8422_2325;

/// FNV-1a, one number at a time.
fn step(hash: u64, number: u64) -> u64 {
    (hash ^ number).wrapping_mul(0x0000_0100_0000_01B3)
}

/// `Copyright (c) 2024 Somebody`: whose it is says nothing about which licence it is.
fn is_copyright(line: &str) -> bool {
    let line = line.trim_start_matches(|c: char| !c.is_alphanumeric() && !matches!(c, '(' | '©'));
    let Some(rest) = line.get(..9).filter(|start| start.eq_ignore_ascii_case("copyright")) else {
        return false;
    };
    let rest = line.get(rest.len()..).unwrap_or_default().trim_start();
    rest.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '(' | '©' | '<' | '[' | '{'))
}
