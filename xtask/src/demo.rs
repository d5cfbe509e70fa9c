//! The main job on the example: seal, verify, then one changed byte in the folder and in the store.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use crate::fixtures::EXAMPLE;
use crate::run::{Outcome, cargo, fail, has_flag, root, run, target_dir};

const REFERENCE: &str = "demo/grain-classifier:v1";
const MODEL: &str = "model/grain.safetensors";

/// `cargo xtask demo [--release]`.
pub(crate) fn task(args: &[String]) -> Outcome {
    let demo = Demo::prepare(has_flag(args, "--release"))?;
    let folder = demo.folder.clone();
    let folder = folder.display().to_string();

    demo.expect(0, &["seal", &folder, "-t", REFERENCE])?;
    demo.expect(0, &["verify", REFERENCE])?;
    demo.expect(0, &["verify", REFERENCE, "--dir", &folder])?;

    println!("\n# one byte of {MODEL} is changed in the folder");
    let model = demo.folder.join(MODEL);
    let original = std::fs::read(&model)?;
    change_last_byte(&model)?;
    demo.expect(1, &["verify", REFERENCE, "--dir", &folder])?;
    std::fs::write(&model, &original)?;

    println!("\n# one byte of the model's layer is changed in the store");
    change_in_store(&demo.home, &original)?;
    demo.expect(1, &["verify", REFERENCE])?;
    println!("\ndemo: sealed, verified, and both changes were found");
    Ok(())
}

/// A binary, a home of its own, a copy of the example and a password for this run.
struct Demo {
    binary: PathBuf,
    home: PathBuf,
    folder: PathBuf,
    password: String,
    _scratch: tempfile::TempDir,
}

impl Demo {
    fn prepare(release: bool) -> Outcome<Self> {
        let mut build = cargo();
        build.args(["build", "--quiet", "--package", "sealkit"]);
        if release {
            build.arg("--release");
        }
        run(&mut build)?;
        let profile = if release { "release" } else { "debug" };
        let scratch = tempfile::tempdir()?;
        let folder = scratch.path().join("grain-classifier");
        copy_folder(&root().join(EXAMPLE), &folder)?;
        Ok(Self {
            binary: target_dir().join(profile).join("sealkit"),
            home: scratch.path().join("home"),
            folder,
            password: random_password()?,
            _scratch: scratch,
        })
    }

    /// Runs the binary, showing the command, and fails on another exit code.
    fn expect(&self, code: i32, args: &[&str]) -> Outcome {
        println!("\n$ sealkit {}", args.join(" "));
        let status = self.status(args)?;
        println!("(exit code {})", status.code().unwrap_or(-1));
        if status.code() == Some(code) {
            return Ok(());
        }
        fail(format!("`sealkit {}` ended with {status}, expected {code}", args.join(" ")))
    }

    fn status(&self, args: &[&str]) -> Outcome<ExitStatus> {
        let mut command = Command::new(&self.binary);
        command.args(args).env("SEALKIT_HOME", &self.home);
        Ok(command.env("SEALKIT_PASSWORD", &self.password).status()?)
    }
}

/// A password that no one knows after the run.
fn random_password() -> Outcome<String> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| error.to_string())?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

/// Copies the regular files below a folder.
fn copy_folder(from: &Path, to: &Path) -> Outcome {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn change_last_byte(path: &Path) -> Outcome {
    let mut bytes = std::fs::read(path)?;
    if let Some(last) = bytes.last_mut() {
        *last ^= 1;
    }
    Ok(std::fs::write(path, bytes)?)
}

/// Finds the blob that holds the model's bytes and changes one of them.
fn change_in_store(home: &Path, model: &[u8]) -> Outcome {
    let mut folders = vec![home.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let mut bytes = std::fs::read(&path)?;
            let Some(at) = bytes.windows(model.len()).position(|window| window == model) else {
                continue;
            };
            bytes[at + model.len() - 1] ^= 1;
            make_writable(&path)?;
            return Ok(std::fs::write(&path, bytes)?);
        }
    }
    fail("the store holds no blob with the model")
}

/// A store may keep its blobs read-only; the demo plays someone who does not care.
fn make_writable(path: &Path) -> Outcome {
    let mut permissions = std::fs::metadata(path)?.permissions();
    #[expect(clippy::permissions_set_readonly_false, reason = "a scratch file of this run")]
    permissions.set_readonly(false);
    Ok(std::fs::set_permissions(path, permissions)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_long_and_never_the_same() {
        let (one, two) = (random_password().unwrap(), random_password().unwrap());
        assert_eq!(one.len(), 32);
        assert_ne!(one, two);
    }

    #[test]
    fn the_blob_with_the_model_is_changed_by_one_byte() {
        let home = tempfile::tempdir().unwrap();
        let blob = home.path().join("blobs/sha256/ab");
        std::fs::create_dir_all(blob.parent().unwrap()).unwrap();
        std::fs::write(&blob, b"head model tail").unwrap();
        change_in_store(home.path(), b"model").unwrap();
        assert_eq!(std::fs::read(&blob).unwrap(), b"head modem tail");
        assert!(change_in_store(home.path(), b"absent").is_err());
    }
}
