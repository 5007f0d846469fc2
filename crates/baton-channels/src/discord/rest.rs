//! Requests to Discord. Only this module knows paths, and only this module makes the JSON of a request.
//!
//! `rest_calls` has a method for each request, with its path; `message_requests`, `interaction_requests` and
//! `command_requests` are the bodies. The chat layer's [`PlatformClient`] sends the requests.

use std::sync::Arc;

use baton_chat::http::multipart_form::FormLayout;
use baton_chat::http::platform_client::{PlatformApi, PlatformClient};
use baton_chat::http::request_error::RequestError;
use baton_chat::http::secret_mask::SecretMask;
use baton_core::clock::Clock;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

mod command_requests;
mod discord_refusal;
mod interaction_requests;
mod message_requests;
mod rest_calls;

pub(super) use command_requests::{
    CommandDefinition, CommandList, EntryPointCommand, ExistingCommand,
};
pub(super) use discord_refusal::{DiscordRefusal, code};
pub(super) use interaction_requests::InteractionCallback;
pub(super) use message_requests::{
    MessageBody, arrange_buttons, mention_nobody, mention_nobody_in_reply, refer_to, render_embed,
};
pub(super) use rest_calls::PagePosition;

/// The reason why a request to Discord failed.
pub(super) type RestError = RequestError<DiscordRefusal>;

/// The outcome of a request to Discord.
pub(super) type RestResult<T = ()> = Result<T, RestError>;

/// The user agent, in the form that Discord wants.
const USER_AGENT: &str = concat!(
    "DiscordBot (https://github.com/baton, ",
    env!("CARGO_PKG_VERSION"),
    ")"
);

/// The client for Discord's REST API.
pub(super) struct RestClient(PlatformClient<DiscordRefusal>);

impl RestClient {
    pub(super) fn new(
        address: Url,
        token: &SecretString,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, reqwest::Error> {
        let token = token.expose_secret();
        let header = HeaderValue::from_str(&format!("Bot {token}"));
        let api = PlatformApi {
            address,
            user_agent: USER_AGENT,
            // No token has control characters. Discord refuses a request without a token as one with a wrong token.
            authorization: header.ok(),
            mask: SecretMask::new(token),
            form: FormLayout::JsonPart {
                json_part: "payload_json",
                file_part: |number| format!("files[{number}]"),
            },
        };
        PlatformClient::new(api, clock).map(Self)
    }
}

#[cfg(test)]
mod tests;
