//! Whether two values say the same, whoever wrote them.

use std::collections::{BTreeMap, BTreeSet};

use sealkit_inspect::{Value, property};
use sealkit_report::Known;

use crate::Property;
use crate::licence::{self, folded};

/// What a stranger's property begins with.
const FOREIGN: &str = "metadata:";

/// Names that others have for what is measured: letters and digits of the last part, lower-case.
const ALIASES: &[(&str, &[&str])] = &[
    (property::FORMAT, &["format", "fileformat", "modelformat", "weightformat", "serialization"]),
    (
        property::PARAMETERS,
        &[
            "parameters",
            "parametercount",
            "parameterscount",
            "numparameters",
            "nparameters",
            "totalparameters",
        ],
    ),
    (property::TENSORS, &["tensors", "tensorcount", "numtensors"]),
    (property::DTYPE, &["dtype", "torchdtype", "precision", "datatype"]),
    (
        property::QUANTISATION,
        &["quantisation", "quantization", "quantizationtype", "quantizationfiletype"],
    ),
    (
        property::CONTEXT_LENGTH,
        &["contextlength", "contextwindow", "contextsize", "maxpositionembeddings"],
    ),
    (property::VOCABULARY, &["vocabulary", "vocabsize", "vocabularysize"]),
    (property::LAYERS, &["layers", "blockcount", "numhiddenlayers"]),
    (property::HEADS, &["heads", "attentionheadcount", "numattentionheads"]),
    (property::HIDDEN_SIZE, &["hiddensize", "embeddinglength"]),
    (property::ARCHITECTURE, &["architecture", "architecturefamily", "modeltype"]),
    (property::CHAT_TEMPLATE_DIGEST, &["chattemplatedigest", "chattemplatehash"]),
    (property::ROWS, &["rows", "rowcount", "numrows", "numexamples"]),
    (property::COLUMNS, &["columns", "columncount", "numcolumns"]),
];

/// Words for element types, the one that files have first.
const DTYPES: &[&[&str]] = &[
    &["f64", "float64", "fp64", "double"],
    &["f32", "float32", "fp32", "float"],
    &["f16", "float16", "fp16", "half"],
    &["bf16", "bfloat16"],
    &["i64", "int64", "long"],
    &["i32", "int32", "int"],
    &["i16", "int16", "short"],
    &["i8", "int8"],
    &["u8", "uint8"],
    &["bool", "boolean"],
];

/// The name of a property, where a stranger's is one that we have too.
pub(super) fn canonical(name: &str) -> &str {
    let Some(said) = name.strip_prefix(FOREIGN) else { return name };
    let last = said.rsplit([':', '/', '.']).next().unwrap_or_default();
    let plain = folded(last);
    let known = ALIASES.iter().find(|(_, words)| words.contains(&plain.as_str()));
    known.map_or(name, |(ours, _)| ours)
}

/// The texts that a value says, each in one spelling.
fn texts(name: &str, value: &Value) -> BTreeSet<String> {
    let spell = |text: &str| match name {
        property::DTYPE => dtype(text),
        _ => text.trim().to_lowercase(),
    };
    match value {
        Value::List(texts) => texts.iter().map(|text| spell(text)).collect(),
        Value::Text(text) => BTreeSet::from([spell(text)]),
        Value::Uint(_) | Value::Int(_) | Value::Float(_) | Value::Bool(_) => {
            BTreeSet::from([value.to_string()])
        }
        // What has parts says the same only where all of them do.
        parts => BTreeSet::from([serde_json::to_string(parts).unwrap_or_default()]),
    }
}

/// The texts of a value as they are written.
pub(super) fn written(value: &Value) -> BTreeSet<String> {
    match value {
        Value::List(texts) => texts.iter().cloned().collect(),
        other => BTreeSet::from([other.to_string()]),
    }
}

/// What the artifact says of one thing.
pub(super) struct Values<'p> {
    name: &'p str,
    pub(super) all: Vec<&'p Property>,
    /// The texts of the values, and how well each is known at best.
    texts: BTreeMap<String, u8>,
}

impl<'p> Values<'p> {
    pub(super) fn new(name: &'p str, all: Vec<&'p Property>) -> Self {
        let mut known: BTreeMap<String, u8> = BTreeMap::new();
        for property in &all {
            for text in texts(name, &property.value) {
                let best = known.entry(text).or_default();
                *best = (*best).max(how_well(property.known()));
            }
        }
        Self { name, all, texts: known }
    }

    /// How well a value is known that is among them.
    pub(super) fn how_well(&self, value: &Value) -> Option<u8> {
        texts(self.name, value).iter().filter_map(|text| self.texts.get(text).copied()).min()
    }

    /// Whether a stated value is among them.
    pub(super) fn has(&self, stated: &Value) -> bool {
        let wanted = texts(self.name, stated);
        let is_close = |text: &String| {
            let mut numbers = self.all.iter().filter_map(|property| match property.value {
                Value::Uint(number) => Some(number),
                _ => None,
            });
            numbers.any(|number| is_number(text, number))
        };
        let is_text = matches!(stated, Value::Text(_));
        wanted.iter().all(|text| self.texts.contains_key(text) || (is_text && is_close(text)))
    }
}

