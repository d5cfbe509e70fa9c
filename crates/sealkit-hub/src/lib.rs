//! Registry, API and catalogue in one server.
