//! The two kits that are measured: one large file, and many small ones.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use crate::run::Outcome;

/// How large the inputs are.
pub(super) struct Scale {
    /// What the page calls it.
    pub(super) name: &'static str,
    /// Bytes of the one large file.
    pub(super) large: u64,
    /// Number of small files.
    pub(super) files: u64,
    /// Bytes of each small file.
    pub(super) small: u64,
}

impl Scale {
    /// The sizes that the promises are made for.
    pub(super) fn full() -> Self {
        Self { name: "full", large: 4 << 30, files: 20_000, small: 16 << 10 }
    }

    /// A look in a minute or two.
    pub(super) fn small() -> Self {
        Self { name: "small", large: 512 << 20, files: 4_000, small: 16 << 10 }
    }
}

/// A project to pack.
pub(super) struct Input {
    /// What the table calls it.
    pub(super) name: &'static str,
    /// The folder with its Kitfile.
    pub(super) folder: PathBuf,
    /// Bytes in its files.
    pub(super) bytes: u64,
    /// Number of its files.
    pub(super) files: u64,
}

/// Writes both projects.
pub(super) fn make(scratch: &Path, scale: &Scale) -> Outcome<Vec<Input>> {
    let mut noise = Noise::default();
    let large = scratch.join("large");
    start(&large, "model:\n  name: large\n  path: weights\n")?;
    noise.write(&large.join("weights/model.bin"), scale.large)?;

    let many = scratch.join("many");
    start(&many, "datasets:\n  - name: many\n    path: data\n")?;
    noise.write_many(&many.join("data"), scale.files, scale.small)?;
    Ok(vec![
        Input { name: "one large file", folder: large, bytes: scale.large, files: 1 },
        Input {
            name: "many small files",
            folder: many,
            bytes: scale.files * scale.small,
            files: scale.files,
        },
    ])
}

/// Writes `files` files of `size` bytes each, without a Kitfile.
pub(super) fn bare(scratch: &Path, files: u64, size: u64) -> Outcome<Input> {
    let folder = scratch.join("bare");
    Noise::default().write_many(&folder, files, size)?;
    Ok(Input { name: "small files", folder, bytes: files * size, files })
}

fn start(folder: &Path, parts: &str) -> Outcome {
    std::fs::create_dir_all(folder)?;
    Ok(std::fs::write(folder.join("Kitfile"), format!("manifestVersion: 1.0.0\n{parts}"))?)
}

/// Writes `count` files of `size` bytes each into `folder`: a model of several shards.
pub(super) fn shards(folder: &Path, count: u64, size: u64) -> Outcome {
    let mut noise = Noise::default();
    (1..=count).try_for_each(|at| noise.write(&folder.join(format!("shard-{at:02}.bin")), size))
}

/// Bytes that do not compress and differ from file to file.
#[derive(Default)]
struct Noise {
    file: u64,
}

impl Noise {
    fn write_many(&mut self, folder: &Path, files: u64, size: u64) -> Outcome {
        for number in 0..files {
            // A hundred folders, as a dataset of shards has them.
            self.write(&folder.join(format!("{:02}/{number:06}.bin", number % 100)), size)?;
        }
        Ok(())
    }

    fn write(&mut self, path: &Path, size: u64) -> Outcome {
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.file.to_le_bytes());
        let mut stream = std::io::Read::take(hasher.finalize_xof(), size);
        let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
        std::io::copy(&mut stream, &mut file)?;
        file.flush()?;
        self.file += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_have_the_sizes_that_they_claim() {
        let scratch = tempfile::tempdir().unwrap();
        let scale = Scale { name: "tiny", large: 3_000, files: 5, small: 100 };
        let inputs = make(scratch.path(), &scale).unwrap();
        let large = std::fs::read(inputs[0].folder.join("weights/model.bin")).unwrap();
        assert_eq!((inputs[0].bytes, large.len()), (3_000, 3_000));
        let first = std::fs::read(inputs[1].folder.join("data/00/000000.bin")).unwrap();
        let second = std::fs::read(inputs[1].folder.join("data/01/000001.bin")).unwrap();
        assert_eq!((inputs[1].bytes, first.len()), (500, 100));
        assert_ne!(first, second);
        let small = bare(scratch.path(), 101, 7).unwrap();
        let names = std::fs::read_dir(small.folder.join("00")).unwrap();
        let lengths = names.map(|name| name.unwrap().metadata().unwrap().len());
        assert_eq!((small.bytes, small.files, lengths.collect()), (707, 101, vec![7, 7]));
    }
}
