//! No secret survives, and what is none stays readable.

use std::path::Path;

use proptest::prelude::*;

use super::redact::{REDACTED, Redactor};
use super::secrets::{NameSays, find, name_says};

fn redactor() -> Redactor {
    let private = ["ada", "workstation-7", "root"].map(str::to_owned);
    Redactor::new(Path::new("/home/ada/project"), &private)
}

fn text(text: &str) -> String {
    redactor().text(text, "test")
}

/// Tokens as services make them, put together here so that no scanner takes this file for a leak.
fn tokens() -> Vec<String> {
    let random = "aB3dE5gH7jK9mN1pQ4sT6vW8yZ0cF2xL5nR7";
    let upper = "Q7W2E9R4T1Y6U3I8";
    let jwt = ["eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiIxIn0", "c2lnbmF0dXJl"].join(".");
    let mut all = vec![jwt];
    for prefix in ["AKIA", "ASIA"] {
        all.push(format!("{prefix}{upper}"));
    }
    for prefix in [
        "ghp_",
        "gho_",
        "ghu_",
        "ghs_",
        "ghr_",
        "github_pat_",
        "glpat-",
        "hf_",
        "api_org_",
        "sk-",
        "sk-ant-",
        "sk-proj-",
        "sk_live_",
        "xoxb-",
        "xoxp-",
        "npm_",
        "pypi-",
        "AIza",
        "ya29.",
    ] {
        all.push(format!("{prefix}{}", random.get(..34).unwrap()));
    }
    // A secret key of AWS: forty characters with slashes.
    all.push("wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEK8".to_owned());
    all
}

#[test]
fn tokens_of_services_do_not_survive_wherever_they_stand() {
    for token in tokens() {
        for shape in [
            "{}",
            "--hub={}",
            "x {} y",
            "['{}']",
            "https://host/p?q={}&r=1",
            "a:{};b",
            "{\"k\": \"{}\"}",
        ] {
            let clean = text(&shape.replace("{}", &token));
            assert!(!clean.contains(&token), "{shape} {token}: {clean}");
            assert!(clean.contains(REDACTED), "{shape} {token}: {clean}");
        }
        let words = redactor().command(&["train".into(), "--hub-model".into(), token.clone()]);
        assert!(!words.join(" ").contains(&token), "{words:?}");
    }
}

#[test]
fn private_keys_and_credentials_of_urls_do_not_survive() {
    let dashes = "-".repeat(5);
    let key = format!(
        "{dashes}BEGIN EC PRIVATE KEY{dashes}\nMHcCAQ==\n{dashes}END EC PRIVATE KEY{dashes}"
    );
    assert_eq!(text(&format!("a {key} b")), format!("a {REDACTED} b"));
    let cut = format!("{dashes}BEGIN PRIVATE KEY{dashes}\nMHcCAQ");
    assert_eq!(text(&cut), REDACTED);
    assert_eq!(text("https://me:pw@host/x"), format!("https://{REDACTED}@host/x"));
    assert_eq!(text("https://me:p@w@host"), format!("https://{REDACTED}@host"));
    assert_eq!(text("https://tok3n@host/x?a=b"), format!("https://{REDACTED}@host/x?a=b"));
}

