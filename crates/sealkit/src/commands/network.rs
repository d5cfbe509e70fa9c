//! How registries are talked to: options, environment and credentials become a client.

use std::sync::Arc;

use sealkit_ops::login::{Credentials, Env};
use sealkit_ops::network::{Client, ClientIdentity, ClientOptions, Pem, Proxy, Secret};
use sealkit_ops::remote_dataset::S3Settings;

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

/// The variables of this process, of which those for all registries go to registries that the command line names.
fn environment() -> Env {
    let words = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
    std::env::vars_os().collect::<Env>().for_named(words)
}

/// Where credentials are looked for: the environment is read here and nowhere below.
pub(crate) fn credentials(app: &App) -> Credentials {
    Credentials::new(app.home.dir(), environment())
}

/// How S3 storage is reached, by `kit`'s variables; none where none of them is set.
pub(crate) fn s3_settings() -> Option<S3Settings> {
    let of = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let (key, secret) = (of("S3_ACCESS_KEY_ID"), of("S3_SECRET_KEY"));
    let settings = S3Settings {
        endpoint: of("S3_API_ENDPOINT"),
        region: of("S3_REGION"),
        credentials: key.zip(secret).map(|(key, secret)| (key, Secret::new(secret))),
    };
    let is_set = settings.endpoint.is_some() || settings.credentials.is_some();
    (is_set || settings.region.is_some()).then_some(settings)
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
