//! Kits whose layers are compressed.

use std::io::Write as _;

use sealkit_oci::{Descriptor, FileTable, LayerTable, Raw, media_type};
use sealkit_testkit::{Kit, KitBuilder};

/// The kit with each layer compressed, `gzip` or `zstd`.
pub fn compressed(builder: &KitBuilder, how: &str) -> Kit {
    let kit = builder.build();
    let layers: Vec<Vec<u8>> = kit.layers.iter().map(|layer| pack(layer, how)).collect();
    with_layers(kit, layers, how)
}

/// The kit with these bytes in place of its layers, said to be compressed.
pub fn with_layers(mut kit: Kit, layers: Vec<Vec<u8>>, how: &str) -> Kit {
    let mut manifest = kit.manifest.value().clone();
    let mut tables: Vec<LayerTable> = kit.table.layers.clone();
    for ((own, bytes), table) in
        manifest.layers.as_mut().unwrap().iter_mut().zip(&layers).zip(&mut tables)
    {
        let new = Descriptor::of(format!("{}+{how}", own.media_type), bytes);
        table.digest = new.digest.clone();
        *own = Descriptor { annotations: own.annotations.clone(), ..new };
    }
    kit.manifest = Raw::build(media_type::OCI_MANIFEST, manifest).unwrap();
    kit.table = FileTable::new(tables);
    kit.layers = layers;
    kit
}

/// The bytes compressed.
pub fn pack(bytes: &[u8], how: &str) -> Vec<u8> {
    if how == "zstd" {
        return zstd::encode_all(bytes, 3).unwrap();
    }
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
