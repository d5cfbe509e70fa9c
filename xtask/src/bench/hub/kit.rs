//! A kit of one large model without a file table, new each time: whoever lists its files has to look into it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::client::{Blob, Client};
use crate::run::{Outcome, fail};

/// Bytes of a tar header, and of the beginning of the model, so that nothing has to be filled up.
const BLOCK: usize = 512;
/// How long a hub may take to look into a kit.
const PATIENCE: Duration = Duration::from_mins(2);
/// Between two looks whether it has.
const PAUSE: Duration = Duration::from_millis(25);

/// A kit to push.
pub(super) struct Kit {
    weights: Arc<Vec<u8>>,
    layer: Blob,
    config: Blob,
    manifest: Vec<u8>,
}

impl Kit {
    /// One with so many bytes of weights, rounded down to blocks.
    pub(super) fn new(size: usize) -> Outcome<Self> {
        let mut weights = vec![0; size / BLOCK * BLOCK];
        getrandom::fill(&mut weights).map_err(|error| error.to_string())?;
        // The end of an archive.
        weights.resize(weights.len() + 2 * BLOCK, 0);
        let empty = Blob::of(Vec::new());
        let weights = Arc::new(weights);
        let mut kit = Self { weights, layer: empty.clone(), config: empty, manifest: Vec::new() };
        kit.renew()?;
        Ok(kit)
    }

    /// Makes it one that no server has seen.
    pub(super) fn renew(&mut self) -> Outcome {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|error| error.to_string())?;
        let name = format!("model-{:016x}.safetensors", u64::from_be_bytes(random));
        let bytes = self.weights.len() - 2 * BLOCK;
        let mut head = tar_header(&name, BLOCK + bytes);
        head.extend(model_header(bytes));
        self.layer = Blob::joined(head, Arc::clone(&self.weights));
        let config = json!({
            "manifestVersion": "1.0.0",
            "package": { "name": "bench" },
            "model": { "name": name, "path": name },
        });
        self.config = Blob::of(config.to_string().into_bytes());
        let part = |blob: &Blob, kind: &str| {
            let media_type = format!("application/vnd.kitops.modelkit.{kind}");
            json!({ "mediaType": media_type, "digest": blob.digest, "size": blob.len() })
        };
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": super::client::MANIFEST,
            "artifactType": "application/vnd.kitops.modelkit.manifest.v1+json",
            "config": part(&self.config, "config.v1+json"),
            "layers": [part(&self.layer, "model.v1.tar")],
        });
        self.manifest = manifest.to_string().into_bytes();
        Ok(())
    }

    /// Bytes of its layer.
    pub(super) fn len(&self) -> usize {
        self.layer.len()
    }

    /// Pushes all of it.
    pub(super) fn push(&self, client: &Client) -> Outcome {
        client.push(&self.layer)?;
        client.push(&self.config)?;
        client.put_manifest("kit", &self.manifest)
    }
}

/// Waits until a hub knows what is in everything that was pushed to it; where `all`, also each tensor by its digest.
pub(super) fn wait_until_known(client: &Client, all: bool) -> Outcome {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let state = ask(client, "/api/v1/catalog")?;
        if state["failing"].as_array().is_none_or(|failing| !failing.is_empty()) {
            return fail(format!("the hub can not look into the kit: {state}"));
        }
        let is_rest_done = !all || state["tensorsWaiting"].as_u64().unwrap_or(0) == 0;
        if state["waiting"] == 0 && state["versions"].as_u64().unwrap_or(0) > 0 && is_rest_done {
            return Ok(());
        }
        std::thread::sleep(PAUSE);
    }
    fail("the hub did not look into the kit in time")
}

fn ask(client: &Client, path: &str) -> Outcome<Value> {
    let mut stream = TcpStream::connect(&client.host)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(client.head(&format!("GET {path}"), "Connection: close\r\n").as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or("no answer")?;
    Ok(serde_json::from_slice(answer.get(end + 4..).unwrap_or_default())?)
}

/// The header of a file in an archive (POSIX ustar).
fn tar_header(name: &str, size: usize) -> Vec<u8> {
    let mut header = vec![0; BLOCK];
    let mut put = |at: usize, bytes: &[u8]| {
        for (to, from) in header.iter_mut().skip(at).zip(bytes) {
            *to = *from;
        }
    };
    put(0, name.as_bytes());
    put(100, b"0000644\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{size:011o}\0").as_bytes());
    put(136, b"00000000000\0");
    put(148, b"        0ustar\x0000");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    for (to, from) in header.iter_mut().skip(148).zip(format!("{sum:06o}\0 ").bytes()) {
        *to = from;
    }
    header
}

/// The beginning of a safetensors file with one tensor of so many bytes.
fn model_header(bytes: usize) -> Vec<u8> {
    let tensor = json!({ "dtype": "U8", "shape": [bytes], "data_offsets": [0, bytes] });
    let text = json!({ "weights": tensor }).to_string();
    let length = BLOCK - 8;
    let mut header = (length as u64).to_le_bytes().to_vec();
    header.extend(format!("{text:<length$}").into_bytes());
    header
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn each_kit_is_another_one_and_its_archive_can_be_read() {
        let mut kit = Kit::new(4096 + 7).unwrap();
        let first = kit.layer.digest.clone();
        kit.renew().unwrap();
        assert_ne!(kit.layer.digest, first);
        assert_eq!(kit.len(), 2 * BLOCK + 4096 + 2 * BLOCK);
        let manifest: Value = serde_json::from_slice(&kit.manifest).unwrap();
        assert_eq!(manifest["layers"][0]["digest"], kit.layer.digest.as_str());
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), kit.layer.parts().concat()).unwrap();
        let listed = Command::new("tar").arg("-tvf").arg(file.path()).output().unwrap();
        assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        let name = manifest_name(&kit);
        assert!(listed.contains("4608") && listed.trim().ends_with(&name), "{listed}");
    }

    /// The file that the Kitfile names.
    fn manifest_name(kit: &Kit) -> String {
        let config: Value = serde_json::from_slice(&kit.config.parts().concat()).unwrap();
        config["model"]["path"].as_str().unwrap().to_owned()
    }
}
