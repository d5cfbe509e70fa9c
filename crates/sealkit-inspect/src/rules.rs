//! The names of the rules: what a finding can be of.

/// Every rule that an inspector finds something by, sorted. A name that is not among them is nobody's.
pub const RULES: &[&str] = &[
    "archive-not-indexed",
    "arrow-cut",
    "arrow-places",
    "card-too-long",
    "chat-template-code",
    "coreml-item-path",
    "facts-limit",
    "format-mismatch",
    "front-matter",
    "gguf-alignment",
    "gguf-duplicate-key",
    "gguf-duplicate-tensor",
    "gguf-places",
    "gguf-split",
    "gguf-trailing-bytes",
    "git-commit-unread",
    "git-references",
    "hdf5-custom-link",
    "hdf5-external-link",
    "hdf5-external-path",
    "hdf5-external-storage",
    "hdf5-pickle",
    "hdf5-unread",
    "hdf5-virtual-dataset",
    "json-records",
    "jsonl-keys",
    "jsonl-lines",
    "jsonl-text",
    "keras-code",
    "lfs-pointer",
    "licence-several",
    "malformed-file",
    "malformed-json",
    "metadata-unread",
    "mlflow-runs",
    "not-inspected",
    "not-opened",
    "not-unpacked",
    "npy-objects",
    "npy-size",
    "onnx-external-path",
    "onnx-function-shadows",
    "onnx-python-operator",
    "onnx-tensor-size",
    "other-encoding",
    "parquet-columns",
    "parquet-external",
    "parquet-footer",
    "parquet-metadata",
    "parquet-overlap",
    "parquet-places",
    "parquet-rows",
    "pickle-bytes-after",
    "pickle-dynamic-import",
    "pickle-extension-code",
    "pickle-frame-crossed",
    "pickle-frame-in-frame",
    "pickle-frame-not-used",
    "pickle-frame-too-long",
    "pickle-huge-memo-index",
    "pickle-junk-before",
    "pickle-junk-between",
    "pickle-malformed",
    "pickle-odd-name",
    "pickle-open",
    "pickle-overflow",
    "pickle-protocol-changed",
    "pickle-truncated",
    "pickle-unread",
    "picture-size",
    "polyglot",
    "program-name",
    "python-broken",
    "requirement-unread",
    "safetensors-places",
    "safetensors-shape",
    "safetensors-trailing-bytes",
    "safetensors-truncated",
    "safetensors-type",
    "shard-cycle",
    "shard-missing",
    "shard-path",
    "shard-tensor-missing",
    "shard-tensor-twice",
    "shard-tensor-unlisted",
    "shard-total-size",
    "shard-unchecked",
    "shards-missing",
    "skops-untrusted",
    "sqlite-cut",
    "table-columns",
    "table-formula",
    "table-quotes",
    "table-rows",
    "table-text",
    "tar-cut",
    "tar-device",
    "tar-end",
    "tar-link",
    "tar-path",
    "tensor-shape",
    "tensorflow-asset-path",
    "tensorflow-file-operator",
    "tfrecord-broken",
    "torch-magic",
    "torch-storage-missing",
    "torch-storage-size",
    "torch-storages",
    "torch-streams",
    "torch-tar",
    "torch-tensor-outside",
    "torch-trailing-bytes",
    "xgboost-trees",
    "yaml-python-tag",
    "zip-ambiguous",
    "zip-duplicate-member",
    "zip-encrypted",
    "zip-names-differ",
    "zip-overlap",
    "zip-size",
];

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::RULES;

    fn sources(dir: &Path, out: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, out);
            } else if path.extension().is_some_and(|end| end == "rs") {
                out.push(path);
            }
        }
    }

    /// The texts in quotes that come next after each `before`.
    fn quoted<'a>(text: &'a str, before: &str) -> Vec<&'a str> {
        let parts = text.split(before).skip(1);
        let next = parts.filter_map(|part| part.trim_start().strip_prefix('"'));
        next.filter_map(|part| part.split('"').next()).collect()
    }

    #[test]
    fn every_rule_that_finds_something_is_listed() {
        assert!(RULES.is_sorted(), "in their order");
        let (mut files, mut found) = (Vec::new(), 0);
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
        for file in files {
            let text = fs::read_to_string(&file).unwrap();
            let own = text.split("#[cfg(test)]").next().unwrap();
            for rule in
                ["facts.find(", "self.find(", "out.find("].iter().flat_map(|b| quoted(own, b))
            {
                assert!(RULES.contains(&rule), "`{rule}` of {}", file.display());
                found += 1;
            }
        }
        assert!(found > 50, "{found}");
    }
}
