//! Bytes under opaque keys: the floor of the engine, and what any place for them has to do.

use std::fs::File;
use std::io::{Read, Write};
use std::ops::Range;

use sealkit_store::{StoreError, new_session_id};

/// A key that was never used: a random UUID.
pub fn new_key() -> Result<String, StoreError> {
    let failed = |source| StoreError::io("create", "object", std::io::Error::other(source));
    new_session_id().map_err(failed)
}

/// Whether a text is a key that [`new_key`] may have made.
pub(crate) fn is_key(key: &str) -> bool {
    key.len() == 36 && key.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

/// One object of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredObject {
    /// Its key.
    pub key: String,
    /// When it was last written to, unix seconds.
    pub modified: i64,
}

/// A place for bytes under opaque keys. A key is never used twice, so that an object that is being
/// removed is never one that somebody writes. All of it may block. Each promise is a function of
/// [`conformance`].
pub trait Objects: Send + Sync {
    /// Makes an empty object. A key that is taken, or is not of the form of [`new_key`], is an error.
    fn create(&self, key: &str) -> Result<(), StoreError>;

    /// Goes on to write an object at `place`, in bytes; what is behind it is thrown away. An object that
    /// is shorter, or not there, is an error.
    fn append(&self, key: &str, place: u64) -> Result<Box<dyn ObjectWriter>, StoreError>;

    /// Reads a range. An object that is not there, or ends before the range does, is an error: the
    /// latter at the latest when it is read.
    fn read(&self, key: &str, range: Range<u64>) -> Result<Box<dyn Read + Send>, StoreError>;

    /// The object as a file of this machine, open for reading; none where objects are no files. One that is not
    /// there is an error, or none.
    fn file(&self, _key: &str) -> Result<Option<File>, StoreError> {
        Ok(None)
    }

    /// Size in bytes; none where it is not there.
    fn size(&self, key: &str) -> Result<Option<u64>, StoreError>;

    /// Removes an object; one that is not there is no error.
    fn remove(&self, key: &str) -> Result<(), StoreError>;

    /// Every object, in no order.
    fn list(&self) -> Result<Vec<StoredObject>, StoreError>;

    /// Makes the object known under another folder of the same kind, sharing its bytes where that can
    /// be, and says whether the place can do that at all.
    fn copy_to(&self, key: &str, folder: &std::path::Path) -> Result<bool, StoreError>;
}

/// An object that is being written.
pub trait ObjectWriter: Write + Send {
    /// Makes durable what was written: after it, neither a crash nor a power cut loses it.
    fn sync(&mut self) -> Result<(), StoreError>;
}

/// The suite that every place for objects passes. A function panics where a promise is broken.
#[expect(clippy::unwrap_used, reason = "a test suite panics")]
pub mod conformance {
    use std::io::{Read as _, Write as _};

    use super::{Objects, new_key};

    fn create(objects: &dyn Objects) -> String {
        let key = new_key().unwrap();
        objects.create(&key).unwrap();
        key
    }

    fn read(objects: &dyn Objects, key: &str, range: std::ops::Range<u64>) -> Vec<u8> {
        let mut bytes = Vec::new();
        objects.read(key, range).unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    }

    fn write(objects: &dyn Objects, key: &str, place: u64, bytes: &[u8]) {
        let mut writer = objects.append(key, place).unwrap();
        writer.write_all(bytes).unwrap();
        writer.sync().unwrap();
    }

    /// Runs all of it on an empty place.
    pub fn run(objects: &dyn Objects) {
        what_is_written_is_read_in_ranges(objects);
        writing_goes_on_and_goes_back(objects);
        a_file_of_an_object_has_its_bytes(objects);
        what_is_not_there_is_said(objects);
        listings_have_every_object_once(objects);
    }

    fn what_is_written_is_read_in_ranges(objects: &dyn Objects) {
        let key = create(objects);
        assert_eq!(objects.size(&key).unwrap(), Some(0));
        let bytes: Vec<u8> = (0..1_000_000_u32).map(|at| at as u8).collect();
        write(objects, &key, 0, &bytes);
        assert_eq!(objects.size(&key).unwrap(), Some(1_000_000));
        assert_eq!(read(objects, &key, 0..1_000_000), bytes);
        assert_eq!(read(objects, &key, 999_990..1_000_000), bytes[999_990..]);
        assert_eq!(read(objects, &key, 10..10), b"");
        let short = objects.read(&key, 0..1_000_001);
        assert!(
            short
                .and_then(|mut reader| {
                    let mut all = Vec::new();
                    let read = reader.read_to_end(&mut all);
                    read.map(drop).map_err(|e| sealkit_store::StoreError::io("read", "object", e))
                })
                .is_err()
        );
    }

    fn a_file_of_an_object_has_its_bytes(objects: &dyn Objects) {
        let key = create(objects);
        write(objects, &key, 0, b"abcdef");
        if let Some(mut file) = objects.file(&key).unwrap() {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).unwrap();
            assert_eq!(bytes, b"abcdef");
        }
        for odd in [super::new_key().unwrap().as_str(), "..", "../x"] {
            assert!(!matches!(objects.file(odd), Ok(Some(_))), "{odd:?}");
        }
    }

    fn writing_goes_on_and_goes_back(objects: &dyn Objects) {
        let key = create(objects);
        write(objects, &key, 0, b"abcdef");
        write(objects, &key, 6, b"ghi");
        assert_eq!(read(objects, &key, 0..9), b"abcdefghi");
        write(objects, &key, 3, b"X");
        assert_eq!(objects.size(&key).unwrap(), Some(4));
        assert_eq!(read(objects, &key, 0..4), b"abcX");
        assert!(objects.append(&key, 5).is_err(), "there are four bytes");
    }

    fn what_is_not_there_is_said(objects: &dyn Objects) {
        let key = create(objects);
        objects.remove(&key).unwrap();
        objects.remove(&key).unwrap();
        assert_eq!(objects.size(&key).unwrap(), None);
        assert!(objects.append(&key, 0).is_err());
        assert!(objects.read(&key, 0..0).is_err());
        let taken = create(objects);
        assert!(objects.create(&taken).is_err());
        for odd in ["", "..", "../x", "a/b", "a\0b"] {
            assert!(objects.create(odd).is_err(), "{odd:?}");
            assert!(objects.append(odd, 0).is_err(), "{odd:?}");
            assert!(objects.read(odd, 0..0).is_err(), "{odd:?}");
        }
    }

    fn listings_have_every_object_once(objects: &dyn Objects) {
        let made: Vec<String> = (0..50).map(|_| create(objects)).collect();
        let listed = objects.list().unwrap();
        for key in &made {
            assert_eq!(listed.iter().filter(|one| one.key == *key).count(), 1);
        }
        let mut distinct = made.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), made.len(), "no key is used twice");
        for key in &made {
            objects.remove(key).unwrap();
        }
        assert!(objects.list().unwrap().iter().all(|one| !made.contains(&one.key)));
    }
}
