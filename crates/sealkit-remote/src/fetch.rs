//! Gets small documents from addresses that an administrator wrote down, or that such a document names.

use url::Url;

use crate::public::{check, client, reason};

/// Gets from public addresses alone, with TLS, following no redirect and no proxy; and, where it is said for
/// one address, from anywhere. It is meant for what is asked seldom: nothing is kept between requests.
#[derive(Clone, Debug)]
pub struct Fetcher {
    user_agent: String,
}

impl Fetcher {
    /// One with the system's authorities.
    pub fn new(user_agent: &str) -> Self {
        Self { user_agent: user_agent.to_owned() }
    }

    /// Gets a document of at most `limit` bytes within ten seconds. With `anywhere`, loopback, private networks
    /// and plain HTTP are allowed.
    ///
    /// # Errors
    /// A short reason without the address.
    pub async fn get(&self, url: &Url, anywhere: bool, limit: usize) -> Result<Vec<u8>, String> {
        check(url, anywhere)?;
        let agent = self.user_agent.clone();
        // The system's authorities are files.
        let http = tokio::task::spawn_blocking(move || client(&agent, anywhere)).await;
        let http = http.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
        let asked = http.get(url.clone()).header("accept", "application/json").send().await;
        let mut answer = asked.map_err(|error| reason(&error))?;
        if answer.status() != reqwest::StatusCode::OK {
            return Err(format!("it answered {}", answer.status().as_u16()));
        }
        let mut bytes = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(|error| reason(&error))? {
            if part.len() > limit.saturating_sub(bytes.len()) {
                return Err(format!("its answer has more than {limit} bytes"));
            }
            bytes.extend_from_slice(&part);
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;

    /// A server that gives this answer to the first who asks; gives its address.
    fn server(answer: &'static str) -> Url {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer.as_bytes());
        });
        format!("http://127.0.0.1:{port}/x").parse().unwrap()
    }

    #[tokio::test]
    async fn a_document_is_bounded_and_nothing_else_is_taken_for_one() {
        let fetcher = Fetcher::new("test");
        let good = server("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc");
        assert_eq!(fetcher.get(&good, true, 3).await.unwrap(), b"abc");
        for (answer, part) in [
            ("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nabcd", "more than 3"),
            ("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nabcdefgh", "more than 3"),
            ("HTTP/1.1 302 Found\r\nlocation: /y\r\ncontent-length: 0\r\n\r\n", "302"),
            ("HTTP/1.1 404 No\r\ncontent-length: 1\r\n\r\na", "404"),
            ("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\na", ""),
            ("nonsense\r\n\r\n", ""),
        ] {
            let got = fetcher.get(&server(answer), true, 3).await;
            assert!(got.as_ref().is_err_and(|why| why.contains(part)), "{answer}: {got:?}");
        }
    }

    #[tokio::test]
    async fn only_what_is_said_for_one_address_reaches_this_machine() {
        let fetcher = Fetcher::new("test");
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        for url in ["http://127.0.0.1", "https://127.0.0.1", "https://localhost", "https://[::1]"] {
            let url = format!("{url}:{port}/").parse().unwrap();
            fetcher.get(&url, false, 10).await.unwrap_err();
        }
        assert!(listener.accept().is_err(), "nobody came");
    }
}
