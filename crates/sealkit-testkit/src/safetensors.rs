//! Small safetensors files.

/// A safetensors file of tensors of bytes.
pub fn safetensors(tensors: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut header, mut data) = (serde_json::Map::new(), Vec::new());
    for (name, bytes) in tensors {
        let place = [data.len(), data.len() + bytes.len()];
        data.extend_from_slice(bytes);
        let entry =
            serde_json::json!({ "dtype": "U8", "shape": [bytes.len()], "data_offsets": place });
        header.insert((*name).to_owned(), entry);
    }
    safetensors_of(&serde_json::Value::Object(header), &data)
}

/// A safetensors file of any header and data.
pub fn safetensors_of(header: &serde_json::Value, data: &[u8]) -> Vec<u8> {
    let header = header.to_string();
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.bytes());
    bytes.extend_from_slice(data);
    bytes
}
