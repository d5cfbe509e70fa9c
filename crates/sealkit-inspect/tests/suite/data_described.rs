//! Datasets as files beside them describe them: Croissant, data packages, the datasets library.

use crate::common::{format, look};
use crate::data::{head, pairs, said};
use sealkit_inspect::{Class, Facts, FileInfo, PartyInfo, Value, property};
use sealkit_report::Known;

/// As mlcroissant 1.1 writes it, its context shortened.
const CROISSANT: &str = r#"{
 "@context": {"@language": "en", "@vocab": "https://schema.org/", "cr": "http://mlcommons.org/croissant/",
  "rai": "http://mlcommons.org/croissant/RAI/", "sc": "https://schema.org/"},
 "@type": "sc:Dataset", "name": "tiny", "description": "A tiny set.",
 "conformsTo": "http://mlcommons.org/croissant/1.1", "citeAs": "@misc{tiny}",
 "creator": [{"@type": "sc:Person", "name": "Ada", "email": "ada@example.com"},
  {"@type": "sc:Organization", "name": "Lab", "url": "https://user:secret@example.com"}, "Grace"],
 "publisher": {"@type": "Organization", "name": "Press"},
 "datePublished": "2024-05-01", "keywords": ["a", "b"], "inLanguage": "en",
 "license": ["https://creativecommons.org/licenses/by/4.0/", {"@type": "CreativeWork", "name": "MIT"}],
 "rai:dataAnnotationProtocol": "two people", "rai:dataBiases": ["English only", "young"],
 "rai:dataCollection": "Crawled.", "rai:dataCollectionTimeFrame": ["2020"],
 "rai:dataLimitations": "small", "rai:dataPreprocessingProtocol": ["lowercased"],
 "rai:dataReleaseMaintenancePlan": "never", "rai:dataSocialImpact": "little",
 "rai:dataUseCases": "testing", "rai:personalSensitiveInformation": "none known",
 "url": "https://example.com/tiny", "version": "1.2.0", "isLiveDataset": true,
 "distribution": [
  {"@type": "cr:FileObject", "@id": "data.csv", "name": "data.csv", "contentSize": "123 B",
   "contentUrl": "data/data.csv", "encodingFormat": "text/csv",
   "sha256": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
  {"@type": "cr:FileObject", "@id": "repo", "contentUrl": "https://me:pw@example.com/x?token=abc",
   "contentSize": "2.5 GB", "sha256": "main", "md5": "d41d8cd98f00b204e9800998ecf8427e"},
  {"@type": "cr:FileSet", "@id": "imgs", "includes": "*.jpg"}],
 "recordSet": [{"@type": "cr:RecordSet", "@id": "rows", "name": "rows", "field": [
  {"@type": "cr:Field", "@id": "rows/text", "name": "rows/text", "dataType": "sc:Text"},
  {"@type": "cr:Field", "@id": "rows/img", "name": "img", "dataType": ["sc:ImageObject", "wd:Q1"]},
  {"@type": "cr:Field", "@id": "rows/box", "name": "box", "subField": [
    {"@type": "cr:Field", "name": "x", "dataType": "sc:Float"}]}]}]
}"#;

#[test]
fn croissant_says_what_the_dataset_is() {
    let (class, facts) = look("croissant.json", CROISSANT.as_bytes());
    assert_eq!(class, Class::Dataset);
    assert_eq!(facts.text(property::FORMAT), Some("croissant"));
    assert_eq!(facts.findings, []);
    let texts = [
        (property::FORMAT_VERSION, "1.1"),
        (property::NAME, "tiny"),
        (property::VERSION, "1.2.0"),
        (property::DESCRIPTION, "A tiny set."),
        (property::CITATION, "@misc{tiny}"),
        (property::RELEASED, "2024-05-01"),
        (property::LANGUAGE, "en"),
        (property::ANNOTATION, "two people"),
        (property::LIMITATION, "small"),
        (property::PREPROCESSING, "lowercased"),
        (property::ETHICS, "little"),
        (property::INTENDED_USE, "testing"),
        (property::SENSITIVE_DATA, "none known"),
    ];
    for (property, text) in texts {
        assert_eq!(facts.list(property), [text], "{property}");
    }
    assert_eq!(facts.list(property::BIAS), ["English only", "young"]);
    assert_eq!(facts.list(property::TAG), ["a", "b"]);
    assert_eq!(facts.list(property::COLLECTION), ["Crawled.", "2020"]);
    assert_eq!(facts.list(property::UPDATES), ["never", "live"]);
    let licences = ["https://creativecommons.org/licenses/by/4.0/", "MIT"];
    assert_eq!(facts.list(property::LICENCE), licences);
    assert_eq!(facts.list(property::MODALITY), ["image", "text"]);
}

