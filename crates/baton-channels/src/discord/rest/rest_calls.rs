//! The requests to Discord, one method for each. Method and path also decide the rate limit of a request.
//!
//! The pages below <https://docs.discord.com/developers/resources/> describe the requests.

use reqwest::Method;
use serde_json::Value;

use super::command_requests::ListedCommand;
use super::{
    CommandDefinition, CommandList, CreateThread, EntryPointCommand, ExistingCommand,
    InteractionCallback, MessageBody, ModifyChannel, PagePosition, Patience, ResponseBody,
    RestClient, RestError, RestRequest,
};
use crate::discord::discord_id::Id;
use crate::discord::wire::{
    ApplicationSettings, CreatedMessage, DiscordChannel, GatewayBot, GuildMember, WireMessage,
};

/// Messages.
impl RestClient {
    pub(in crate::discord) async fn create_message(
        &self,
        channel: Id,
        message: &MessageBody,
        patience: Patience,
    ) -> Result<CreatedMessage, RestError> {
        let path = format!("channels/{channel}/messages");
        let request = RestRequest::new(Method::POST, path).message(message)?;
        self.fetch_json(request.patience(patience)).await
    }

    pub(in crate::discord) async fn edit_message(
        &self,
        channel: Id,
        message: Id,
        edit: &MessageBody,
        patience: Patience,
    ) -> Result<(), RestError> {
        let request = RestRequest::new(Method::PATCH, message_path(channel, message));
        self.send_request(request.message(edit)?.patience(patience))
            .await
    }

    pub(in crate::discord) async fn delete_message(
        &self,
        channel: Id,
        message: Id,
    ) -> Result<(), RestError> {
        let path = message_path(channel, message);
        self.send_request(RestRequest::new(Method::DELETE, path))
            .await
    }

    pub(in crate::discord) async fn fetch_message(
        &self,
        channel: Id,
        message: Id,
    ) -> Result<WireMessage, RestError> {
        let request = RestRequest::new(Method::GET, message_path(channel, message));
        let message: Value = self.fetch_json(request).await?;
        Ok(WireMessage::parse(message, Some(channel)))
    }

    /// Fetches at most `limit` messages, unparsed. The page can be too long.
    pub(in crate::discord) async fn fetch_message_page(
        &self,
        channel: Id,
        position: PagePosition,
        limit: usize,
    ) -> Result<ResponseBody, RestError> {
        let from = match position {
            PagePosition::After(id) => format!("&after={id}"),
            PagePosition::Before(id) => format!("&before={id}"),
            PagePosition::Newest => String::new(),
        };
        let path = format!("channels/{channel}/messages?limit={limit}{from}");
        self.fetch_body(RestRequest::new(Method::GET, path)).await
    }

    /// Adds a reaction of the bot, without waiting for a rate limit. A rate limit of one channel must not
    /// delay other channels.
    pub(in crate::discord) async fn create_reaction(
        &self,
        channel: Id,
        message: Id,
        emoji: &str,
    ) -> Result<(), RestError> {
        let path = own_reaction_path(channel, message, emoji);
        let request = RestRequest::new(Method::PUT, path);
        self.send_request(request.patience(Patience::None)).await
    }

    /// Removes a reaction of the bot, in the same way.
    pub(in crate::discord) async fn delete_own_reaction(
        &self,
        channel: Id,
        message: Id,
        emoji: &str,
    ) -> Result<(), RestError> {
        let path = own_reaction_path(channel, message, emoji);
        let request = RestRequest::new(Method::DELETE, path);
        self.send_request(request.patience(Patience::None)).await
    }
}

/// Channels and threads.
impl RestClient {
    pub(in crate::discord) async fn fetch_channel(
        &self,
        channel: Id,
    ) -> Result<DiscordChannel, RestError> {
        let path = format!("channels/{channel}");
        self.fetch_json(RestRequest::new(Method::GET, path)).await
    }

    /// Shows for ten seconds that the bot is typing, without waiting for a rate limit.
    pub(in crate::discord) async fn trigger_typing(&self, channel: Id) -> Result<(), RestError> {
        let path = format!("channels/{channel}/typing");
        let request = RestRequest::new(Method::POST, path);
        self.send_request(request.patience(Patience::None)).await
    }

