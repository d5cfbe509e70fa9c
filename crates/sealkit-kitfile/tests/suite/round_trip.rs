//! Any Kitfile, written as YAML and as JSON, read back, and held against what was written.

use std::collections::BTreeSet;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use sealkit_kitfile::{
    Code, Dataset, Docs, Kitfile, LayerInfo, McpServer, Model, ModelPart, Package, Prompt, Value,
    path,
};
use sealkit_oci::Digest;

/// Text that YAML and JSON have trouble with.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-zA-Z0-9 ._-]{0,12}",
        2 => "\\PC{0,12}",
        1 => prop::sample::select(vec![
            "yes", "no", "null", "~", "true", "0x1F", "0o17", "1e3", ".inf", "-", "- a", "a: b",
            "#", "a #b", "@a", "`", "!tag", "&a", "*a", "%x", "{", "}", "[", "]", ",", "?", "|",
            ">", "'", "\"", "\\", "a\nb", "a\n", "\n", "\ta", " a ", "2020-01-01", "1.0.0", "<&>",
            "\u{2028}", "\u{2029}", "\u{85}", "=", "<<", "---", "...", "\u{2028}!", "a\u{2028}b", "a \u{2029}b", "\u{2029} a", "a\u{2028}\u{2028}b",
            "a\u{2028}b\nc", "a\n\u{2028} b\n", "x\u{2028}\n  y", "日本", "é", "\u{1F600}",
        ])
        .prop_map(str::to_owned),
    ]
}

/// A path that is one, and no reference to another kit.
fn a_path() -> impl Strategy<Value = String> {
    "[a-z]{1,8}(/[a-zA-Z0-9_é-]{1,8}){0,3}(\\.[a-z]{1,4})?"
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        // Read from a config, one between these is a number as Go has it, which YAML writes otherwise
        // than the whole number of a Kitfile: as `kit` does.
        any::<i64>()
            .prop_filter("is written alike", |it| {
                !(1_000_000..=1 << 53).contains(&it.unsigned_abs())
            })
            .prop_map(Value::Int),
        (i64::MAX as u64 + 1..=u64::MAX).prop_map(Value::Uint),
        // A whole number is written without a point, as Go does, and comes back as one.
        any::<f64>()
            .prop_filter("finite and not whole", |f| f.is_finite() && f.fract() != 0.0)
            .prop_map(Value::Float),
        text().prop_map(Value::String),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::List),
            btree_map("[a-zA-Z_ .-]{1,6}", inner, 0..4).prop_map(Value::Map),
        ]
    })
}

/// Free data, which is a map in practice and anything in theory.
fn parameters() -> impl Strategy<Value = Option<Value>> {
    option::of(value().prop_filter("null is absent", |value| *value != Value::Null))
}

fn layer() -> impl Strategy<Value = LayerInfo> {
    option::of(any::<[u8; 4]>()).prop_map(|seed| match seed {
        None => LayerInfo::default(),
        Some(seed) => LayerInfo {
            digest: Some(Digest::of(&seed)),
            diff_id: Some(Digest::of(&[seed.as_slice(), b"x"].concat())),
        },
    })
}

prop_compose! {
    fn package()(
        name in text(), version in text(), description in text(), license in text(),
        // A lone `-` in a flow list is one of the spellings that the parser refuses.
        authors in vec(text().prop_filter("no dash", |text| !text.contains('-')), 0..3),
    ) -> Package {
        Package { name, version, description, license, authors }
    }
}

prop_compose! {
    fn model()(
        name in text(), path in a_path(), license in text(), framework in text(), format in text(),
        version in text(), description in text(),
        parts in vec((text(), a_path(), "[a-z][a-z0-9.-]{0,8}", layer()), 0..3),
        parameters in parameters(), layer in layer(),
    ) -> Model {
        let parts = parts.into_iter().map(|(name, path, kind, layer)| {
            ModelPart { name, path, kind, layer, ..ModelPart::default() }
        });
        let parts = parts.collect();
        Model { name, path, license, framework, format, version, description, parts, parameters, layer }
    }
}

prop_compose! {
    fn lists()(
        code in vec((a_path(), text(), text(), layer()), 0..3),
        datasets in vec((text(), a_path(), text(), parameters(), layer()), 0..3),
        docs in vec((a_path(), text(), layer()), 0..3),
        prompts in vec((text(), a_path(), text(), layer()), 0..3),
        servers in vec(("[a-z]{1,8}", a_path(), text(), layer()), 0..2),
    ) -> Kitfile {
        Kitfile {
            code: code.into_iter().map(|(path, description, license, layer)| {
                Code { path, description, license, layer }
            }).collect(),
            datasets: datasets.into_iter().map(|(name, path, description, parameters, layer)| {
                Dataset { name, path, description, parameters, layer, ..Dataset::default() }
            }).collect(),
            docs: docs.into_iter().map(|(path, description, layer)| {
                Docs { path, description, layer }
            }).collect(),
            prompts: prompts.into_iter().map(|(name, path, description, layer)| {
                Prompt { name, path, description, layer }
            }).collect(),
            mcp_servers: servers.into_iter().enumerate().map(|(at, (name, path, description, layer))| {
                let (name, path) = (format!("{name}{at}"), format!("{path}{at}.mcpb"));
                McpServer { name, path, description, layer }
            }).collect(),
            ..Kitfile::default()
        }
    }
}

