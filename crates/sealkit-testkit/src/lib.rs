//! Kit builders, hostile files and an in-process registry for tests.
