//! The lines in which two versions of a text differ.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use sealkit_api::{Hunk, TextComparison, TextLine, TextWithheld};
use sealkit_inspect::ReadAt as _;
use serde::Deserialize;
use similar::{Algorithm, DiffOp, capture_diff_slices_deadline, group_diff_ops};

use crate::content::Content;
use crate::hub::Shared;
use crate::ranges::Allowance;
use crate::reader::Kit;
use crate::references::split_reference;
use crate::{HubError, api, files};

/// Most bytes of one side.
pub(crate) const MAX_BYTES: u64 = 1 << 20;
/// Most lines of one side.
const MAX_LINES: usize = 20_000;
/// Most lines of one answer, and most bytes of all of them.
const MAX_GIVEN: (usize, usize) = (4_000, 1 << 20);
/// Most characters of one line.
const MAX_CHARS: usize = 2_000;
/// Equal lines round a difference.
const CONTEXT: usize = 3;
/// How long the smallest difference is looked for.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long the two files may be read.
const READING: Duration = Duration::from_secs(10);

/// Which file of which versions.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Wanted {
    pub(crate) a: String,
    pub(crate) b: String,
    /// Its path in the first.
    pub(crate) file: String,
    /// Its path in the second, where that is another.
    pub(crate) to: Option<String>,
}