#[test]
fn each_statement_says_where_it_stands() {
    let facts = head("croissant.json", CROISSANT.as_bytes());
    let places = |property: &str| -> Vec<&str> {
        facts.of(property).map(|fact| fact.evidence.place.as_str()).collect()
    };
    assert_eq!(places(property::BIAS), ["/rai:dataBiases/0", "/rai:dataBiases/1"]);
    assert_eq!(places(property::NAME), ["/name"]);
    assert_eq!(places(property::PARTY), ["/creator/0", "/creator/1", "/creator/2", "/publisher"]);
    let root: serde_json::Value = serde_json::from_str(CROISSANT).unwrap();
    for fact in facts.facts.iter().filter(|fact| fact.evidence.known == Known::Declared) {
        assert!(root.pointer(&fact.evidence.place).is_some(), "{:?}", fact.evidence);
    }
}

#[test]
fn parties_and_files_have_shapes_and_no_secrets() {
    let facts = head("croissant.json", CROISSANT.as_bytes());
    let parties: Vec<&PartyInfo> = facts
        .of(property::PARTY)
        .filter_map(|fact| if let Value::Party(party) = &fact.value { Some(party) } else { None })
        .collect();
    assert_eq!(parties[0].email.as_deref(), Some("ada@example.com"));
    assert!(!parties[0].organisation && parties[1].organisation && parties[3].organisation);
    assert_eq!(parties[1].url.as_deref(), Some("https://example.com"));
    assert_eq!((parties[2].name.as_str(), parties[2].role.as_deref()), ("Grace", Some("creator")));
    let files = files(&facts);
    let sha256 = format!("sha256:{}", "a".repeat(64));
    let file = |path: &str, size, digests: &[&str]| FileInfo {
        path: path.to_owned(),
        size,
        digests: digests.iter().map(|digest| (*digest).to_owned()).collect(),
    };
    assert_eq!(files[0], file("data/data.csv", Some(123), &[&sha256]));
    // A rounded size is no size, and `main` is no digest.
    let md5 = "md5:d41d8cd98f00b204e9800998ecf8427e";
    assert_eq!(files[1], file("https://example.com/x", None, &[md5]));
    assert_eq!(files[2], file("*.jpg", None, &[]));
}

fn files(facts: &Facts) -> Vec<FileInfo> {
    let file =
        |value: &Value| if let Value::File(file) = value { Some(file.clone()) } else { None };
    facts.of(property::FILE_REFERENCE).filter_map(|fact| file(&fact.value)).collect()
}

#[test]
fn fields_are_named_once_by_their_records() {
    let facts = head("croissant.json", CROISSANT.as_bytes());
    let expected =
        [("rows/text", "Text"), ("rows/img", "ImageObject, Q1"), ("rows/box/x", "Float")];
    for (subject, kind) in expected {
        assert_eq!(said(&facts, property::COLUMN_TYPE, subject), kind);
    }
    assert_eq!(pairs(&facts, property::COLUMN_TYPE).len(), 3);
}

