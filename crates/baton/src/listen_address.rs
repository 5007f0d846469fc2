//! The address of the server, and protection against unintended access.

use std::net::{SocketAddr, TcpListener};

use baton_channels::web::settings::strangers_come;

use crate::config::LoadedConfig;
use crate::config::server_table::ServerTable;

/// The reason why Baton does not listen on the configured address.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListenError {
    /// Other people could come in without signing in.
    #[error(
        "{at}{listen} is open to other machines{how}, and nobody has to sign in; \
         add [people.NAME] with a token to the configuration, or write public = true in \
         [channels.web] if everybody may read and write there"
    )]
    Open {
        /// The position of the address in the configuration, if configured.
        at: String,
        listen: SocketAddr,
        /// How others can reach the server, if the address does not show it.
        how: &'static str,
    },
    /// The system refused the address.
    #[error("cannot listen on {listen}: {error}; choose another address with --listen")]
    Refused {
        listen: SocketAddr,
        error: std::io::Error,
    },
}

/// Refuses an address for everybody, unless the configuration has people or a public page.
pub(crate) fn check_exposure(
    loaded: &LoadedConfig,
    listen: SocketAddr,
    from_command_line: bool,
) -> Result<(), ListenError> {
    let config = &loaded.config;
    let server = &config.server;
    let closed = !config.people.is_empty() || config.channels.web.public;
    if closed || !reached_from_beyond(server, listen) {
        return Ok(());
    }
    let at = |key| format!("{}: ", loaded.document.key_position(&["server", key]));
    let (at, how) = if listen.ip().is_loopback() {
        let key = if server.hosts.is_empty() {
            "trusted_proxies"
        } else {
            "hosts"
        };
        (at(key), " through a proxy")
    } else if from_command_line || server.listen.is_none() {
        (String::new(), "")
    } else {
        (at("listen"), "")
    };
    Err(ListenError::Open { at, listen, how })
}

/// Whether people on other machines may reach the page.
pub(crate) fn reached_from_beyond(server: &ServerTable, listen: SocketAddr) -> bool {
    strangers_come(listen, &server.hosts, &server.trusted_proxies)
}

/// Binds the address.
pub(crate) fn bind_address(address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).map_err(|error| ListenError::Refused {
        listen: address,
        error,
    })
}
