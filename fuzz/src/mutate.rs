//! Small changes to a seed, from a fixed seed: not a fuzzer, but enough to keep targets honest.

/// A stream of changed copies.
pub struct Mutator(u64);

impl Mutator {
    /// A stream with a fixed start.
    pub fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// A copy of `seed` with one to four changes.
    pub fn change(&mut self, seed: &[u8]) -> Vec<u8> {
        let mut bytes = seed.to_vec();
        for _ in 0..=self.below(3) {
            self.change_once(&mut bytes);
        }
        bytes
    }

    fn change_once(&mut self, bytes: &mut Vec<u8>) {
        let at = self.below(bytes.len());
        let end = (at + 1 + self.below(16)).min(bytes.len());
        match self.below(6) {
            0 if at < bytes.len() => bytes[at] ^= 1 << self.below(7),
            1 if at < bytes.len() => bytes[at] = [0, 0xff, b'9', b'-', b'"', b'{'][self.below(5)],
            2 => bytes.truncate(at),
            3 => drop(bytes.drain(at..end)),
            4 => {
                let piece = bytes[at..end].to_vec();
                let to = self.below(bytes.len());
                drop(bytes.splice(to..to, piece));
            }
            _ => bytes.insert(at, self.next() as u8),
        }
    }

    /// A number from 0 to `limit`, both included.
    fn below(&mut self, limit: usize) -> usize {
        (self.next() % (limit as u64 + 1)) as usize
    }

    /// Xorshift64*.
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 8
    }
}
