//! Case 33: an AIBOM by a trusted signer that speaks of other bytes, or of another kit.

use sealkit_attest::{CycloneDxBom, IN_TOTO_PAYLOAD, KitSeal, Statement, Subject};
use sealkit_oci::{Descriptor, Digest, media_type};

use super::stage::{Stage, key, refused, signed, step};

/// A kit that `ana` sealed with its AIBOM, in which `from` became `to` before she signed it.
async fn sealed(from: &str, to: &str) -> Stage {
    let stage = Stage::signed().await;
    let table = stage.kit.store_table(&*stage.registry.repository("org/kit")).await;
    let name = stage.name();
    // From its own bytes: without a trusted table only a pulled kit is hashed.
    stage.sandbox.run(["pull", &name, "--plain-http"]).exits(0);
    let bom = stage.sandbox.run(["bom", &name, "--fresh"]).exits(0);
    let from = from.replace("{kit}", stage.digest().hex());
    let changed = bom.stdout.replace(&from, to);
    assert!(from == to || changed != bom.stdout, "{from}: {bom}");
    let document = changed.trim().as_bytes().to_vec();
    // The table's own digest, not that of the manifest by which it is attached.
    let bytes = serde_json::to_vec(&stage.kit.table).unwrap();
    assert!(table.size > 0);
    let table = Descriptor::of(media_type::FILE_TABLE, &bytes);
    let described = Descriptor::of("application/vnd.cyclonedx+json", &document);
    let seal = KitSeal::new(&table, Some(&described));
    let subject = || vec![Subject::of(stage.digest())];
    let seal = Statement::new(subject(), &seal).unwrap();
    let bom = Statement::new(subject(), &CycloneDxBom::new(&document).unwrap()).unwrap();
    for statement in [seal, bom] {
        let text = std::str::from_utf8(statement.payload()).unwrap();
        stage.attach(&signed(&key("ana"), IN_TOTO_PAYLOAD, text)).await;
    }
    stage
}

#[tokio::test(flavor = "multi_thread")]
async fn an_honest_aibom_passes() {
    let stage = sealed("", "").await;
    let run = stage.verify().exits(0);
    assert_eq!(step(&run, "bom")["outcome"], "pass", "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aibom_of_other_bytes_or_another_kit_is_a_mismatch() {
    let file = Digest::of(b"not really a model");
    let other = Digest::of(b"something else");
    for (from, to) in
        [(file.hex(), other.hex()), ("{kit}", other.hex()), ("model.bin", "model.safetensors")]
    {
        let stage = sealed(from, to).await;
        refused(stage.verify(), 1, "bom", "aibom-mismatch");
    }
}

/// An AIBOM that was signed for another kit is no statement about this one.
#[tokio::test(flavor = "multi_thread")]
async fn an_aibom_signed_for_another_kit_does_not_count() {
    let stage = Stage::signed().await;
    let bom = CycloneDxBom::new(b"{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\"}").unwrap();
    let subject = vec![Subject::of(&Digest::of(b"another kit"))];
    let statement = Statement::new(subject, &bom).unwrap();
    let text = std::str::from_utf8(statement.payload()).unwrap();
    stage.attach(&signed(&key("ana"), IN_TOTO_PAYLOAD, text)).await;
    refused(stage.verify(), 1, "signatures", "subject-mismatch");
}
