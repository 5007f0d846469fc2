//! `[channels.telegram.webhook]`: updates by webhook.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;

use baton_config::{ChannelOpenError, SecretLocation};
use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use url::Url;

use super::webhook_secret::WebhookSecret;
use super::webhook_settings::WebhookSettings;

/// The default address of the listener.
const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8443);

/// The ports that Telegram calls (`setWebhook`).
const PORTS: [u16; 4] = [443, 80, 88, 8443];

/// `[channels.telegram.webhook]`: Telegram calls Baton for each update, instead of long polls of Baton.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookTable {
    /// The public address that Telegram calls, with https. A proxy at this address passes the requests on to `listen`,
    /// with the same path.
    url: String,
    /// The address and port of Baton's listener for Telegram, for plain HTTP; by default `127.0.0.1:8443`.
    #[serde(default, deserialize_with = "deserialize_address")]
    #[schemars(with = "Option<String>")]
    listen: Option<SocketAddr>,
    /// The location of the secret that Telegram sends with each update: 16 to 256 letters, digits, `_` and `-`. By
    /// default, Baton makes a secret at each start.
    pub(crate) secret: Option<SecretLocation>,
}

fn deserialize_address<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let address = text.parse().map_err(|_| {
        D::Error::custom("listen: this must be an address and a port, such as \"127.0.0.1:8443\"")
    })?;
    Ok(Some(address))
}

/// The error of a listener that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error(
    "Baton cannot listen on {listen} for the webhook of Telegram: {error}; choose another address for `listen` in \
     [channels.telegram.webhook]"
)]
struct WebhookListenError {
    listen: SocketAddr,
    error: std::io::Error,
}

impl WebhookTable {
    /// Reports an address that Telegram does not call. A Bot API server of one's own calls any address.
    pub(crate) fn check_values(&self, has_own_server: bool, report: &mut dyn FnMut(&[&str], &str)) {
        let mut report = |what: &str| report(&["webhook", "url"], what);
        let Some(url) = self.parse_url() else {
            report("this must be an address that begins with https://");
            return;
        };
        if has_own_server {
            return;
        }
        if url.scheme() != "https" {
            report(
                "this must be an address that begins with https://, because Telegram calls no other",
            );
        }
        if !url
            .port_or_known_default()
            .is_some_and(|port| PORTS.contains(&port))
        {
            report("Telegram calls only the ports 443, 80, 88 and 8443");
        }
    }

    /// The address; `None` for a mistake, which the check of the file has reported.
    fn parse_url(&self) -> Option<Url> {
        let url = Url::parse(&self.url).ok()?;
        let fits = ["http", "https"].contains(&url.scheme()) && url.host().is_some();
        let is_plain = url.fragment().is_none() && url.username().is_empty();
        (fits && is_plain).then_some(url)
    }

    /// Binds the listener. `secret` is empty without a configured secret.
    pub(crate) fn open_listener(
        &self,
        secret: SecretString,
    ) -> Result<Option<WebhookSettings>, ChannelOpenError> {
        let Some(url) = self.parse_url() else {
            return Ok(None);
        };
        let secret = if secret.expose_secret().is_empty() {
            WebhookSecret::generate_secret()
        } else {
            WebhookSecret::parse_secret(secret)
        };
        let secret = secret.map_err(ChannelOpenError::new)?;
        let listen = self.listen.unwrap_or(LISTEN);
        let listener = TcpListener::bind(listen)
            .map_err(|error| ChannelOpenError::new(WebhookListenError { listen, error }))?;
        Ok(Some(WebhookSettings {
            url,
            listener: Arc::new(listener),
            secret,
        }))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse_table(url: &str) -> WebhookTable {
        serde_json::from_value(json!({ "url": url, "listen": "127.0.0.1:0" })).unwrap()
    }

    fn reported(url: &str, has_own_server: bool) -> Vec<String> {
        let mut found = Vec::new();
        parse_table(url).check_values(has_own_server, &mut |keys, what| {
            found.push(format!("{}: {what}", keys.join(".")));
        });
        found
    }

    #[test]
    fn only_addresses_that_telegram_calls_are_accepted() {
        for good in [
            "https://example.org/telegram",
            "https://example.org:8443/a/b?c=d",
            "https://example.org",
        ] {
            assert!(reported(good, false).is_empty(), "{good}");
        }
        for (bad, part) in [
            ("example.org", "begins with https://"),
            ("http://example.org/x", "begins with https://"),
            ("https://user@example.org/x", "begins with https://"),
            ("https://example.org:444/x", "only the ports"),
        ] {
            let found = reported(bad, false);
            assert!(found[0].contains(part), "{bad}: {found:?}");
            assert!(found[0].starts_with("webhook.url: "), "{found:?}");
        }
        assert!(reported("http://10.0.0.7:9000/x", true).is_empty());
    }

    #[test]
    fn a_listener_has_the_configured_secret_or_a_made_one() {
        let table = parse_table("https://example.org/x");
        let secret = "a-secret_of-the-operator";
        let configured = table.open_listener(secret.into()).unwrap().unwrap();
        assert!(configured.secret.is_given(secret.as_bytes()));
        let made = table.open_listener("".into()).unwrap().unwrap();
        assert!(!made.secret.is_given(b""));
        let refused = table.open_listener("short".into()).err().unwrap();
        assert!(refused.to_string().contains("16 to 256"), "{refused}");
    }
}