#[test]
fn other_spellings_of_the_same_names_are_read() {
    let text = r#"{"@context": {"cr": "http://mlcommons.org/croissant/"}, "@graph": [{"@type": "Person"},
        {"@type": ["sc:Dataset"], "schema:name": {"@value": "full"}, "https://schema.org/version": 2,
         "http://mlcommons.org/croissant/RAI/dataBiases": "x",
         "dct:conformsTo": {"@id": "http://mlcommons.org/croissant/1.0"}}]}"#;
    let facts = head("any.json", text.as_bytes());
    assert_eq!(facts.text(property::FORMAT), Some("croissant"));
    assert_eq!(facts.text(property::NAME), Some("full"));
    assert_eq!(facts.text(property::VERSION), Some("2"));
    assert_eq!(facts.text(property::FORMAT_VERSION), Some("1.0"));
    let bias = facts.of(property::BIAS).next().unwrap();
    let place = "/@graph/1/http:~1~1mlcommons.org~1croissant~1RAI~1dataBiases";
    assert_eq!(bias.evidence.place, place);
}

#[test]
fn json_that_is_no_croissant_is_not_called_one() {
    assert_eq!(format("x.json", br#"{"name":"a"}"#), "json");
    assert_eq!(format("croissant.json", br#"{"butter":true}"#), "json");
    assert_eq!(format("notes.txt", b"see mlcommons.org/croissant/ for more"), "text");
}

#[test]
fn hostile_croissants_end() {
    let deep = format!(
        r#"{{"@context":"http://mlcommons.org/croissant/","recordSet":{}{}}}"#,
        r#"{"field":"#.repeat(10_000),
        "1".to_owned() + &"}".repeat(10_000)
    );
    assert!(head("croissant.json", deep.as_bytes()).incomplete);
    let nested = format!(
        r#"{{"@context":"http://mlcommons.org/croissant/","recordSet":{{"field":{}{}}}}}"#,
        r#"{"dataType":"a","name":"n","subField":"#.repeat(30),
        "1".to_owned() + &"}".repeat(30)
    );
    assert!(head("croissant.json", nested.as_bytes()).incomplete);
    let twice = r#"{"@context":"http://mlcommons.org/croissant/","name":"a","name":"b"}"#;
    assert!(head("croissant.json", twice.as_bytes()).incomplete);
    for end in 0..CROISSANT.len() {
        let Some(cut) = CROISSANT.get(..end) else { continue };
        assert_eq!(head("croissant.json", cut.as_bytes()).text(property::NAME), None);
    }
}

const INFOS: &str = r#"{"default": {"description": "Texts.", "citation": "@a{b}", "homepage": "https://u@example.com/",
  "license": "MIT", "features": {"text": {"dtype": "string", "_type": "Value"},
   "label": {"names": ["no", "yes"], "_type": "ClassLabel"},
   "pair": {"languages": ["de", "en"], "_type": "Translation"},
   "many": {"feature": {"dtype": "int8", "_type": "Value"}, "length": -1, "_type": "Sequence"},
   "old": [{"dtype": "string", "_type": "Value"}]},
  "builder_name": "csv", "dataset_name": "texts", "version": {"version_str": "1.0.0", "major": 1},
  "splits": {"train": {"name": "train", "num_bytes": 100, "num_examples": 10},
             "test": {"name": "test", "num_bytes": 20, "num_examples": 2}},
  "download_checksums": {"https://example.com/a/b.csv": {"num_bytes": 77,
    "checksum": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    "https://example.com/c?sig=x": {"num_bytes": 1, "checksum": null}},
  "download_size": 78, "dataset_size": 120, "size_in_bytes": 198}}"#;

#[test]
fn dataset_infos_say_splits_features_and_sources() {
    let (class, facts) = look("data/dataset_infos.json", INFOS.as_bytes());
    assert_eq!((class, facts.text(property::FORMAT)), (Class::Dataset, Some("hf-dataset-info")));
    assert_eq!(facts.text(property::NAME), Some("texts"));
    assert_eq!(facts.text(property::VERSION), Some("1.0.0"));
    assert_eq!(facts.text(property::LICENCE), Some("MIT"));
    assert_eq!(facts.text(property::DESCRIPTION), Some("Texts."));
    assert_eq!(facts.uint(property::ROWS), Some(12));
    assert_eq!(facts.uint(property::DATASET_SIZE), Some(120));
    assert_eq!(facts.uint(property::DOWNLOAD_SIZE), Some(78));
    let rows = [("train".to_owned(), "10".to_owned()), ("test".to_owned(), "2".to_owned())];
    assert_eq!(pairs(&facts, property::ROWS_OF_SPLIT), rows);
    assert_eq!(said(&facts, property::BYTES_OF_SPLIT, "test"), "20");
    assert_eq!(said(&facts, property::FEATURE, "label"), "ClassLabel(no, yes)");
    assert_eq!(said(&facts, property::FEATURE, "pair"), "Translation(de, en)");
    assert_eq!(said(&facts, property::FEATURE, "many"), "list<int8>");
    assert_eq!(said(&facts, property::FEATURE, "old"), "list<string>");
    let files = files(&facts);
    assert_eq!(files[0].size, Some(77));
    assert_eq!(files[0].digests.len(), 1);
    assert_eq!(files[1].path, "https://example.com/c");
    let link = facts.of(property::LINK).next().unwrap().value.to_string();
    assert_eq!(link, "https://example.com/");
    // Each place leads to something in the file.
    let root: serde_json::Value = serde_json::from_str(INFOS).unwrap();
    for fact in facts.facts.iter().filter(|fact| fact.evidence.known == Known::Declared) {
        assert!(root.pointer(&fact.evidence.place).is_some(), "{:?}", fact.evidence);
    }
}

#[test]
fn several_configurations_are_told_apart() {
    let one = r#"{"features":{},"splits":{"train":{"num_examples":1}},"version":"1.0.0"}"#;
    let text = format!(r#"{{"a":{one},"b/c":{one}}}"#);
    let facts = head("dataset_infos.json", text.as_bytes());
    // Whether they share rows is not known, so there is no sum.
    assert_eq!(facts.uint(property::ROWS), None);
    let rows = pairs(&facts, property::ROWS_OF_SPLIT);
    assert_eq!(
        rows.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
        ["a/train", "b/c/train"]
    );
    let place = &facts
        .facts
        .iter()
        .filter(|f| f.property == property::ROWS_OF_SPLIT)
        .nth(1)
        .unwrap()
        .evidence
        .place;
    assert_eq!(place, "/b~1c/splits/train/num_examples");
    let alone = head("dataset_info.json", one.as_bytes());
    assert_eq!(alone.uint(property::ROWS), Some(1));
    assert_eq!(alone.text(property::VERSION), Some("1.0.0"));
}

#[test]
fn sums_beyond_64_bits_are_no_sums() {
    let text = format!(
        r#"{{"features":{{}},"splits":{{"a":{{"num_examples":{0}}},"b":{{"num_examples":{0}}}}}}}"#,
        u64::MAX
    );
    let facts = head("dataset_info.json", text.as_bytes());
    assert_eq!(facts.uint(property::ROWS), None);
    assert_eq!(pairs(&facts, property::ROWS_OF_SPLIT).len(), 2);
    let partly = r#"{"features":{},"splits":{"a":{"num_examples":3},"b":{}}}"#;
    assert_eq!(head("dataset_info.json", partly.as_bytes()).uint(property::ROWS), None);
}

#[test]
fn saved_datasets_name_their_files() {
    let state = br#"{"_data_files":[{"filename":"data-00000-of-00001.arrow"}],"_fingerprint":"3129c66e81e5e4b1","_split":"train"}"#;
    let facts = head("train/state.json", state);
    assert_eq!(facts.text(property::FORMAT), Some("hf-dataset-state"));
    assert_eq!(files(&facts)[0].path, "data-00000-of-00001.arrow");
    assert_eq!(facts.list(property::SPLIT), ["train"]);
    assert_eq!(said(&facts, property::METADATA, "_fingerprint"), "3129c66e81e5e4b1");
    let facts = head("dataset_dict.json", br#"{"splits": ["train", "test"]}"#);
    assert_eq!(facts.list(property::SPLIT), ["train", "test"]);
    assert_eq!(format("state.json", br#"{"a":1}"#), "json");
}

#[test]
fn features_that_nest_without_end_are_cut() {
    let deep = format!(
        r#"{{"features":{{"a":{}{{"dtype":"string","_type":"Value"}}{}}}}}"#,
        r#"{"feature":"#.repeat(40),
        r#","_type":"Sequence"}"#.repeat(40)
    );
    let facts = head("dataset_info.json", deep.as_bytes());
    let told = said(&facts, property::FEATURE, "a");
    assert!(told.starts_with("list<list<") && told.contains('…') && told.len() < 600, "{told}");
}

const PACKAGE: &str = r#"{"profile":"tabular-data-package","name":"prices","title":"Prices","version":"2.1",
 "description":"Daily.","created":"2024-01-02T03:04:05Z","homepage":"https://example.com","keywords":["x","y"],
 "licenses":[{"name":"ODC-PDDL-1.0","path":"https://example.com/l"},{"path":"https://example.com/m"}],
 "contributors":[{"title":"Ada","email":"a@example.com","role":"author","organization":"Lab"},
  {"organization":"Lab"},{"title":"Bob","roles":["creator"]},{}],
 "sources":[{"title":"Raw prices","path":"https://u:p@example.com/raw"},{"path":"https://example.com/2"}],
 "resources":[{"name":"daily","path":"data/daily.csv","bytes":42,"hash":"D41D8CD98F00B204E9800998ECF8427E",
   "schema":{"fields":[{"name":"day","type":"date"},{"name":"price","type":"number"},{"name":"any"}]}},
  {"name":"parts","path":["a.csv","b.csv"],"hash":"sha256:zz"}]}"#;

#[test]
fn data_packages_say_files_fields_and_people() {
    let (class, facts) = look("datapackage.json", PACKAGE.as_bytes());
    assert_eq!((class, facts.text(property::FORMAT)), (Class::Dataset, Some("datapackage")));
    assert_eq!(facts.text(property::NAME), Some("prices"));
    assert_eq!(facts.text(property::VERSION), Some("2.1"));
    assert_eq!(facts.list(property::LICENCE), ["ODC-PDDL-1.0", "https://example.com/m"]);
    assert_eq!(facts.list(property::TAG), ["x", "y"]);
    let files = files(&facts);
    assert_eq!(files.len(), 3);
    assert_eq!(files[0].digests, ["md5:d41d8cd98f00b204e9800998ecf8427e"]);
    assert_eq!((files[0].size, files[2].path.as_str()), (Some(42), "b.csv"));
    let fields = pairs(&facts, property::COLUMN_TYPE);
    let expected = [("daily/day", "date"), ("daily/price", "number"), ("daily/any", "any")];
    assert_eq!(fields, expected.map(|(name, kind)| (name.to_owned(), kind.to_owned())));
    let names: Vec<String> = facts.of(property::PARTY).map(|fact| fact.value.to_string()).collect();
    assert_eq!(names, ["Ada", "Lab", "Bob"]);
    let origins: Vec<_> = facts.origins(property::SOURCE_DATASET).collect();
    assert_eq!(origins[0].name, "Raw prices");
    assert_eq!(origins[0].url.as_deref(), Some("https://example.com/raw"));
    assert_eq!(origins[1].name, "https://example.com/2");
}

#[test]
fn odd_types_in_descriptions_are_passed_over() {
    let odd = [
        (
            "datapackage.json",
            r#"{"resources":{"a":1},"licenses":"MIT","contributors":[1],"sources":[[]],"name":{}}"#,
        ),
        (
            "datapackage.json",
            r#"{"resources":[{"path":1,"schema":[]},{"path":[2],"schema":{"fields":{}}}]}"#,
        ),
        (
            "dataset_info.json",
            r#"{"features":[1],"splits":[1],"version":{"version_str":1},"license":7}"#,
        ),
        ("dataset_infos.json", r#"{"description":1,"b":[2]}"#),
        ("state.json", r#"{"_data_files":[1,{"filename":2}],"_split":[],"_fingerprint":{}}"#),
        (
            "croissant.json",
            r#"{"@context":{},"distribution":[1,[2]],"recordSet":{"field":[3,{"dataType":{}}]},"creator":[[],1]}"#,
        ),
    ];
    for (path, text) in odd {
        let facts = head(path, text.as_bytes());
        assert_eq!(facts.findings, [], "{text}");
        assert!(facts.facts.iter().all(|fact| fact.evidence.file == path));
    }
}
