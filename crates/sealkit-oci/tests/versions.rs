//! The one version of manifests and indexes.

use sealkit_oci::{Descriptor, Index, Manifest, Raw, media_type};

#[test]
fn a_document_of_another_version_is_no_manifest_and_no_index() {
    let config = serde_json::to_value(Descriptor::of(media_type::OCI_EMPTY, b"{}")).unwrap();
    let read = |version: &str, index: bool| {
        let text = format!(
            r#"{{"schemaVersion":{version},"config":{config},"layers":[],"manifests":[]}}"#
        );
        let bytes = text.into_bytes();
        if index {
            return Raw::<Index>::parse(media_type::OCI_INDEX, bytes).map(drop);
        }
        Raw::<Manifest>::parse(media_type::OCI_MANIFEST, bytes).map(drop)
    };
    for index in [false, true] {
        read("2", index).unwrap();
        for version in ["1", "3", "258", "0"] {
            let error = read(version, index).unwrap_err().to_string();
            assert!(error.contains(&format!("`schemaVersion` is {version}")), "{error}");
        }
        for version in ["\"2\"", "-2", "null", "2.5"] {
            assert!(read(version, index).is_err(), "{version}");
        }
    }
}
