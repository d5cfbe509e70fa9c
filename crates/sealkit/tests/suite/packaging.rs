//! What is shipped beside the binary fits it.
#![cfg(all(feature = "hub", unix))]

use crate::common::Sandbox;

static UNIT: &str = include_str!("../../../../packaging/sealkit-hub.service");

#[test]
fn the_unit_starts_a_hub_with_flags_that_it_has() {
    let start =
        UNIT.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/bin/sealkit ")).unwrap();
    let help = Sandbox::new().run(["hub", "--help"]).exits(0).stdout;
    let flags: Vec<&str> = start.split(' ').filter(|word| word.starts_with("--")).collect();
    assert!(flags.len() > 5, "{start}");
    for flag in flags {
        assert!(help.contains(flag), "{flag}: {help}");
        assert!(!flag.starts_with("--insecure"), "{flag}");
    }
    // As it stands but for folder, address and certificate: each value is one that it takes.
    let sandbox = Sandbox::new();
    let start = start.replace("/var/lib/sealkit-hub", "data").replace("%d", "nowhere");
    let run = sandbox.run(start.split(' ')).exits(2);
    assert!(run.stderr.contains("could not read `nowhere/hub.pem`"), "{run}");
}

#[test]
fn the_unit_is_given_no_more_than_it_needs() {
    for line in [
        "DynamicUser=yes",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "CapabilityBoundingSet=CAP_NET_BIND_SERVICE",
        "MemoryDenyWriteExecute=yes",
        "SystemCallFilter=@system-service",
    ] {
        assert!(UNIT.lines().any(|of| of == line), "{line}");
    }
    let seconds = |key: &str| -> u32 {
        UNIT.split(key).nth(1).unwrap().split_whitespace().next().unwrap().parse().unwrap()
    };
    assert!(seconds("TimeoutStopSec=") > seconds("--drain "), "it is not killed while it drains");
}

#[test]
fn systemd_understands_the_unit() {
    let sandbox = Sandbox::new();
    // It looks for the program too, which is not installed here.
    let path = sandbox.write("sealkit-hub.service", UNIT.replace("/usr/bin/sealkit", "/bin/true"));
    let mut command = std::process::Command::new("systemd-analyze");
    let Ok(output) = command.arg("verify").arg(&path).output() else {
        println!("SKIPPED: no systemd-analyze");
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !said.contains("sealkit-hub.service"), "{said}");
}
