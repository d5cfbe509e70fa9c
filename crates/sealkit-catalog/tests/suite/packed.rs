//! Tensors of compressed layers come back as they were read, and go with their version.

use crate::common::{catalog, entry};
use sealkit_catalog::{Packed, PackedTensor};

fn tensor(name: &str, shape: &[u64], digest: Option<&str>) -> PackedTensor {
    PackedTensor {
        path: "m/model.safetensors".to_owned(),
        name: name.to_owned(),
        dtype: "F32".to_owned(),
        shape: shape.to_vec(),
        bytes: shape.iter().product::<u64>() * 4,
        digest: digest.map(str::to_owned),
        layer: Some(crate::common::digest("layer")),
    }
}

#[test]
fn what_was_read_is_kept_with_its_version() {
    let entry = entry("k", "k", 1, vec![]);
    let catalog = catalog(std::slice::from_ref(&entry));
    assert_eq!(catalog.packed("k", &entry.digest).unwrap(), None);
    assert!(catalog.tensors_wait("k", &entry.digest).unwrap(), "putting an entry asks for them");
    let packed = Packed {
        tensors: vec![
            tensor("b", &[2, 3], Some("blake3:00")),
            tensor("a", &[], None),
            tensor("none", &[0], None),
        ],
        formats: vec!["gguf".to_owned(), "safetensors".to_owned()],
        whole: true,
    };
    catalog.put_packed("k", &entry.digest, &packed).unwrap();
    assert_eq!(catalog.packed("k", &entry.digest).unwrap(), Some(packed.clone()));
    let cut = Packed { tensors: packed.tensors[..1].to_vec(), whole: false, ..packed };
    catalog.put_packed("k", &entry.digest, &cut).unwrap();
    assert_eq!(catalog.packed("k", &entry.digest).unwrap(), Some(cut.clone()), "not both");
    // Looking at the version again keeps it until it is read again.
    catalog.put(&entry).unwrap();
    assert_eq!(catalog.packed("k", &entry.digest).unwrap(), Some(cut));
    catalog.remove("k", &entry.digest).unwrap();
    catalog.put(&entry).unwrap();
    assert_eq!(catalog.packed("k", &entry.digest).unwrap(), None, "it went with its version");
    catalog.put_packed("other", &entry.digest, &Packed::default()).unwrap();
    assert_eq!(catalog.packed("other", &entry.digest).unwrap(), None);
}
