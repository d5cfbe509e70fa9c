//! AIBOMs that leave files to the kit's file table, because they would be too large.

use crate::assembling::{Project, about, called, full};
use sealkit_aibom::{
    Bom, BomCodec as _, Completeness, CycloneDx, EncodeOptions, JudgeOptions, Kind, check_against,
    encode_within, judge, name,
};
use sealkit_oci::{Digest, FileEntry, FileKind, FileTable, LayerRole, LayerTable};
use sealkit_report::{Outcome, Verdict};

const MANY: usize = 300;

fn project() -> Project {
    let mut project = full();
    let files: Vec<String> = (0..MANY).map(|at| format!("texts/{at:04}.txt")).collect();
    let files: Vec<(&str, &str)> =
        files.iter().map(|path| (path.as_str(), path.as_str())).collect();
    project.part(LayerRole::Dataset, "texts", &files);
    project.packed()
}

fn table(project: &Project) -> FileTable {
    let layers = project.parts.iter().map(|part| {
        let digest = Digest::of(format!("{:?}", part.files).as_bytes());
        let file = |(path, size, digest): &(String, u64, Option<Digest>)| FileEntry {
            path: path.clone(),
            kind: FileKind::File,
            mode: 0o644,
            offset: 512,
            size: *size,
            digest: digest.clone(),
            segments: String::new(),
        };
        let files = part.files.iter().flatten().map(file).collect();
        LayerTable { digest: digest.clone(), diff_id: digest, files }
    });
    FileTable::new(layers.collect())
}

fn within(bom: Bom, limit: u64) -> Result<(Vec<u8>, Bom), sealkit_aibom::BomError> {
    let table = Digest::of(b"table");
    encode_within(&CycloneDx::V1_6, bom, &EncodeOptions::default(), limit, Some(&table))
}

#[test]
fn what_fits_is_the_same_to_the_last_byte() {
    let bom = project().bom();
    let whole = CycloneDx::V1_6.encode(&bom, &EncodeOptions::default()).unwrap();
    let (document, told) = within(bom.clone(), whole.len() as u64).unwrap();
    assert!(document == whole && told == bom);
    assert_eq!(told.files_left(), 0);
}

#[test]
fn what_holds_the_most_files_lists_none_and_says_so() {
    let project = project();
    let whole = CycloneDx::V1_6.encode(&project.bom(), &EncodeOptions::default()).unwrap();
    let limit = whole.len() as u64 - 1;
    let (document, _) = within(project.bom(), limit).unwrap();
    assert!((document.len() as u64) <= limit);
    let read = CycloneDx::V1_6.decode(&document).unwrap();
    assert_eq!(read.files_left(), MANY as u64);
    let texts = called(&read, Kind::Dataset, "texts");
    assert_eq!(about(texts, name::LEFT_OUT, "file").as_deref(), Some("300"));
    let said = texts.of(name::LEFT_OUT).next().unwrap().evidence.clone().unwrap();
    assert_eq!((said.place.as_str(), said.digest), ("file-table", Some(Digest::of(b"table"))));
    assert!(read.of_kind(Kind::File).any(|file| file.name == "model/model.safetensors"));
    for id in [&texts.id, &read.subject.id] {
        let of = |how| {
            let mut all = read.compositions.iter().filter(|one| one.completeness == how);
            all.any(|one| one.contents.contains(id))
        };
        assert!(of(Completeness::Incomplete) && !of(Completeness::Complete));
    }
    // Nothing refers to what is not there.
    assert!(!String::from_utf8(document).unwrap().contains("texts/0001.txt"));
    assert_eq!(check_against(&read, &table(&project)), []);
}

#[test]
fn one_file_more_or_less_than_is_said_to_be_left_out_is_found() {
    let project = project();
    let whole = CycloneDx::V1_6.encode(&project.bom(), &EncodeOptions::default()).unwrap();
    let (_, bom) = within(project.bom(), whole.len() as u64 - 1).unwrap();
    for remove in [false, true] {
        let mut table = table(&project);
        let files = &mut table.layers.last_mut().unwrap().files;
        if remove {
            files.pop();
        } else {
            let evil = FileEntry { path: "texts/evil.py".to_owned(), ..files[0].clone() };
            files.push(evil);
        }
        assert!(!check_against(&bom, &table).is_empty());
    }
    let mut more = project.clone();
    more.parts[0].files.as_mut().unwrap().push(("model/evil.py".into(), 1, None));
    assert!(!check_against(&bom, &table(&more)).is_empty());
}

#[test]
fn judged_by_the_kit_it_stays_open_and_a_wrong_number_fails() {
    let project = project();
    let whole = CycloneDx::V1_6.encode(&project.bom(), &EncodeOptions::default()).unwrap();
    let (_, bom) = within(project.bom(), whole.len() as u64 - 1).unwrap();
    let report = judge(&bom, &project.bom(), &JudgeOptions::default());
    let failed: Vec<_> = report.steps.iter().filter(|s| s.outcome == Outcome::Fail).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert_eq!(report.verdict(), Verdict::Unknown);
    let mut more = project.clone();
    more.parts[0].files.as_mut().unwrap().push(("model/evil.py".into(), 1, None));
    let report = judge(&bom, &more.bom(), &JudgeOptions::default());
    assert_eq!(report.verdict(), Verdict::No);
}

#[test]
fn where_nothing_more_can_be_left_out_it_is_an_error() {
    let error = within(project().bom(), 100).unwrap_err();
    assert!(error.to_string().contains("larger than the limit of 100"), "{error}");
}
