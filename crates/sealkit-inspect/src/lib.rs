//! Bytes become facts: one inspector for each file format.
