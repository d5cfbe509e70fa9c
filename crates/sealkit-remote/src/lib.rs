//! Distribution client: transfer, authentication, credentials.
