//! Fuzz targets for everything that reads bytes from strangers.
//!
//! `cargo +nightly fuzz run <target>` explores; `cargo test` replays the seeds and many changed
//! copies of them on the stable compiler, so that the targets can not rot.

pub mod boms;
mod models;
pub mod mutate;
pub mod pickles;
pub mod policies;
pub mod predicates;
pub mod previews;
pub mod records;
pub mod seeds;
pub mod signed;
pub mod targets;
pub mod witnesses;

/// A target: takes bytes, and panics when something that must hold does not.
pub type Target = fn(&[u8]);

/// Every target by its name.
pub static TARGETS: &[(&str, Target)] = &[
    ("advisory", boms::advisory),
    ("assemble", boms::assemble),
    ("bundle", targets::bundle),
    ("authority", witnesses::certificate),
    ("certificate", signed::certificate),
    ("checkpoint", witnesses::checkpoint),
    ("cyclonedx", boms::cyclonedx),
    ("git", targets::git),
    ("ignore", targets::ignore),
    ("inspect", targets::inspect),
    ("judge", boms::judge),
    ("key", targets::key),
    ("keyless", witnesses::keyless),
    ("kit_config", targets::kit_config),
    ("kitfile", targets::kitfile),
    ("lineage", predicates::lineage),
    ("log", witnesses::log),
    ("manifest", targets::manifest),
    ("model", signed::model),
    ("overlay", boms::overlay),
    ("pickle", pickles::pickle),
    ("policy", policies::policy),
    ("policy_facts", policies::facts),
    ("predicate", predicates::predicate),
    ("preview", previews::preview),
    ("purl", boms::purl),
    ("records", records::records),
    ("reference", targets::reference),
    ("simple_signing", targets::simple_signing),
    ("statement", targets::statement),
    ("stream", targets::stream),
    ("survey", targets::survey),
    ("tar", targets::tar),
    ("tensors", targets::tensors),
    ("timestamp", witnesses::timestamp),
    ("trusted_root", witnesses::trusted_root),
];

/// Runs a target over the files that the arguments name: how a found input is looked at again.
pub fn replay(target: Target) {
    for path in std::env::args_os().skip(1) {
        match std::fs::read(&path) {
            Ok(bytes) => target(&bytes),
            Err(error) => eprintln!("{}: {error}", path.display()),
        }
    }
}
