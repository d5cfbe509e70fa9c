//! Packing: golden bytes, media types, failures.
#![cfg(unix)]

use std::fs;
use std::io::Read;
use std::sync::Mutex;

use crate::common::{Memory, code, pack_parts, part, paths, put, set_mode};
use sealkit_oci::{Compression, Digest, FileKind, KitFormat, LayerFormat, LayerRole};
use sealkit_pack::{KeepAll, Modes, PackError, PackOptions, PlanOptions, Progress, pack, plan};
use sealkit_report::Hint;
use tempfile::tempdir;

fn golden(root: &std::path::Path) {
    put(root, "models/sub/m.bin", b"hello model\n");
    put(root, "data/d.csv", b"a,b\n1,2\n");
    put(root, "README.md", b"# readme\n");
}

fn golden_parts() -> Vec<sealkit_kitfile::Part> {
    vec![
        part(LayerRole::Model, "models/sub/m.bin"),
        part(LayerRole::Dataset, "data"),
        part(LayerRole::Docs, "README.md"),
    ]
}

#[test]
fn the_golden_folder_gives_the_golden_layers() {
    let dir = tempdir().unwrap();
    golden(dir.path());
    let (store, packed) = pack_parts(dir.path(), &golden_parts(), &PackOptions::default()).unwrap();
    let expected = [
        ("316273ce2b14acfce045e15b1c36ffe372a39310f410dea4577318d8db925f99", 3072, "model"),
        ("e246df15930c368562ac35abec0420be42299433dbe52cc98d6f7499e35ccf85", 2560, "dataset"),
        ("8976556749c3f1e40113a07bf15337a20205e1ffa9dfa91df25ea9379e6f4be6", 2048, "docs"),
    ];
    assert_eq!(packed.layers.len(), 3);
    for (layer, (hex, size, role)) in packed.layers.iter().zip(expected) {
        let descriptor = &layer.descriptor;
        assert_eq!((descriptor.digest.hex(), descriptor.size), (hex, size));
        assert_eq!(layer.diff_id, descriptor.digest);
        assert_eq!(descriptor.media_type, format!("application/vnd.kitops.modelkit.{role}.v1.tar"));
        assert_eq!(descriptor.annotations["org.cncf.model.filepath"], layer.part.path);
        assert_eq!(layer.part.layer.digest.as_ref(), Some(&descriptor.digest));
        for file in layer.table.files.iter().filter(|file| file.kind == FileKind::File) {
            let blob = store.get(&descriptor.digest);
            let body = &blob[file.offset as usize..][..file.size as usize];
            assert_eq!(Some(Digest::of(body)), file.digest);
        }
    }
    assert_eq!(paths(&packed, 0), ["models", "models/sub", "models/sub/m.bin"]);
    packed.file_table().validate().unwrap();
}

#[test]
fn compressed_layers_keep_the_diff_id() {
    let dir = tempdir().unwrap();
    golden(dir.path());
    let plain = pack_parts(dir.path(), &golden_parts(), &PackOptions::default()).unwrap().1;
    for compression in [Compression::Gzip, Compression::GzipFastest, Compression::Zstd] {
        let options = PackOptions { compression, ..PackOptions::default() };
        let (store, packed) = pack_parts(dir.path(), &golden_parts(), &options).unwrap();
        for (layer, plain) in packed.layers.iter().zip(&plain.layers) {
            assert_eq!(layer.diff_id, plain.diff_id);
            assert_ne!(layer.descriptor.digest, plain.descriptor.digest);
            assert_eq!(layer.table.files, plain.table.files);
            let blob = store.get(&layer.descriptor.digest);
            let mut tar = Vec::new();
            if compression == Compression::Zstd {
                assert!(layer.descriptor.media_type.ends_with("tar+zstd"));
                zstd::Decoder::new(&blob[..]).unwrap().read_to_end(&mut tar).unwrap();
            } else {
                assert!(layer.descriptor.media_type.ends_with("tar+gzip"));
                let xfl = if compression == Compression::Gzip { 0 } else { 4 };
                assert_eq!(blob[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, xfl, 0xff]);
                flate2::read::GzDecoder::new(&blob[..]).read_to_end(&mut tar).unwrap();
            }
            assert_eq!(Digest::of(&tar), layer.diff_id);
        }
    }
}

