//! The state that all shards share, and the errors that end all shards.

use std::sync::Arc;

use baton_chat::connection::session_starts::SessionStarts;
use baton_chat::connection::web_socket::SocketOpener;
use secrecy::SecretString;
use url::Url;

/// The message for a token that Discord refuses.
pub(crate) const UNKNOWN_TOKEN: &str = "Discord does not know the bot's token; make a new token on the page of the application, under Bot";

/// The state that all shards share.
pub(crate) struct GatewayContext {
    pub(crate) url: Url,
    pub(crate) token: SecretString,
    pub(crate) intents: u64,
    /// The number of shards.
    pub(crate) shards: u32,
    pub(crate) sockets: SocketOpener,
    pub(crate) starts: Arc<SessionStarts>,
}

/// The message for a close code that no further try can change.
pub(crate) fn fatal_message(code: u16) -> Option<&'static str> {
    Some(match code {
        4_004 => UNKNOWN_TOKEN,
        4_010 | 4_011 => "Discord requires another number of shards; start Baton again",
        4_012 => "Discord no longer speaks this version of its gateway; get a newer Baton",
        4_013 => "Discord does not know an intent of the bot; get a newer Baton",
        4_014 => {
            "Discord hides messages without a mention from the bot: turn on Message Content Intent on \
             the page of the application, under Bot, or write trigger = \"mention\" in every place"
        }
        _ => return None,
    })
}
