//! Reference pages generated from the one definition of the command line.

use std::fmt::Write as _;

use clap::{Command, CommandFactory as _};

use crate::cli::Cli;

/// Every generated page: file name and text.
pub(crate) fn pages() -> Vec<(String, Vec<u8>)> {
    let mut root = Cli::command().term_width(100);
    root.build();
    let mut pages = vec![
        ("cli.md".to_owned(), cli_page(&root).into_bytes()),
        ("environment.md".to_owned(), environment_page(&root).into_bytes()),
    ];
    man_pages(&root, "sealkit", &mut pages);
    pages
}

fn visible(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help")
}

fn cli_page(root: &Command) -> String {
    let mut page = String::from("# Command line\n\nGenerated: do not edit.\n");
    section(root, "sealkit", &mut page);
    page
}

fn section(command: &Command, path: &str, page: &mut String) {
    let help = command.clone().bin_name(path).render_long_help().to_string();
    let lines: Vec<&str> = help.trim_end().lines().map(str::trim_end).collect();
    let _ = write!(page, "\n## `{path}`\n\n```text\n{}\n```\n", lines.join("\n"));
    for sub in visible(command) {
        section(sub, &format!("{path} {}", sub.get_name()), page);
    }
}

/// Variables that no option carries, with what they do.
const OTHER_VARIABLES: [(&str, &str); 17] = [
    ("SEALKIT_HOME", "where the local store, keys and trust are kept"),
    ("SEALKIT_PASSWORD", "password of the signing key"),
    ("SEALKIT_USERNAME", "user name for registries, with SEALKIT_TOKEN as the password"),
    ("SEALKIT_TOKEN", "password or token for registries"),
    ("SOURCE_DATE_EPOCH", "creation time to write, in seconds since 1970"),
    ("DOCKER_CONFIG", "folder of docker's `config.json`, read for credentials"),
    ("REGISTRY_AUTH_FILE", "podman's credentials file, read for credentials"),
    ("KITOPS_HOME", "the home, where the binary is called `kit` and SEALKIT_HOME is not set"),
    ("S3_API_ENDPOINT", "S3 storage of remote datasets"),
    ("S3_REGION", "region of that storage"),
    ("S3_ACCESS_KEY_ID", "access key for that storage, with S3_SECRET_KEY"),
    ("S3_SECRET_KEY", "secret key for that storage"),
    (
        "SEALKIT_REGISTRY",
        "the one registry that SEALKIT_USERNAME and SEALKIT_TOKEN are for; without it those that the command line names",
    ),
    ("HTTPS_PROXY", "proxy for registries; HTTP_PROXY, ALL_PROXY and NO_PROXY likewise"),
    ("SSL_CERT_FILE", "certificates to trust instead of the system's"),
    ("NO_COLOR", "when set, no colour"),
    ("XDG_DATA_HOME", "parent of the default home"),
];

fn environment_page(root: &Command) -> String {
    let mut rows: Vec<(String, String)> =
        OTHER_VARIABLES.iter().map(|&(name, help)| (name.to_owned(), help.to_owned())).collect();
    collect_variables(root, &mut rows);
    rows.sort();
    rows.dedup_by(|a, b| a.0 == b.0);
    let mut page = String::from(
        "# Environment variables\n\nGenerated: do not edit. Options win over variables.\n\n| variable | meaning |\n|---|---|\n",
    );
    for (name, help) in rows {
        let _ = writeln!(page, "| `{name}` | {help} |");
    }
    page
}

fn collect_variables(command: &Command, rows: &mut Vec<(String, String)>) {
    for arg in command.get_arguments() {
        if let Some(name) = arg.get_env() {
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            rows.push((name.to_string_lossy().into_owned(), help));
        }
    }
    command.get_subcommands().for_each(|sub| collect_variables(sub, rows));
}

fn man_pages(command: &Command, name: &str, pages: &mut Vec<(String, Vec<u8>)>) {
    let mut page = Vec::new();
    let man = clap_mangen::Man::new(command.clone().name(name.to_owned()));
    // Writing to memory can not fail.
    if man.render(&mut page).is_ok() {
        pages.push((format!("man/{name}.1"), page));
    }
    for sub in visible(command) {
        man_pages(sub, &format!("{name}-{}", sub.get_name()), pages);
    }
}
