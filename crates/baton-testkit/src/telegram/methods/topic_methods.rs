//! The methods of topics.

use serde_json::{Value, json};

use super::super::answer::{ApiError, Done};
use super::super::chat_objects::ChatKind;
use super::super::requests::Call;
use super::super::world::{Chat, World};

/// The first color of icons.
const COLOR: i64 = 7_322_096;

/// The chat, if it has topics.
fn require_topics<'a>(world: &'a World, call: &Call) -> Result<&'a Chat, ApiError> {
    let chat = world.usable(call.chat())?;
    if world.has_topics_in(chat) {
        Ok(chat)
    } else {
        Err(ApiError::bad_request("the chat is not a forum"))
    }
}

/// The topic that a request changes. The creator needs no right.
fn find_changeable(world: &World, call: &Call, right: &str) -> Result<(i64, i64), ApiError> {
    let chat = require_topics(world, call)?;
    let id = call.number("message_thread_id").unwrap_or(0);
    let topic = chat.topics.get(&id);
    let topic = topic.ok_or_else(|| ApiError::bad_request("TOPIC_ID_INVALID"))?;
    let own = topic.creator == world.bot && right == "can_manage_topics";
    if chat.kind != ChatKind::Private && !own && !world.bot_may(chat, right) {
        return Err(ApiError::bad_request(
            "not enough rights to manage the topic",
        ));
    }
    Ok((chat.id, id))
}

/// Whether a request names General of a forum by a thread id. General has none, and 1 is never found.
pub(in super::super) fn names_general(world: &World, call: &Call) -> bool {
    let is_forum = world.chats.get(&call.chat()).is_some_and(|it| it.is_forum);
    is_forum && call.number("message_thread_id") == Some(1)
}

pub(super) fn create_topic(world: &mut World, call: &Call) -> Done {
    let chat = require_topics(world, call)?;
    if chat.kind != ChatKind::Private && !world.bot_may(chat, "can_manage_topics") {
        return Err(ApiError::bad_request("not enough rights to create a topic"));
    }
    let (chat, bot) = (chat.id, world.bot);
    let name = call.text("name").unwrap_or_default().trim().to_owned();
    let color = call.number("icon_color").unwrap_or(COLOR);
    let id = world.begin_topic(chat, bot, &name, color);
    let mut json = json!({"message_thread_id": id, "name": name, "icon_color": color});
    if let Some(icon) = call.text("icon_custom_emoji_id") {
        json["icon_custom_emoji_id"] = json!(icon);
    }
    Ok(json)
}

pub(super) fn rename_topic(world: &mut World, call: &Call) -> Done {
    let (chat, id) = find_changeable(world, call, "can_manage_topics")?;
    let name = call.text("name").unwrap_or_default().trim().to_owned();
    let same = name.is_empty() || world.chat(chat).topics[&id].name == name;
    if same && call.text("icon_custom_emoji_id").is_none() {
        return Err(ApiError::bad_request("TOPIC_NOT_MODIFIED"));
    }
    let bot = world.bot;
    world.rename_topic(chat, id, bot, &name);
    Ok(json!(true))
}

pub(super) fn set_closed(world: &mut World, call: &Call, closed: bool) -> Done {
    let (chat, id) = find_changeable(world, call, "can_manage_topics")?;
    if world.chat(chat).kind == ChatKind::Private {
        return Err(ApiError::bad_request("the chat is not a forum"));
    }
    if world.chat(chat).topics[&id].closed == closed {
        return Err(ApiError::bad_request("TOPIC_NOT_MODIFIED"));
    }
    let bot = world.bot;
    world.close_topic(chat, id, bot, closed);
    Ok(json!(true))
}

pub(super) fn delete_topic(world: &mut World, call: &Call) -> Done {
    let (chat, id) = find_changeable(world, call, "can_delete_messages")?;
    world.remove_topic(chat, id);
    Ok(json!(true))
}

impl World {
    /// Begins a topic. The message about the creation gives the topic its id.
    pub(in super::super) fn begin_topic(
        &mut self,
        chat: i64,
        creator: i64,
        name: &str,
        color: i64,
    ) -> i64 {
        let event = json!({"name": name, "icon_color": color});
        self.begin_topic_with(chat, creator, event)
    }

    /// Begins a topic with this content of the message about the creation.
    pub(in super::super) fn begin_topic_with(
        &mut self,
        chat: i64,
        creator: i64,
        event: Value,
    ) -> i64 {
        let name = event["name"].as_str().unwrap_or_default().to_owned();
        let color = event["icon_color"].as_i64().unwrap_or(COLOR);
        let id = self.tell_event(chat, None, creator, "forum_topic_created", event);
        let topic = super::super::chat_objects::Topic {
            id,
            name,
            creator,
            closed: false,
            color,
        };
        self.chat_mut(chat).topics.insert(id, topic);
        self.message_mut(chat, id).topic = Some(id);
        self.notify_of(chat, id);
        id
    }

    pub(in super::super) fn rename_topic(&mut self, chat: i64, id: i64, by: i64, name: &str) {
        if let Some(topic) = self.chat_mut(chat).topics.get_mut(&id)
            && !name.is_empty()
        {
            name.clone_into(&mut topic.name);
        }
        self.event_in_topic(chat, id, by, "forum_topic_edited", json!({"name": name}));
    }

    pub(in super::super) fn close_topic(&mut self, chat: i64, id: i64, by: i64, closed: bool) {
        if let Some(topic) = self.chat_mut(chat).topics.get_mut(&id) {
            topic.closed = closed;
        }
        let event = if closed {
            "forum_topic_closed"
        } else {
            "forum_topic_reopened"
        };
        self.event_in_topic(chat, id, by, event, json!({}));
    }

    /// Deletes a topic with its messages. No update tells the bot.
    pub(in super::super) fn remove_topic(&mut self, chat: i64, id: i64) {
        let chat = self.chat_mut(chat);
        chat.topics.remove(&id);
        chat.messages.retain(|_, message| message.topic != Some(id));
    }

    fn event_in_topic(&mut self, chat: i64, topic: i64, by: i64, event: &str, content: Value) {
        let id = self.tell_event(chat, Some(topic), by, event, content);
        self.notify_of(chat, id);
    }

    /// Posts a message about an event of the chat, without an update.
    pub(in super::super) fn tell_event(
        &mut self,
        chat: i64,
        topic: Option<i64>,
        by: i64,
        event: &str,
        content: Value,
    ) -> i64 {
        let mut message = super::super::chat_objects::Message {
            chat,
            topic,
            author: Some(by),
            ..Default::default()
        };
        message.more.insert(event.to_owned(), content);
        self.post(message)
    }
}
