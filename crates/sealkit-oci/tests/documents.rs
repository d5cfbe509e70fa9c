//! Manifests, indexes, descriptors and layer types as they come from strangers.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use proptest::prelude::*;
use sealkit_oci::{
    Annotations, Compression, Descriptor, Digest, FileEntry, FileKind, FileTable, FileTableError,
    Index, KitFormat, LayerFormat, LayerRole, LayerTable, LayerType, MAX_MANIFEST_BYTES, Manifest,
    Raw, RawError, Reference, SEGMENT_SIZE, Target, go_json, media_type,
};
use serde_json::{Value, json};

fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

fn manifest() -> Value {
    json!({
        "schemaVersion": 2,
        "mediaType": media_type::OCI_MANIFEST,
        "artifactType": media_type::MODELKIT_MANIFEST,
        "config": { "mediaType": media_type::MODELKIT_CONFIG, "digest": digest("c"), "size": 2 },
        "layers": [{ "mediaType": "m", "digest": digest("l"), "size": 3 }],
    })
}

fn parse(value: &Value) -> Result<Raw<Manifest>, RawError> {
    Raw::parse(media_type::OCI_MANIFEST, value.to_string().into_bytes())
}

#[test]
fn a_manifest_keeps_its_bytes_and_its_digest() {
    // Spaces, an unknown field and an order of its own.
    let text = format!(
        "{{ \"config\": {},\n\"future\": [1, 2], \"schemaVersion\": 2, \"layers\": null }}",
        manifest()["config"]
    );
    let raw = Raw::<Manifest>::parse(media_type::OCI_MANIFEST, text.clone().into_bytes()).unwrap();
    assert_eq!(raw.bytes(), text.as_bytes());
    assert_eq!(*raw.digest(), digest(&text));
    assert_eq!(raw.descriptor().size, text.len() as u64);
    assert_eq!(raw.value().layers(), []);
    assert_eq!(raw.into_bytes(), text.as_bytes());
}

#[test]
fn a_manifest_with_anything_missing_or_of_another_type_is_refused() {
    parse(&manifest()).unwrap();
    let mut without = manifest();
    without.as_object_mut().unwrap().remove("config");
    assert!(parse(&without).is_err());
    for (place, value) in [
        ("/config/digest", json!("sha256:12")),
        ("/config/digest", json!("md5:d41d8cd98f00b204e9800998ecf8427e")),
        ("/config/digest", json!(7)),
        ("/config/size", json!(-1)),
        ("/config/size", json!(1.5)),
        ("/config/size", json!("2")),
        ("/config/size", json!(18_446_744_073_709_551_615_u64 as f64 * 2.0)),
        ("/config", json!([])),
        ("/layers", json!({})),
        ("/layers/0", json!("layer")),
        ("/layers/0/digest", json!(null)),
        ("/schemaVersion", json!("2")),
    ] {
        let mut changed = manifest();
        *changed.pointer_mut(place).unwrap() = value.clone();
        assert!(parse(&changed).is_err(), "{place} = {value}");
    }
}

#[test]
fn a_manifest_with_two_readings_is_refused() {
    let text = manifest().to_string();
    for (from, to) in [
        ("\"schemaVersion\":2", "\"schemaVersion\":2,\"schemaVersion\":2"),
        ("\"size\":3", "\"size\":3,\"size\":4"),
        ("\"layers\":", "\"layers\":[],\"layers\":"),
    ] {
        let twice = text.replace(from, to);
        assert_ne!(twice, text);
        let parsed = Raw::<Manifest>::parse(media_type::OCI_MANIFEST, twice.into_bytes());
        assert!(parsed.is_err(), "{to}");
    }
    let behind = format!("{text}{{}}");
    assert!(Raw::<Manifest>::parse(media_type::OCI_MANIFEST, behind.into_bytes()).is_err());
}

#[test]
fn a_document_of_another_digest_is_refused_with_both() {
    let bytes = manifest().to_string().into_bytes();
    let right = Digest::of(&bytes);
    Raw::<Manifest>::parse_expected(media_type::OCI_MANIFEST, bytes.clone(), &right).unwrap();
    let wrong = digest("other");
    let error = Raw::<Manifest>::parse_expected(media_type::OCI_MANIFEST, bytes, &wrong);
    let error = error.unwrap_err().to_string();
    assert!(error.contains(right.hex()) && error.contains(wrong.hex()), "{error}");
}

