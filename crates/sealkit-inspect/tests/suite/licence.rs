//! Licences by text, by line and by name.

use crate::common::{look, rules};
use sealkit_inspect::licence::{detect, header};
use sealkit_inspect::{Value, property};
use sealkit_report::Known;

fn text(id: &str) -> &'static str {
    spdx::text::LICENSE_TEXTS.iter().find(|(listed, _)| *listed == id).unwrap().1
}

fn ids(text: &str) -> Vec<&'static str> {
    detect(text).into_iter().map(|found| found.id).collect()
}

#[test]
fn the_usual_texts_are_named_whatever_the_form_of_the_copy() {
    let usual = [
        "MIT",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "ISC",
        "MPL-2.0",
        "GPL-2.0-only",
        "GPL-3.0-only",
        "LGPL-2.1-only",
        "LGPL-3.0-only",
        "AGPL-3.0-only",
        "CC-BY-4.0",
        "CC-BY-SA-4.0",
        "CC-BY-NC-4.0",
        "CC-BY-NC-ND-4.0",
        "CC-BY-NC-SA-4.0",
        "CC0-1.0",
        "Unlicense",
        "BSL-1.0",
        "OpenMDW-1.0",
        "CDLA-Permissive-2.0",
    ];
    for id in usual {
        // Other line breaks, other case, and another holder.
        let words: Vec<&str> = text(id).split_whitespace().collect();
        let lines: Vec<String> = words.chunks(7).map(|words| words.join(" ")).collect();
        let copy = format!("Copyright (c) 2024 Somebody\n\n{}\n", lines.join("\n").to_uppercase());
        let found = detect(&copy);
        assert_eq!(found.first().map(|found| found.id), Some(id));
        assert!(found[0].score > 0.95, "{id}: {}", found[0].score);
    }
}

#[test]
fn parts_that_may_be_left_out_do_not_count() {
    let apache = text("Apache-2.0");
    let (terms, _) = apache.split_once("END OF TERMS AND CONDITIONS").unwrap();
    assert_eq!(ids(terms), ["Apache-2.0"]);
    let lgpl = text("LGPL-3.0-only");
    let (own, _) = lgpl.split_once("\nGNU GENERAL PUBLIC LICENSE").unwrap();
    assert_eq!(ids(own), ["LGPL-3.0-only"]);
}

#[test]
fn a_changed_clause_is_another_licence() {
    // The clause on endorsement is what tells three from two.
    let three = text("BSD-3-Clause");
    let without: Vec<&str> = three.split("\n\n").filter(|part| !part.contains("endorse")).collect();
    assert_eq!(ids(&without.join("\n\n")), ["BSD-2-Clause"]);
    // Half of a licence is none.
    let mit = text("MIT");
    assert_eq!(ids(&mit[..mit.len() / 2]), Vec::<&str>::new());
    for text in ["", "   ", "All rights reserved.", "MIT", "Licensed under the MIT license."] {
        assert_eq!(ids(text), Vec::<&str>::new(), "{text}");
    }
}

#[test]
fn a_text_with_several_licences_names_each() {
    let several = format!(
        "This product is under the Apache licence.\n\n{}\n\nIt bundles:\n\n{}\n\nand\n\n{}",
        text("Apache-2.0"),
        text("MIT"),
        text("MIT")
    );
    assert_eq!(ids(&several), ["Apache-2.0", "MIT"]);
    let (_, facts) = look("LICENSE", several.as_bytes());
    assert_eq!(facts.list(property::LICENCE), ["Apache-2.0", "MIT"]);
    assert_eq!(facts.of(property::LICENCE_CONFIDENCE).count(), 2);
    assert_eq!(rules(&facts), ["licence-several"]);
}

#[test]
fn licences_of_models_are_known_by_title() {
    let llama =
        format!("LLAMA 3.1 COMMUNITY LICENSE AGREEMENT\n{}", "Agreement means terms. ".repeat(200));
    let (_, facts) = look("LICENSE.txt", llama.as_bytes());
    assert_eq!(facts.text(property::LICENCE), Some("LicenseRef-llama3.1"));
    let fact = facts.of(property::LICENCE).next().unwrap();
    assert_eq!(fact.evidence.known, Known::Inferred);
    // A title is less than a text.
    assert_eq!(facts.of(property::LICENCE_CONFIDENCE).next().unwrap().value, Value::Float(0.9));
}

#[test]
fn a_line_in_a_source_names_its_licence() {
    let cases = [
        ("// SPDX-License-Identifier: MIT OR Apache-2.0\n", Some(("MIT OR Apache-2.0", 1))),
        (
            "#!/bin/sh\n# SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0\n",
            Some(("GPL-2.0-only WITH Classpath-exception-2.0", 2)),
        ),
        ("/* SPDX-License-Identifier: BSD-3-Clause */", Some(("BSD-3-Clause", 1))),
        ("<!-- SPDX-License-Identifier: CC0-1.0 -->", Some(("CC0-1.0", 1))),
        ("# SPDX-License-Identifier: LicenseRef-llama3.1\n", Some(("LicenseRef-llama3.1", 1))),
        ("# SPDX-License-Identifier: Not A Licence\n", None),
        ("# SPDX-License-Identifier:\nMIT", None),
        ("no such line", None),
        ("", None),
    ];
    for (text, expected) in cases {
        let expected = expected.map(|(id, line)| (id.to_owned(), line));
        assert_eq!(header(text), expected, "{text}");
    }
    let late = format!("{}# SPDX-License-Identifier: MIT\n", "x\n".repeat(5000));
    assert_eq!(header(&late), None);
    let umlaut = format!("{}ü", "x".repeat(8191));
    assert_eq!(header(&umlaut), None);
    let (_, facts) = look("a.rs", b"// SPDX-License-Identifier: MIT\nfn main() {}\n");
    let fact = facts.of(property::LICENCE).next().unwrap();
    assert_eq!((&fact.evidence.place[..], fact.evidence.known), ("line 1", Known::Declared));
}

#[test]
fn a_long_text_is_read_to_its_limit_and_says_so() {
    let long = "word ".repeat(100_000);
    let (_, facts) = look("LICENSE", long.as_bytes());
    assert!(facts.incomplete);
    assert_eq!(facts.text(property::LICENCE), None);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(8))]

    #[test]
    fn no_text_breaks_the_comparison(text in "\\PC{0,400}") {
        for found in detect(&text) {
            proptest::prop_assert!(found.score <= 1.0);
        }
        let _ = header(&text);
    }
}
