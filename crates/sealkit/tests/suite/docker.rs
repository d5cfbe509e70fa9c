//! Debian's `docker-registry` on a free port.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A registry of its own process, stopped at the end.
pub struct Registry {
    child: Child,
    host: String,
    _root: TempDir,
}

impl Registry {
    /// One with nothing in it, where `SEALKIT_DOCKER_REGISTRY` names the program.
    pub fn start() -> Option<Self> {
        let program = crate::common::peer("SEALKIT_DOCKER_REGISTRY")?;
        let root = tempfile::tempdir().unwrap();
        let data = root.path().join("data");
        Some(Self::run(&program, &data, root))
    }

    /// One over a storage folder that is there.
    pub fn over(program: &Path, data: &Path) -> Self {
        Self::run(program, data, tempfile::tempdir().unwrap())
    }

    fn run(program: &Path, data: &Path, root: TempDir) -> Self {
        let port = {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            listener.local_addr().unwrap().port()
        };
        let host = format!("127.0.0.1:{port}");
        let config = root.path().join("config.yml");
        let text = format!(
            "version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\nstorage: {{filesystem: {{rootdirectory: {}}}, delete: {{enabled: true}}}}\nhttp: {{addr: \"{host}\", secret: for-the-test}}\n",
            data.display()
        );
        std::fs::write(&config, text).unwrap();
        let mut command = Command::new(program);
        command.arg("serve").arg(config).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().unwrap();
        let start = Instant::now();
        while std::net::TcpStream::connect(&host).is_err() {
            assert!(start.elapsed() < Duration::from_secs(20), "docker-registry does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { child, host, _root: root }
    }

    /// A reference in it.
    pub fn name(&self, rest: &str) -> String {
        format!("{}/{rest}", self.host)
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
