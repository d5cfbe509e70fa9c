//! Statements, DSSE, Sigstore bundles and keys: sign and verify, offline.
