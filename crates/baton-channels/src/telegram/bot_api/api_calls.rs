//! The requests, one method for each.

use std::time::Duration;

use baton_chat::connector::OutgoingFile;
use baton_chat::http::platform_request::PlatformRequest;
use baton_chat::http::response_download::ResponseDownload;
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::success_answer::{check_success, read_result};
use super::{
    BotApi, BotApiResult, CallbackAnswer, CommandMenu, EditBody, FileBody, MediaGroupBody,
    MenuAddress, MenuCommand, RichText, TelegramRefusal, TextBody,
};
use crate::telegram::chat_address::ChatAddress;
use crate::telegram::telegram_sizes::transfer_limit;

/// The bot, as `getMe` tells.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct BotDescription {
    pub(crate) id: i64,
    #[serde(default)]
    pub(crate) username: String,
    /// Whether the bot sees all messages of groups. The opposite is the privacy mode.
    #[serde(default)]
    pub(crate) can_read_all_group_messages: bool,
}

/// The place where a message landed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct SentMessage {
    pub(crate) message_id: i64,
    #[serde(default)]
    pub(crate) message_thread_id: Option<i64>,
    #[serde(default)]
    pub(crate) is_topic_message: bool,
}

/// A new topic.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct CreatedTopic {
    pub(crate) message_thread_id: i64,
}

/// A group, as far as Baton asks.
#[derive(Deserialize)]
struct GroupDescription {
    #[serde(default)]
    is_forum: bool,
}

/// A member of a group.
#[derive(Deserialize)]
struct GroupMember {
    user: GroupPerson,
}

#[derive(Deserialize)]
struct GroupPerson {
    id: i64,
}

/// A file that can be downloaded.
#[derive(Deserialize)]
struct FileLocation {
    file_path: Option<String>,
}

/// The bot and its commands.
impl BotApi {
    pub(crate) async fn fetch_bot(&self) -> BotApiResult<BotDescription> {
        self.fetch_result("getMe", &json!({})).await
    }

    pub(crate) async fn fetch_commands(
        &self,
        address: &MenuAddress,
    ) -> BotApiResult<Vec<MenuCommand>> {
        self.fetch_result("getMyCommands", address).await
    }

    pub(crate) async fn set_commands(&self, menu: &CommandMenu) -> BotApiResult {
        self.confirm_success("setMyCommands", menu).await
    }
}

/// Messages.
impl BotApi {
    pub(crate) async fn send_text(&self, message: &TextBody) -> BotApiResult<SentMessage> {
        self.fetch_result("sendMessage", message).await
    }

    pub(crate) async fn send_rich_text(&self, message: &RichText) -> BotApiResult<SentMessage> {
        self.fetch_result("sendRichMessage", message).await
    }

    pub(crate) async fn send_document(
        &self,
        message: &FileBody,
        file: OutgoingFile,
    ) -> BotApiResult<SentMessage> {
        let request = method_request("sendDocument", message);
        let request = request.time_limit(upload_limit([&file]));
        self.fetch_answer(request.named_file("document", file))
            .await
    }

    /// Sends several files. Returns the message of each file.
    pub(crate) async fn send_documents(
        &self,
        group: &MediaGroupBody,
        files: Vec<OutgoingFile>,
    ) -> BotApiResult<Vec<SentMessage>> {
        let mut request = method_request("sendMediaGroup", group);
        request = request.time_limit(upload_limit(&files));
        for (number, file) in files.into_iter().enumerate() {
            request = request.named_file(format!("file{number}"), file);
        }
        self.fetch_answer(request).await
    }

    pub(crate) async fn edit_text(&self, edit: &EditBody) -> BotApiResult {
        self.confirm_success("editMessageText", edit).await
    }

    pub(crate) async fn delete_message(&self, chat: i64, message: i64) -> BotApiResult {
        let body = json!({ "chat_id": chat, "message_id": message });
        self.confirm_success("deleteMessage", &body).await
    }

    /// Replaces the bot's reaction to a message. `emoji` is an emoji that Telegram permits as a reaction.
    pub(crate) async fn set_reaction(
        &self,
        chat: i64,
        message: i64,
        emoji: Option<&str>,
    ) -> BotApiResult {
        let reaction = emoji.map(|emoji| json!({ "type": "emoji", "emoji": emoji }));
        let reaction: Vec<_> = reaction.into_iter().collect();
        let body = json!({ "chat_id": chat, "message_id": message, "reaction": reaction });
        self.confirm_success("setMessageReaction", &body).await
    }

