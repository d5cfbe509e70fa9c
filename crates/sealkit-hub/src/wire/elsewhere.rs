//! Connections where files are not sent as they lie.

use std::sync::Arc;

use sealkit_registry::FileSender;
use tokio::net::TcpListener;

use crate::socket::Socket;

/// A connection like any other.
pub(crate) struct Wire;

impl Wire {
    /// The connection itself.
    #[expect(clippy::new_ret_no_self, reason = "where files are sent it is another one")]
    pub(crate) fn new(stream: Socket, _: &Lent) -> Socket {
        stream
    }
}

/// Nothing is lent.
#[derive(Clone, Default)]
pub(crate) struct Lent(());

impl Lent {
    /// None: what is sent is read.
    #[expect(clippy::unused_self, reason = "elsewhere it is needed")]
    pub(crate) fn sender(&self) -> Option<Arc<dyn FileSender>> {
        None
    }
}

/// Leaves it to the system how fast it sends.
pub(crate) fn unpace(_: &TcpListener) {}
