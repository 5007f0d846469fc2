//! The commands about the conversations of a chat, for platforms with named threads.

use super::command_specs::{CommandAudience, CommandOptionSpec, CommandSpec};

/// The name of the command that lists the conversations of a chat.
pub(crate) const SESSIONS: &str = "sessions";

/// The name of the command that renames a thread, and of its option.
pub(crate) const RENAME: &str = "rename";
pub(crate) const THREAD_NAME: &str = "name";

/// The names of the commands that switch the sound of a conversation off and on.
pub(crate) const MUTE: &str = "mute";
pub(crate) const UNMUTE: &str = "unmute";

/// All commands about the conversations of a chat.
pub fn conversation_commands() -> [CommandSpec; 4] {
    let spec = |name, description| CommandSpec {
        name,
        description,
        options: Vec::new(),
        audience: CommandAudience::Everybody,
        needs_workspace: false,
    };
    let name = CommandOptionSpec {
        name: THREAD_NAME,
        description: "The new name of the topic",
        required: true,
        limit: None,
    };
    [
        spec(SESSIONS, "List the conversations of this chat"),
        CommandSpec {
            options: vec![name],
            audience: CommandAudience::Moderators,
            ..spec(RENAME, "Give this topic another name")
        },
        spec(
            MUTE,
            "Let the messages of this conversation come without a sound",
        ),
        spec(
            UNMUTE,
            "Let the messages of this conversation come with a sound again",
        ),
    ]
}