#[test]
fn a_document_as_large_as_allowed_is_read_and_a_larger_one_is_not() {
    let mut text = manifest().to_string();
    text.push_str(&" ".repeat(MAX_MANIFEST_BYTES - text.len()));
    Raw::<Manifest>::parse(media_type::OCI_MANIFEST, text.clone().into_bytes()).unwrap();
    text.push(' ');
    let error = Raw::<Manifest>::parse(media_type::OCI_MANIFEST, text.into_bytes()).unwrap_err();
    assert!(matches!(error, RawError::TooLarge { size } if size == MAX_MANIFEST_BYTES + 1));
}

#[test]
fn depth_without_end_is_an_error_and_no_crash() {
    for open in ["[", "{\"a\":"] {
        let text = format!("{{\"future\":{}", open.repeat(100_000));
        assert!(Raw::<Manifest>::parse(media_type::OCI_MANIFEST, text.into_bytes()).is_err());
    }
}

#[test]
fn an_index_lists_manifests_with_their_annotations() {
    let text = json!({
        "schemaVersion": 2,
        "manifests": [
            { "mediaType": media_type::OCI_MANIFEST, "digest": digest("a"), "size": 1,
              "annotations": { media_type::ANNOTATION_REF_NAME: "v1" },
              "platform": { "os": "linux", "architecture": "amd64" } },
        ],
    });
    let raw = Raw::<Index>::parse(media_type::OCI_INDEX, text.to_string().into_bytes()).unwrap();
    let [entry] = raw.value().manifests.as_slice() else { panic!("one entry") };
    assert_eq!(entry.annotations[media_type::ANNOTATION_REF_NAME], "v1");
    assert_eq!(entry.platform.as_ref().unwrap()["os"], "linux");
    for bad in ["[]", "{}", r#"{"schemaVersion":2,"manifests":7}"#, ""] {
        let parsed = Raw::<Index>::parse(media_type::OCI_INDEX, bad.as_bytes().to_vec());
        assert!(parsed.is_err(), "{bad}");
    }
}

#[test]
fn the_path_of_a_layer_is_read_under_both_names_and_the_new_one_counts() {
    let bare = Descriptor::new("m", digest("l"), 1);
    assert_eq!((bare.file_path(), bare.file_metadata()), (None, None));
    let old = bare
        .clone()
        .annotated(media_type::OLD_ANNOTATION_FILEPATH, "old.bin")
        .annotated(media_type::OLD_ANNOTATION_FILE_METADATA, "{}");
    assert_eq!((old.file_path(), old.file_metadata()), (Some("old.bin"), Some("{}")));
    let both = old.clone().annotated(media_type::ANNOTATION_FILEPATH, "new.bin");
    assert_eq!(both.file_path(), Some("new.bin"));
    let empty = old.annotated(media_type::ANNOTATION_FILEPATH, "");
    assert_eq!(empty.file_path(), Some("old.bin"), "an empty one is as good as none");
    let nothing = bare.annotated(media_type::ANNOTATION_FILEPATH, "");
    assert_eq!(nothing.file_path(), None);
}

#[test]
fn a_bare_descriptor_has_the_three_required_fields_alone() {
    let full = Descriptor {
        urls: vec!["https://example.com".to_owned()],
        data: Some("e30=".to_owned()),
        artifact_type: Some("x".to_owned()),
        ..Descriptor::of("m", b"abc").annotated("k", "v")
    };
    let text = serde_json::to_string(&full.bare()).unwrap();
    assert_eq!(text, format!(r#"{{"mediaType":"m","digest":"{}","size":3}}"#, digest("abc")));
}

/// Every layer type of ModelKit and ModelPack that SealKit writes.
fn written() -> Vec<LayerType> {
    let roles = [
        LayerRole::Model,
        LayerRole::ModelPart,
        LayerRole::Code,
        LayerRole::Dataset,
        LayerRole::Docs,
        LayerRole::Mcpb,
    ];
    let mut all = Vec::new();
    for kit in [KitFormat::ModelKit, KitFormat::ModelPack] {
        for role in roles {
            for format in [LayerFormat::Tar, LayerFormat::Raw] {
                for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
                    all.push(LayerType { kit, role, format, compression });
                }
            }
        }
    }
    all.retain(|layer| layer.kit == KitFormat::ModelKit || layer.role != LayerRole::Mcpb);
    all
}

#[test]
fn every_layer_type_reads_back_and_no_two_are_one() {
    let mut texts: Vec<String> = written()
        .into_iter()
        .map(|layer| {
            let text = layer.to_string();
            assert_eq!(text.parse::<LayerType>().unwrap(), layer, "{text}");
            text
        })
        .collect();
    let count = texts.len();
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), count);
}

