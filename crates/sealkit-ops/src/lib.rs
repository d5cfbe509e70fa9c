//! One function for each verb: outcomes, not output.
