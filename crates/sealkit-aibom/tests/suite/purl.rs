//! Package URLs by the test cases of purl-spec, and the forms that AIBOMs use.

use proptest::prelude::*;
use sealkit_aibom::purl::{
    Purl, PurlError, generic, hugging_face, hugging_face_dataset, mlflow, oci, package,
};
use sealkit_inspect::PackageInfo;
use sealkit_oci::Digest;
use serde_json::Value;

/// Types that are written.
const TYPES: [&str; 11] = [
    "oci",
    "huggingface",
    "generic",
    "pypi",
    "npm",
    "cargo",
    "golang",
    "conda",
    "docker",
    "github",
    "mlflow",
];

fn build(parts: &Value) -> Result<Purl, PurlError> {
    let text = |key: &str| parts[key].as_str();
    let kind = text("type").unwrap_or_default();
    let name = text("name").unwrap_or_default();
    let mut purl = Purl::new(kind, text("namespace"), name, text("version"))?;
    for (key, value) in parts["qualifiers"].as_object().into_iter().flatten() {
        purl = purl.with(key, value.as_str().unwrap_or_default())?;
    }
    Ok(match text("subpath") {
        Some(path) => purl.inside(path),
        None => purl,
    })
}

fn parts(purl: &Purl) -> Value {
    let qualifiers = (!purl.qualifiers().is_empty()).then(|| purl.qualifiers());
    serde_json::json!({
        "type": purl.kind(),
        "namespace": purl.namespace(),
        "name": purl.name(),
        "version": purl.version(),
        "qualifiers": qualifiers,
        "subpath": purl.subpath(),
    })
}

/// What is wrong with one case; none where it passes.
fn objection(case: &Value) -> Option<String> {
    let input = &case["input"];
    let got = match case["test_type"].as_str().unwrap() {
        "parse" => Purl::parse(input.as_str().unwrap()).map(|purl| parts(&purl)),
        "build" => build(input).map(|purl| purl.to_string().into()),
        _ => Purl::parse(input.as_str().unwrap()).map(|purl| purl.to_string().into()),
    };
    let must_fail = case["expected_failure"] == true;
    match got {
        Err(error) => (!must_fail).then(|| format!("{input}: {error}")),
        Ok(got) if must_fail => Some(format!("{input}: is taken as {got}")),
        Ok(got) => (got != case["expected_output"]).then(|| format!("{input}: gives {got}")),
    }
}

