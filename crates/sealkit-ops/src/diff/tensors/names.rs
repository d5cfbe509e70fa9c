//! What GGUF calls the tensors of models that are published under other names.
//!
//! GGUF has one set of names for every architecture (GGUF specification, "Standardized tensor names"); elsewhere each
//! model library has its own. A family here is one way of naming tensors that many models share. What no family
//! knows keeps its name, and is then told as removed and added (docs/decisions/0106).

/// A way of naming tensors: what stands before the number of a block, and what GGUF's names are called.
pub(super) struct Family {
    block: &'static str,
    /// Of the whole model: GGUF's name and the other one, both without `.weight` and `.bias`.
    whole: &'static [(&'static str, &'static str)],
    /// The same inside of a block.
    inside: &'static [(&'static str, &'static str)],
}

/// Every family. A name is looked for in one after the other, so those that say more stand first.
pub(super) const FAMILIES: [Family; 5] = [
    // Gemma 2 and 3: as Llama, with a norm before and behind each half of a block.
    Family {
        block: "layers.",
        whole: &[],
        inside: &[
            ("ffn_norm", "pre_feedforward_layernorm"),
            ("post_attention_norm", "post_attention_layernorm"),
            ("post_ffw_norm", "post_feedforward_layernorm"),
        ],
    },
    // Llama, Mistral, Qwen and what is built like them.
    Family {
        block: "layers.",
        whole: &[("token_embd", "embed_tokens"), ("output_norm", "norm"), ("output", "lm_head")],
        inside: &[
            ("attn_norm", "input_layernorm"),
            ("attn_q", "self_attn.q_proj"),
            ("attn_k", "self_attn.k_proj"),
            ("attn_v", "self_attn.v_proj"),
            ("attn_output", "self_attn.o_proj"),
            ("attn_q_norm", "self_attn.q_norm"),
            ("attn_k_norm", "self_attn.k_norm"),
            ("attn_qkv", "self_attn.qkv_proj"),
            ("ffn_norm", "post_attention_layernorm"),
            ("ffn_gate", "mlp.gate_proj"),
            ("ffn_up", "mlp.up_proj"),
            ("ffn_down", "mlp.down_proj"),
        ],
    },
    // Mixtral's router, and Phi 3, which has two of Llama's in one.
    Family {
        block: "layers.",
        whole: &[],
        inside: &[("ffn_gate_inp", "block_sparse_moe.gate"), ("ffn_up", "mlp.gate_up_proj")],
    },
    // BERT, RoBERTa and the embedding models made of them.
    Family {
        block: "encoder.layer.",
        whole: &[
            ("token_embd", "embeddings.word_embeddings"),
            ("position_embd", "embeddings.position_embeddings"),
            ("token_types", "embeddings.token_type_embeddings"),
            ("token_embd_norm", "embeddings.LayerNorm"),
        ],
        inside: &[
            ("attn_q", "attention.self.query"),
            ("attn_k", "attention.self.key"),
            ("attn_v", "attention.self.value"),
            ("attn_output", "attention.output.dense"),
            ("attn_output_norm", "attention.output.LayerNorm"),
            ("ffn_up", "intermediate.dense"),
            ("ffn_down", "output.dense"),
            ("layer_output_norm", "output.LayerNorm"),
        ],
    },
    // GPT-2.
    Family {
        block: "h.",
        whole: &[("token_embd", "wte"), ("position_embd", "wpe"), ("output_norm", "ln_f")],
        inside: &[
            ("attn_norm", "ln_1"),
            ("attn_qkv", "attn.c_attn"),
            ("attn_output", "attn.c_proj"),
            ("ffn_norm", "ln_2"),
            ("ffn_up", "mlp.c_fc"),
            ("ffn_down", "mlp.c_proj"),
        ],
    },
];

/// What libraries put before the names of the model that they wrap.
const PREFIXES: [&str; 6] =
    ["model.", "language_model.", "base_model.", "transformer.", "bert.", "roberta."];

impl Family {
    /// What a tensor that GGUF calls so is called here; none where the family does not know it.
    pub(super) fn name_of(&self, gguf: &str) -> Option<String> {
        let (stem, end) = gguf.rsplit_once('.')?;
        if !matches!(end, "weight" | "bias") {
            return None;
        }
        let of = |known: &[(&str, &'static str)], name: &str| {
            known.iter().find(|(own, _)| *own == name).map(|(_, other)| *other)
        };
        match stem.strip_prefix("blk.") {
            None => Some(format!("{}.{end}", of(self.whole, stem)?)),
            Some(rest) => {
                let (number, inside) = rest.split_once('.')?;
                let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
                let name = of(self.inside, inside).filter(|_| is_number)?;
                Some(format!("{}{number}.{name}.{end}", self.block))
            }
        }
    }
}

/// A name without what the library that wrote it puts before.
pub(super) fn plain(name: &str) -> &str {
    let mut name = name;
    while let Some(rest) = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix)) {
        name = rest;
    }
    name
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_of_known_models_meet() {
        for (gguf, other) in [
            ("token_embd.weight", "model.embed_tokens.weight"),
            ("output_norm.weight", "model.norm.weight"),
            ("output.weight", "lm_head.weight"),
            ("blk.0.attn_q.weight", "model.layers.0.self_attn.q_proj.weight"),
            ("blk.17.attn_k.bias", "model.layers.17.self_attn.k_proj.bias"),
            ("blk.3.ffn_norm.weight", "model.layers.3.post_attention_layernorm.weight"),
            ("blk.3.ffn_norm.weight", "model.layers.3.pre_feedforward_layernorm.weight"),
            ("blk.3.ffn_down.weight", "language_model.model.layers.3.mlp.down_proj.weight"),
            ("token_types.weight", "bert.embeddings.token_type_embeddings.weight"),
            ("blk.1.attn_output_norm.bias", "encoder.layer.1.attention.output.LayerNorm.bias"),
            ("blk.1.layer_output_norm.weight", "roberta.encoder.layer.1.output.LayerNorm.weight"),
            ("blk.11.attn_qkv.weight", "transformer.h.11.attn.c_attn.weight"),
        ] {
            let known = FAMILIES.iter().filter_map(|family| family.name_of(gguf));
            let known: Vec<String> = known.collect();
            assert!(known.iter().any(|name| name == plain(other)), "{gguf}: {known:?}");
        }
    }

    #[test]
    fn what_is_not_known_has_no_other_name() {
        for name in [
            "",
            ".",
            "blk",
            "blk.0.attn_q",
            "blk..attn_q.weight",
            "blk.x.attn_q.weight",
            "blk.0.attn_q.scale",
            "blk.0.weight",
            "rope_freqs.weight",
            "model.layers.0.self_attn.q_proj.weight",
        ] {
            assert!(FAMILIES.iter().all(|family| family.name_of(name).is_none()), "{name}");
        }
        assert_eq!(plain("model.model.x"), "x");
    }

    #[test]
    fn a_family_gives_each_tensor_a_name_of_its_own() {
        for family in &FAMILIES {
            for known in [family.whole, family.inside] {
                let (ours, others): (BTreeSet<_>, BTreeSet<_>) = known.iter().copied().unzip();
                assert_eq!((ours.len(), others.len()), (known.len(), known.len()));
            }
        }
    }
}
