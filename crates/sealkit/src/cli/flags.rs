//! Flags with a value, as programs in Go take them: `--remote=true` is `--remote`, `--remote=false` is nothing.

use std::ffi::OsString;

use clap::{ArgAction, Command};

/// What Go reads as true and as false (`strconv.ParseBool`).
const TRUE: &[&str] = &["1", "t", "T", "TRUE", "true", "True"];
const FALSE: &[&str] = &["0", "f", "F", "FALSE", "false", "False"];

/// The arguments with such values taken off flags that have none here. Everything behind `--` stays, and so
/// does what is no flag of the command that is called.
pub(crate) fn without_values(
    args: impl IntoIterator<Item = OsString>,
    root: &Command,
) -> Vec<OsString> {
    let (mut kept, mut at, mut is_over) = (Vec::new(), root, false);
    for arg in args {
        let text = arg.to_str().unwrap_or_default();
        is_over |= text == "--";
        if is_over {
            kept.push(arg);
            continue;
        }
        let flag = text.strip_prefix("--").and_then(|text| text.split_once('='));
        match flag.filter(|(name, _)| is_flag(root, name) || is_flag(at, name)) {
            Some((_, value)) if FALSE.contains(&value) => {}
            Some((name, value)) if TRUE.contains(&value) => kept.push(format!("--{name}").into()),
            _ => {
                at = at.find_subcommand(text).unwrap_or(at);
                kept.push(arg);
            }
        }
    }
    kept
}

/// Whether a command has a flag of this name that takes no value.
fn is_flag(command: &Command, name: &str) -> bool {
    let mut all = command.get_arguments();
    all.any(|arg| arg.get_long() == Some(name) && matches!(arg.get_action(), ArgAction::SetTrue))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::without_values;

    #[test]
    fn flags_take_the_values_that_go_gives_them_and_others_stay() {
        for (given, expected) in [
            ("list --plain-http=true", "list --plain-http"),
            ("list --plain-http=false r", "list r"),
            ("--quiet=1 list", "--quiet list"),
            ("remove --all=T --remote=F", "remove --all"),
            ("unpack a:v1 --overwrite=True", "unpack a:v1 --overwrite"),
            ("unpack a:v1 --overwrite=yes", "unpack a:v1 --overwrite=yes"),
            ("list --tls-verify=false", "list --tls-verify=false"),
            ("pack . --tag=true", "pack . --tag=true"),
            ("record -- run --quiet=true", "record -- run --quiet=true"),
        ] {
            let args = given.split(' ').map(Into::into);
            let kept = without_values(args, &crate::cli::Cli::command());
            let kept: Vec<_> = kept.iter().map(|arg| arg.to_str().unwrap()).collect();
            assert_eq!(kept.join(" "), expected);
        }
    }
}
