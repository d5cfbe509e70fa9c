//! The distribution protocol over any store.
