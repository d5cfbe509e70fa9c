//! The training metadata of kohya-ss sd-scripts: `ss_*` keys.
//!
//! Source: `train_network.py` of sd-scripts, which writes them; every value is a text, `None` for
//! one that was not set.

use sealkit_report::Known;
use serde_json::{Map, Value as Json};

use crate::moment::rfc3339;
use crate::{Facts, OriginInfo, Value, property};

/// Keys that are settings of the training, without their prefix.
const SETTINGS: &[&str] = &[
    "adaptive_noise_scale",
    "batch_size_per_device",
    "cache_latents",
    "caption_dropout_rate",
    "clip_skip",
    "enable_bucket",
    "epoch",
    "face_crop_aug_range",
    "full_fp16",
    "gradient_accumulation_steps",
    "gradient_checkpointing",
    "keep_tokens",
    "learning_rate",
    "loss_type",
    "lowram",
    "lr_scheduler",
    "lr_warmup_steps",
    "max_bucket_reso",
    "max_grad_norm",
    "max_token_length",
    "max_train_steps",
    "min_bucket_reso",
    "min_snr_gamma",
    "mixed_precision",
    "multires_noise_discount",
    "multires_noise_iterations",
    "network_alpha",
    "network_args",
    "network_dim",
    "network_dropout",
    "noise_offset",
    "num_batches_per_epoch",
    "num_epochs",
    "num_reg_images",
    "num_train_images",
    "optimizer",
    "optimizer_args",
    "prior_loss_weight",
    "resolution",
    "steps",
    "text_encoder_lr",
    "total_batch_size",
    "unet_lr",
    "v2",
    "zero_terminal_snr",
];

/// Adds what the keys say of base model, data, settings and time.
pub(super) fn read(entries: &Map<String, Json>, path: &str, facts: &mut Facts) {
    let text = |key: &str| -> Option<&str> {
        let text = entries.get(key)?.as_str()?.trim();
        (!text.is_empty() && text != "None").then_some(text)
    };
    for name in SETTINGS {
        let key = format!("ss_{name}");
        if let Some(value) = text(&key) {
            let value = Value::Text(value.to_owned());
            let place = place(&key);
            let fact = (property::HYPERPARAMETER, value);
            facts.about(name, Known::Declared, (path, &place), fact);
        }
    }
    let plain = [
        ("ss_network_module", property::ADAPTER_TYPE),
        ("ss_base_model_version", property::ARCHITECTURE),
        ("ss_sd_scripts_commit_hash", property::PRODUCER_VERSION),
    ];
    for (key, property) in plain {
        if let Some(value) = text(key) {
            facts.declared(path, &place(key), property, Value::Text(value.to_owned()));
        }
    }
    if let Some(seed) = text("ss_seed").and_then(|seed| seed.parse().ok()) {
        facts.declared(path, &place("ss_seed"), property::SEED, Value::Uint(seed));
    }
    if text("ss_sd_scripts_commit_hash").is_some() {
        let at = place("ss_sd_scripts_commit_hash");
        facts.inferred(path, &at, property::PRODUCER, Value::Text("sd-scripts".to_owned()));
    }
    if let Some(name) = text("ss_sd_model_name") {
        let mut origin = OriginInfo::named(name);
        // The old hash covers a part of the file in eight digits: no digest of anything.
        origin.digests = text("ss_new_sd_model_hash")
            .filter(|hash| hash.len() == 64 && hash.bytes().all(|c| c.is_ascii_hexdigit()))
            .map(|hash| vec![format!("sha256:{}", hash.to_ascii_lowercase())])
            .unwrap_or_default();
        let role = if text("ss_network_module").is_some() { "adapter" } else { "finetune" };
        origin.role = Some(role.to_owned());
        let at = place("ss_sd_model_name");
        facts.declared(path, &at, property::BASE_MODEL, Value::Origin(origin));
    }
    if let Some(folders) = text("ss_dataset_dirs") {
        datasets(folders, path, facts);
    }
    let moment = |key: &str| text(key).and_then(|text| text.parse::<f64>().ok());
    times(moment("ss_training_started_at"), moment("ss_training_finished_at"), path, facts);
}

/// `{"10_cat": {"n_repeats": 10, "img_count": 20}}`.
fn datasets(json: &str, path: &str, facts: &mut Facts) {
    let Ok(Json::Object(folders)) = serde_json::from_str::<Json>(json) else { return };
    for (name, about) in folders {
        let rows = about.get("img_count").and_then(Json::as_u64);
        let role = Some("train".to_owned());
        let origin = OriginInfo { role, rows, ..OriginInfo::named(name) };
        let at = place("ss_dataset_dirs");
        facts.declared(path, &at, property::TRAINED_ON, Value::Origin(origin));
    }
}

/// Start and end in seconds since 1970.
fn times(start: Option<f64>, end: Option<f64>, path: &str, facts: &mut Facts) {
    let at = place("ss_training_finished_at");
    // Up to the year 9999, which is as far as RFC 3339 goes.
    let is_moment = |seconds: &f64| (0.0..253_402_300_800.0).contains(seconds);
    let (start, end) = (start.filter(is_moment), end.filter(is_moment));
    if let Some((start, end)) = start.zip(end).filter(|(start, end)| start <= end) {
        let seconds = Value::Uint((end - start) as u64);
        facts.declared(path, &at, property::TRAINING_SECONDS, seconds);
    }
    if let Some(end) = end {
        facts.declared(path, &at, property::CREATED, Value::Text(rfc3339(end as u64)));
    }
}

fn place(key: &str) -> String {
    format!("/__metadata__/{key}")
}
