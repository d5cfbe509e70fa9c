//! Development tasks: `cargo xtask <task>`. Plain Rust, so that a fresh machine needs nothing else.
#![expect(clippy::print_stdout, reason = "a task talks to the developer's terminal")]

mod bench;
mod check;
mod demo;
mod fixtures;
mod generate;
mod interop;
mod run;
mod wasm;

use std::process::ExitCode;

use run::Outcome;

/// A task: its name, what it does, and the function.
struct Task {
    name: &'static str,
    about: &'static str,
    /// The flags it has; any other is refused before it starts.
    flags: &'static [&'static str],
    run: fn(&[String]) -> Outcome,
}

static TASKS: &[Task] = &[
    Task {
        name: "check-layers",
        about: "fail on a dependency that points up or sideways (see `check/layers.rs`)",
        flags: &[],
        run: check::layers,
    },
    Task {
        name: "check-purity",
        about: "fail on files, sockets, clocks or randomness in a pure crate",
        flags: &[],
        run: check::purity,
    },
    Task {
        name: "check-sizes",
        about: "fail on a source file over 400 lines",
        flags: &[],
        run: check::sizes,
    },
    Task {
        name: "check-terminal",
        about: "fail where anything but the console writes to the terminal",
        flags: &[],
        run: check::terminal,
    },
    Task {
        name: "check-invariants",
        about: "fail on a test that ARCHITECTURE.md names and that is gone",
        flags: &[],
        run: check::invariants,
    },
    Task {
        name: "pure-crates",
        about: "print the crates of layers 0 and 1 as `-p` arguments",
        flags: &[],
        run: check::pure_crates,
    },
    Task {
        name: "generate",
        about: "write the generated documents; --check fails on drift",
        flags: &["--check"],
        run: generate::task,
    },
    Task {
        name: "fixtures",
        about: "write the example's data and weights; --check fails on drift",
        flags: &["--check"],
        run: fixtures::task,
    },
    Task {
        name: "demo",
        about: "seal the example, then change one byte and see it found; --release",
        flags: &["--release"],
        run: demo::task,
    },
    Task {
        name: "bench",
        about: "speed and memory beside a bare loop: [aibom|attest|hub|catalog] --full, --write, --runs N",
        flags: &[
            "--full",
            "--write",
            "--runs",
            "--install",
            "--no-build",
            "--no-speed",
            "--size",
            "--seconds",
            "--kits",
        ],
        run: bench::task,
    },
    Task {
        name: "bare",
        about: "the bare loop that `bench` measures against (run by `bench`)",
        flags: &[],
        run: bench::bare_task,
    },
    Task {
        name: "measure-catalog",
        about: "fill a catalogue and ask it (run by `bench catalog`)",
        flags: &[],
        run: bench::measure_task,
    },
    Task {
        name: "wasm",
        about: "build the verifier as WebAssembly and hold it against bundles under Node",
        flags: &[],
        run: wasm::task,
    },
    Task {
        name: "interop",
        about: "obtain the real peers and run the cross tests; --write, --large",
        flags: &["--write", "--large"],
        run: interop::task,
    },
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = args.split_first() else {
        help();
        return ExitCode::from(2);
    };
    let Some(task) = TASKS.iter().find(|task| task.name == name) else {
        println!("unknown task `{name}`\n");
        help();
        return ExitCode::from(2);
    };
    if let Some(flag) = rest.iter().find(|arg| arg.starts_with("--") && !knows(task, arg)) {
        println!("`{name}` has no `{flag}`\n");
        help();
        return ExitCode::from(2);
    }
    match (task.run)(rest) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{name}: {error}");
            ExitCode::FAILURE
        }
    }
}

fn knows(task: &Task, flag: &str) -> bool {
    task.flags.contains(&flag)
}

fn help() {
    println!("usage: cargo xtask <task>\n");
    for task in TASKS {
        println!("  {:<16} {}", task.name, task.about);
    }
}
