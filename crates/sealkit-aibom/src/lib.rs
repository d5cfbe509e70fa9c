//! Facts become an AIBOM.