#[test]
fn the_first_name_of_modelpack_is_read_for_each_of_its_types_and_never_written() {
    let packs = written().into_iter().filter(|layer| layer.kit == KitFormat::ModelPack);
    for layer in packs {
        let text = layer.to_string();
        let old = text.replace("vnd.cncf.model.", "vnd.cnai.model.");
        assert_ne!(old, text);
        assert_eq!(old.parse::<LayerType>().unwrap(), layer, "{old}");
    }
    assert!(media_type::is_modelpack_config(media_type::OLD_MODELPACK_CONFIG));
    assert!(media_type::is_modelpack_config(media_type::MODELPACK_CONFIG));
    assert!(!media_type::is_modelpack_config(media_type::MODELKIT_CONFIG));
}

#[test]
fn the_fastest_gzip_is_gzip_on_paper() {
    let layer = LayerType {
        kit: KitFormat::ModelKit,
        role: LayerRole::Code,
        format: LayerFormat::Tar,
        compression: Compression::GzipFastest,
    };
    let read: LayerType = layer.to_string().parse().unwrap();
    assert_eq!(read.compression, Compression::Gzip);
}

fn table(files: Vec<FileEntry>) -> FileTable {
    let layer = digest("layer");
    FileTable::new(vec![LayerTable { diff_id: layer.clone(), digest: layer, files }])
}

fn file(path: &str, size: u64) -> FileEntry {
    let segments = if size > SEGMENT_SIZE { size.div_ceil(SEGMENT_SIZE) } else { 0 };
    FileEntry {
        path: path.to_owned(),
        kind: FileKind::File,
        mode: 0o644,
        offset: 512,
        size,
        digest: Some(digest(path)),
        segments: "ab".repeat(32 * usize::try_from(segments).unwrap()),
    }
}

#[test]
fn segments_are_asked_for_exactly_above_one_segment() {
    for size in [0, 1, SEGMENT_SIZE - 1, SEGMENT_SIZE, SEGMENT_SIZE + 1, 3 * SEGMENT_SIZE] {
        table(vec![file("a", size)]).validate().unwrap();
        let mut more = file("a", size);
        more.segments.push_str(&"cd".repeat(32));
        assert_eq!(table(vec![more]).validate(), Err(FileTableError::Segments("a".to_owned())));
        let mut fewer = file("a", size);
        if fewer.segments.split_off(fewer.segments.len().saturating_sub(64)).is_empty() {
            continue;
        }
        assert_eq!(table(vec![fewer]).validate(), Err(FileTableError::Segments("a".to_owned())));
    }
}

#[test]
fn a_folder_has_no_digest_and_a_file_has_one() {
    let folder = FileEntry { kind: FileKind::Dir, digest: None, ..file("d", 0) };
    table(vec![folder.clone()]).validate().unwrap();
    let hashed = FileEntry { digest: Some(digest("d")), ..folder };
    assert_eq!(table(vec![hashed]).validate(), Err(FileTableError::Digest("d".to_owned())));
}

#[test]
fn a_table_of_another_version_is_refused_before_its_files_are_looked_at() {
    let broken = FileEntry { digest: None, ..file("a", 1) };
    let mut other = table(vec![broken]);
    other.schema_version = 2;
    assert_eq!(other.validate(), Err(FileTableError::Version(2)));
    other.schema_version = 1;
    other.segment_size = 4096;
    assert_eq!(other.validate(), Err(FileTableError::SegmentSize(4096)));
}

#[test]
fn a_file_is_found_in_whichever_layer_it_is_and_folders_are_not_files() {
    let layer =
        |name: &str, files| LayerTable { digest: digest(name), diff_id: digest(name), files };
    let folder = FileEntry { kind: FileKind::Dir, digest: None, ..file("b", 0) };
    let table = FileTable::new(vec![
        layer("1", vec![file("a", 1), folder]),
        layer("2", vec![file("b", 2), file("c", 3)]),
    ]);
    let (found, entry) = table.find("b").unwrap();
    assert_eq!((&found.digest, entry.size), (&digest("2"), 2));
    assert_eq!(table.entries().count(), 4);
    assert!(table.find("d").is_none());
}

