//! The machine that ran a command: processor, memory, graphics cards. No name, address or serial number
//! of it is read.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use serde_json::{Map, Value, json};

/// Most bytes of one of the system's files that are read.
const MAX_FILE: u64 = 1 << 20;
/// Most graphics cards that are named.
const MAX_GPUS: usize = 64;
/// Longest text that is taken, in bytes.
const MAX_TEXT: usize = 256;

/// What `/proc` and `/sys` below `root` tell; what they do not tell is left out.
pub(super) fn read(root: &Path) -> Map<String, Value> {
    let mut found = Map::new();
    found.insert("os".to_owned(), std::env::consts::OS.into());
    found.insert("architecture".to_owned(), std::env::consts::ARCH.into());
    let cpu = text(&root.join("proc/cpuinfo"));
    if let Some(model) = cpu.as_deref().and_then(|text| field(text, "model name")) {
        found.insert("cpu".to_owned(), model.into());
    }
    let cores =
        cpu.map_or(0, |text| text.lines().filter(|line| line.starts_with("processor")).count());
    if cores > 0 {
        found.insert("cores".to_owned(), cores.into());
    }
    let memory = text(&root.join("proc/meminfo"));
    let total = memory.as_deref().and_then(|text| field(text, "MemTotal"));
    let kib = total.and_then(|text| text.strip_suffix("kB")?.trim().parse::<u64>().ok());
    if let Some(bytes) = kib.and_then(|kib| kib.checked_mul(1024)) {
        found.insert("memoryBytes".to_owned(), bytes.into());
    }
    let mut gpus = nvidia(root);
    if gpus.is_empty() {
        gpus = cards(root);
    }
    if !gpus.is_empty() {
        found.insert("gpus".to_owned(), gpus.into());
    }
    let driver = text(&root.join("proc/driver/nvidia/version"));
    if let Some(version) = driver.as_deref().and_then(|text| field(text, "NVRM version")) {
        found.insert("gpuDriver".to_owned(), version.into());
    }
    found
}

/// What the driver of NVIDIA says of each card.
fn nvidia(root: &Path) -> Vec<Value> {
    let names = folders(&root.join("proc/driver/nvidia/gpus"));
    let texts = names.iter().filter_map(|name| text(&name.join("information")));
    texts.filter_map(|text| Some(Value::from(field(&text, "Model")?))).collect()
}

/// Cards that the kernel knows, by the numbers of their bus.
fn cards(root: &Path) -> Vec<Value> {
    let all = folders(&root.join("sys/class/drm")).into_iter().filter(|path| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let number = name.as_deref().and_then(|name| name.strip_prefix("card"));
        number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
    });
    let of =
        |path: &Path, name: &str| Some(text(&path.join("device").join(name))?.trim().to_owned());
    all.filter_map(|path| {
        Some(json!({ "vendor": of(&path, "vendor")?, "device": of(&path, "device")? }))
    })
    .collect()
}

fn folders(dir: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().filter_map(Result::ok);
    let mut all: Vec<_> = entries.take(MAX_GPUS).map(|entry| entry.path()).collect();
    all.sort();
    all
}

fn text(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(MAX_FILE).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The first `name : value` of a text.
fn field(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        let value = value.trim();
        let fits = key.trim() == name && !value.is_empty() && value.len() <= MAX_TEXT;
        fits.then(|| value.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn processor_memory_and_cards_are_read_and_numbers_of_the_machine_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        let cpu =
            "processor\t: 0\nmodel name\t: Fast CPU @ 3GHz\n\nprocessor\t: 1\nSerial\t: 12345\n";
        write(root, "proc/cpuinfo", cpu);
        write(root, "proc/meminfo", "MemTotal:       16384 kB\nMemFree: 1 kB\n");
        let card = "Model: \t\t NVIDIA H100\nGPU UUID: \t GPU-secret\n";
        write(root, "proc/driver/nvidia/gpus/0000:01:00.0/information", card);
        let found = Value::Object(read(root));
        assert_eq!(found["cpu"], "Fast CPU @ 3GHz");
        assert_eq!((&found["cores"], &found["memoryBytes"]), (&json!(2), &json!(16_777_216)));
        assert_eq!(found["gpus"], json!(["NVIDIA H100"]));
        let all = found.to_string();
        assert!(!all.contains("12345") && !all.contains("GPU-secret"), "{all}");
    }

    #[test]
    fn cards_of_others_are_named_by_number_and_nothing_is_no_error() {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in [("vendor", "0x1002\n"), ("device", "0x744c\n")] {
            write(dir.path(), &format!("sys/class/drm/card0/device/{name}"), text);
            write(dir.path(), &format!("sys/class/drm/card0-DP-1/device/{name}"), text);
        }
        let found = read(dir.path());
        assert_eq!(found["gpus"], json!([{ "vendor": "0x1002", "device": "0x744c" }]));
        assert!(!found.contains_key("cpu"));
        let empty = read(Path::new("/nonexistent"));
        assert_eq!(empty.keys().collect::<Vec<_>>(), ["os", "architecture"]);
    }
}
