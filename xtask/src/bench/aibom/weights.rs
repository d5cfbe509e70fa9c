//! Small weights by hand: safetensors, GGUF, ONNX and a pickle, each as its specification has it.

/// A safetensors file with two tensors of a low-rank adapter.
pub(super) fn safetensors() -> Vec<u8> {
    let name = "base_model.model.layers.0.self_attn.q_proj.lora";
    let header = format!(
        "{{\"__metadata__\":{{\"format\":\"pt\"}},\
         \"{name}_A.weight\":{{\"dtype\":\"F32\",\"shape\":[2,4],\"data_offsets\":[0,32]}},\
         \"{name}_B.weight\":{{\"dtype\":\"F32\",\"shape\":[4,2],\"data_offsets\":[32,64]}}}}"
    );
    let header = format!("{header:<width$}", width = header.len().next_multiple_of(8));
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend_from_slice(header.as_bytes());
    file.extend(floats(16));
    file
}

fn floats(count: u16) -> impl Iterator<Item = u8> {
    // The same numbers every time, none of them alike.
    (0..count).flat_map(|at| (f32::from(at) / 17.0 - 0.5).to_le_bytes())
}

/// A GGUF file of version 3: a small llama with its base model, licence and chat template.
pub(super) fn gguf(template: &str, base: &str) -> Vec<u8> {
    let (owner, name) = base.split_once('/').unwrap_or(("", base));
    let url = format!("https://huggingface.co/{base}");
    let texts = [
        ("general.architecture", "llama"),
        ("general.name", "Tiny Llama Chat"),
        ("general.author", "Example Lab"),
        ("general.license", "apache-2.0"),
        ("general.base_model.0.name", name),
        ("general.base_model.0.organization", owner),
        ("general.base_model.0.repo_url", &url),
        ("tokenizer.chat_template", template),
    ];
    let numbers = [
        ("general.base_model.count", 1),
        ("general.file_type", 7),
        ("general.quantization_version", 2),
        ("llama.block_count", 2),
        ("llama.context_length", 2048),
        ("llama.embedding_length", 32),
    ];
    let mut file = b"GGUF".to_vec();
    file.extend(3_u32.to_le_bytes());
    file.extend(2_u64.to_le_bytes());
    file.extend((texts.len() as u64 + numbers.len() as u64).to_le_bytes());
    for (key, value) in texts {
        put_text(&mut file, key);
        file.extend(8_u32.to_le_bytes());
        put_text(&mut file, value);
    }
    for (key, value) in numbers {
        put_text(&mut file, key);
        file.extend(4_u32.to_le_bytes());
        file.extend(u32::to_le_bytes(value));
    }
    // F32 with 32 values, and Q8_0 with one block of 32.
    for (name, kind, offset) in
        [("output_norm.weight", 0_u32, 0_u64), ("blk.0.attn_q.weight", 8, 128)]
    {
        put_text(&mut file, name);
        file.extend(1_u32.to_le_bytes());
        file.extend(32_u64.to_le_bytes());
        file.extend(kind.to_le_bytes());
        file.extend(offset.to_le_bytes());
    }
    file.resize(file.len().next_multiple_of(32), 0);
    file.extend(floats(32));
    file.extend([0_u8; 64]);
    file
}

fn put_text(file: &mut Vec<u8>, text: &str) {
    file.extend((text.len() as u64).to_le_bytes());
    file.extend_from_slice(text.as_bytes());
}

/// An ONNX model of one matrix product: producer, opset, one input, one output.
pub(super) fn onnx() -> Vec<u8> {
    let tensor = |name: &str, size: u64| {
        let dim = [field(1, &bytes_of(1, size))].concat();
        let shape = [field(1, &bytes_of(1, 1)), dim].concat();
        let tensor = [bytes_of(1, 1), field(2, &shape)].concat();
        [field(1, name.as_bytes()), field(2, &field(1, &tensor))].concat()
    };
    let weight = [
        bytes_of(1, 4),
        bytes_of(1, 2),
        bytes_of(2, 1),
        field(8, b"w"),
        field(9, &floats(8).collect::<Vec<u8>>()),
    ]
    .concat();
    let node =
        [field(1, b"features"), field(1, b"w"), field(2, b"score"), field(4, b"MatMul")].concat();
    let graph = [
        field(1, &node),
        field(2, b"classifier"),
        field(5, &weight),
        field(11, &tensor("features", 4)),
        field(12, &tensor("score", 2)),
    ]
    .concat();
    [
        bytes_of(1, 8),
        field(2, b"pytorch"),
        field(3, b"2.3.1"),
        field(7, &graph),
        field(8, &[field(1, b""), bytes_of(2, 17)].concat()),
    ]
    .concat()
}

/// A field of bytes in the wire format of protocol buffers.
fn field(number: u64, content: &[u8]) -> Vec<u8> {
    let mut out = varint(number << 3 | 2);
    out.extend(varint(content.len() as u64));
    out.extend_from_slice(content);
    out
}

/// A field with a number.
fn bytes_of(number: u64, value: u64) -> Vec<u8> {
    [varint(number << 3), varint(value)].concat()
}

pub(super) fn varint(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

/// A pickle that would run a command if anybody unpickled it: what a reader has to list, not to do.
pub(super) fn pickle() -> Vec<u8> {
    let command = "echo this must never run";
    let mut file = b"\x80\x02cposix\nsystem\nX".to_vec();
    file.extend((command.len() as u32).to_le_bytes());
    file.extend_from_slice(command.as_bytes());
    file.extend_from_slice(b"\x85R0}X\x06\x00\x00\x00weightccollections\nOrderedDict\n)Rs.");
    file
}