    pub(in crate::discord) async fn create_thread_from_message(
        &self,
        channel: Id,
        message: Id,
        thread: CreateThread<'_>,
    ) -> Result<(), RestError> {
        let path = format!("{}/threads", message_path(channel, message));
        let request = RestRequest::new(Method::POST, path);
        self.send_request(request.json(&thread)?).await
    }

    pub(in crate::discord) async fn modify_channel(
        &self,
        channel: Id,
        change: ModifyChannel,
    ) -> Result<(), RestError> {
        let path = format!("channels/{channel}");
        let request = RestRequest::new(Method::PATCH, path);
        self.send_request(request.json(&change)?).await
    }
}

/// Answers to interactions. These requests hold the token of the interaction.
impl RestClient {
    /// Sends the first answer.
    pub(in crate::discord) async fn respond_to_interaction(
        &self,
        interaction: Id,
        token: &str,
        callback: &InteractionCallback,
    ) -> Result<(), RestError> {
        let path = format!("interactions/{interaction}/{token}/callback");
        let request = RestRequest::of_interaction(Method::POST, path);
        self.send_request(request.json(callback)?).await
    }

    /// Replaces the first answer.
    pub(in crate::discord) async fn edit_interaction_response(
        &self,
        application: Id,
        token: &str,
        message: &MessageBody,
    ) -> Result<(), RestError> {
        let path = format!("webhooks/{application}/{token}/messages/@original");
        let request = RestRequest::of_interaction(Method::PATCH, path);
        self.send_request(request.message(message)?).await
    }
}

/// Commands.
impl RestClient {
    pub(in crate::discord) async fn fetch_commands(
        &self,
        application: Id,
        list: CommandList,
    ) -> Result<Vec<ExistingCommand>, RestError> {
        let path = commands_path(application, list) + "?with_localizations=true";
        self.fetch_json(RestRequest::new(Method::GET, path)).await
    }

    /// Replaces the whole list.
    pub(in crate::discord) async fn overwrite_commands(
        &self,
        application: Id,
        list: CommandList,
        own: &[CommandDefinition],
        entry_points: &[EntryPointCommand],
    ) -> Result<(), RestError> {
        let own = own.iter().map(ListedCommand::Own);
        let all = own.chain(entry_points.iter().map(ListedCommand::EntryPoint));
        let all: Vec<_> = all.collect();
        let request = RestRequest::new(Method::PUT, commands_path(application, list));
        self.send_request(request.json(&all)?).await
    }
}

/// Servers, the gateway and the application.
impl RestClient {
    pub(in crate::discord) async fn fetch_member(
        &self,
        server: Id,
        user: Id,
    ) -> Result<GuildMember, RestError> {
        let path = format!("guilds/{server}/members/{user}");
        self.fetch_json(RestRequest::new(Method::GET, path)).await
    }

    /// Fetches the settings for gateway connections.
    pub(in crate::discord) async fn fetch_gateway_bot(&self) -> Result<GatewayBot, RestError> {
        self.fetch_json(RestRequest::new(Method::GET, "gateway/bot"))
            .await
    }

    pub(in crate::discord) async fn fetch_current_application(
        &self,
    ) -> Result<ApplicationSettings, RestError> {
        self.fetch_json(RestRequest::new(Method::GET, "applications/@me"))
            .await
    }
}

fn message_path(channel: Id, message: Id) -> String {
    format!("channels/{channel}/messages/{message}")
}

/// The path of a reaction of the bot. `emoji` is an emoji of Unicode.
fn own_reaction_path(channel: Id, message: Id, emoji: &str) -> String {
    let emoji: String = url::form_urlencoded::byte_serialize(emoji.as_bytes()).collect();
    format!("{}/reactions/{emoji}/@me", message_path(channel, message))
}

fn commands_path(application: Id, list: CommandList) -> String {
    match list {
        CommandList::Everywhere => format!("applications/{application}/commands"),
        CommandList::Server(server) => {
            format!("applications/{application}/guilds/{server}/commands")
        }
    }
}
