//! Cases 12 to 14: documents that two readers could read in two ways, or that have no end.

use sealkit_attest::IN_TOTO_PAYLOAD;
use sealkit_oci::media_type;
use sealkit_testkit::Instead;

use super::stage::{Stage, key, refused, signed, statement, step};

async fn bundle(change: impl Fn(String) -> String) -> Stage {
    let stage = Stage::unsigned().await;
    let bundle = signed(&key("ana"), IN_TOTO_PAYLOAD, &statement(stage.digest()));
    let sound = String::from_utf8(bundle).unwrap();
    let changed = change(sound.clone());
    assert_ne!(sound, changed);
    stage.attach(changed.as_bytes()).await;
    stage
}

async fn stated(change: impl Fn(String) -> String) -> Stage {
    let stage = Stage::unsigned().await;
    let sound = statement(stage.digest());
    let changed = change(sound.clone());
    assert_ne!(sound, changed);
    stage.state("ana", &changed).await;
    stage
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_there_twice_is_refused_in_bundle_statement_and_aibom() {
    let stage = bundle(|text| text.replace("\"payload\":", "\"payload\":\"\",\"payload\":")).await;
    refused(stage.verify(), 1, "signatures", "duplicate-key");
    let stage = stated(|text| text.replace("\"subject\":", "\"subject\":[],\"subject\":")).await;
    refused(stage.verify(), 1, "signatures", "duplicate-key");
    // However the key is written, and however deep in the AIBOM it stands.
    let stage = stated(|text| {
        text.replace("https://sigstore.dev/cosign/sign/v1", "https://cyclonedx.org/bom/v1.6")
            .replace("\"predicate\":{}", "\"predicate\":{\"a\":[{\"b\":1,\"\\u0062\":2}]}")
    })
    .await;
    refused(stage.verify(), 1, "signatures", "duplicate-key");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manifest_with_a_key_twice_is_refused() {
    let stage = Stage::signed().await;
    let text = String::from_utf8(stage.kit.manifest.bytes().to_vec()).unwrap();
    // Known fields are refused by the parser; unknown ones and annotations would be passed over.
    for (from, to) in [
        ("\"annotations\":{", "\"annotations\":{\"a\":\"1\",\"a\":\"2\","),
        ("{\"schemaVersion\":2", "{\"x\":1,\"x\":2,\"schemaVersion\":2"),
    ] {
        let twice = text.replacen(from, to, 1);
        assert_ne!(text, twice);
        stage.registry.faults().set(|faults| {
            let answer =
                Instead::bytes("/manifests/v1", media_type::OCI_MANIFEST, twice.as_bytes());
            faults.instead = vec![answer];
        });
        refused(stage.verify(), 1, "manifest-digest", "duplicate-key");
    }
}

/// Anybody may attach what cannot be read: it is named, and takes nothing from what can.
#[tokio::test(flavor = "multi_thread")]
async fn an_attached_manifest_with_a_key_twice_is_named_and_counts_for_nothing() {
    let stage = Stage::unsigned().await;
    let attached = stage.state("ana", &statement(stage.digest())).await;
    let repository = stage.registry.repository("org/kit");
    let target = sealkit_oci::Target::Digest(attached.digest);
    let manifest = repository.manifest(&target).await.unwrap().unwrap();
    repository.delete_manifest(&target).await.unwrap();
    let text = String::from_utf8(manifest.bytes.to_vec()).unwrap();
    let twice = text.replacen('{', "{\"annotations\":{\"a\":\"1\",\"a\":\"2\"},", 1);
    let bytes = twice.into_bytes().into();
    repository.put_manifest(media_type::OCI_MANIFEST, bytes, None).await.unwrap();
    let run = refused(stage.verify(), 2, "signatures", "no-signature");
    assert_eq!(step(&run, "attached-digests")["codes"][0], "duplicate-key", "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_nesting_and_strings_have_their_limits() {
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let long = format!("\"{}\"", "x".repeat((1 << 20) + 1));
    for (value, code) in [
        ("1e400", "parse-error"),
        ("01", "parse-error"),
        ("NaN", "parse-error"),
        ("9223372036854775808000", "parse-error"),
        (deep.as_str(), "limit-exceeded"),
        (long.as_str(), "limit-exceeded"),
    ] {
        let predicate = format!("\"predicate\":{{\"n\":{value}}}");
        let stage = stated(|text| text.replace("\"predicate\":{}", &predicate)).await;
        refused(stage.verify(), 1, "signatures", code);
    }
    let stage =
        bundle(|text| text.replace("\"tlogEntries\":[]", &format!("\"tlogEntries\":{deep}"))).await;
    refused(stage.verify(), 1, "signatures", "limit-exceeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_document_in_standard_base64_and_nothing_around_it() {
    type Change = fn(String) -> String;
    let changes: [Change; 7] = [
        |text| text.replace("\"sig\":\"M", "\"sig\":\"-"),
        |text| text.replace("==\"", "\"").replace("=\"", "\"").replace("\"sig\":\"", "\"sig\":\" "),
        |text| format!("{text}x"),
        |text| format!("{text}{text}"),
        |text| format!("\u{feff}{text}"),
        |text| format!("{text}\0"),
        |text| text[..text.len() - 1].to_owned(),
    ];
    for change in changes {
        refused(bundle(change).await.verify(), 1, "signatures", "parse-error");
    }
    for around in [("", "{}"), ("\u{feff}", ""), ("", "\0")] {
        let stage = stated(|text| format!("{}{text}{}", around.0, around.1)).await;
        refused(stage.verify(), 1, "signatures", "parse-error");
    }
}
