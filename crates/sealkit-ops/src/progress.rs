//! How far long work has come, without knowing who watches.

/// Is told how far long work has come. Every method may do nothing.
pub trait Progress: Send + Sync {
    /// Work of `total` bytes begins, of unknown size where it is none.
    fn start(&self, what: &str, total: Option<u64>);

    /// So many more bytes are done.
    fn advance(&self, bytes: u64);

    /// The work that began last has ended, well or not.
    fn finish(&self);
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn start(&self, _what: &str, _total: Option<u64>) {}
    fn advance(&self, _bytes: u64) {}
    fn finish(&self) {}
}
