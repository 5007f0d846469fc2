//! Requests to the Bot API: <https://core.telegram.org/bots/api>. Only this module knows the methods and their fields.
//!
//! `api_calls` has a method for each request, `update_calls` the requests for updates, `webhook_calls` the requests about
//! the webhook, and `draft_calls` drafts; `request_bodies` are the bodies, and `reply_markup` the controls below messages.
//! `success_answer` checks the answers without an error status. `telegram_refusal` has the refusals of Telegram, and their
//! meaning. The chat layer's [`PlatformClient`] sends the requests. The limits on requests are in
//! `send_budget`, because Telegram limits chats, and not methods.

use std::sync::Arc;

use baton_chat::http::multipart_form::FormLayout;
use baton_chat::http::platform_client::{PlatformApi, PlatformClient};
use baton_chat::http::request_error::RequestError;
use baton_chat::http::secret_mask::SecretMask;
use baton_core::clock::Clock;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

mod api_calls;
mod draft_calls;
mod reply_markup;
mod request_bodies;
mod success_answer;
mod telegram_refusal;
mod update_calls;
mod webhook_calls;

pub(super) use api_calls::{BotDescription, SentMessage};
pub(super) use draft_calls::{DraftOptions, RichDraft, TextDraft};
pub(super) use reply_markup::{ForcedReply, Keyboard, ReplyMarkup};
pub(super) use request_bodies::{
    CallbackAnswer, CommandMenu, EditBody, EphemeralAudience, FileBody, MediaGroupBody,
    MenuAddress, MenuCommand, MenuScope, QuotedMessage, RichText, SendOptions, TextBody,
};
pub(super) use telegram_refusal::TelegramRefusal;
pub(super) use update_calls::LONGEST_POLL;
pub(super) use webhook_calls::WebhookDescription;

/// The reason why a request to Telegram failed.
pub(super) type BotApiError = RequestError<TelegramRefusal>;

/// The outcome of a request to Telegram.
pub(super) type BotApiResult<T = ()> = Result<T, BotApiError>;

const USER_AGENT: &str = concat!("Baton/", env!("CARGO_PKG_VERSION"));

/// The client for the Bot API.
pub(super) struct BotApi {
    client: PlatformClient<TelegramRefusal>,
    /// The address above the paths of files. The address holds the token.
    file_address: String,
    mask: SecretMask,
}

impl BotApi {
    /// A client for the server at `address`, such as `https://api.telegram.org`.
    pub(super) fn new(
        address: &Url,
        token: &SecretString,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, reqwest::Error> {
        let server = address.as_str().trim_end_matches('/');
        let token = token.expose_secret();
        let mut methods = address.clone();
        methods.set_path(&format!(
            "{}/bot{token}/",
            address.path().trim_end_matches('/')
        ));
        let mask = SecretMask::new(token);
        let api = PlatformApi {
            address: methods,
            user_agent: USER_AGENT,
            authorization: None,
            mask: mask.clone(),
            form: FormLayout::FieldParts {
                file_part: |number| format!("file{number}"),
            },
        };
        Ok(Self {
            client: PlatformClient::new(api, clock)?,
            file_address: format!("{server}/file/bot{token}"),
            mask,
        })
    }

    /// The text without the token. People write the token into the addresses of webhooks.
    pub(super) fn hide_token(&self, text: &str) -> String {
        self.mask.hide_in_text(text)
    }
}
