//! The elements that become layers, and what `--filter` selects of them.

use proptest::prelude::*;
use sealkit_kitfile::{
    Filter, FilterError, Kitfile, LayerCount, LayerInfo, Part, any_matches, any_matches_kitfile,
};
use sealkit_oci::LayerRole::{self, Code, Dataset, Docs, Mcpb, Model, ModelPart};
use sealkit_oci::{Digest, LayerType};

const ALL: &str = "manifestVersion: 1.0.0
model:
  name: m
  path: ./models//m.bin
  parts: [{name: tok, path: tok/}, {path: cfg.json}]
code: [{path: src/}, {path: .}]
datasets:
  - {name: d, path: data}
  - {name: far, path: far, remotePath: 's3://b/k', remoteHash: abc}
  - {name: kit, path: kit, remotePath: 'ex.com/a/b:v1'}
docs: [{path: README.md}]
prompts: [{name: p, path: p.md}, {path: q.md}]
mcpServers: [{name: s, path: s.mcpb}]
";

fn kitfile() -> Kitfile {
    Kitfile::parse(ALL, "Kitfile").unwrap().kitfile
}

fn layer(at: usize) -> LayerInfo {
    let digest = Digest::of(at.to_string().as_bytes());
    LayerInfo { digest: Some(digest.clone()), diff_id: Some(digest) }
}

#[test]
fn parts_come_in_the_order_of_the_manifest() {
    let parts = kitfile().parts();
    let shown: Vec<_> = parts.iter().map(|it| (it.role, it.is_prompt, it.path.as_str())).collect();
    assert_eq!(
        shown,
        [
            (Model, false, "models/m.bin"),
            (ModelPart, false, "tok"),
            (ModelPart, false, "cfg.json"),
            (Code, false, "src"),
            (Code, false, "."),
            (Dataset, false, "data"),
            (Docs, false, "README.md"),
            (Code, true, "p.md"),
            (Code, true, "q.md"),
            (Mcpb, false, "s.mcpb"),
        ]
    );
    assert_eq!((parts[0].name.as_str(), parts[0].written_path.as_str()), ("m", "./models//m.bin"));
}

#[test]
fn a_model_elsewhere_or_without_a_path_is_no_part() {
    for (path, is_reference) in [("ex.com/base/m:v2", true), ("", false)] {
        let mut kitfile = kitfile();
        kitfile.model.as_mut().unwrap().path = path.to_owned();
        assert_eq!(kitfile.parts()[0].role, LayerRole::ModelPart);
        assert_eq!(kitfile.model_reference().is_some(), is_reference);
        assert!(kitfile.set_layers((0..9).map(layer).collect()).is_ok());
        assert_eq!(kitfile.model.unwrap().layer, LayerInfo::default());
    }
    assert!(kitfile().model_reference().is_none());
    let references = kitfile().dataset_references();
    assert_eq!(references.len(), 1);
    assert_eq!((references[0].0, references[0].1.to_string().as_str()), (2, "ex.com/a/b:v1"));
}

#[test]
fn layers_are_set_in_the_same_order() {
    let mut kitfile = kitfile();
    kitfile.set_layers((0..10).map(layer).collect()).unwrap();
    for (at, part) in kitfile.parts().iter().enumerate() {
        assert_eq!(part.layer, layer(at), "{part:?}");
    }
    assert_eq!(kitfile.datasets[1].layer, LayerInfo::default());
    let before = kitfile.clone();
    let error = kitfile.set_layers(vec![layer(0)]).unwrap_err();
    assert_eq!(error, LayerCount { parts: 10, layers: 1 });
    assert_eq!(kitfile, before);
}

#[test]
fn a_part_fits_layers_of_its_role_alone() {
    let code: LayerType = "application/vnd.kitops.modelkit.code.v1.tar".parse().unwrap();
    let parts = kitfile().parts();
    let fitting = |is_prompt| parts.iter().filter(|part| part.fits(code, is_prompt)).count();
    assert_eq!((fitting(false), fitting(true)), (2, 2));
}

fn selected(filter: &str) -> Vec<String> {
    let filter = Filter::parse(filter).unwrap();
    let parts = kitfile().parts();
    parts.into_iter().filter(|part| filter.matches(part)).map(|part| part.path).collect()
}

