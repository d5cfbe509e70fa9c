//! Sizes of a network under the names that the families have for them.

use serde_json::{Map, Value as Json};

use crate::pick::{Pen, step, text, uint};
use crate::{Value, property};

/// Property, the keys that say it (the first that is there counts), and the keys that say it of
/// the decoder where the model has an encoder beside it.
type Size = (&'static str, &'static [&'static str], &'static [&'static str]);

const SIZES: &[Size] = &[
    (
        property::LAYERS,
        &["num_hidden_layers", "n_layer", "n_layers", "num_layers", "encoder_layers", "depth"],
        &["num_decoder_layers", "decoder_layers"],
    ),
    (
        property::HEADS,
        &[
            "num_attention_heads",
            "n_head",
            "n_heads",
            "num_heads",
            "encoder_attention_heads",
            "attention_heads",
        ],
        &["decoder_attention_heads"],
    ),
    (
        property::KEY_VALUE_HEADS,
        &[
            "num_key_value_heads",
            "n_kv_heads",
            "num_kv_heads",
            "multi_query_group_num",
            "n_head_kv",
        ],
        &[],
    ),
    (
        property::HIDDEN_SIZE,
        &["hidden_size", "n_embd", "d_model", "dim", "model_dim", "embed_dim", "width"],
        &[],
    ),
    (
        property::FEED_FORWARD_SIZE,
        &[
            "intermediate_size",
            "n_inner",
            "d_ff",
            "ffn_dim",
            "hidden_dim",
            "ffn_hidden_size",
            "encoder_ffn_dim",
        ],
        &["decoder_ffn_dim"],
    ),
    (property::VOCABULARY, &["vocab_size", "padded_vocab_size", "n_vocab"], &[]),
    (
        property::CONTEXT_LENGTH,
        &[
            "max_position_embeddings",
            "n_positions",
            "n_ctx",
            "max_sequence_length",
            "max_seq_len",
            "seq_length",
            "model_max_length",
            "max_target_positions",
            "context_length",
        ],
        &[],
    ),
    (
        property::EXPERTS,
        &["num_local_experts", "n_routed_experts", "num_experts", "moe_num_experts"],
        &[],
    ),
    (
        property::EXPERTS_USED,
        &["num_experts_per_tok", "num_experts_per_token", "moe_top_k", "top_k_experts"],
        &[],
    ),
];

/// What `config` says of sizes and element type, about `subject`. Of the model itself (no
/// subject) nothing is said twice: the outer configuration goes before the nested ones.
pub(super) fn of(pen: &mut Pen<'_>, config: &Map<String, Json>, base: &str, subject: &str) {
    for &(property, keys, of_decoder) in SIZES {
        let found = keys.iter().find_map(|key| Some((*key, uint(config.get(*key)?)?)));
        if let Some((key, number)) = found {
            add(pen, (subject, &step(base, key)), property, Value::Uint(number));
        }
        let found = of_decoder.iter().find_map(|key| Some((*key, uint(config.get(*key)?)?)));
        if let Some((key, number)) = found {
            let subject = if subject.is_empty() { "decoder" } else { subject };
            add(pen, (subject, &step(base, key)), property, Value::Uint(number));
        }
    }
    let dtype = ["dtype", "torch_dtype"].into_iter().find_map(|key| {
        let text = text(config.get(key)?)?;
        Some((key, text.trim_start_matches("torch.").to_owned()))
    });
    if let Some((key, dtype)) = dtype {
        add(pen, (subject, &step(base, key)), property::DTYPE, Value::Text(dtype));
    }
}

fn add(pen: &mut Pen<'_>, (subject, place): (&str, &str), property: &'static str, value: Value) {
    let mut known = pen.facts.facts.iter();
    if !known.any(|fact| fact.property == property && fact.subject == subject) {
        pen.about(subject, place, property, value);
    }
}