#[test]
fn the_cases_of_the_specification_pass() {
    let Some(folder) = crate::cdx::testdata("purl") else { return };
    let mut count = 0;
    let mut wrong = Vec::new();
    let files = TYPES.map(|kind| folder.join(format!("types/{kind}-test.json")));
    for file in files.into_iter().chain([folder.join("spec/specification-test.json")]) {
        let document: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        for case in document["tests"].as_array().unwrap() {
            count += 1;
            wrong.extend(objection(case));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(count > 150, "{count}");
}

#[test]
fn a_kit_is_named_after_its_manifest() {
    let digest = Digest::of(b"");
    let purl = oci("registry.example:5000/Team/Mini-LM", &digest).unwrap();
    let tail = "?repository_url=registry.example:5000%2FTeam%2FMini-LM";
    assert_eq!(purl, format!("pkg:oci/mini-lm@{digest}{tail}"));
    // What no registry has is at no address.
    for name in ["mini-lm", "team/mini-lm", "localhost/mini-lm"] {
        assert_eq!(oci(name, &digest).unwrap(), format!("pkg:oci/mini-lm@{digest}"), "{name}");
    }
    assert_eq!(oci("a/", &digest), None);
}

#[test]
fn hub_identifiers_become_package_urls_only_where_they_can() {
    let commit = "043235D6088ecd3dd5fb5ca3592b6913fd516027";
    let purl = hugging_face("distilbert/base-1.3", Some(commit)).unwrap();
    assert_eq!(purl, format!("pkg:huggingface/distilbert/base-1.3@{}", commit.to_lowercase()));
    assert_eq!(hugging_face("a/b", Some("main")).unwrap(), "pkg:huggingface/a/b");
    for other in ["gpt2", "./models/x", "/abs/x", "a/b/c", "a/b c", "a/../b", "", "a/", "/b"] {
        assert_eq!(hugging_face(other, None), None, "{other}");
    }
    let data = |id: &str| hugging_face_dataset(id, None);
    assert_eq!(data("owner/pairs").unwrap(), "pkg:huggingface/datasets/owner/pairs");
    assert_eq!(data("s2orc").unwrap(), "pkg:huggingface/datasets/s2orc");
    assert_eq!(data("data/../x"), None);
    assert_eq!(data("my data"), None);
}

#[test]
fn packages_have_the_form_of_their_ecosystem() {
    let of = |ecosystem: &str, name: &str, version: Option<&str>| {
        package(&PackageInfo {
            ecosystem: ecosystem.into(),
            name: name.into(),
            version: version.map(str::to_owned),
            ..PackageInfo::default()
        })
    };
    for (ecosystem, name, expected) in [
        ("pypi", "Typing_Extensions", "pkg:pypi/typing-extensions@1.0"),
        ("npm", "@scope/pkg", "pkg:npm/%40scope/pkg@1.0"),
        ("golang", "github.com/a/b", "pkg:golang/github.com/a/b@1.0"),
        ("cargo", "serde", "pkg:cargo/serde@1.0"),
        ("conda", "numpy", "pkg:conda/numpy@1.0"),
        ("docker", "library/python", "pkg:docker/library/python@1.0"),
    ] {
        assert_eq!(of(ecosystem, name, Some("1.0")).as_deref(), Some(expected));
    }
    assert_eq!(of("pypi", "a", None).unwrap(), "pkg:pypi/a");
    assert_eq!(of("", "a", None), None);
    assert_eq!(of("pypi", "", None), None);
    let digest = Digest::of(b"");
    let file = generic("model.bin", None, Some(&digest)).unwrap();
    assert_eq!(file, format!("pkg:generic/model.bin?checksum={digest}"));
    let model = mlflow("fraud", Some("3"), Some("u"), None).unwrap();
    assert_eq!(model, "pkg:mlflow/fraud@3?model_uuid=u");
}

#[test]
fn what_is_no_package_url_is_refused() {
    for (text, why) in [
        ("", PurlError::Scheme),
        ("pypi/a", PurlError::Scheme),
        ("pkg:pypi", PurlError::Name),
        ("pkg:pypi/", PurlError::Name),
        ("pkg:1pypi/a", PurlError::Type),
        ("pkg:py pi/a", PurlError::Type),
        ("pkg:pypi/a%zz", PurlError::Encoding),
        ("pkg:pypi/a%", PurlError::Encoding),
        ("pkg:pypi/%ff", PurlError::Encoding),
        ("pkg:generic/a?x", PurlError::Qualifier),
        ("pkg:generic/a?x=1&X=2", PurlError::Qualifier),
        ("pkg:generic/a?1x=1", PurlError::Qualifier),
        ("pkg:huggingface/gpt2", PurlError::Form),
    ] {
        assert_eq!(Purl::parse(text), Err(why), "{text}");
    }
    assert_eq!(Purl::parse(&format!("pkg:generic/{}", "a".repeat(9000))), Err(PurlError::TooLong));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic_and_what_is_read_is_canonical(text in "pkg:[a-z]{3,4}/\\PC{0,30}") {
        if let Ok(purl) = Purl::parse(&text) {
            prop_assert_eq!(Purl::parse(&purl.to_string()), Ok(purl));
        }
    }

    #[test]
    fn what_is_built_comes_back(
        namespace in proptest::option::of("\\PC{1,8}"),
        name in "[^/]{1,8}",
        version in proptest::option::of("\\PC{1,8}"),
        value in "\\PC{0,8}",
        path in "\\PC{0,8}",
    ) {
        let purl = Purl::new("generic", namespace.as_deref(), &name, version.as_deref()).unwrap();
        let purl = purl.with("key", &value).unwrap().inside(&path);
        prop_assert_eq!(Purl::parse(&purl.to_string()), Ok(purl));
    }
}
