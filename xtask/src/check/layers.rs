//! The layer table: written down once. `ARCHITECTURE.md` shows it as a picture.

/// Where a crate stands. A crate may use what stands lower.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Layer {
    /// L0: words. Pure.
    Words,
    /// L1: engines. Pure.
    Engines,
    /// L2: hands. They touch disk and network.
    Hands,
    /// L3: verbs. One function for each.
    Verbs,
    /// L4: faces. Terminal and server.
    Faces,
    /// Beside the house: may use anything, is used only by tests.
    Side,
}

impl Layer {
    /// The name used in documents.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Words => "L0 words",
            Self::Engines => "L1 engines",
            Self::Hands => "L2 hands",
            Self::Verbs => "L3 verbs",
            Self::Faces => "L4 faces",
            Self::Side => "side",
        }
    }

    /// Whether crates of this layer do no I/O and read neither clock nor randomness.
    pub(crate) fn is_pure(self) -> bool {
        matches!(self, Self::Words | Self::Engines)
    }
}

/// Every crate and its layer. A crate that is not here fails the check.
pub(crate) static CRATES: &[(&str, Layer)] = &[
    ("sealkit-oci", Layer::Words),
    ("sealkit-kitfile", Layer::Words),
    ("sealkit-report", Layer::Words),
    ("sealkit-api", Layer::Words),
    ("sealkit-inspect", Layer::Engines),
    ("sealkit-scan", Layer::Engines),
    ("sealkit-aibom", Layer::Engines),
    ("sealkit-preview", Layer::Engines),
    ("sealkit-attest", Layer::Engines),
    ("sealkit-policy", Layer::Engines),
    ("sealkit-store", Layer::Hands),
    ("sealkit-remote", Layer::Hands),
    ("sealkit-pack", Layer::Hands),
    ("sealkit-catalog", Layer::Hands),
    ("sealkit-hubstore", Layer::Hands),
    ("sealkit-ops", Layer::Verbs),
    ("sealkit", Layer::Faces),
    ("sealkit-registry", Layer::Faces),
    ("sealkit-hub", Layer::Faces),
    ("sealkit-fuzz", Layer::Side),
    ("sealkit-testkit", Layer::Side),
    ("xtask", Layer::Side),
];

/// The only arrows allowed inside one layer.
pub(crate) static SIDE_EDGES: &[(&str, &str)] = &[
    ("sealkit-kitfile", "sealkit-oci"),
    ("sealkit-kitfile", "sealkit-report"), // docs/decisions/0002
    ("sealkit-report", "sealkit-oci"),
    ("sealkit-api", "sealkit-oci"),
    ("sealkit-api", "sealkit-report"),
    ("sealkit-scan", "sealkit-inspect"),
    ("sealkit-aibom", "sealkit-inspect"),
    ("sealkit-preview", "sealkit-inspect"), // docs/decisions/0102
    ("sealkit-policy", "sealkit-attest"),
    ("sealkit-policy", "sealkit-inspect"), // docs/decisions/0139
    ("sealkit-remote", "sealkit-store"),
    ("sealkit-pack", "sealkit-store"),
    ("sealkit-catalog", "sealkit-store"),
    ("sealkit-hubstore", "sealkit-store"),
    ("sealkit-hubstore", "sealkit-pack"), // docs/decisions/0137
    ("sealkit-hub", "sealkit-registry"),
    ("sealkit", "sealkit-hub"),
];

/// Outside crates that a pure crate must not use directly: each reaches for I/O, threads, a clock
/// or randomness.
pub(crate) static IMPURE: &[&str] = &[
    "async-std",
    "axum",
    "chrono",
    "fs-err",
    "getrandom",
    "hyper",
    "jiff",
    "memmap2",
    "rand",
    "rayon",
    "reqwest",
    "rusqlite",
    "rustix",
    "tempfile",
    "tokio",
    "walkdir",
];

/// The layer of a crate.
pub(crate) fn layer_of(name: &str) -> Option<Layer> {
    CRATES.iter().find(|(known, _)| *known == name).map(|(_, layer)| *layer)
}

/// The names of the pure crates.
pub(crate) fn pure() -> impl Iterator<Item = &'static str> {
    CRATES.iter().filter(|(_, layer)| layer.is_pure()).map(|(name, _)| *name)
}

/// Why the arrow `from` → `to` is not allowed; nothing where it is.
pub(crate) fn objection(from: &str, to: &str) -> Option<String> {
    // An unknown crate is reported once, by its own name.
    let (Some(source), Some(target)) = (layer_of(from), layer_of(to)) else { return None };
    if target == Layer::Side {
        return Some(format!("`{from}` uses `{to}`, which only tests may use"));
    }
    if source > target || SIDE_EDGES.contains(&(from, to)) {
        return None;
    }
    let (source, target) = (source.name(), target.name());
    Some(format!("`{from}` ({source}) uses `{to}` ({target}): not an arrow of the layer table"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn down_is_allowed_up_and_sideways_are_not() {
        assert_eq!(objection("sealkit-ops", "sealkit-oci"), None);
        assert_eq!(objection("sealkit-pack", "sealkit-store"), None);
        assert!(objection("sealkit-store", "sealkit-pack").is_some());
        assert!(objection("sealkit-oci", "sealkit-store").is_some());
        assert!(objection("sealkit", "sealkit-registry").is_some());
        assert!(objection("sealkit-ops", "sealkit-testkit").is_some());
        assert_eq!(objection("sealkit-testkit", "sealkit-registry"), None);
    }

    #[test]
    fn side_edges_name_known_crates_of_one_layer() {
        for (from, to) in SIDE_EDGES {
            assert_eq!(layer_of(from), layer_of(to), "{from} -> {to}");
            assert!(layer_of(from).is_some(), "{from}");
        }
    }

    #[test]
    fn side_edges_make_no_cycle() {
        // Following edges from any crate must end within as many steps as there are edges.
        for start in SIDE_EDGES.iter().map(|(from, _)| *from) {
            let mut reached = vec![start];
            for _ in 0..=SIDE_EDGES.len() {
                reached = SIDE_EDGES
                    .iter()
                    .filter(|(from, _)| reached.contains(from))
                    .map(|(_, to)| *to)
                    .collect();
            }
            assert!(reached.is_empty(), "cycle through {start}");
        }
    }
}
