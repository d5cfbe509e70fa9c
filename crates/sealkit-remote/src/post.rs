//! Sends small documents to addresses that an administrator wrote down: notices, not transfers.

use bytes::Bytes;
use tokio::sync::OnceCell;
use url::Url;

use crate::public::{check, client, reason};

/// Posts to public addresses alone, with TLS, following no redirect and no proxy: whoever writes an address
/// down must not reach through this machine what only this machine reaches.
#[derive(Clone, Debug)]
pub struct Poster {
    user_agent: String,
    anywhere: bool,
    /// Made when there is something to send: most hubs have no webhook, and the system's authorities take memory.
    http: OnceCell<reqwest::Client>,
}

impl Poster {
    /// One with the system's authorities. With `anywhere`, loopback, private networks and plain HTTP are
    /// allowed.
    #[must_use]
    pub fn new(user_agent: &str, anywhere: bool) -> Self {
        Self { user_agent: user_agent.to_owned(), anywhere, http: OnceCell::new() }
    }

    /// Whether it would post there, as far as the address alone shows.
    ///
    /// # Errors
    /// Why not, in a few words.
    pub fn takes(&self, url: &Url) -> Result<(), String> {
        check(url, self.anywhere)
    }

    async fn http(&self) -> Result<&reqwest::Client, String> {
        let make = async || {
            let (agent, anywhere) = (self.user_agent.clone(), self.anywhere);
            // The system's authorities are files.
            let made = tokio::task::spawn_blocking(move || client(&agent, anywhere)).await;
            made.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
        };
        self.http.get_or_try_init(make).await
    }

    /// Posts JSON; gives the status of the answer, whose body is not read.
    ///
    /// # Errors
    /// A short reason without the address, which may hold a secret; also where TLS can not be set up.
    pub async fn post(
        &self,
        url: &Url,
        headers: &[(&'static str, String)],
        json: Bytes,
    ) -> Result<u16, String> {
        self.takes(url)?;
        let mut request =
            self.http().await?.post(url.clone()).header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let sent = request.body(json).send().await;
        sent.map(|reply| reply.status().as_u16()).map_err(|error| reason(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_not_public_is_not_connected_to() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let poster = Poster::new("test", false);
        for (url, part) in [
            (format!("https://127.0.0.1:{port}/"), "public"),
            (format!("https://localhost:{port}/"), "public"),
            (format!("https://a.localhost:{port}/"), "public"),
            (format!("https://[::1]:{port}/"), "public"),
            (format!("https://2130706433:{port}/"), "public"),
            (format!("http://127.0.0.1:{port}/"), "https"),
            ("ftp://example.com/".to_owned(), "https"),
        ] {
            let sent = poster.post(&url.parse().unwrap(), &[], Bytes::new()).await;
            assert!(sent.as_ref().is_err_and(|reason| reason.contains(part)), "{url}: {sent:?}");
        }
        assert!(listener.accept().is_err(), "nobody came");
    }
}
