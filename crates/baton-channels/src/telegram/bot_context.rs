//! The facts about the bot that decide the meaning of an update.

use baton_chat::command_specs::CommandSpec;

use super::actions::prompt_mark::PromptKey;
use super::telegram_wire::TelegramUser;

/// The bot, and the commands that it knows.
#[derive(Clone, Debug)]
pub(super) struct BotContext {
    /// The number of the bot.
    pub(super) id: i64,
    /// The name of the bot that people mention, without `@`.
    pub(super) username: String,
    /// The commands. Any other word with a slash is ordinary text.
    pub(super) commands: Vec<KnownCommand>,
    /// The secret that seals the bot's prompts.
    pub(super) prompt_key: PromptKey,
}

impl BotContext {
    /// Whether the user is this bot.
    pub(super) fn is_us(&self, user: &TelegramUser) -> bool {
        user.id == self.id
    }

    /// Whether a name, without `@`, is that of the bot.
    pub(super) fn is_own_name(&self, name: &str) -> bool {
        !name.is_empty() && self.username.eq_ignore_ascii_case(name)
    }

    /// The command for a word, without a slash.
    pub(super) fn find_command(&self, word: &str) -> Option<&KnownCommand> {
        let mut commands = self.commands.iter();
        commands.find(|command| command.word.eq_ignore_ascii_case(word))
    }
}

/// A command as people write it on Telegram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KnownCommand {
    /// The word after the slash.
    pub(super) word: String,
    /// The name of the command for the chat layer.
    pub(super) name: String,
    /// The names of the options, in order.
    pub(super) options: Vec<String>,
}

impl KnownCommand {
    /// A command of the chat layer.
    pub(super) fn from_spec(spec: &CommandSpec) -> Self {
        let options = spec.options.iter().map(|option| option.name.to_owned());
        Self {
            word: command_word(spec.name),
            name: spec.name.to_owned(),
            options: options.collect(),
        }
    }

    /// A word without options that is not a command of the chat layer, such as `start`.
    pub(super) fn without_options(word: &str) -> Self {
        Self {
            word: command_word(word),
            name: word.to_owned(),
            options: Vec::new(),
        }
    }
}

/// The word of a command. Telegram permits no hyphen there.
pub(super) fn command_word(name: &str) -> String {
    name.replace('-', "_").to_ascii_lowercase()
}
