//! `index.json`. Fields and entries that are not known survive a rewrite as they came.

use sealkit_oci::{Annotations, Descriptor, Digest, media_type};
use serde_json::{Map, Value, json};

use super::Naming;
use crate::StoreError;

/// Most entries of an index. One takes far less room in the file than in memory.
const MAX_ENTRIES: usize = 500_000;

/// Index annotation: the repository of an entry, `registry/repository`. Its presence says that we
/// wrote the entry.
pub(super) const ANNOTATION_REPOSITORY: &str = "dev.sealkit.repository";
/// Index annotation beside [`ANNOTATION_REPOSITORY`]: digest of the entry's subject, so that other
/// manifests need not be read to find the referrers of one.
pub(super) const ANNOTATION_SUBJECT: &str = "dev.sealkit.subject";

/// A parsed `index.json`.
#[derive(Clone, Debug)]
pub(super) struct IndexFile {
    document: Map<String, Value>,
    slots: Vec<Slot>,
}

/// One entry as it stands, with what we understand of it.
#[derive(Clone, Debug)]
struct Slot {
    value: Value,
    row: Option<Row>,
}

/// One entry that names a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// Media type, digest, size, artifact type and annotations.
    pub(super) descriptor: Descriptor,
    /// The repository; none where the entry does not say.
    pub(super) repository: Option<String>,
    /// The tag.
    pub(super) tag: Option<String>,
    /// Whether we wrote the entry, so that [`subject`](Self::subject) can be relied on.
    pub(super) ours: bool,
    /// The subject of the manifest, as noted in the entry.
    pub(super) subject: Option<Digest>,
}

impl Row {
    /// Whether the row belongs to `repository`. A row that names none belongs to every one.
    pub(super) fn is_in(&self, repository: &str) -> bool {
        self.repository.as_deref().is_none_or(|own| own == repository)
    }

    fn read(naming: Naming, value: &Value) -> Option<Self> {
        let digest: Digest = value.get("digest")?.as_str()?.parse().ok()?;
        let text = |key: &str| value.get(key).and_then(Value::as_str);
        let size = value.get("size").and_then(Value::as_u64)?;
        let mut descriptor = Descriptor::new(text("mediaType").unwrap_or_default(), digest, size);
        descriptor.artifact_type = text("artifactType").map(str::to_owned);
        descriptor.annotations = annotations(value);
        let name = descriptor.annotations.get(media_type::ANNOTATION_REF_NAME);
        let noted = descriptor.annotations.get(ANNOTATION_REPOSITORY);
        let (repository, tag) = match (naming, name) {
            (_, None) => (None, None),
            (Naming::Plain, Some(name)) => (None, Some(name.clone())),
            (Naming::Store, Some(name)) => {
                let (repository, tag) = split_name(name);
                (Some(repository.to_owned()), Some(tag.to_owned()))
            }
        };
        let repository = match naming {
            Naming::Store => repository.or_else(|| noted.cloned()),
            Naming::Plain => None,
        };
        let subject =
            descriptor.annotations.get(ANNOTATION_SUBJECT).and_then(|text| text.parse().ok());
        Some(Self { repository, tag, ours: noted.is_some(), subject, descriptor })
    }
}

fn annotations(value: &Value) -> Annotations {
    let pairs = value.get("annotations").and_then(Value::as_object);
    pairs
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
        .collect()
}

/// Repository and tag of a full name. A name without a tag, as other tools may write, means
/// `latest`.
fn split_name(name: &str) -> (&str, &str) {
    let last = name.rfind('/').map_or(0, |slash| slash + 1);
    match name.get(last..).and_then(|part| part.find(':')) {
        Some(colon) => {
            let (repository, tag) = name.split_at(last + colon);
            (repository, tag.get(1..).unwrap_or_default())
        }
        None => (name, sealkit_oci::DEFAULT_TAG),
    }
}

impl IndexFile {
    /// The index of a new layout.
    pub(super) fn empty() -> Self {
        let mut document = Map::new();
        document.insert("schemaVersion".to_owned(), json!(2));
        document.insert("mediaType".to_owned(), json!(media_type::OCI_INDEX));
        Self { document, slots: Vec::new() }
    }

