//! NumPy: single arrays (`.npy`) and archives of them (`.npz`).

mod header;
mod literal;
pub(crate) mod npy;
pub(crate) mod npz;