fn kitfile() -> impl Strategy<Value = Kitfile> {
    (package(), option::of(model()), lists()).prop_map(|(package, model, lists)| Kitfile {
        manifest_version: "1.0.0".to_owned(),
        package,
        model,
        ..lists
    })
}

/// The same Kitfile as YAML has it: without the layers.
fn bare(kitfile: &Kitfile) -> Kitfile {
    let mut bare = kitfile.clone();
    let none = vec![LayerInfo::default(); bare.parts().len()];
    bare.set_layers(none).unwrap();
    bare
}

/// Every path is of a part of its own, which validation asks for.
fn has_own_paths(kitfile: &Kitfile) -> bool {
    let mut seen = BTreeSet::new();
    kitfile.parts().into_iter().all(|part| seen.insert(part.path))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_config_reads_back_to_the_same_bytes(kitfile in kitfile()) {
        // A number is read as Go reads one, whole or not: the bytes are what counts.
        let json = kitfile.to_json().unwrap();
        let read = Kitfile::from_json(&json).unwrap();
        prop_assert_eq!(read.parts(), kitfile.parts());
        prop_assert_eq!(read.to_json().unwrap(), json);
        prop_assert_eq!(read.to_yaml(), kitfile.to_yaml());
    }

    #[test]
    fn yaml_reads_back_to_the_same_kitfile(kitfile in kitfile()) {
        let kitfile = bare(&kitfile);
        prop_assume!(has_own_paths(&kitfile));
        let yaml = kitfile.to_yaml();
        let read = Kitfile::parse(&yaml, "Kitfile");
        // A line separator in a block is a line break for the writer and a letter for the parser:
        // it is refused where the two would differ.
        prop_assume!(read.is_ok() || !(yaml.contains('|') && yaml.contains(['\u{2028}', '\u{2029}'])));
        let read = read.unwrap_or_else(|error| panic!("{error}\n{yaml}")).kitfile;
        prop_assert_eq!(&read, &kitfile, "{}", yaml);
        prop_assert_eq!(read.to_yaml(), yaml);
    }

    #[test]
    fn yaml_never_tells_a_layer(kitfile in kitfile()) {
        let yaml = kitfile.to_yaml();
        prop_assert_eq!(yaml, bare(&kitfile).to_yaml());
    }

    #[test]
    fn parts_and_layers_stay_together(kitfile in kitfile()) {
        let parts = kitfile.parts();
        let layers: Vec<LayerInfo> = (0..parts.len()).map(|at| LayerInfo {
            digest: Some(Digest::of(at.to_string().as_bytes())), diff_id: None,
        }).collect();
        let mut set = kitfile.clone();
        set.set_layers(layers.clone()).unwrap();
        let now: Vec<LayerInfo> = set.parts().into_iter().map(|part| part.layer).collect();
        prop_assert_eq!(now, layers);
        prop_assert!(set.set_layers(Vec::new()).is_err() || parts.is_empty());
    }

    #[test]
    fn json_is_json_whatever_is_in_it(kitfile in kitfile()) {
        let json = kitfile.to_json().unwrap();
        let text = std::str::from_utf8(&json).unwrap();
        // Go's writer leaves none of these as they are.
        for forbidden in ['<', '>', '&', '\u{2028}', '\u{2029}'] {
            prop_assert!(!text.contains(forbidden), "{}", text);
        }
        let value: serde_json::Value = serde_json::from_slice(&json).unwrap();
        prop_assert_eq!(value["package"]["name"].as_str().unwrap_or_default(), kitfile.package.name);
    }

    #[test]
    fn one_changed_byte_never_panics(kitfile in kitfile(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut yaml = kitfile.to_yaml().into_bytes();
        let place = at.index(yaml.len());
        yaml[place] = byte;
        if let Ok(text) = std::str::from_utf8(&yaml) {
            let _ = Kitfile::parse(text, "Kitfile");
        }
        let mut json = kitfile.to_json().unwrap();
        let place = at.index(json.len());
        json[place] = byte;
        let _ = Kitfile::from_json(&json);
    }

    #[test]
    fn a_clean_path_stays_clean(text in "[a-z./]{0,20}") {
        let once = path::clean(&text);
        prop_assert_eq!(path::clean(&once), once.clone());
        prop_assert!(!once.is_empty());
        prop_assert!(once == "/" || !once.ends_with('/'), "{}", once);
        prop_assert!(!once.contains("//"));
        prop_assert!(once == "." || !once.split('/').any(|part| part == "."), "{}", once);
    }
}