    /// Parses the file; says what is wrong where it can not be.
    pub(super) fn parse(naming: Naming, bytes: &[u8]) -> Result<Self, String> {
        let mut document: Map<String, Value> =
            serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
        let values = match document.get_mut("manifests").map(Value::take) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(values)) => values,
            Some(_) => return Err("its `manifests` is not a list".to_owned()),
        };
        if values.len() > MAX_ENTRIES {
            return Err(format!("it has more than {MAX_ENTRIES} entries"));
        }
        let slot = |value: Value| Slot { row: Row::read(naming, &value), value };
        Ok(Self { document, slots: values.into_iter().map(slot).collect() })
    }

    /// The bytes of the file.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, StoreError> {
        let mut document = self.document.clone();
        let values = self.slots.iter().map(|slot| slot.value.clone()).collect();
        document.insert("manifests".to_owned(), Value::Array(values));
        serde_json::to_vec(&document).map_err(|e| StoreError::io("write", "index.json", e.into()))
    }

    /// The entries that name a manifest, in the file's order.
    pub(super) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.slots.iter().filter_map(|slot| slot.row.as_ref())
    }

    /// Adds an entry.
    pub(super) fn push(&mut self, naming: Naming, descriptor: &Descriptor) {
        let value = serde_json::to_value(descriptor).unwrap_or_default();
        self.slots.push(Slot { row: Row::read(naming, &value), value });
    }

    /// Removes the entries that `gone` picks and says how many there were.
    pub(super) fn remove(&mut self, gone: impl Fn(&Row) -> bool) -> usize {
        let before = self.slots.len();
        self.slots.retain(|slot| !slot.row.as_ref().is_some_and(&gone));
        before - self.slots.len()
    }

    /// Sets or removes an annotation of the entries that `picked` picks, and says how many.
    pub(super) fn annotate(
        &mut self,
        naming: Naming,
        picked: impl Fn(&Row) -> bool,
        key: &str,
        value: Option<&str>,
    ) -> usize {
        let mut count = 0;
        for slot in &mut self.slots {
            if slot.row.as_ref().is_some_and(&picked) {
                set_annotation(&mut slot.value, key, value);
                slot.row = Row::read(naming, &slot.value);
                count += 1;
            }
        }
        count
    }
}

fn set_annotation(entry: &mut Value, key: &str, value: Option<&str>) {
    let Some(entry) = entry.as_object_mut() else { return };
    let slot = entry.entry("annotations").or_insert(Value::Null);
    if !slot.is_object() {
        *slot = json!({});
    }
    let Some(annotations) = slot.as_object_mut() else { return };
    match value {
        Some(value) => {
            annotations.insert(key.to_owned(), json!(value));
        }
        None => {
            annotations.shift_remove(key);
        }
    }
    if annotations.is_empty() {
        entry.shift_remove("annotations");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_at_the_last_colon_of_the_last_part() {
        for (name, repository, tag) in [
            ("localhost/foo:v1", "localhost/foo", "v1"),
            ("localhost:5000/a/b:v1", "localhost:5000/a/b", "v1"),
            ("localhost:5000/foo", "localhost:5000/foo", "latest"),
            ("foo", "foo", "latest"),
            ("foo:v1", "foo", "v1"),
            ("", "", "latest"),
        ] {
            assert_eq!(split_name(name), (repository, tag), "{name}");
        }
    }

    #[test]
    fn unknown_fields_and_entries_survive() {
        let digest = Digest::of(b"x");
        let text = format!(
            r#"{{"schemaVersion":2,"x-top":{{"deep":[1,null]}},"manifests":[{{"digest":"blake9:zz","x":1}},{{"mediaType":"m","digest":"{digest}","size":1,"x-own":true,"annotations":{{"k":"v"}}}},17],"last":"z"}}"#
        );
        let mut index = IndexFile::parse(Naming::Plain, text.as_bytes()).unwrap();
        assert_eq!(index.rows().count(), 1);
        assert_eq!(index.to_bytes().unwrap(), text.as_bytes());
        index.annotate(Naming::Plain, |_| true, "n", Some("1"));
        index.annotate(Naming::Plain, |_| true, "n", None);
        assert_eq!(index.to_bytes().unwrap(), text.as_bytes());
        index.remove(|_| true);
        let left = String::from_utf8(index.to_bytes().unwrap()).unwrap();
        assert!(left.contains("blake9:zz") && left.contains("17") && left.contains("x-top"));
    }

    #[test]
    fn what_is_no_index_is_refused() {
        for text in ["", "[]", "17", r#"{"manifests":{}}"#, r#"{"manifests":"x"}"#] {
            assert!(IndexFile::parse(Naming::Store, text.as_bytes()).is_err(), "{text}");
        }
        let many = format!(r#"{{"manifests":[0{}]}}"#, ",0".repeat(MAX_ENTRIES));
        assert!(IndexFile::parse(Naming::Store, many.as_bytes()).is_err());
        let empty = IndexFile::parse(Naming::Store, br#"{"manifests":null}"#).unwrap();
        assert_eq!(empty.rows().count(), 0);
    }
}
