//! The Python package `kitops` runs a program named `kit`: here that is SealKit, and the package is
//! used as it is.

use std::path::Path;
use std::process::Command;

use crate::common::{Run, Sandbox, finish, peer};
use sealkit_testkit::{Auth, ClientCerts, TestCa, TestRegistry};

const SECRET: &str = "canary-secret-7f3a";

/// Every function of `kitops.cli.kit` that talks to the program.
const FUNCTIONS: &str = r#"
import os, sys, yaml
from kitops.cli import kit
from kitops.modelkit.kitfile import Kitfile

host, secret = sys.argv[1], sys.argv[2]
name = f"{host}/org/golden:v1"
net = {"plain-http": True}

assert kit.version()
kitfile = kit.init("fresh", name="fresh", description="made by init", author="Ana")
assert kitfile.package.name == "fresh", kitfile.package
kit.pack(name, working_directory=".")
assert "golden" in kit.list(), kit.list()
inspected = kit.inspect(name)
inspected = inspected if isinstance(inspected, dict) else yaml.safe_load(inspected)
assert inspected["kitfile"]["package"]["name"] == "golden"
assert kit.info(name)["package"]["name"] == "golden"
assert "m.bin" in str(kit.info(name, filters=["model"]))
kit.tag(name, f"{host}/org/golden:v2")
kit.unpack(name, dir="out")
assert open("out/models/sub/m.bin").read() == "hello model\n"
kit.unpack(name, dir="some", filters=["docs"])
assert os.listdir("some") == ["README.md"] or sorted(os.listdir("some")) == ["Kitfile", "README.md"]
kit.login(user="ana", passwd=secret, registry=host, **net)
kit.push(name, **net)
kit.remove(name)
kit.pull(name, **net)
assert "org/golden" in kit.list(f"{host}/org/golden", **net)
assert kit.inspect(name, remote=True, **net)
assert kit.info(name, remote=True, **net)["package"]["name"] == "golden"
kit.remove(name, remote=True, **net)
kit.logout(host)
try:
    kit.pull(f"{host}/org/golden:v2", **net)
    raise SystemExit("a pull of what is not there must fail")
except Exception as error:
    assert type(error).__name__ == "CalledProcessError", error
    assert error.returncode == 1, error.returncode

loaded = Kitfile("out/Kitfile") if os.path.exists("out/Kitfile") else Kitfile("Kitfile")
loaded.save("saved.Kitfile", print=False)
os.makedirs("second", exist_ok=True)
print("all functions work")
"#;

/// The class that drives the functions, with nothing but its defaults: it speaks TLS.
const MANAGER: &str = r#"
import sys
from kitops.modelkit.kitfile import Kitfile
from kitops.modelkit.manager import ModelKitManager
from kitops.modelkit.user import UserCredentials

host, secret = sys.argv[1], sys.argv[2]
user = UserCredentials(username="ana", password=secret, registry=host, namespace="org")
manager = ModelKitManager(
    working_directory=".", user_credentials=user, modelkit_tag=f"{host}/org/golden:v1"
)
manager.kitfile = Kitfile("Kitfile")
manager.pack_and_push_modelkit(save_kitfile=False)
assert manager.inspect_modelkit()
manager.remove_modelkit(local=True)
other = ModelKitManager(
    working_directory="pulled", user_credentials=user, modelkit_tag=f"{host}/org/golden:v1"
)
other.pull_and_unpack_modelkit(load_kitfile=True)
assert other.kitfile.package.name == "golden"
assert open("pulled/models/sub/m.bin").read() == "hello model\n"
other.remove_modelkit(local=True, remote=True)
print("the manager works")
"#;

fn run(python: &Path, sandbox: &Sandbox, script: &str, host: &str, extra: &[(&str, &str)]) -> Run {
    let bin = sandbox.home().parent().unwrap().join("bin");
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = Command::new(python);
    command.args(["-c", script, host, SECRET]).current_dir(sandbox.work());
    command.env_clear().envs(extra.iter().copied());
    command.env("PATH", format!("{}:{path}", bin.display()));
    command.env("HOME", sandbox.home()).env("KITOPS_HOME", sandbox.home());
    finish(&mut command)
}

fn stage() -> Sandbox {
    let sandbox = Sandbox::named("kit");
    sandbox.golden();
    sandbox.write("fresh/model.onnx", "not really");
    sandbox
}

fn auth() -> Auth {
    Auth::Basic { user: "ana".to_owned(), password: SECRET.to_owned() }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_function_of_the_package_works() {
    let Some(python) = peer("SEALKIT_KITOPS_PYTHON") else { return };
    let registry = TestRegistry::start().await;
    registry.faults().set(|faults| faults.auth = auth());
    let run = run(&python, &stage(), FUNCTIONS, &registry.host(), &[]).exits(0);
    assert!(run.stdout.contains("all functions work"), "{run}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_manager_of_the_package_works() {
    let Some(python) = peer("SEALKIT_KITOPS_PYTHON") else { return };
    let ca = TestCa::new();
    let registry = TestRegistry::start_tls(&ca, ClientCerts::NotAsked).await;
    registry.faults().set(|faults| faults.auth = auth());
    let sandbox = stage();
    let file = sandbox.write("ca.pem", ca.pem());
    let trust = [("SSL_CERT_FILE", file.to_str().unwrap())];
    let run = run(&python, &sandbox, MANAGER, &registry.host(), &trust).exits(0);
    assert!(run.stdout.contains("the manager works"), "{run}");
}