/// How well something is known, where no statement says it.
pub(super) fn how_well(known: Known) -> u8 {
    match known {
        Known::Inferred => 0,
        Known::Declared => 1,
        Known::Measured | Known::Attested => 2,
    }
}

fn dtype(text: &str) -> String {
    let text = text.trim().to_lowercase();
    let bare = text.strip_prefix("torch.").unwrap_or(&text);
    let row = DTYPES.iter().find(|row| row.contains(&bare));
    row.and_then(|row| row.first()).map_or_else(|| bare.to_owned(), |word| (*word).to_owned())
}

/// Whether a text such as `22,713,216`, `22.7M` or `7 billion` means this number, as exactly as it
/// is written.
fn is_number(text: &str, number: u64) -> bool {
    const UNITS: &[(&str, u32)] = &[
        ("thousand", 3),
        ("k", 3),
        ("million", 6),
        ("m", 6),
        ("billion", 9),
        ("b", 9),
        ("trillion", 12),
        ("t", 12),
    ];
    let plain: String =
        text.to_lowercase().chars().filter(|c| !matches!(c, ' ' | ',' | '_')).collect();
    let unit = UNITS.iter().find_map(|(word, power)| Some((plain.strip_suffix(word)?, *power)));
    let (digits, power) = unit.unwrap_or((plain.as_str(), 0));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let joined = format!("{whole}{fraction}");
    let is_digits = !joined.is_empty() && joined.bytes().all(|c| c.is_ascii_digit());
    let decimals = u32::try_from(fraction.len()).unwrap_or(u32::MAX);
    if !is_digits || whole.is_empty() || joined.len() > 20 || decimals > power {
        return false;
    }
    let step = 10_u128.pow(power - decimals);
    let number = u128::from(number);
    // Rounded or cut off at the last digit that is written.
    let meant = [number / step, (number + step / 2) / step];
    joined.parse::<u128>().is_ok_and(|stated| meant.contains(&stated))
}

/// Whether two licences can both be meant; `NOASSERTION` of a document states none.
pub(super) fn same_licence(a: &str, b: &str) -> bool {
    let is_unstated = |text: &str| folded(text) == "noassertion";
    is_unstated(a) || is_unstated(b) || licence::same_licence(a, b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_mean_what_they_say_to_their_last_digit() {
        for text in ["22713216", "22,713,216", "22_713_216", "22.7M", "22.71 million", "23M", "22M"]
        {
            assert!(is_number(text, 22_713_216), "{text}");
        }
        for text in ["22713217", "22.6M", "22.8M", "7B", "", ".5M", "M", "-1", "1e9", "22.7"] {
            assert!(!is_number(text, 22_713_216), "{text}");
        }
        assert!(!is_number(&"9".repeat(40), u64::MAX));
        assert!(is_number("7B", 6_738_415_616));
        assert!(!is_number("8B", 6_738_415_616));
    }

    #[test]
    fn element_types_have_one_spelling() {
        let same = |a: &str, b: &str| {
            let made = Property::text(property::DTYPE, b, None);
            Values::new(property::DTYPE, vec![&made]).has(&Value::Text(a.to_owned()))
        };
        assert!(same("float32", "F32") && same("torch.bfloat16", "BF16") && same("half", "F16"));
        assert!(!same("float16", "F32") && !same("bfloat16", "F16"));
    }

    #[test]
    fn lists_are_among_lists() {
        let list = |texts: &[&str]| Value::List(texts.iter().map(|t| (*t).to_owned()).collect());
        let made = Property::new(property::LANGUAGE, list(&["en", "de"]), None);
        let values = Values::new(property::LANGUAGE, vec![&made]);
        assert!(values.has(&list(&["DE"])) && values.has(&Value::Text("en".to_owned())));
        assert!(!values.has(&list(&["en", "fr"])));
    }

    #[test]
    fn names_of_others_are_known() {
        for (name, wanted) in [
            ("metadata:acme:model/Parameter_Count", property::PARAMETERS),
            ("metadata:genai:aibom:modelcard:vocabSize", property::VOCABULARY),
            ("metadata:modelFormat", property::FORMAT),
            ("metadata:colour", "metadata:colour"),
            ("rows", "rows"),
        ] {
            assert_eq!(canonical(name), wanted);
        }
    }

    #[test]
    fn licences_agree_where_both_can_be_meant() {
        assert!(same_licence("apache-2.0", "Apache-2.0"));
        assert!(same_licence("GPL-3.0-only", "GPL-3.0-or-later"));
        assert!(same_licence("Apache-2.0 OR MIT", "mit"));
        assert!(same_licence("NOASSERTION", "MIT"));
        assert!(!same_licence("MIT", "Apache-2.0"));
    }
}
