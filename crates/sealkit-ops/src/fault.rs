//! Whose fault an error is, and how it is told with its causes.

use std::error::Error;
use std::io;

use sealkit_pack::PackError;
use sealkit_store::StoreError;

use crate::OpsError;

/// Whether a kit itself is the cause, so that another try ends in the same way: what its bytes are does not change.
/// A disk, a database or a network that fails is not of the kit.
pub(crate) fn is_of_the_kit(error: &OpsError) -> bool {
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
pub(crate) fn told(error: &OpsError) -> String {
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
}
