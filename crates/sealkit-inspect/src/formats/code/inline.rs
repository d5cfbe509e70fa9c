//! Metadata inside a script.
//!
//! Source: PyPA "Inline script metadata" (PEP 723).

use sealkit_report::Budget;

use crate::formats::packages::{Packages, script as read_script};
use crate::{Facts, InspectError, toml};

/// The requirements in the `# /// script` block of a source; none where there is no block.
pub(super) fn script(text: &str, path: &str, budget: &mut Budget) -> Result<Facts, InspectError> {
    let mut lines = text.lines().skip_while(|line| line.trim_end() != "# /// script").skip(1);
    let mut block = String::new();
    let closed = loop {
        match lines.next().map(str::trim_end) {
            Some("# ///") => break true,
            Some("#") => block.push('\n'),
            Some(line) => match line.strip_prefix("# ") {
                Some(line) => {
                    block.push_str(line);
                    block.push('\n');
                }
                None => break false,
            },
            None => break false,
        }
    };
    if !closed {
        return Ok(Facts::default());
    }
    // A block that is no TOML says nothing; the code around it still does.
    let Ok(tree) = toml::parse(&block, budget) else { return Ok(Facts::default()) };
    let mut packages = Packages::new(path, budget);
    let read = read_script(&tree, &mut packages);
    packages.finish(read)
}
