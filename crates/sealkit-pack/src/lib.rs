//! Folder to layers and file table, and back: deterministic and path-safe.
