//! A kit that is rich in content: what people look at most, of each kind.

use sealkit_testkit::{KitBuilder, safetensors_of};
use serde_json::{Map, json};

const CARD: &str = r#"---
license: apache-2.0
base_model: org/base
datasets: [imagenet-1k, org/labels]
pipeline_tag: image-classification
---
# Sorrel small

A small vision transformer that tells plants apart. **12 layers**, 22 million parameters, trained on
[labels that were checked by hand](data/labels.csv). It is a test fixture, and says so.

![accuracy over epochs](curve.png)

## Results

| split | top-1 | top-5 | examples |
|:--|--:|--:|--:|
| validation | 81.4 | 95.6 | 50,000 |
| field notes | 74.9 | 92.1 | 3,218 |

## Use

```python
from transformers import AutoModel

model = AutoModel.from_pretrained("kit/model", local_files_only=True)
```

- [x] trained
- [ ] field-tested in winter

> Not for medical use, and not for mushrooms.
"#;

const NOTEBOOK: &str = r###"{"nbformat":4,"nbformat_minor":5,"metadata":{"language_info":{"name":"python"}},"cells":[
{"cell_type":"markdown","metadata":{},"source":["## What the labels look like\n","\n","One row for each picture."]},
{"cell_type":"code","execution_count":1,"metadata":{},"source":["import pandas as pd\n","\n","labels = pd.read_csv(\"labels.csv\")\n","labels.species.value_counts().head(3)"],
"outputs":[{"output_type":"execute_result","execution_count":1,"metadata":{},"data":{"text/plain":["species\n","sorrel     21\n","plantain   20\n","yarrow     19\n","Name: count, dtype: int64"]}}]}
]}"###;

const TRAIN: &str = "\"\"\"Trains the model.\"\"\"\nimport torch\n\n\ndef main(epochs: int = 30) -> None:\n    \
    model = torch.hub.load(\"org/base\", \"small\")\n    for epoch in range(epochs):\n        step(model, epoch)\n";

/// The kit.
pub fn rich() -> KitBuilder {
    let config = json!({
        "model_type": "vit", "architectures": ["ViTForImageClassification"], "hidden_size": 384,
        "num_hidden_layers": 12, "torch_dtype": "bfloat16", "max_position_embeddings": 577,
    });
    let (weights, pickle) =
        (weights(), b"\x80\x02cposix\nsystem\nq\x00X\x02\x00\x00\x00idq\x01\x85q\x02Rq\x03.");
    KitBuilder::new("sorrel-small")
        .part(
            "model",
            "model",
            &[
                ("model/config.json", config.to_string().as_bytes()),
                ("model/model.safetensors", &weights),
                (
                    "model/export/m.onnx",
                    include_bytes!("../../../../sealkit-inspect/tests/golden/models/m.onnx"),
                ),
                ("model/export/optimizer.pkl", pickle),
            ],
        )
        .part(
            "dataset",
            "data",
            &[
                ("data/labels.csv", labels().as_bytes()),
                (
                    "data/train.parquet",
                    include_bytes!(
                        "../../../../sealkit-inspect/tests/golden/parquet/snappy.parquet"
                    ),
                ),
            ],
        )
        .part(
            "code",
            "src",
            &[("src/train.py", TRAIN.as_bytes()), ("src/look.ipynb", NOTEBOOK.as_bytes())],
        )
        .docs("README.md", CARD.as_bytes())
        .docs("curve.png", include_bytes!("curve.png"))
}

fn labels() -> String {
    let species = ["sorrel", "plantain", "yarrow", "\"nettle, dead\""];
    let row = |at: usize| format!("img_{at:04}.jpg,{},{}\n", species[at % 4], 48 + at % 7);
    std::iter::once("file,species,latitude\n".to_owned()).chain((0..80).map(row)).collect()
}

/// Twelve layers of four tensors, and an embedding.
fn weights() -> Vec<u8> {
    let (mut header, mut at) = (Map::new(), 0);
    let mut add = |name: String, shape: [usize; 2]| {
        let len = 2 * shape[0] * shape[1];
        let entry = json!({ "dtype": "BF16", "shape": shape, "data_offsets": [at, at + len] });
        header.insert(name, entry);
        at += len;
    };
    add("embeddings.patch.weight".to_owned(), [64, 48]);
    for layer in 0..12 {
        for part in ["attention.q", "attention.k", "attention.v", "mlp"] {
            let wide = if part == "mlp" { 128 } else { 32 };
            add(format!("encoder.layer.{layer}.{part}.weight"), [32, wide]);
        }
    }
    safetensors_of(&header.into(), &vec![0x3F; at])
}
