//! Discord's numbers for types, styles and flags, from the pages below <https://docs.discord.com/developers/>.
//! Each set has only the numbers that Baton uses.

use serde::{Deserialize, Serialize};

/// Declares a type for each set of numbers. A number from Discord can be one that Baton does not know.
macro_rules! number_sets {
    ($($(#[$doc:meta])* $set:ident { $($(#[$note:meta])* $name:ident = $number:expr,)+ })+) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(transparent)]
        pub(crate) struct $set(u64);

        impl $set {
            $($(#[$note])* pub(crate) const $name: Self = Self($number);)+
        }
    )+ };
}

number_sets! {
    /// The type of a channel (`resources/channel#channel-object-channel-types`).
    ChannelType {
        /// A direct message channel with one person.
        DM = 1,
        ANNOUNCEMENT_THREAD = 10,
        PUBLIC_THREAD = 11,
        PRIVATE_THREAD = 12,
    }

    /// The flags of a message, a bit set (`resources/message#message-object-message-flags`).
    MessageFlags {
        /// Only the person who sent the interaction sees the message.
        EPHEMERAL = 1 << 6,
        /// The message causes no notification.
        SUPPRESS_NOTIFICATIONS = 1 << 12,
    }

    /// The type of a component (`components/reference#component-object-component-types`).
    ComponentType {
        ACTION_ROW = 1,
        BUTTON = 2,
        TEXT_INPUT = 4,
        /// A label with a field of a form.
        LABEL = 18,
    }

    /// The style of a button (`components/reference#button-button-styles`).
    ButtonStyle {
        PRIMARY = 1,
        SECONDARY = 2,
        SUCCESS = 3,
        DANGER = 4,
    }

    /// The style of a text field (`components/reference#text-input-text-input-styles`).
    TextInputStyle {
        /// Several lines.
        PARAGRAPH = 2,
    }

    /// The type of the first answer to an interaction
    /// (`interactions/receiving-and-responding#interaction-response-object-interaction-callback-type`).
    CallbackType {
        CHANNEL_MESSAGE_WITH_SOURCE = 4,
        DEFERRED_CHANNEL_MESSAGE_WITH_SOURCE = 5,
        MODAL = 9,
    }

    /// The type of a command
    /// (`interactions/application-commands#application-command-object-application-command-types`).
    CommandType {
        /// A command that a person writes.
        CHAT_INPUT = 1,
        /// The command that begins an activity.
        PRIMARY_ENTRY_POINT = 4,
    }

    /// The type of an option of a command
    /// (`interactions/application-commands#application-command-object-application-command-option-type`).
    OptionType {
        STRING = 3,
    }

    /// A context in which Discord offers a command
    /// (`interactions/receiving-and-responding#interaction-object-interaction-context-types`).
    CommandContext {
        /// In servers.
        GUILD = 0,
        /// In direct messages with the bot.
        BOT_DM = 1,
    }
}

impl MessageFlags {
    /// Whether all flags of `others` are set.
    pub(crate) fn contains(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }
}

/// The permission to administer a server, as a bit of a set (`topics/permissions`).
pub(super) const ADMINISTRATOR: u64 = 1 << 3;
/// The permission to manage messages. `/reset` in a server needs this permission or [`ADMINISTRATOR`].
pub(super) const MANAGE_MESSAGES: u64 = 1 << 13;
