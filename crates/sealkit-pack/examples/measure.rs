//! Measures packing and unpacking against a bare loop that does the same unavoidable work: read,
//! SHA-256 of the layer and of the file, BLAKE3 of the segments, write, `fsync`.
//!
//! `measure DIR FILES SIZE [RUNS]` makes FILES files of SIZE bytes below DIR, if they are not there.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a tool for developers")]

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use sealkit_kitfile::{LayerInfo, Part};
use sealkit_oci::{Descriptor, Digest, LayerRole, Sha256};
use sealkit_pack::{
    KeepAll, LayerSource, PackOptions, PlanOptions, UnpackLayer, UnpackOptions, pack, plan, unpack,
};
use sealkit_store::{BlobWrite, BlobWriter, StoreError};

struct Files(PathBuf);

struct Blob {
    file: File,
    place: PathBuf,
    store: PathBuf,
    hasher: Sha256,
    size: u64,
}

impl BlobWriter for Files {
    fn create(&self) -> Result<Box<dyn BlobWrite>, StoreError> {
        let place = self.0.join("ingest");
        let file = File::create(&place).unwrap();
        let store = self.0.clone();
        Ok(Box::new(Blob { file, place, store, hasher: Sha256::default(), size: 0 }))
    }
}

impl Write for Blob {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.hasher.update(bytes);
        self.file.write_all(bytes)?;
        self.size += bytes.len() as u64;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl BlobWrite for Blob {
    fn commit(self: Box<Self>) -> Result<(Digest, u64), StoreError> {
        self.file.sync_all().unwrap();
        let digest = self.hasher.finish();
        fs::rename(&self.place, self.store.join(digest.hex())).unwrap();
        Ok((digest, self.size))
    }
}

impl LayerSource for Files {
    fn open(&self, layer: &Descriptor) -> Result<Box<dyn Read + Send>, StoreError> {
        Ok(Box::new(File::open(self.0.join(layer.digest.hex())).unwrap()))
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let dir = PathBuf::from(&arguments[0]);
    let (files, size): (u64, u64) = (arguments[1].parse().unwrap(), arguments[2].parse().unwrap());
    let runs = arguments.get(3).map_or(3, |runs| runs.parse().unwrap());
    let (source, store) = (dir.join("in"), dir.join("store"));
    fs::create_dir_all(&store).unwrap();
    make(&source, files, size);
    let total = files * size;
    for _ in 0..runs {
        let bare = time(|| bare(&source, &dir.join("bare")));
        let started = Instant::now();
        let path = ".".to_owned();
        let layer = LayerInfo::default();
        let written_path = path.clone();
        let part = Part {
            role: LayerRole::Model,
            is_prompt: false,
            name: String::new(),
            path,
            written_path,
            layer,
        };
        let plan = plan(&source, &[part], &KeepAll, &PlanOptions::default()).unwrap();
        let files = Files(store.clone());
        let packed = pack(&plan, &files, &PackOptions::default(), &|_| {}).unwrap();
        let packing = started.elapsed();
        let bare_out = time(|| bare_unpack(&source, &dir.join("bare-out")));
        let layers: Vec<_> = packed
            .layers
            .iter()
            .map(|layer| UnpackLayer::new(layer.descriptor.clone(), &layer.part))
            .collect();
        let target = dir.join("out");
        let options = UnpackOptions::default();
        let unpacking =
            time(|| drop(unpack(&layers, &files, &target, &options, &|_| true, &|_| {}).unwrap()));
        fs::remove_dir_all(&target).unwrap();
        report("pack", total, bare, packing);
        report("unpack", total, bare_out, unpacking);
    }
    println!("peak memory: {}", peak());
}

fn report(what: &str, total: u64, bare: Duration, ours: Duration) {
    let rate = |time: Duration| total as f64 / 1e6 / time.as_secs_f64();
    let ratio = bare.as_secs_f64() / ours.as_secs_f64() * 100.0;
    println!("{what}: bare {:.0} MB/s, ours {:.0} MB/s = {ratio:.0} %", rate(bare), rate(ours));
}

fn time(work: impl FnOnce()) -> Duration {
    let started = Instant::now();
    work();
    started.elapsed()
}

fn make(source: &Path, files: u64, size: u64) {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut block = vec![0; 1 << 20];
    for index in 0..files {
        let place = source.join(format!("d{}/f{index}", index / 500));
        if place.exists() {
            continue;
        }
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        let mut file = File::create(place).unwrap();
        let mut left = size;
        while left > 0 {
            for word in block.chunks_exact_mut(8) {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                word.copy_from_slice(&state.to_le_bytes());
            }
            let count = left.min(block.len() as u64);
            file.write_all(&block[..count as usize]).unwrap();
            left -= count;
        }
    }
}

fn sources(source: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for dir in fs::read_dir(source).unwrap() {
        found.extend(fs::read_dir(dir.unwrap().path()).unwrap().map(|file| file.unwrap().path()));
    }
    found
}

/// Hashes a file three ways while `write` takes its bytes.
fn hash(place: &Path, layer: &mut Sha256, mut write: impl FnMut(&[u8])) {
    let mut file = File::open(place).unwrap();
    let large = file.metadata().unwrap().len() > 1 << 20;
    let mut whole = Sha256::default();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let count = file.read(&mut buffer).unwrap();
        if count == 0 {
            break;
        }
        let bytes = &buffer[..count];
        layer.update(bytes);
        whole.update(bytes);
        if large {
            std::hint::black_box(blake3::hash(bytes));
        }
        write(bytes);
    }
    std::hint::black_box(whole.finish());
}

fn bare(source: &Path, out: &Path) {
    let mut to = File::create(out).unwrap();
    let mut layer = Sha256::default();
    for place in sources(source) {
        hash(&place, &mut layer, |bytes| to.write_all(bytes).unwrap());
    }
    to.sync_all().unwrap();
    std::hint::black_box(layer.finish());
    drop(to);
    fs::remove_file(out).unwrap();
}

fn bare_unpack(source: &Path, out: &Path) {
    fs::create_dir(out).unwrap();
    let mut layer = Sha256::default();
    for (index, place) in sources(source).iter().enumerate() {
        let dir = out.join(format!("d{}", index / 500));
        if index % 500 == 0 {
            fs::create_dir(&dir).unwrap();
        }
        let mut to = File::create(dir.join(index.to_string())).unwrap();
        hash(place, &mut layer, |bytes| to.write_all(bytes).unwrap());
        to.sync_all().unwrap();
    }
    std::hint::black_box(layer.finish());
    fs::remove_dir_all(out).unwrap();
}

fn peak() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("unknown").to_owned()
}