/// `GET /api/v1/compare/text?a=&b=&file=&to=`.
pub(crate) async fn show(
    State(shared): State<Arc<Shared>>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Json<TextComparison>, HubError> {
    let Query(wanted) = wanted.map_err(|_| HubError::Query("a`, `b` and `file"))?;
    let _reader = shared.readers.acquire().await.map_err(|_| HubError::Stopped)?;
    let (file, to) = (wanted.file.clone(), wanted.to.unwrap_or(wanted.file));
    let (a, old) = side(&shared, &wanted.a, &file).await?;
    let (b, new) = side(&shared, &wanted.b, &to).await?;
    let mut found = TextComparison::new(a.digest.clone(), b.digest.clone(), file, to);
    match (&old, &new) {
        (Side::Absent { complete: true }, Side::Absent { complete: true }) => {
            let (digest, path) = (a.digest, found.file);
            return Err(HubError::UnknownFile { digest, path, complete: true });
        }
        // Where not every file could be listed, one that is not found may still be there.
        (Side::Absent { complete: false }, _) => {
            let (digest, path) = (a.digest, found.file);
            return Err(HubError::UnknownFile { digest, path, complete: false });
        }
        (_, Side::Absent { complete: false }) => {
            let (digest, path) = (b.digest, found.to);
            return Err(HubError::UnknownFile { digest, path, complete: false });
        }
        _ => {}
    }
    (found.size_a, found.size_b) = (old.size(), new.size());
    if found.size_a.max(found.size_b).is_some_and(|size| size > MAX_BYTES) {
        found.withheld = Some(TextWithheld::TooLarge);
        return Ok(Json(found));
    }
    let work = move || {
        let allowance = Allowance::new(2 * MAX_BYTES, READING);
        let (old, new) = (old.read(&allowance)?, new.read(&allowance)?);
        compare(&old, &new, &mut found);
        Ok(found)
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| HubError::Stopped)?.map(Json)
}

/// The file on one side.
enum Side {
    /// What it holds, and the kit's digest for what is said of it.
    There(Box<Content>, u64, sealkit_oci::Digest),
    /// It was not found; whether every file could be listed.
    Absent { complete: bool },
}

async fn side(shared: &Shared, reference: &str, path: &str) -> Result<(Kit, Side), HubError> {
    let (name, target) = split_reference(reference)?;
    let kit = api::open_good(shared, &name, target).await?;
    let list = files::list(&kit).await?;
    // Of two entries with one path the later wins, as when the kit is unpacked.
    let Some(file) = list.files.iter().rev().find(|file| file.path == path).cloned() else {
        return Ok((kit, Side::Absent { complete: list.unlisted.is_empty() }));
    };
    let size = file.size;
    let content = Content::of(&kit, file, list.source).await?;
    let digest = kit.digest.clone();
    Ok((kit, Side::There(Box::new(content), size, digest)))
}

impl Side {
    fn size(&self) -> Option<u64> {
        match self {
            Self::There(_, size, _) => Some(*size),
            Self::Absent { .. } => None,
        }
    }

    /// Its bytes, none where it is absent. On a thread that may block.
    fn read(&self, allowance: &Arc<Allowance>) -> Result<Vec<u8>, HubError> {
        let Self::There(content, _, digest) = self else { return Ok(Vec::new()) };
        let source = content.bytes(allowance);
        let mut bytes = vec![0; usize::try_from(source.len()).unwrap_or_default()];
        source.read_at(0, &mut bytes).map_err(|error| HubError::NotAKit {
            digest: digest.clone(),
            reason: error.to_string(),
        })?;
        Ok(bytes)
    }
}

/// Fills in what differs.
fn compare(old: &[u8], new: &[u8], found: &mut TextComparison) {
    let (Some(old), Some(new)) = (text(old), text(new)) else {
        found.withheld = Some(TextWithheld::NotText);
        return;
    };
    let (a, b): (Vec<&str>, Vec<&str>) =
        (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    if a.len().max(b.len()) > MAX_LINES {
        found.withheld = Some(TextWithheld::TooLarge);
        return;
    }
    let until = Instant::now() + PATIENCE;
    let ops = capture_diff_slices_deadline(Algorithm::Myers, &a, &b, Some(until));
    found.coarse = Instant::now() >= until;
    for op in &ops {
        if !matches!(op, DiffOp::Equal { .. }) {
            found.removed += op.old_range().len() as u64;
            found.added += op.new_range().len() as u64;
        }
    }
    let mut given = Given { lines: MAX_GIVEN.0, bytes: MAX_GIVEN.1 };
    for group in group_diff_ops(ops, CONTEXT) {
        let mut hunk = Hunk { lines: Vec::new() };
        for op in group {
            found.cut |= !given.op(&op, (&a, &b), &mut hunk);
        }
        if !hunk.lines.is_empty() {
            found.hunks.push(hunk);
        }
    }
}

/// The bytes as text, where they are.
fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

/// What one answer may still give.
struct Given {
    lines: usize,
    bytes: usize,
}

impl Given {
    /// Adds the lines of one step; false where not all of it had room.
    fn op(&mut self, op: &DiffOp, (a, b): (&[&str], &[&str]), hunk: &mut Hunk) -> bool {
        let (old, new) = (op.old_range(), op.new_range());
        let is_equal = matches!(op, DiffOp::Equal { .. });
        let mut whole = true;
        for (at, line) in old.clone().zip(a.get(old).unwrap_or_default()) {
            let other = is_equal.then(|| number(new.start + (at - op.old_range().start)));
            whole &= self.line(Some(number(at)), other, line, hunk);
        }
        if !is_equal {
            for (at, line) in new.clone().zip(b.get(new).unwrap_or_default()) {
                whole &= self.line(None, Some(number(at)), line, hunk);
            }
        }
        whole
    }

    fn line(&mut self, a: Option<u64>, b: Option<u64>, line: &str, hunk: &mut Hunk) -> bool {
        let text = line.strip_suffix('\n');
        let (unended, text) = (text.is_none(), text.unwrap_or(line));
        let end = text.char_indices().nth(MAX_CHARS).map_or(text.len(), |(at, _)| at);
        if self.lines == 0 || self.bytes < end {
            return false;
        }
        self.lines -= 1;
        self.bytes -= end;
        let shown = text.get(..end).unwrap_or(text).to_owned();
        hunk.lines.push(TextLine { a, b, text: shown, unended });
        end == text.len()
    }
}

/// The number of the line at `at`, from 1.
fn number(at: usize) -> u64 {
    at as u64 + 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sealkit_oci::Digest;

    use super::*;

    fn of(old: &str, new: &str) -> TextComparison {
        let digest = Digest::of(b"");
        let mut found = TextComparison::new(digest.clone(), digest, "f".to_owned(), "f".to_owned());
        compare(old.as_bytes(), new.as_bytes(), &mut found);
        found
    }

    /// A text of `count` lines.
    fn text_of(count: usize, line: impl Fn(usize) -> String) -> String {
        (0..count).flat_map(|at| [line(at), "\n".to_owned()]).collect()
    }

    fn lines(found: &TextComparison) -> Vec<(Option<u64>, Option<u64>, &str)> {
        let lines = found.hunks.iter().flat_map(|hunk| &hunk.lines);
        lines.map(|line| (line.a, line.b, line.text.as_str())).collect()
    }

    #[test]
    fn lines_have_their_numbers_on_both_sides() {
        let found = of("a\nb\nc\n", "a\nx\nc\n");
        assert_eq!((found.added, found.removed, found.cut), (1, 1, false));
        assert_eq!(
            lines(&found),
            [
                (Some(1), Some(1), "a"),
                (Some(2), None, "b"),
                (None, Some(2), "x"),
                (Some(3), Some(3), "c")
            ]
        );
        assert!(of("same\n", "same\n").hunks.is_empty());
    }

    #[test]
    fn what_lies_far_apart_stands_in_hunks_of_its_own() {
        let old = text_of(100, |at| at.to_string());
        let new = old.replace("\n10\n", "\nten\n").replace("\n90\n", "\nninety\n");
        let found = of(&old, &new);
        assert_eq!(found.hunks.len(), 2);
        assert_eq!(found.hunks[0].lines.len(), 8);
        assert_eq!(found.hunks[1].lines[0].a, Some(88));
    }

    #[test]
    fn a_missing_line_feed_is_a_difference_that_is_told() {
        let found = of("a\n", "a");
        assert_eq!((found.added, found.removed), (1, 1));
        let unended: Vec<bool> = found.hunks[0].lines.iter().map(|line| line.unended).collect();
        assert_eq!(unended, [false, true]);
        assert_eq!(lines(&of("a\r\n", "a\n"))[0].2, "a\r");
    }

    #[test]
    fn one_side_may_be_empty() {
        let found = of("", "a\nb\n");
        assert_eq!((found.added, found.removed), (2, 0));
        assert_eq!(of("a\nb\n", "").removed, 2);
    }

    #[test]
    fn what_is_no_text_or_too_much_is_not_compared() {
        assert_eq!(of("a\0", "b").withheld, Some(TextWithheld::NotText));
        let digest = Digest::of(b"");
        let mut found = TextComparison::new(digest.clone(), digest, String::new(), String::new());
        compare(b"\xff\xfe", b"", &mut found);
        assert_eq!(found.withheld, Some(TextWithheld::NotText));
        let many = "\n".repeat(MAX_LINES + 1);
        assert_eq!(of(&many, "").withheld, Some(TextWithheld::TooLarge));
    }

    #[test]
    fn an_answer_is_bounded_in_lines_bytes_and_time() {
        let old = text_of(MAX_LINES, |at| format!("a{at}"));
        let new = text_of(MAX_LINES, |at| format!("b{}", at * 7 % MAX_LINES));
        let begun = Instant::now();
        let found = of(&old, &new);
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
        assert_eq!((found.added, found.removed), (MAX_LINES as u64, MAX_LINES as u64));
        assert!(found.cut);
        assert_eq!(lines(&found).len(), MAX_GIVEN.0);
        let long = of(&"ü".repeat(MAX_CHARS + 1), "");
        assert!(long.cut);
        assert_eq!(lines(&long)[0].2.chars().count(), MAX_CHARS);
        let wide = text_of(1_000, |at| format!("{at}{}", "x".repeat(1_999)));
        let found = of(&wide, "");
        assert!(found.cut);
        let bytes: usize = lines(&found).iter().map(|line| line.2.len()).sum();
        assert!(bytes <= MAX_GIVEN.1, "{bytes}");
    }

    proptest! {
        #[test]
        fn what_is_said_is_true(old in "[ab\r\n]{0,40}", new in "[ab\r\n]{0,40}") {
            let found = of(&old, &new);
            let split = |text: &str| -> Vec<String> {
                let lines = text.split_inclusive('\n');
                lines.map(|line| line.strip_suffix('\n').unwrap_or(line).to_owned()).collect()
            };
            let (a, b) = (split(&old), split(&new));
            let at = |lines: &[String], number: u64| lines[usize::try_from(number).unwrap() - 1].clone();
            for line in found.hunks.iter().flat_map(|hunk| &hunk.lines) {
                prop_assert!(line.a.is_none_or(|number| at(&a, number) == line.text));
                prop_assert!(line.b.is_none_or(|number| at(&b, number) == line.text));
                prop_assert!(line.a.or(line.b).is_some());
            }
            prop_assert_eq!(a.len() as u64 + found.added, b.len() as u64 + found.removed);
            prop_assert_eq!(found.hunks.is_empty(), old == new);
            prop_assert!(!found.cut && !found.coarse && found.withheld.is_none());
        }
    }
}
