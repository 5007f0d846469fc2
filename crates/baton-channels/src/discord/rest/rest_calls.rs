//! The requests to Discord, one method for each. Method and path also decide the rate limit of a request.
//!
//! The pages below <https://docs.discord.com/developers/resources/> describe the requests.

use baton_chat::connector::Urgency;
use baton_chat::http::platform_request::PlatformRequest;
use baton_chat::http::response_body::ResponseBody;
use baton_chat::http::response_download::ResponseDownload;
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::command_requests::ListedCommand;
use super::{
    CommandDefinition, CommandList, DiscordRefusal, EntryPointCommand, ExistingCommand,
    InteractionCallback, MessageBody, RestClient, RestResult,
};
use crate::discord::discord_id::Id;
use crate::discord::wire::{
    ApplicationSettings, CreatedMessage, DiscordChannel, GatewayBot, GuildMember, WireMessage,
};

/// The position of a page in the messages of a channel.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PagePosition {
    /// The first messages after this id.
    After(Id),
    /// The last messages before this id.
    Before(Id),
    /// The newest messages.
    Newest,
}

/// Messages.
impl RestClient {
    pub(crate) async fn create_message(
        &self,
        channel: Id,
        message: &MessageBody,
        urgency: Urgency,
    ) -> RestResult<CreatedMessage> {
        let path = format!("channels/{channel}/messages");
        let request = PlatformRequest::new(Method::POST, path).json(message);
        let request = request.files(message.files.clone());
        self.0.fetch_json(request.urgency(urgency)).await
    }

    pub(crate) async fn edit_message(
        &self,
        channel: Id,
        message: Id,
        edit: &MessageBody,
        urgency: Urgency,
    ) -> RestResult {
        let request =
            PlatformRequest::new(Method::PATCH, message_path(channel, message)).json(edit);
        self.0.send_request(request.urgency(urgency)).await
    }

    pub(crate) async fn delete_message(&self, channel: Id, message: Id) -> RestResult {
        let path = message_path(channel, message);
        let request = PlatformRequest::new(Method::DELETE, path);
        self.0.send_request(request).await
    }

    pub(crate) async fn fetch_message(&self, channel: Id, message: Id) -> RestResult<WireMessage> {
        let message: Value = self.fetch_path(message_path(channel, message)).await?;
        Ok(WireMessage::parse(message, Some(channel)))
    }

    /// Fetches at most `limit` messages, unparsed. The page can be too long.
    pub(crate) async fn fetch_message_page(
        &self,
        channel: Id,
        position: PagePosition,
        limit: usize,
    ) -> RestResult<ResponseBody> {
        let from = match position {
            PagePosition::After(id) => format!("&after={id}"),
            PagePosition::Before(id) => format!("&before={id}"),
            PagePosition::Newest => String::new(),
        };
        let path = format!("channels/{channel}/messages?limit={limit}{from}");
        let request = PlatformRequest::new(Method::GET, path);
        self.0.fetch_body(request).await
    }

    /// Adds or removes a reaction of the bot, without waiting for a rate limit. A rate limit of one channel must not
    /// delay other channels. `emoji` is an emoji of Unicode.
    pub(crate) async fn set_own_reaction(
        &self,
        channel: Id,
        message: Id,
        emoji: &str,
        is_there: bool,
    ) -> RestResult {
        let method = if is_there {
            Method::PUT
        } else {
            Method::DELETE
        };
        let emoji: String = url::form_urlencoded::byte_serialize(emoji.as_bytes()).collect();
        let path = message_path(channel, message) + &format!("/reactions/{emoji}/@me");
        self.send_now(method, path).await
    }

    /// Begins the download of a file of a message. The request holds no token of the bot.
    pub(crate) async fn download_file(
        &self,
        url: &str,
    ) -> RestResult<ResponseDownload<DiscordRefusal>> {
        self.0.download_file(url).await
    }
}

/// Channels and threads.
impl RestClient {
    pub(crate) async fn fetch_channel(&self, channel: Id) -> RestResult<DiscordChannel> {
        self.fetch_path(format!("channels/{channel}")).await
    }

