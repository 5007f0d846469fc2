//! The settings for updates by webhook.

use std::net::TcpListener;
use std::sync::Arc;

use url::Url;

use super::webhook_secret::WebhookSecret;

/// The settings for updates by webhook. Telegram calls the address, a proxy takes the TLS off, and the listener of Baton
/// gets the request.
#[derive(Clone)]
pub struct WebhookSettings {
    /// The address that Telegram calls. The path is also the path at the listener.
    pub url: Url,
    /// The listener for plain HTTP, bound before any other part of Baton starts.
    pub listener: Arc<TcpListener>,
    /// The secret that Telegram sends with each update.
    pub secret: WebhookSecret,
}