#[test]
fn the_same_folder_gives_the_same_bytes_however_many_threads() {
    let dir = tempdir().unwrap();
    for index in 0..40 {
        put(dir.path(), &format!("part{index}/file"), &vec![index; 3000 * usize::from(index)]);
    }
    let names: Vec<String> = (0..40).map(|index| format!("part{index}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let digests = |threads| {
        let options = PackOptions { threads: Some(threads), ..PackOptions::default() };
        let packed = pack_parts(dir.path(), &code(&names), &options).unwrap().1;
        packed.layers.into_iter().map(|layer| layer.descriptor).collect::<Vec<_>>()
    };
    assert_eq!(digests(1), digests(7));
}

#[test]
fn modes_are_the_files_own_or_normal() {
    let dir = tempdir().unwrap();
    put(dir.path(), "d/plain", b"");
    put(dir.path(), "d/tool", b"");
    set_mode(&dir.path().join("d/plain"), 0o600);
    set_mode(&dir.path().join("d/tool"), 0o4711);
    set_mode(&dir.path().join("d"), 0o1777);
    let modes = |modes| {
        let options = PackOptions { modes, ..PackOptions::default() };
        let packed = pack_parts(dir.path(), &code(&["d"]), &options).unwrap().1;
        packed.layers[0].table.files.iter().map(|file| file.mode).collect::<Vec<_>>()
    };
    assert_eq!(modes(Modes::Keep), [0o1777, 0o600, 0o4711]);
    assert_eq!(modes(Modes::Normalise), [0o755, 0o644, 0o755]);
}

#[test]
fn a_raw_layer_is_the_file_itself() {
    let dir = tempdir().unwrap();
    put(dir.path(), "m/w.bin", b"weights <&>");
    let time = fs::FileTimes::new().set_modified(std::time::UNIX_EPOCH);
    fs::File::options()
        .write(true)
        .open(dir.path().join("m/w.bin"))
        .unwrap()
        .set_times(time)
        .unwrap();
    let options = PackOptions { format: LayerFormat::Raw, ..PackOptions::default() };
    let parts = [part(LayerRole::Model, "m/w.bin")];
    let (store, packed) = pack_parts(dir.path(), &parts, &options).unwrap();
    let layer = &packed.layers[0];
    assert_eq!(store.get(&layer.descriptor.digest), b"weights <&>");
    assert_eq!(layer.descriptor.media_type, "application/vnd.kitops.modelkit.model.v1.raw");
    assert_eq!(
        layer.descriptor.annotations["org.cncf.model.file.metadata+json"],
        r#"{"name":"w.bin","mode":420,"uid":0,"gid":0,"size":11,"mtime":"1970-01-01T00:00:00Z","typeflag":48}"#
    );
    assert_eq!((layer.table.files[0].path.as_str(), layer.table.files[0].offset), ("m/w.bin", 0));
    let folder = pack_parts(dir.path(), &[part(LayerRole::Model, "m")], &options);
    assert!(matches!(folder, Err(PackError::NotOneFile { path }) if path == "m"));
}

#[test]
fn media_types_follow_the_format() {
    let dir = tempdir().unwrap();
    put(dir.path(), "s.mcpb", b"PK");
    let server = [part(LayerRole::Mcpb, "s.mcpb")];
    let gzip = PackOptions { compression: Compression::Gzip, ..PackOptions::default() };
    let packed = pack_parts(dir.path(), &server, &gzip).unwrap().1;
    assert_eq!(
        packed.layers[0].descriptor.media_type,
        "application/vnd.kitops.modelkit.mcpb.v1.raw"
    );
    let pack_format = PackOptions { kit: KitFormat::ModelPack, ..gzip.clone() };
    let refused = pack_parts(dir.path(), &server, &pack_format).unwrap_err();
    assert!(matches!(refused, PackError::NotInModelPack { what: "MCP servers", .. }));
    let raw = PackOptions { format: LayerFormat::Raw, ..pack_format.clone() };
    assert!(pack_parts(dir.path(), &code(&["s.mcpb"]), &raw).is_err());
    let mut prompt = part(LayerRole::Code, "s.mcpb");
    prompt.is_prompt = true;
    let packed = pack_parts(dir.path(), &[prompt], &pack_format).unwrap().1;
    let descriptor = &packed.layers[0].descriptor;
    assert_eq!(descriptor.media_type, "application/vnd.cncf.model.code.v1.tar+gzip");
    assert_eq!(descriptor.annotations["ml.kitops.modelkit.layer-subtype"], "prompt");
}

#[test]
fn a_file_that_changes_is_an_error_that_names_it() {
    let dir = tempdir().unwrap();
    put(dir.path(), "a", b"one");
    put(dir.path(), "b", &vec![0; 3 << 20]);
    let change = |how: &dyn Fn()| {
        let plan = plan(dir.path(), &code(&["a", "b"]), &KeepAll, &PlanOptions::default()).unwrap();
        // Clocks of file systems tick only every few milliseconds.
        std::thread::sleep(std::time::Duration::from_millis(20));
        how();
        let store = Memory::default();
        let error = pack(&plan, &store, &PackOptions::default(), &|_| {}).unwrap_err();
        (error.code(), error.to_string())
    };
    let b = dir.path().join("b");
    for how in [
        &|| fs::write(&b, vec![0; 4 << 20]).unwrap(),
        &|| fs::write(&b, b"short").unwrap(),
        &|| fs::write(&b, vec![1; 5]).unwrap(),
        &|| {
            fs::remove_file(&b).unwrap();
            std::os::unix::fs::symlink("a", &b).unwrap();
        },
    ] as [&dyn Fn(); 4]
    {
        let (code, message) = change(how);
        assert_eq!(code, "file-changed");
        assert!(message.ends_with("b` changed while it was packed"), "{message}");
    }
    fs::remove_file(&b).unwrap();
    fs::write(&b, b"again").unwrap();
    let (code, _) = change(&|| fs::remove_file(&b).unwrap());
    assert_eq!(code, "file-changed");
}

#[test]
fn a_file_that_changes_while_it_is_read_is_an_error() {
    let dir = tempdir().unwrap();
    put(dir.path(), "big", &vec![7; 8 << 20]);
    let plan = plan(dir.path(), &code(&["big"]), &KeepAll, &PlanOptions::default()).unwrap();
    let touched = Mutex::new(false);
    let touch = |progress: Progress| {
        let mut touched = touched.lock().unwrap();
        if matches!(progress, Progress::Bytes { .. }) && !*touched {
            *touched = true;
            let file = fs::File::options().write(true).open(dir.path().join("big")).unwrap();
            file.set_len(9 << 20).unwrap();
        }
    };
    let store = Memory::default();
    let error = pack(&plan, &store, &PackOptions::default(), &touch).unwrap_err();
    assert!(matches!(error, PackError::Changed { .. }), "{error}");
    assert_eq!(store.len(), 0);
}

#[test]
fn a_full_disk_keeps_its_cause_and_leaves_nothing() {
    let dir = tempdir().unwrap();
    for name in ["a", "b", "c"] {
        put(dir.path(), name, &vec![1; 5 << 20]);
    }
    let plan = plan(dir.path(), &code(&["a", "b", "c"]), &KeepAll, &PlanOptions::default());
    let store = Memory { room: Some(1 << 20), ..Memory::default() };
    let error = pack(&plan.unwrap(), &store, &PackOptions::default(), &|_| {}).unwrap_err();
    assert_eq!(error.code(), "disk-full", "{error:?}");
    assert_eq!(store.len(), 0);
}

#[test]
fn progress_adds_up() {
    let dir = tempdir().unwrap();
    put(dir.path(), "a", &vec![1; 3_000_000]);
    put(dir.path(), "b", &vec![2; 1000]);
    let plan = plan(dir.path(), &code(&["a", "b"]), &KeepAll, &PlanOptions::default()).unwrap();
    assert_eq!((plan.size(), plan.files()), (3_001_000, 2));
    let seen = Mutex::new((0, 0, 0));
    let watch = |progress| {
        let mut seen = seen.lock().unwrap();
        match progress {
            Progress::Started { bytes, .. } => seen.0 += bytes,
            Progress::Bytes { count, .. } => seen.1 += count,
            Progress::Done { .. } => seen.2 += 1,
        }
    };
    pack(&plan, &Memory::default(), &PackOptions::default(), &watch).unwrap();
    assert_eq!(*seen.lock().unwrap(), (3_001_000, 3_001_000, 2));
}
