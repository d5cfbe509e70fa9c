//! What anybody may attach changes no answer, and what a trusted signer attaches is no promise that they did
//! not make.

use sealkit_attest::{CycloneDxBom, IN_TOTO_PAYLOAD, KitSeal, Predicate, Statement, Subject};
use sealkit_oci::{Descriptor, Digest, FileTable, media_type};
use serde_json::json;

use super::stage::{Stage, key, refused, signed, step};

/// File tables that a stranger could attach: the true one, nothing, and one that lies.
fn tables(stage: &Stage) -> Vec<Vec<u8>> {
    let mut lie: FileTable = stage.kit.table.clone();
    for file in lie.layers.iter_mut().flat_map(|layer| &mut layer.files) {
        file.digest = file.digest.as_ref().map(|_| Digest::of(b"other bytes"));
    }
    vec![
        serde_json::to_vec(&stage.kit.table).unwrap(),
        b"{}".to_vec(),
        serde_json::to_vec(&lie).unwrap(),
    ]
}

async fn attach_table(stage: &Stage, table: &[u8]) {
    let repository = stage.registry.repository("org/kit");
    stage.kit.attach(&*repository, media_type::FILE_TABLE, table).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_table_that_nobody_sealed_changes_no_answer() {
    for (is_signed, exit) in [(true, 0), (false, 2)] {
        let make = || async {
            let stage = if is_signed { Stage::signed().await } else { Stage::unsigned().await };
            // A folder as it was packed, and one that is not.
            let unpack = ["unpack", &stage.name(), "--plain-http", "-d", "folder"];
            stage.sandbox.run(unpack).exits(0);
            stage.sandbox.run([&unpack[..4], &["changed"]].concat()).exits(0);
            let one = std::fs::read_dir(stage.sandbox.work().join("changed")).unwrap();
            let file = one.map(|one| one.unwrap().path()).find(|path| path.is_file()).unwrap();
            std::fs::write(file, "changed").unwrap();
            stage
        };
        let count = tables(&make().await).len();
        for number in 0..count {
            let stage = make().await;
            stage.verify().exits(exit);
            attach_table(&stage, &tables(&stage)[number]).await;
            let run = stage.verify().exits(exit);
            assert_ne!(step(&run, "file-table")["outcome"], "pass", "{run}");
            assert_eq!(step(&run, "files")["outcome"], "skip", "{run}");
            let with = |dir| ["--key", "ana.pub", "--format", "json", "--dir", dir];
            stage.verify_with(&with("folder")).exits(exit);
            // The layers say what the folder must hold, whoever says something else.
            let run = stage.verify_with(&with("changed"));
            refused(run, 1, "folder-files", "digest-mismatch");
        }
    }
}

async fn state<P: Predicate>(stage: &Stage, predicate: &P) {
    let statement = Statement::new(vec![Subject::of(stage.digest())], predicate).unwrap();
    let text = std::str::from_utf8(statement.payload()).unwrap();
    stage.attach(&signed(&key("ana"), IN_TOTO_PAYLOAD, text)).await;
}

/// `cosign attest --type cyclonedx` with the SBOM of another tool.
#[tokio::test(flavor = "multi_thread")]
async fn an_sbom_that_names_no_kit_takes_nothing_from_a_signature() {
    let named = |hash: Option<&Digest>| {
        let hashes = hash.map(|hash| json!([{"alg": "SHA-256", "content": hash.hex()}]));
        let mut component = json!({"type": "machine-learning-model", "name": "m", "bom-ref": "m"});
        component["hashes"] = hashes.unwrap_or(json!([]));
        json!({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
               "metadata": {"component": component},
               "components": [{"type": "library", "name": "numpy", "version": "2.0"}]})
    };
    let bare = json!({"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1});
    let old = json!({"bomFormat": "CycloneDX", "specVersion": "1.2", "version": 1});
    for document in [named(None), bare, old] {
        let stage = Stage::signed().await;
        state(&stage, &CycloneDxBom::new(document.to_string().as_bytes()).unwrap()).await;
        let run = stage.verify().exits(0);
        assert_eq!(step(&run, "bom")["outcome"], "skip", "{run}");
        assert!(step(&run, "bom")["reason"].as_str().unwrap().starts_with("not counted"), "{run}");
        assert_eq!(step(&run, "kit-seal")["outcome"], "skip", "{run}");
    }
    // One that says that it is of something else is no SBOM of this kit, and one of this kit belongs to a
    // seal, which may have been taken away.
    let stage = Stage::signed().await;
    let other = named(Some(&Digest::of(b"other"))).to_string();
    state(&stage, &CycloneDxBom::new(other.as_bytes()).unwrap()).await;
    refused(stage.verify(), 1, "bom", "aibom-mismatch");
    let stage = Stage::signed().await;
    let own = named(Some(stage.digest())).to_string();
    state(&stage, &CycloneDxBom::new(own.as_bytes()).unwrap()).await;
    let run = refused(stage.verify(), 2, "bom", "no-file-table");
    refused(run, 2, "kit-seal", "no-seal");
}

/// What each of two seals names must be there: taking something from one is not made good by the other.
#[tokio::test(flavor = "multi_thread")]
async fn every_seal_of_a_trusted_signer_keeps_its_promise() {
    let stage = Stage::signed().await;
    let table = serde_json::to_vec(&stage.kit.table).unwrap();
    attach_table(&stage, &table).await;
    let table = Descriptor::of(media_type::FILE_TABLE, &table);
    state(&stage, &KitSeal::new(&table, None)).await;
    let run = stage.verify().exits(0);
    assert_eq!(step(&run, "bom")["reason"], "the seal names none", "{run}");
    let gone = Descriptor::of(media_type::CYCLONEDX, b"gone");
    let other = Descriptor::of(media_type::FILE_TABLE, b"gone");
    state(&stage, &KitSeal::new(&table, Some(&gone))).await;
    refused(stage.verify(), 2, "bom", "no-bom");
    let stage = Stage::signed().await;
    attach_table(&stage, &serde_json::to_vec(&stage.kit.table).unwrap()).await;
    for named in [&table, &other] {
        state(&stage, &KitSeal::new(named, None)).await;
    }
    refused(stage.verify(), 2, "file-table", "no-file-table");
}
