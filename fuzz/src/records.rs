//! Settings, cards and records of training, whole and while they stream by.

use sealkit_inspect::{identify, inspect};
use sealkit_report::Budget;

macro_rules! records {
    ($($path:literal),* $(,)?) => {
        /// Path in the kit and content of a good file of each format.
        pub static RECORDS: &[(&str, &[u8])] = &[
            $(($path, include_bytes!(concat!("../../crates/sealkit-inspect/tests/records/in/", $path)))),*
        ];
    };
}

records! {
    "plain/README.md",
    "nested/modelcard.md",
    "generated/README.md",
    "trainer/README.md",
    "data/README.md",
    "llama/config.json",
    "llava/config.json",
    "remote/config.json",
    "packed/config.json",
    "adapter/adapter_config.json",
    "custom/generation_config.json",
    "chat/tokenizer_config.json",
    "chat/chat_template.json",
    "bpe/tokenizer.json",
    "bpe/vocab.json",
    "bpe/merges.txt",
    "sp/bpe.model",
    "llava/preprocessor_config.json",
    "pipeline/model_index.json",
    "st/modules.json",
    "st/data_config.json",
    "st/config_sentence_transformers.json",
    "st/1_Pooling/config.json",
    "dl/.cache/huggingface/download/config.json.metadata",
    "trainer/trainer_state.json",
    "trainer/all_results.json",
    "trainer/training_args.json",
    "mlflow/MLmodel",
    "run/0520cc9371eb4735bedc7e1ecffcb86d/meta.yaml",
    "run/0520cc9371eb4735bedc7e1ecffcb86d/metrics/acc",
    "dvc/images.dvc",
    "dvc/dvc.yaml",
    "dvc/dvc.lock",
    "energy/two.csv",
    "security/CITATION.cff",
    "security/SECURITY.md",
    "security/security.txt",
    "recipes/axolotl.yml",
    "recipes/mergekit_config.yml",
}

/// Each file with the byte before it that chooses its name.
pub fn seeds() -> Vec<Vec<u8>> {
    let choose = |(index, (_, content)): (usize, &(&str, &[u8]))| {
        let mut seed = vec![index as u8];
        seed.extend_from_slice(content);
        seed
    };
    RECORDS.iter().enumerate().map(choose).collect()
}

/// A file under the name that its first byte chooses: the same bytes say the same, and a stream
/// says the same however it is cut.
pub fn records(data: &[u8]) {
    let Some((choice, content)) = data.split_first() else { return };
    let (path, _) = RECORDS[usize::from(*choice) % RECORDS.len()];
    let budget = || Budget::new(4 << 20, 10_000, 1 << 20, 32);
    let first = inspect(path, &content, &mut budget());
    assert_eq!(format!("{first:?}"), format!("{:?}", inspect(path, &content, &mut budget())));
    let Ok(found) = identify(path, &content, &mut budget()) else { return };
    let streamed = |piece: usize| {
        let mut stream = found.inspector?.stream(path)?;
        content.chunks(piece).for_each(|part| stream.push(part));
        Some(format!("{:?}", stream.finish()))
    };
    assert_eq!(streamed(7), streamed(4096));
}