#[test]
fn go_writes_json_in_its_own_way() {
    for (value, expected) in [
        (json!("<a href=\"x\">&</a>"), r#""\u003ca href=\"x\"\u003e\u0026\u003c/a\u003e""#),
        (json!("\u{2028}\u{2029}"), r#""\u2028\u2029""#),
        (json!("tab\tnew\nline\r"), r#""tab\tnew\nline\r""#),
        (json!("\u{8}\u{c}\u{1}\u{7f}"), "\"\\b\\f\\u0001\u{7f}\""),
        (json!("日本 é \u{1F600}"), "\"日本 é \u{1F600}\""),
        (json!(1.0), "1"),
        (json!(1e21), "1e+21"),
        (json!(1e20), "100000000000000000000"),
        (json!(1e-6), "0.000001"),
        (json!(1e-7), "1e-7"),
        (json!(-0.0), "-0"),
        (json!(18_446_744_073_709_551_615_u64), "18446744073709551615"),
        (json!(-9_223_372_036_854_775_808_i64), "-9223372036854775808"),
        (json!([]), "[]"),
        (json!({}), "{}"),
        (json!(null), "null"),
    ] {
        let bytes = go_json::to_vec(&value).unwrap();
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
    }
    let pretty = go_json::to_vec_pretty(&json!({ "a": [1, {}], "b": [] })).unwrap();
    let expected = "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}";
    assert_eq!(String::from_utf8(pretty).unwrap(), expected);
}

#[test]
fn a_digest_beats_a_tag_and_a_tag_beats_latest() {
    let pinned = digest("x");
    for (text, target) in [
        (format!("a:v1@{pinned}"), Target::Digest(pinned.clone())),
        (format!("a@{pinned}"), Target::Digest(pinned.clone())),
        ("a:v1".to_owned(), Target::Tag("v1".to_owned())),
        ("a".to_owned(), Target::Tag("latest".to_owned())),
    ] {
        let reference: Reference = text.parse().unwrap();
        assert_eq!(reference.or_latest().target(), Some(target), "{text}");
    }
    let reference: Reference = "r.io/a:v1,v2".parse().unwrap();
    assert_eq!(reference.with_tag("v3").unwrap().to_string(), "r.io/a:v3");
    assert!(reference.with_tag("-v3").is_err());
    assert_eq!(reference.with_digest(pinned.clone()).to_string(), format!("r.io/a@{pinned}"));
}

proptest! {
    #[test]
    fn any_annotations_survive(map in prop::collection::btree_map("\\PC{0,12}", "\\PC{0,24}", 0..6)) {
        let annotations: Annotations = map;
        let descriptor = Descriptor { annotations, ..Descriptor::of("m", b"x") };
        let bytes = go_json::to_vec(&descriptor).unwrap();
        prop_assert_eq!(serde_json::from_slice::<Descriptor>(&bytes).unwrap(), descriptor);
    }

    #[test]
    fn go_json_is_json(value in "\\PC{0,40}") {
        let bytes = go_json::to_vec(&json!({ "k": value })).unwrap();
        let read: Value = serde_json::from_slice(&bytes).unwrap();
        prop_assert_eq!(read["k"].as_str().unwrap(), value);
    }

    #[test]
    fn any_bytes_are_a_manifest_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Raw::<Manifest>::parse(media_type::OCI_MANIFEST, bytes.clone());
        let _ = Raw::<Index>::parse(media_type::OCI_INDEX, bytes);
    }

    #[test]
    fn one_changed_byte_of_a_manifest_changes_its_digest(at in any::<prop::sample::Index>(), bit in 0..8_u8) {
        let bytes = manifest().to_string().into_bytes();
        let expected = Digest::of(&bytes);
        let mut changed = bytes;
        let place = at.index(changed.len());
        changed[place] ^= 1 << bit;
        let parsed = Raw::<Manifest>::parse_expected(media_type::OCI_MANIFEST, changed, &expected);
        let refused = matches!(parsed, Err(RawError::DigestMismatch { .. }));
        prop_assert!(refused);
    }

    #[test]
    fn any_text_is_a_layer_type_that_reads_back_or_none(text in "application/vnd\\.(kitops\\.modelkit|cncf\\.model|cnai\\.model)\\.[a-z.]{1,14}\\.v1\\.(tar|raw|zip)(\\+(gzip|zstd|lz4))?") {
        if let Ok(layer) = text.parse::<LayerType>() {
            let again: LayerType = layer.to_string().parse().unwrap();
            prop_assert_eq!(again, layer);
        }
    }
}
