//! Limits under which untrusted bytes are read.

/// A limit that was reached.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} limit of {limit} was exceeded")]
pub struct Exceeded {
    /// What is limited: `byte`, `depth`, `entry`, `step`, or what a reader counts itself.
    pub what: &'static str,
    /// The limit.
    pub limit: u64,
}

/// What may still be spent on reading one untrusted thing. Wall-clock limits belong to the caller:
/// a budget is a pure number, so that results do not depend on the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    bytes: Meter,
    entries: Meter,
    steps: Meter,
    max_depth: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Meter {
    what: &'static str,
    limit: u64,
    left: u64,
}

impl Meter {
    fn new(what: &'static str, limit: u64) -> Self {
        Self { what, limit, left: limit }
    }

    fn spend(&mut self, amount: u64) -> Result<(), Exceeded> {
        if let Some(left) = self.left.checked_sub(amount) {
            self.left = left;
            Ok(())
        } else {
            self.left = 0;
            Err(Exceeded { what: self.what, limit: self.limit })
        }
    }
}

impl Budget {
    /// A budget of `bytes` read, `entries` listed, `steps` of work and nesting of `max_depth`.
    pub fn new(bytes: u64, entries: u64, steps: u64, max_depth: u32) -> Self {
        Self {
            bytes: Meter::new("byte", bytes),
            entries: Meter::new("entry", entries),
            steps: Meter::new("step", steps),
            max_depth,
        }
    }

    /// Spends `amount` bytes.
    pub fn bytes(&mut self, amount: u64) -> Result<(), Exceeded> {
        self.bytes.spend(amount)
    }

    /// Spends `amount` entries.
    pub fn entries(&mut self, amount: u64) -> Result<(), Exceeded> {
        self.entries.spend(amount)
    }

    /// Spends `amount` steps of work.
    pub fn steps(&mut self, amount: u64) -> Result<(), Exceeded> {
        self.steps.spend(amount)
    }

    /// Checks that nesting of `depth` is allowed.
    pub fn depth(&self, depth: u32) -> Result<(), Exceeded> {
        if depth > self.max_depth {
            return Err(Exceeded { what: "depth", limit: u64::from(self.max_depth) });
        }
        Ok(())
    }

    /// Bytes that are left.
    pub fn bytes_left(&self) -> u64 {
        self.bytes.left
    }
}

impl Default for Budget {
    /// For one file's header and metadata: 128 MiB, a million entries, 50 million steps, depth 64.
    fn default() -> Self {
        Self::new(128 << 20, 1_000_000, 50_000_000, 64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_ends_and_stays_ended() {
        let mut budget = Budget::new(10, 1, 1, 2);
        budget.bytes(10).unwrap();
        assert_eq!(budget.bytes(1), Err(Exceeded { what: "byte", limit: 10 }));
        assert!(budget.entries(2).is_err());
        assert!(budget.entries(1).is_err());
        assert!(budget.depth(2).is_ok());
        assert_eq!(budget.depth(3).unwrap_err().to_string(), "depth limit of 2 was exceeded");
    }
}
