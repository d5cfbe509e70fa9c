//! What of a kit could not be read, and whose fault that is.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::io;

use sealkit_inspect::Facts;
use sealkit_pack::PackError;
use sealkit_store::StoreError;

use crate::OpsError;

/// Most files that are named.
const NAMED: usize = 3;

/// The files of which not everything could be read, or is kept; none where there are none.
pub(super) fn partly_read(facts: &BTreeMap<String, Facts>) -> Option<String> {
    named(facts, "not read to the end", |facts| facts.incomplete)
}

/// The archives that hold what somebody may ask for, and are looked at for code alone; none where there are none.
pub(super) fn not_indexed(facts: &BTreeMap<String, Facts>) -> Option<String> {
    let is_one = |facts: &Facts| facts.findings.iter().any(|f| f.rule == "archive-not-indexed");
    named(facts, "archives whose contents are not indexed", is_one)
}

fn named(
    facts: &BTreeMap<String, Facts>,
    what: &str,
    is_one: impl Fn(&Facts) -> bool,
) -> Option<String> {
    let all: Vec<&str> =
        facts.iter().filter(|(_, facts)| is_one(facts)).map(|(path, _)| path.as_str()).collect();
    let (first, rest) = all.split_at(all.len().min(NAMED));
    if first.is_empty() {
        return None;
    }
    let mut text = format!("{what}: {}", first.join(", "));
    if !rest.is_empty() {
        let _ = write!(text, " and {} more files", rest.len());
    }
    Some(text)
}

/// Whether a kit itself is the cause, so that another try ends in the same way: what its bytes are does not change.
/// A disk, a database or a network that fails is not of the kit.
pub(super) fn is_of_the_kit(error: &OpsError) -> bool {
    let is_malformed = match error {
        OpsError::Document { .. }
        | OpsError::DocumentTooLarge { .. }
        | OpsError::Inconsistent { .. }
        | OpsError::FileTable { .. }
        | OpsError::Kitfile(_)
        | OpsError::Bom(_)
        | OpsError::Digest(_)
        | OpsError::Reference(_) => true,
        OpsError::Pack(PackError::Store(error)) | OpsError::Store(error) => is_of_its_bytes(error),
        OpsError::Pack(error) => !matches!(
            error,
            PackError::Io { .. } | PackError::Write { .. } | PackError::Busy { .. }
        ),
        _ => false,
    };
    is_malformed && !causes(error).any(is_of_the_place)
}

/// Whether what a store says of a kit's content stays so for as long as the content does. What is missing may come back.
fn is_of_its_bytes(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::DigestMismatch { .. }
            | StoreError::SizeMismatch { .. }
            | StoreError::Document { .. }
            | StoreError::Dangling { .. }
            | StoreError::Digest(_)
            | StoreError::Reference(_)
    )
}

/// Whether a cause is the operating system, or a store that fails. Decoders say what is wrong with their input by
/// errors of the same type, which the system did not number.
fn is_of_the_place(cause: &(dyn Error + 'static)) -> bool {
    let numbered = |error: &io::Error| error.raw_os_error().is_some();
    let of_store = |error: &StoreError| !is_of_its_bytes(error);
    cause.downcast_ref::<io::Error>().is_some_and(numbered)
        || cause.downcast_ref::<StoreError>().is_some_and(of_store)
}

/// An error and its causes, from the outside in.
fn causes<'a>(error: &'a OpsError) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let first: &(dyn Error + 'static) = error;
    std::iter::successors(Some(first), |error| inner(*error))
}

fn inner<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    // What an I/O error stands for is not its source, but inside of it.
    let held = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    held.map(|held| held as &(dyn Error + 'static)).or_else(|| error.source())
}

/// An error with its causes, on one line.
pub(super) fn told(error: &OpsError) -> String {
    let mut told: Vec<String> = Vec::new();
    for cause in causes(error) {
        let text = cause.to_string();
        // What passes an error on says the same, or ends with it.
        if !told.last().is_some_and(|last| last.ends_with(&text)) {
            told.push(text);
        }
    }
    told.join(": ")
}

#[cfg(test)]
mod tests {
    use sealkit_oci::Digest;
    use sealkit_pack::tar::TarError;

    use super::*;

    fn layer(source: io::Error) -> OpsError {
        let layer = Digest::of(b"layer");
        PackError::Layer { layer, source: TarError::Io(source) }.into()
    }

    fn database() -> StoreError {
        let source = "locked".to_owned().into();
        StoreError::Database { action: "read", path: "hub.db".into(), source }
    }

    #[test]
    fn what_the_place_can_not_do_is_not_of_the_kit() {
        let denied = || io::Error::from_raw_os_error(13);
        let missing = StoreError::NotFound {
            what: "blob",
            name: Digest::of(b"x").to_string(),
            place: "the hub".to_owned(),
        };
        for error in [
            OpsError::io("read", "x", denied()),
            layer(denied()),
            layer(io::Error::other(database())),
            PackError::Store(database()).into(),
            database().into(),
            missing.into(),
            PackError::Read { layer: Digest::of(b"x"), source: denied() }.into(),
        ] {
            assert!(!is_of_the_kit(&error), "{error:?}");
        }
    }

    #[test]
    fn what_its_bytes_say_is_of_the_kit() {
        let short = StoreError::SizeMismatch {
            digest: Digest::of(b"x"),
            expected: 2,
            actual: 1,
            place: "the hub".to_owned(),
        };
        let torn = io::Error::new(io::ErrorKind::InvalidData, "corrupt deflate stream");
        for error in [
            layer(torn),
            layer(io::ErrorKind::UnexpectedEof.into()),
            short.into(),
            OpsError::DocumentTooLarge {
                reference: "a".to_owned(),
                digest: Digest::of(b"x").to_string(),
                size: 9,
                limit: 1,
            },
        ] {
            assert!(is_of_the_kit(&error), "{error:?}");
        }
    }

    #[test]
    fn an_error_is_told_with_its_causes_each_once() {
        let error = layer(io::Error::other("no deflate"));
        let digest = Digest::of(b"layer");
        let wanted = format!("layer {digest} is malformed: archive could not be read: no deflate");
        assert_eq!(told(&error), wanted);
    }

    #[test]
    fn files_that_are_not_read_wholly_are_named() {
        let facts = |incomplete| Facts { incomplete, ..Facts::default() };
        let of = |count: usize| {
            let all = (0..count).map(|at| (format!("f{at}"), facts(true)));
            partly_read(&all.chain([("whole".to_owned(), facts(false))]).collect())
        };
        assert_eq!(of(0), None);
        assert_eq!(of(2).as_deref(), Some("not read to the end: f0, f1"));
        assert_eq!(of(5).as_deref(), Some("not read to the end: f0, f1, f2 and 2 more files"));
    }
}
