//! Case 38: names that play with whoever reads them. Tables show them escaped; JSON is exact.

use sealkit_testkit::{Instead, KitBuilder};

use super::stage::{Stage, key, signed, statement, step};

const TRICKS: [(&str, &str); 5] = [
    ("\u{1b}[2J\u{1b}[32m\u{2713} ok", "\\u{1b}[2J"),
    ("evil\u{202e}gpj.exe", "evil\\u{202e}gpj.exe"),
    ("a\u{200b}b", "a\\u{200b}b"),
    ("m\u{43e}del.bin", "m\\u{43e}del.bin"),
    ("line\rover", "line\\u{d}over"),
];

fn is_harmless(text: &str) -> bool {
    let plain = |c: char| c == '\n' || !sealkit_report::is_deceptive(c);
    text.chars().all(plain) && sealkit_report::lookalikes(text).is_empty()
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_files_are_escaped_in_tables_and_exact_in_json() {
    for (name, shown) in TRICKS {
        let stage = Stage::with(KitBuilder::small("kit").dataset(name, b"1,2\n").build()).await;
        let statement = statement(stage.digest());
        let payload_type = sealkit_attest::IN_TOTO_PAYLOAD;
        stage.attach(&signed(&key("ana"), payload_type, &statement)).await;
        let last = stage.kit.manifest.value().layers().last().unwrap().clone();
        let mut bytes = stage.kit.layers.last().unwrap().clone();
        let at = bytes.len() / 2;
        bytes[at] ^= 1;
        let path = format!("/blobs/{}", last.digest);
        stage.registry.faults().set(|faults| {
            faults.instead = vec![Instead::bytes(path, "application/octet-stream", &bytes)];
        });
        let table = stage.verify_with(&["--key", "ana.pub"]).exits(1);
        assert!(table.stdout.contains(shown), "{shown}: {table}");
        assert!(is_harmless(&table.stdout) && is_harmless(&table.stderr), "{table}");
        let json = stage.verify().exits(1);
        let subject = step(&json, "blob-digests")["subjects"][0].as_str().unwrap().to_owned();
        assert!(subject.contains(name), "{subject:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_statement_says_of_itself_is_escaped_everywhere() {
    for (name, _) in TRICKS {
        let stage = Stage::unsigned().await;
        let evil = serde_json::to_string(name).unwrap();
        let text = statement(stage.digest()).replace("\"https://in-toto.io/Statement/v1\"", &evil);
        stage.state("ana", &text).await;
        let table = stage.verify_with(&["--key", "ana.pub"]).exits(1);
        assert!(is_harmless(&table.stdout) && is_harmless(&table.stderr), "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_signers_are_escaped_or_refused() {
    for (name, shown) in TRICKS {
        let stage = Stage::signed().await;
        let added = stage.sandbox.run(["trust", "add", "ana.pub", "--name", name]);
        assert!(is_harmless(&added.stdout) && is_harmless(&added.stderr), "{added}");
        if added.code == Some(0) {
            let list = stage.sandbox.run(["trust", "list"]).exits(0);
            assert!(list.stdout.contains(shown), "{list}");
            assert!(is_harmless(&list.stdout), "{list}");
            let table = stage.verify_with(&[]).exits(0);
            assert!(is_harmless(&table.stdout) && table.stdout.contains(shown), "{table}");
        }
    }
}

#[test]
fn a_reference_that_plays_tricks_is_not_one() {
    let sandbox = crate::common::Sandbox::new();
    for (name, _) in TRICKS {
        let run = sandbox.run(["verify", &format!("r.example/{name}:v1")]).exits(2);
        assert!(is_harmless(&run.stderr) && run.stdout.is_empty(), "{run}");
    }
}