    /// Shows for five seconds that the bot is typing.
    pub(crate) async fn show_typing(&self, address: ChatAddress) -> BotApiResult {
        let mut body = json!({ "chat_id": address.chat, "action": "typing" });
        if let Some(topic) = address.topic {
            body["message_thread_id"] = topic.into();
        }
        self.confirm_success("sendChatAction", &body).await
    }

    pub(crate) async fn answer_press(&self, answer: &CallbackAnswer<'_>) -> BotApiResult {
        self.confirm_success("answerCallbackQuery", answer).await
    }
}

/// Topics.
impl BotApi {
    pub(crate) async fn create_topic(&self, chat: i64, name: &str) -> BotApiResult<CreatedTopic> {
        let body = json!({ "chat_id": chat, "name": name });
        self.fetch_result("createForumTopic", &body).await
    }

    pub(crate) async fn rename_topic(&self, chat: i64, topic: i64, name: &str) -> BotApiResult {
        let body = json!({ "chat_id": chat, "message_thread_id": topic, "name": name });
        self.confirm_success("editForumTopic", &body).await
    }

    pub(crate) async fn reopen_topic(&self, chat: i64, topic: i64) -> BotApiResult {
        let body = json!({ "chat_id": chat, "message_thread_id": topic });
        self.confirm_success("reopenForumTopic", &body).await
    }

    pub(crate) async fn close_topic(&self, chat: i64, topic: i64) -> BotApiResult {
        let body = json!({ "chat_id": chat, "message_thread_id": topic });
        self.confirm_success("closeForumTopic", &body).await
    }

    /// Deletes a topic with all its messages.
    pub(crate) async fn delete_topic(&self, chat: i64, topic: i64) -> BotApiResult {
        let body = json!({ "chat_id": chat, "message_thread_id": topic });
        self.confirm_success("deleteForumTopic", &body).await
    }
}

/// Groups and files.
impl BotApi {
    /// Fetches the ids of all administrators of a group.
    pub(crate) async fn fetch_admins(&self, group: i64) -> BotApiResult<Vec<i64>> {
        let body = json!({ "chat_id": group });
        let members: Vec<GroupMember> = self.fetch_result("getChatAdministrators", &body).await?;
        let members = members.into_iter();
        Ok(members.map(|member| member.user.id).collect())
    }

    /// Asks whether a group has topics.
    pub(crate) async fn has_topics(&self, group: i64) -> BotApiResult<bool> {
        let body = json!({ "chat_id": group });
        let chat: GroupDescription = self.fetch_result("getChat", &body).await?;
        Ok(chat.is_forum)
    }

    /// Asks for the path of a file: below the address of files, or an absolute path on the disk of the server; `None` if
    /// Telegram gives no path.
    pub(crate) async fn locate_file(
        &self,
        file: &str,
        limit: Duration,
    ) -> BotApiResult<Option<String>> {
        let request = method_request("getFile", &json!({ "file_id": file })).time_limit(limit);
        let location: FileLocation = self.fetch_answer(request).await?;
        Ok(location.file_path)
    }

    /// Begins the download of a file. `path` is below the address of files.
    pub(crate) async fn download_file(
        &self,
        path: &str,
        limit: Duration,
    ) -> BotApiResult<ResponseDownload<TelegramRefusal>> {
        let address = format!("{}/{path}", self.file_address);
        self.client.download_within(&address, limit).await
    }
}

/// The usual kinds of requests.
impl BotApi {
    pub(super) async fn fetch_result<T: DeserializeOwned>(
        &self,
        method: &'static str,
        body: &impl Serialize,
    ) -> BotApiResult<T> {
        self.fetch_answer(method_request(method, body)).await
    }

    /// Sends a request whose answer tells only the success.
    pub(super) async fn confirm_success(
        &self,
        method: &'static str,
        body: &impl Serialize,
    ) -> BotApiResult {
        let answer = self.client.fetch_json(method_request(method, body)).await?;
        check_success(&answer)
    }

    async fn fetch_answer<T: DeserializeOwned>(&self, request: PlatformRequest) -> BotApiResult<T> {
        let answer = self.client.fetch_json(request).await?;
        read_result(answer)
    }
}

/// The time limit for a request with these files.
fn upload_limit<'a>(files: impl IntoIterator<Item = &'a OutgoingFile>) -> Duration {
    let sizes = files.into_iter().map(|file| file.content.size());
    transfer_limit(sizes.sum())
}

pub(super) fn method_request(method: &'static str, body: &impl Serialize) -> PlatformRequest {
    PlatformRequest::without_bucket(Method::POST, method.to_owned()).json(body)
}