    /// Shows for ten seconds that the bot is typing, without waiting for a rate limit.
    pub(crate) async fn trigger_typing(&self, channel: Id) -> RestResult {
        let path = format!("channels/{channel}/typing");
        self.send_now(Method::POST, path).await
    }

    pub(crate) async fn create_thread_from_message(
        &self,
        channel: Id,
        message: Id,
        name: &str,
    ) -> RestResult {
        let path = format!("{}/threads", message_path(channel, message));
        let request = PlatformRequest::new(Method::POST, path);
        self.0
            .send_request(request.json(&json!({ "name": name })))
            .await
    }

    /// Opens an archived thread again.
    pub(crate) async fn reopen_thread(&self, thread: Id) -> RestResult {
        let request = PlatformRequest::new(Method::PATCH, format!("channels/{thread}"));
        self.0
            .send_request(request.json(&json!({ "archived": false })))
            .await
    }
}

/// Answers to interactions. These requests hold the token of the interaction.
impl RestClient {
    /// Sends the first answer.
    pub(crate) async fn respond_to_interaction(
        &self,
        interaction: Id,
        token: &str,
        callback: &InteractionCallback,
    ) -> RestResult {
        let path = format!("interactions/{interaction}/{token}/callback");
        let request = PlatformRequest::with_secret_path(Method::POST, path);
        self.0.send_request(request.json(callback)).await
    }

    /// Replaces the first answer.
    pub(crate) async fn edit_interaction_response(
        &self,
        application: Id,
        token: &str,
        message: &MessageBody,
    ) -> RestResult {
        let path = format!("webhooks/{application}/{token}/messages/@original");
        let request = PlatformRequest::with_secret_path(Method::PATCH, path);
        let request = request.json(message).files(message.files.clone());
        self.0.send_request(request).await
    }
}

/// Commands.
impl RestClient {
    pub(crate) async fn fetch_commands(
        &self,
        application: Id,
        list: CommandList,
    ) -> RestResult<Vec<ExistingCommand>> {
        let path = commands_path(application, list) + "?with_localizations=true";
        self.fetch_path(path).await
    }

    /// Replaces the whole list.
    pub(crate) async fn overwrite_commands(
        &self,
        application: Id,
        list: CommandList,
        own: &[CommandDefinition],
        entry_points: &[EntryPointCommand],
    ) -> RestResult {
        let own = own.iter().map(ListedCommand::Own);
        let all = own.chain(entry_points.iter().map(ListedCommand::EntryPoint));
        let all: Vec<_> = all.collect();
        let request = PlatformRequest::new(Method::PUT, commands_path(application, list));
        self.0.send_request(request.json(&all)).await
    }
}

/// Servers, the gateway and the application.
impl RestClient {
    pub(crate) async fn fetch_member(&self, server: Id, user: Id) -> RestResult<GuildMember> {
        self.fetch_path(format!("guilds/{server}/members/{user}"))
            .await
    }

    /// Fetches the settings for gateway connections.
    pub(crate) async fn fetch_gateway_bot(&self) -> RestResult<GatewayBot> {
        self.fetch_path("gateway/bot").await
    }

    pub(crate) async fn fetch_current_application(&self) -> RestResult<ApplicationSettings> {
        self.fetch_path("applications/@me").await
    }
}

/// The usual kinds of requests.
impl RestClient {
    async fn fetch_path<T: DeserializeOwned>(&self, path: impl Into<String>) -> RestResult<T> {
        let request = PlatformRequest::new(Method::GET, path);
        self.0.fetch_json(request).await
    }

    /// Sends a request without a body, and without waiting for a rate limit.
    async fn send_now(&self, method: Method, path: String) -> RestResult {
        let request = PlatformRequest::new(method, path).urgency(Urgency::NowOrNever);
        self.0.send_request(request).await
    }
}

fn message_path(channel: Id, message: Id) -> String {
    format!("channels/{channel}/messages/{message}")
}

fn commands_path(application: Id, list: CommandList) -> String {
    match list {
        CommandList::Everywhere => format!("applications/{application}/commands"),
        CommandList::Server(server) => {
            format!("applications/{application}/guilds/{server}/commands")
        }
    }
}