#[test]
fn a_name_tells_what_its_value_is() {
    for name in [
        "--password",
        "DB_PASSWORD",
        "apiKey",
        "api-key",
        "client_secret",
        "AWS_SECRET_ACCESS_KEY",
        "auth",
    ] {
        assert_eq!(name_says(name), NameSays::Secret, "{name}");
    }
    for name in ["--hf_token", "wandbKey", "SESSION"] {
        assert_eq!(name_says(name), NameSays::Perhaps, "{name}");
    }
    for name in ["--tokenizer", "author", "lr", "keyboard", "monkey", "compass"] {
        assert_eq!(name_says(name), NameSays::Nothing, "{name}");
    }
    let command = |words: &[&str]| {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        redactor().command(&words).join(" ")
    };
    assert_eq!(command(&["x", "--password", "hunter2"]), format!("x --password {REDACTED}"));
    assert_eq!(command(&["x", "--password=hunter2", "y"]), format!("x --password={REDACTED} y"));
    assert_eq!(command(&["x", "--password", "-hunter2"]), format!("x --password {REDACTED}"));
    assert_eq!(command(&["x", "--token", "0d9f1c2b7a"]), format!("x --token {REDACTED}"));
    assert_eq!(
        command(&["sh", "-c", "x --password hunter2"]),
        format!("sh -c x --password {REDACTED}")
    );
    assert_eq!(command(&["PASSWORD=hunter2", "x"]), format!("PASSWORD={REDACTED} x"));
    let json = r#"{"password": "hunter2", "lr": 1}"#;
    assert_eq!(command(&["x", json]), format!(r#"x {{"password": "{REDACTED}", "lr": 1}}"#));
    let header = "Authorization: Bearer hunter2";
    assert!(!command(&["curl", "-H", header]).contains("hunter2"));
}

#[test]
fn what_is_no_secret_stays() {
    for plain in [
        "--learning-rate 0.0001",
        "--max-tokens 512",
        "--num-key-value-heads 8",
        "--pad_token <pad>",
        "--model meta-llama/Llama-3.1-8B-Instruct",
        "--tokenizer bert-base-uncased",
        "--seed=42",
        "--revision 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
        "python -m torch.distributed.run",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "https://host/a/b?c=d",
        "train.py",
        "--target-modules q_proj,k_proj,v_proj",
        "2026-01-01T00:00:00Z",
    ] {
        assert_eq!(text(plain), plain);
    }
}

#[test]
fn no_path_of_this_machine_and_no_name_survives() {
    for (given, expected) in [
        ("/home/ada/project/data/x.csv", "data/x.csv"),
        ("--out=/home/ada/project", "--out=."),
        ("--cache /home/ada/.cache/hf", "--cache hf"),
        ("/mnt/secret-client/weights.bin", "weights.bin"),
        ("/home/ada/projects-other/x", "x"),
        ("ada@workstation-7:x", "[private]@[private]:x"),
        ("ADA", "[private]"),
        ("canada adapter", "canada adapter"),
        ("file:///home/ada/x", "file://x"),
        ("root", "root"),
        ("https://host/home/x", "https://host/home/x"),
    ] {
        assert_eq!(text(given), expected, "{given}");
    }
    let mut redactor = redactor();
    for (path, name) in [
        ("/home/ada/project", "."),
        ("/home/ada/project/a/b", "a/b"),
        ("/data/set", "set"),
        ("/home/ada", "[private]"),
    ] {
        assert_eq!(redactor.path(Path::new(path)), name);
    }
}

#[test]
fn a_folder_with_a_space_in_its_name_is_known_too() {
    let mut redactor = Redactor::new(Path::new("/srv/some client/work"), &[]);
    let clean = redactor.text("--a=/srv/some client/work/x.csv --b=/srv/some client/work", "test");
    assert_eq!(clean, "--a=x.csv --b=.");
}

#[test]
fn notes_say_where_and_never_what() {
    let mut redactor = redactor();
    redactor.value("password", "hunter2", "parameter");
    redactor.text("https://me:hunter2@host", "command");
    let long = "x ".repeat(1 << 16);
    assert_eq!(redactor.text(&long, "metric"), REDACTED);
    let notes = redactor.notes();
    assert_eq!(notes.len(), 3, "{notes:?}");
    assert!(!notes.join(" ").contains("hunter2"));
}

proptest! {
    #[test]
    fn a_token_survives_in_no_surroundings(
        at in 0..64_usize, before in "[ -~]{0,20}[ =:\"',;]", after in "[ \"',;&]\\PC{0,20}",
    ) {
        let all = tokens();
        let token = &all[at % all.len()];
        let clean = text(&format!("{before}{token}{after}"));
        prop_assert!(!clean.contains(token.as_str()), "{}", clean);
    }

    #[test]
    fn a_value_behind_a_password_does_not_survive(value in "[a-zA-Z0-9!#%*]{6,40}", mark in "=|: | ") {
        let clean = text(&format!("--password{mark}{value}"));
        prop_assert!(!clean.contains(&value), "{}", clean);
    }

    #[test]
    fn any_text_is_taken_and_finds_lie_inside_it_in_order(given in "\\PC{0,200}") {
        let mut last = 0;
        for found in find(&given) {
            prop_assert!(found.at.start >= last && given.get(found.at.clone()).is_some());
            last = found.at.end;
        }
        text(&given);
    }

    #[test]
    fn what_is_clean_stays_as_it_is(given in "[ -~]{0,120}") {
        let once = text(&given);
        // A second pass finds nothing but what stands for what was taken out.
        for found in find(&once) {
            prop_assert!(once.get(found.at.clone()).unwrap().contains("redacted"), "{:?} in {}", found, once);
        }
    }
}

#[test]
fn nothing_of_a_password_is_left_whatever_is_in_it() {
    let words = |all: &[&str]| all.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let clean = redactor().command(&words(&[
        "sh",
        "--db-password=Tr0ub4dor,3secret",
        "--passwd=p&leak",
        "PASSWORD=two words",
        "--lr=0.1",
    ]));
    let wanted = [
        "sh",
        "--db-password=[redacted]",
        "--passwd=[redacted]",
        "PASSWORD=[redacted]",
        "--lr=0.1",
    ];
    assert_eq!(clean, wanted);
    for (given, wanted) in [
        (r#"{"password": "a\"b-leak"}"#, r#"{"password": "[redacted]"}"#),
        ("sh -c 'x --passwd=p&leak;more y'", "sh -c 'x --passwd=[redacted] y'"),
        ("--db_pass aaaabbbb", "--db_pass [redacted]"),
        ("postgres://u:p/w@h/db", "postgres://[redacted]@h/db"),
        ("http://host:8080/a@b", "http://host:8080/a@b"),
    ] {
        assert_eq!(text(given), wanted);
    }
}
