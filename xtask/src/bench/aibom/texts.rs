//! The texts of the project.

/// Settings of the adapter.
pub(super) fn adapter(base: &str, revision: &str) -> String {
    format!(
        "{{\n  \"base_model_name_or_path\": \"{base}\",\n  \"revision\": \"{revision}\",\n  \
         \"peft_type\": \"LORA\",\n  \"task_type\": \"CAUSAL_LM\",\n  \"r\": 2,\n  \
         \"lora_alpha\": 4,\n  \"target_modules\": [\"q_proj\"]\n}}\n"
    )
}

/// The adapter's card.
pub(super) fn card(base: &str) -> String {
    format!(
        "---\nlicense: apache-2.0\nbase_model: {base}\nlibrary_name: peft\n\
         pipeline_tag: text-generation\ndatasets:\n- example-lab/reviews\n- example-lab/dialogues\n\
         co2_eq_emissions:\n  emissions: 1840\n  source: codecarbon\n  training_type: fine-tuning\n  \
         hardware_used: 1 x A100\nmodel-index:\n- name: review-writer\n  results:\n  - task:\n      \
         type: text-generation\n    dataset:\n      name: Reviews\n      type: example-lab/reviews\n      \
         split: test\n    metrics:\n    - type: rouge\n      value: 0.42\n---\n\n# Review writer\n\n\
         Writes short product reviews in a friendly voice.\n\n## Intended uses\n\n\
         Drafting reviews that a person edits.\n\n## Limitations\n\nKnows English only.\n\n\
         ## Bias, Risks, and Limitations\n\nPraises more than it blames.\n"
    )
}

/// What MLflow writes beside a model.
pub(super) const MLMODEL: &str = "\
artifact_path: classifier
flavors:
  onnx:
    data: classifier.onnx
    onnx_version: 1.16.1
  python_function:
    loader_module: mlflow.onnx
    python_version: 3.11.9
mlflow_version: 2.14.1
model_uuid: 0f6d6d9d5f0b4c53a3c6f1a2b3c4d5e6
run_id: 9a8b7c6d5e4f30211203f4e5d6c7b8a9
signature:
  inputs: '[{\"type\": \"tensor\", \"name\": \"features\", \"tensor-spec\": {\"dtype\": \"float32\", \"shape\": [-1, 4]}}]'
  outputs: '[{\"type\": \"tensor\", \"name\": \"score\", \"tensor-spec\": {\"dtype\": \"float32\", \"shape\": [-1, 2]}}]'
utc_time_created: '2026-01-01 10:00:00.000000'
";

/// A table with two columns.
pub(super) fn csv(lines: usize) -> String {
    let rows = (0..lines).map(|at| format!("{at},{}\n", ["good", "bad"][at % 2]));
    std::iter::once("id,label\n".to_owned()).chain(rows).collect()
}

/// The dataset's card.
pub(super) const DATASET_CARD: &str = "\
---
license: cc-by-4.0
pretty_name: Product reviews
language:
- en
task_categories:
- text-classification
size_categories:
- n<1K
annotations_creators:
- crowdsourced
source_datasets:
- original
dataset_info:
  features:
  - name: id
    dtype: int64
  - name: stars
    dtype: int64
  splits:
  - name: train
    num_examples: 120
---

# Product reviews

Short reviews with one to five stars.

## Personal and Sensitive Information

Names of reviewers were removed.
";

/// The dataset in Croissant.
pub(super) fn croissant(digest: &str) -> String {
    format!(
        "{{\n  \"@context\": {{\"@vocab\": \"https://schema.org/\", \"cr\": \
         \"http://mlcommons.org/croissant/\", \"rai\": \"http://mlcommons.org/croissant/RAI/\"}},\n  \
         \"@type\": \"Dataset\",\n  \"conformsTo\": \"http://mlcommons.org/croissant/1.0\",\n  \
         \"name\": \"product-reviews\",\n  \"description\": \"Short reviews with stars.\",\n  \
         \"license\": \"https://creativecommons.org/licenses/by/4.0/\",\n  \"version\": \"1.3.0\",\n  \
         \"creator\": {{\"@type\": \"Organization\", \"name\": \"Example Lab\"}},\n  \
         \"rai:dataCollection\": \"Collected from a shop with the consent of the writers.\",\n  \
         \"distribution\": [{{\"@type\": \"cr:FileObject\", \"@id\": \"train.parquet\", \"name\": \
         \"train.parquet\", \"contentUrl\": \"train.parquet\", \"encodingFormat\": \
         \"application/x-parquet\", \"sha256\": \"{digest}\"}}]\n}}\n"
    )
}

/// Four requirements.
pub(super) const REQUIREMENTS: &str = "\
torch==2.3.1
transformers==4.41.2
peft>=0.11,<0.12
pandas==2.2.2
";

/// A lock file with what the open requirement was resolved to.
pub(super) const UV_LOCK: &str = "\
version = 1
requires-python = \">=3.11\"

[[package]]
name = \"peft\"
version = \"0.11.1\"
source = { registry = \"https://packages.example/simple\" }
dependencies = [{ name = \"torch\" }]

[[package]]
name = \"torch\"
version = \"2.3.1\"
source = { registry = \"https://packages.example/simple\" }
";

/// The training script.
pub(super) const TRAIN: &str = "\
import pandas as pd
import torch
from peft import LoraConfig
from transformers import AutoModelForCausalLM

frame = pd.read_parquet(\"data/train.parquet\")
model = AutoModelForCausalLM.from_pretrained(\"TinyLlama/TinyLlama-1.1B-Chat-v1.0\")
config = LoraConfig(r=2, lora_alpha=4)
";

/// A licence text (MIT).
pub(super) const LICENCE: &str = "\
MIT License

Copyright (c) 2026 Example Lab

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the \"Software\"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED \"AS IS\", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
";

/// The Kitfile.
pub(super) fn kitfile(with_encoder: bool) -> String {
    let encoder = if with_encoder { "    - path: encoder\n" } else { "" };
    format!(
        "manifestVersion: 1.0.0\npackage:\n  name: review-writer\n  version: 1.2.0\n  \
         description: Writes and rates reviews.\n  authors:\n    - Ada Example\nmodel:\n  \
         name: review-writer\n  version: 1.2.0\n  license: Apache-2.0\n  path: adapter\n  parts:\n    \
         - path: quantised\n    - path: classifier\n    - path: legacy\n{encoder}datasets:\n  \
         - name: product-reviews\n    path: data\n    license: CC-BY-4.0\ncode:\n  \
         - path: train.py\n    license: MIT\n  - path: requirements.txt\n  - path: uv.lock\n\
         docs:\n  - path: LICENSE\n"
    )
}
