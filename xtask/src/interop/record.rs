//! `docs/reference/interop.md`: which version of each peer passed last.

use std::fmt::Write as _;

use super::peers::Found;

/// The page, from the workspace's root.
pub(super) const PAGE: &str = "docs/reference/interop.md";

const HEAD: &str = "# Peers that SealKit is tested with

Written by `cargo xtask interop --write`. The version is the last one with which all cross tests
passed; a peer that could not be had in a run keeps its line.

| peer | variable | version that passed last |
|---|---|---|
";

/// The page after a run: new versions where the tests passed, the old lines elsewhere.
pub(super) fn render(before: &str, found: &[Found], passed: bool) -> String {
    let mut page = HEAD.to_owned();
    for peer in found {
        let old = version_in(before, peer.name).unwrap_or("none yet");
        let version = match &peer.version {
            Ok(version) if passed => version,
            _ => old,
        };
        let _ = writeln!(page, "| {} | `{}` | {version} |", peer.name, peer.variable);
    }
    page
}

fn version_in<'a>(page: &'a str, name: &str) -> Option<&'a str> {
    let start = format!("| {name} |");
    let line = page.lines().find(|line| line.starts_with(&start))?;
    line.trim_end_matches('|').rsplit('|').next().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(version: Result<&str, &str>) -> Vec<Found> {
        let version = version.map(str::to_owned).map_err(str::to_owned);
        vec![Found { name: "kit", variable: "SEALKIT_KIT", path: None, version }]
    }

    #[test]
    fn a_passed_version_is_kept_until_another_passes() {
        let first = render("", &found(Ok("1.0")), true);
        assert_eq!(version_in(&first, "kit"), Some("1.0"));
        let skipped = render(&first, &found(Err("no network")), true);
        assert_eq!(version_in(&skipped, "kit"), Some("1.0"));
        let failed = render(&skipped, &found(Ok("2.0")), false);
        assert_eq!(version_in(&failed, "kit"), Some("1.0"));
        let passed = render(&failed, &found(Ok("2.0")), true);
        assert_eq!(version_in(&passed, "kit"), Some("2.0"));
    }

    #[test]
    fn nothing_is_claimed_before_a_pass() {
        assert_eq!(version_in(&render("", &found(Ok("1.0")), false), "kit"), Some("none yet"));
    }
}
