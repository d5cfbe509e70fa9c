//! The hub's API types, shared by hub and client.
