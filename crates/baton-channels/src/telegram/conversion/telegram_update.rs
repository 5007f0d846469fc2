//! The updates of Telegram in a form that the connector can act on.

use baton_chat::connector::{
    ChatAction, ChatInfo, ChatKind, IncomingMessage, ReactionAdded, ReadableMessage,
    UnreadableMessage,
};
use baton_core::name::ExternalId;

use crate::telegram::chat_address::ChatAddress;
use crate::telegram::telegram_wire::{MemberStatus, TelegramChat, TelegramChatKind};

/// One update.
#[derive(Clone, Debug)]
pub(crate) struct TelegramUpdate {
    /// The number of the update; `None` if unreadable.
    pub(crate) id: Option<i64>,
    /// The chat of the update, as the update shows it.
    pub(crate) chat: Option<ShownChat>,
    /// The event.
    pub(crate) event: TelegramEvent,
}

/// The event of an update.
#[derive(Clone, Debug)]
pub(crate) enum TelegramEvent {
    /// A new message of a person, a program or a chat.
    Message(Box<DecodedMessage>),
    /// An edited message, as it is now.
    Edit(Box<DecodedMessage>),
    /// A command.
    Command(Box<DecodedCommand>),
    /// A reply to a prompt, which is a sent form.
    FormAnswer(Box<DecodedFormAnswer>),
    /// A press on a button.
    Press(Box<ButtonPress>),
    /// New reactions of one person to one message, at least one. Telegram does not tell the topic of the message.
    Reactions(Vec<ReactionAdded>),
    /// The bot is no longer in this chat, or the person of a private chat blocked the bot.
    ChatGone(ChatAddress),
    /// The bot is in the chat, with these rights.
    MemberChange(OwnMembership),
    /// A new topic.
    TopicCreated(TopicChange),
    /// A topic with a new name.
    TopicRenamed(TopicChange),
    /// A closed topic. Only the name is missing in the change.
    TopicClosed(TopicChange),
    /// A reopened topic. Only the name is missing in the change.
    TopicReopened(TopicChange),
    /// A group got a new number. Telegram tells this twice, once in each chat.
    Moved {
        /// The earlier number.
        from: i64,
        /// The new number.
        to: i64,
    },
    /// A person stopped a draft with Telegram's own button.
    GenerationStopped {
        /// The private chat, perhaps with a topic.
        chat: ChatAddress,
        /// The number that the bot gave the draft.
        draft: i64,
    },
    /// An update without a meaning for Baton, with the reason for the log.
    Ignored(&'static str),
    /// An update that is lost, because Baton cannot read it, with its kind for the log.
    Lost(&'static str),
    /// A new message that cannot be read, or only in part.
    Unreadable(Box<UnreadableMessage>),
}

/// A message for the chat layer, with the marks that tell whether it continues another message.
#[derive(Clone, Debug)]
pub(crate) struct DecodedMessage {
    /// The message.
    pub(crate) message: IncomingMessage,
    /// The marks.
    pub(crate) marks: JoiningMarks,
}

/// The facts about a message that decide whether it is a part of an album or of a split text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct JoiningMarks {
    /// The id of the album.
    pub(crate) album: Option<String>,
    /// The length of a message of text alone, in UTF-16 units; `None` for other messages.
    pub(crate) text_units: Option<usize>,
    /// Whether the message replies to another message.
    pub(crate) is_reply: bool,
    /// Whether the message was forwarded.
    pub(crate) is_forwarded: bool,
    /// The time of the message, in seconds since 1970.
    pub(crate) date: Option<i64>,
}

/// A command, with the message that holds it.
#[derive(Clone, Debug)]
pub(crate) struct DecodedCommand {
    /// The message.
    pub(crate) message: ReadableMessage,
    /// The command. Telegram does not tell who administers a group, so nobody there is a moderator.
    pub(crate) action: ChatAction,
    /// The number of the message, if only the person and the bot see it. The message then has no number in the chat.
    pub(crate) ephemeral: Option<i64>,
}

/// A reply to a prompt.
#[derive(Clone, Debug)]
pub(crate) struct DecodedFormAnswer {
    /// The sent form. As with a command, nobody in a group is a moderator.
    pub(crate) action: ChatAction,
    /// Whether the prompt asked the author of the reply.
    pub(crate) is_from_asked: bool,
    /// The number of the reply.
    pub(crate) message: i64,
}

/// A press on a button.
#[derive(Clone, Debug)]
pub(crate) struct ButtonPress {
    /// The id for the answer.
    pub(crate) callback_id: String,
    /// The press; `None` if the person or the chat is unreadable. As with a command, nobody in a group is a moderator.
    pub(crate) action: Option<ChatAction>,
    /// The message with the button.
    pub(crate) message: Option<PressedMessage>,
}

/// The message with a pressed button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PressedMessage {
    /// The chat. The topic is missing for an inaccessible message.
    pub(crate) chat: ChatAddress,
    /// The id; `None` for an ephemeral message.
    pub(crate) id: Option<ExternalId>,
    /// The number of an ephemeral message.
    pub(crate) ephemeral: Option<i64>,
    /// Whether the bot can still read and edit the message.
    pub(crate) is_accessible: bool,
}

/// The membership of the bot in a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OwnMembership {
    /// The chat.
    pub(crate) chat: ChatAddress,
    /// The kind of membership.
    pub(crate) status: MemberStatus,
    /// Whether the bot may write.
    pub(crate) can_send: bool,
    /// Whether the bot may create topics; `None` if the update does not tell.
    pub(crate) can_manage_topics: Option<bool>,
}

/// A change of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TopicChange {
    /// The chat and the topic. Without a topic, the change is about the General topic.
    pub(crate) address: ChatAddress,
    /// The new name; empty if the name is unreadable.
    pub(crate) name: String,
    /// The author of the change.
    pub(crate) by: TopicChanger,
}

/// The author of the change of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TopicChanger {
    /// The bot.
    Us,
    /// A person.
    Person,
    /// A person whose new topic has a name of Telegram's own making.
    PersonWithoutName,
}

/// A chat, as an update shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ShownChat {
    /// The chat, with the topic of the event.
    pub(crate) address: ChatAddress,
    /// The kind of the chat.
    pub(crate) kind: TelegramChatKind,
    /// Whether the group has topics.
    pub(crate) is_forum: bool,
    /// The title; `None` for a private chat.
    pub(crate) title: Option<String>,
}

impl ShownChat {
    pub(crate) fn new(chat: &TelegramChat, topic: Option<i64>) -> Self {
        Self {
            address: ChatAddress::new(chat.id, topic),
            kind: chat.kind,
            is_forum: chat.is_forum,
            title: chat.title.clone(),
        }
    }

    /// The facts for the chat layer. `is_own_topic` tells whether Baton created the topic, which no update tells.
    pub(crate) fn to_info(&self, is_own_topic: bool) -> ChatInfo {
        if self.address.is_private() {
            return ChatInfo::DIRECT;
        }
        let kind = match self.address.topic {
            Some(_) => ChatKind::Thread {
                parent: Some(self.address.whole_chat().into()),
                is_ours: is_own_topic,
            },
            None => ChatKind::Channel,
        };
        ChatInfo {
            workspace: None,
            kind,
        }
    }
}
