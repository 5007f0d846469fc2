//! Where Baton listens, and that strangers do not come in by accident.

use std::net::{SocketAddr, TcpListener};

use baton_channels::web::settings::strangers_come;

use crate::plan::Plan;

/// Why Baton does not listen where it was told to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListenError {
    /// Strangers could come in.
    #[error(
        "{at}{listen} can be reached from beyond this machine{how}, and nobody has to say who they are; \
         add [people.NAME] with a token to the configuration, or write public = true in \
         [channels.web] if everybody may read and write there"
    )]
    Open {
        /// Where the configuration says so, if it is there.
        at: String,
        listen: SocketAddr,
        /// How, where the address does not say it.
        how: &'static str,
    },
    /// The system refused.
    #[error("cannot listen on {listen}: {error}; choose another address with --listen")]
    Refused {
        listen: SocketAddr,
        error: std::io::Error,
    },
}

/// Refuses to let strangers in by accident.
pub(crate) fn check(plan: &Plan, from_command_line: bool) -> Result<(), ListenError> {
    let config = &plan.loaded.config;
    let closed = !config.people.is_empty() || config.channels.web.public;
    if closed || !reached_from_beyond(plan) {
        return Ok(());
    }
    let document = &plan.loaded.document;
    let at = |key| format!("{}: ", document.at(&["server", key]));
    let server = &config.server;
    let (at, how) = if plan.listen.ip().is_loopback() {
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
    Err(ListenError::Open {
        at,
        listen: plan.listen,
        how,
    })
}

/// Whether people who are not at this machine may reach the page.
pub(crate) fn reached_from_beyond(plan: &Plan) -> bool {
    let server = &plan.loaded.config.server;
    strangers_come(plan.listen, &server.hosts, &server.trusted_proxies)
}

/// Takes the address.
pub(crate) fn listen(address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).map_err(|error| ListenError::Refused {
        listen: address,
        error,
    })
}