#[test]
fn filters_select_as_kit_does() {
    assert_eq!(selected("model"), ["models/m.bin", "tok", "cfg.json"]);
    assert_eq!(selected("model:tok"), ["tok"]);
    // The path counts exactly as it is written.
    assert_eq!(selected("model:./models//m.bin"), ["models/m.bin"]);
    assert!(selected("model:models/m.bin").is_empty());
    assert!(selected("code:src").is_empty());
    assert_eq!(selected("code:src/"), ["src"]);
    assert_eq!(selected("code,prompts"), ["src", ".", "p.md", "q.md"]);
    assert_eq!(selected("prompts:p,q.md"), ["p.md", "q.md"]);
    assert_eq!(selected("datasets,docs:d,README.md"), ["data", "README.md"]);
    assert_eq!(selected("mcpservers:s"), ["s.mcpb"]);
    // A part without a name has the empty one; code and docs have none at all.
    assert_eq!(selected("model:"), ["cfg.json"]);
    assert!(selected("code:").is_empty());
    assert!(selected("kitfile").is_empty());
    assert!(Filter::parse("kitfile:anything").unwrap().selects_kitfile());
}

#[test]
fn what_is_no_filter_is_refused() {
    assert_eq!(Filter::parse("model:a:b"), Err(FilterError::Colons("model:a:b".into())));
    for bad in ["", "Model", "model,", "models", "model ,code", ":x"] {
        assert!(matches!(Filter::parse(bad), Err(FilterError::Type(_))), "{bad}");
    }
    assert!("docs:x".parse::<Filter>().is_ok());
}

#[test]
fn several_filters_add_up() {
    let filters: Vec<Filter> = ["docs", "code:src/"].map(|it| it.parse().unwrap()).into();
    let parts = kitfile().parts();
    let count = |filters: &[Filter]| parts.iter().filter(|it| any_matches(filters, it)).count();
    assert_eq!((count(&filters), count(&[])), (2, 10));
}

#[test]
fn a_kitfile_counts_what_it_holds_elsewhere_too() {
    let holds = |filter: &str| any_matches_kitfile(&[filter.parse().unwrap()], &kitfile());
    assert!(holds("kitfile"));
    assert!(holds("datasets:far"));
    assert!(!holds("datasets:nothing"));
    assert!(any_matches_kitfile(&[], &Kitfile::default()));
    let remote = "model: {name: base, path: 'ex.com/a:v1'}\n";
    let remote = Kitfile::parse_unchecked(remote, "Kitfile").unwrap();
    assert!(any_matches_kitfile(&["model:base".parse().unwrap()], &remote));
}

fn part(path: &str) -> Part {
    let mut parts = kitfile().parts();
    let at = parts.iter().position(|it| it.path == path).unwrap();
    parts.swap_remove(at)
}

#[test]
fn a_single_file_of_a_part_can_be_selected() {
    let selects =
        |filter: &str, file: &str| Filter::parse(filter).unwrap().selects_file(&part("data"), file);
    assert!(selects("datasets", "data/a.csv"));
    assert!(selects("datasets:d", "data/a.csv"));
    assert!(selects("datasets:data/a.csv", "data/a.csv"));
    assert!(selects("datasets:./data/x/", "data/x/y/z"));
    assert!(!selects("datasets:data/a.csv", "data/a.csv.bak"));
    assert!(!selects("datasets:data/a", "data/ab"));
    assert!(!selects("docs:data/a.csv", "data/a.csv"));
    assert!(!selects("datasets:README.md", "data/a.csv"));
    assert!(!selects("datasets:data/../data-2/a", "data-2/a"));
    let filter = Filter::parse("code:lib/x.py").unwrap();
    assert!(filter.selects_file(&part("."), "lib/x.py"));
    assert!(!filter.matches(&part(".")));
}

proptest! {
    #[test]
    fn no_filter_makes_it_panic(text in "\\PC{0,40}", file in "\\PC{0,20}") {
        if let Ok(filter) = Filter::parse(&text) {
            for part in kitfile().parts() {
                let whole = filter.matches(&part);
                prop_assert!(!whole || filter.selects_file(&part, &file));
            }
        }
    }
}
