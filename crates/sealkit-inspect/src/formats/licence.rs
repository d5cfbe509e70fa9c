//! Licence texts, told apart by phrases that only they hold.

use sealkit_report::Budget;

use crate::{
    Class, Confidence, Facts, Format, InspectError, Inspector, Probe, ReadAt, Value, property,
};

const FORMAT: Format =
    Format::new("licence", "licence text", Class::Licence, &[]).media("text/plain");
/// Longest text that is compared, in bytes: the longest common one has 35 KiB.
const MAX_TEXT: u64 = 256 << 10;
/// Share of the phrases that a text must hold to be named.
const ENOUGH: f64 = 0.75;

pub(crate) struct LicenceText;

impl Inspector for LicenceText {
    fn format(&self) -> &Format {
        &FORMAT
    }

    fn probe(&self, probe: &Probe<'_>) -> Confidence {
        let name = probe.file_name().to_ascii_lowercase();
        let starts = ["license", "licence", "copying", "unlicense"];
        let named = starts.iter().any(|start| name.starts_with(start));
        let plain = name.rsplit_once('.').is_none_or(|(_, end)| {
            !matches!(end, "json" | "yaml" | "yml" | "py" | "rs" | "csv" | "html" | "js" | "ts")
        });
        let is_text = probe.len == 0 || probe.text().is_some();
        if named && plain && is_text { Confidence::Content } else { Confidence::No }
    }

    fn inspect(
        &self,
        source: &dyn ReadAt,
        path: &str,
        budget: &mut Budget,
    ) -> Result<Facts, InspectError> {
        let len = source.len().min(MAX_TEXT);
        budget.bytes(len)?;
        let mut bytes = vec![0; usize::try_from(len).unwrap_or(0)];
        source.read_at(0, &mut bytes)?;
        let mut facts = Facts::default();
        if let Some((id, score)) = detect(&String::from_utf8_lossy(&bytes)) {
            facts.inferred(path, "", property::LICENCE, Value::Text(id.to_owned()));
            facts.inferred(path, "", property::LICENCE_CONFIDENCE, Value::Float(score));
        }
        Ok(facts)
    }

    fn gives(&self) -> &'static [&'static str] {
        &[property::LICENCE, property::LICENCE_CONFIDENCE]
    }
}

/// The licence whose phrases the text holds best, with the share of them that it holds.
pub(crate) fn detect(text: &str) -> Option<(&'static str, f64)> {
    let text = normal(text);
    let mut best: Option<(&'static str, f64)> = None;
    for (id, needed, phrases) in LICENCES {
        if !needed.iter().all(|phrase| text.contains(phrase)) {
            continue;
        }
        let hits = phrases.iter().filter(|phrase| text.contains(**phrase)).count();
        let score = (hits + needed.len()) as f64 / (phrases.len() + needed.len()) as f64;
        // Of equals the first stands: the list goes from the special to the general.
        if score >= ENOUGH && best.is_none_or(|(_, other)| score > other) {
            best = Some((id, score));
        }
    }
    best
}

/// Lower case, one space between words, no punctuation: line breaks and quotes differ in copies.
fn normal(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let mut out = String::with_capacity(text.len());
    for word in words {
        if !out.is_empty() {
            out.push(' ');
        }
        out.extend(word.chars().flat_map(char::to_lowercase));
    }
    out
}

/// SPDX identifier, phrases that must stand, phrases that should. In the normal form.
type Fingerprint = (&'static str, &'static [&'static str], &'static [&'static str]);

const LICENCES: &[Fingerprint] = &[
    (
        "Apache-2.0",
        &["apache license", "version 2 0"],
        &[
            "terms and conditions for use reproduction and distribution",
            "grant of copyright license",
            "grant of patent license",
            "redistribution",
            "submission of contributions",
        ],
    ),
    (
        "AGPL-3.0-only",
        &["gnu affero general public license", "version 3"],
        &["remote network interaction", "19 november 2007", "corresponding source"],
    ),
    (
        "LGPL-3.0-only",
        &["gnu lesser general public license", "version 3 29 june 2007"],
        &["combined works", "the library"],
    ),
    (
        "LGPL-2.1-only",
        &["gnu lesser general public license", "version 2 1"],
        &["february 1999", "the library"],
    ),
    (
        "GPL-3.0-only",
        &["gnu general public license", "version 3 29 june 2007"],
        &[
            "conveying verbatim copies",
            "corresponding source",
            "automatic licensing of downstream recipients",
        ],
    ),
    (
        "GPL-2.0-only",
        &["gnu general public license", "version 2 june 1991"],
        &["the program", "no warranty"],
    ),
    (
        "MPL-2.0",
        &["mozilla public license", "2 0"],
        &["covered software", "larger work", "secondary licenses"],
    ),
    (
        "BSD-3-Clause",
        &["redistribution and use in source and binary forms with or without"],
        &[
            "redistributions of source code must retain the above copyright",
            "redistributions in binary form must reproduce the above copyright",
            "may be used to endorse or promote products derived from this software",
            "disclaimer",
        ],
    ),
    (
        "BSD-2-Clause",
        &["redistribution and use in source and binary forms with or without"],
        &[
            "redistributions of source code must retain the above copyright",
            "redistributions in binary form must reproduce the above copyright",
        ],
    ),
    (
        "MIT",
        &["permission is hereby granted free of charge to any person obtaining a copy"],
        &[
            "without limitation the rights to use copy modify merge publish distribute sublicense and or sell",
            "the above copyright notice and this permission notice shall be included in all copies or substantial portions",
            "the software is provided as is",
        ],
    ),
    (
        "ISC",
        &[
            "permission to use copy modify and or distribute this software for any purpose with or without fee is hereby granted",
        ],
        &[
            "provided that the above copyright notice and this permission notice appear in all copies",
        ],
    ),
    (
        "Unlicense",
        &["this is free and unencumbered software released into the public domain"],
        &["anyone is free to copy modify publish use compile sell or distribute this software"],
    ),
    ("CC0-1.0", &["cc0 1 0 universal"], &["statement of purpose", "copyright and related rights"]),
    (
        "CC-BY-NC-SA-4.0",
        &["attribution noncommercial sharealike 4 0 international"],
        &["creative commons"],
    ),
    (
        "CC-BY-NC-ND-4.0",
        &["attribution noncommercial noderivatives 4 0 international"],
        &["creative commons"],
    ),
    ("CC-BY-NC-4.0", &["attribution noncommercial 4 0 international"], &["creative commons"]),
    ("CC-BY-SA-4.0", &["attribution sharealike 4 0 international"], &["creative commons"]),
    ("CC-BY-4.0", &["attribution 4 0 international"], &["creative commons"]),
    (
        "OpenRAIL",
        &["rail", "use based restrictions"],
        &["responsible ai license", "derivatives of the model", "attachment a"],
    ),
    ("llama3.2", &["llama 3 2 community license"], &["meta"]),
    ("llama3.1", &["llama 3 1 community license"], &["meta"]),
    ("llama3", &["meta llama 3 community license"], &["meta"]),
    ("llama2", &["llama 2 community license"], &["meta"]),
    ("gemma", &["gemma terms of use"], &["google"]),
];
