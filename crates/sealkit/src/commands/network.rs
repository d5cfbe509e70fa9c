//! How registries are talked to: options, environment and credentials become a client.

use std::sync::Arc;

use sealkit_ops::login::{Credentials, Env};
use sealkit_ops::network::{Client, ClientIdentity, ClientOptions, Pem, Proxy};

use crate::app::App;
use crate::cli::NetworkArgs;
use crate::console::Failure;

/// Transfers at the same time where no option says.
const CONCURRENCY: usize = 5;

/// A client as the options ask for, and how many transfers run at the same time.
pub(crate) fn client(
    app: &App,
    network: Option<&NetworkArgs>,
) -> Result<(Arc<Client>, usize), Failure> {
    let mut options = ClientOptions {
        offline: app.is_offline(),
        session_dir: Some(app.home.uploads()),
        credentials: Arc::new(credentials(app)),
        ..ClientOptions::default()
    };
    let mut concurrency = CONCURRENCY;
    if let Some(network) = network {
        let transport = &network.transport;
        options.plain_http = transport.plain_http;
        options.tls_verify = transport.tls_verify;
        options.tls_certs = transport.tls_cert.iter().cloned().map(Pem::Path).collect();
        if let Some(url) = &transport.proxy {
            options.proxy = Proxy::Url(url.clone());
        }
        options.identity = identity(network)?;
        concurrency = usize::from(transport.concurrency);
    }
    options.concurrency = concurrency;
    Ok((Arc::new(Client::new(options)), concurrency))
}

/// Where credentials are looked for: the environment is read here and nowhere below.
pub(crate) fn credentials(app: &App) -> Credentials {
    Credentials::new(app.home.dir(), std::env::vars_os().collect::<Env>())
}

fn identity(network: &NetworkArgs) -> Result<Option<ClientIdentity>, Failure> {
    match (&network.cert, &network.key) {
        (None, None) => Ok(None),
        (Some(certificate), Some(key)) => Ok(Some(ClientIdentity {
            certificate: Pem::Path(certificate.clone()),
            key: Pem::Path(key.clone()),
        })),
        _ => Err(Failure::new("client-certificate", "a client certificate needs its key too")
            .hint("give both `--cert` and `--key`")),
    }
}
