//! The commands that a platform offers while a person types.

use baton_core::commands::{OFFERS, Offer};

/// The name of the command that adds a project. Without an implementation in the settings, the command is not
/// offered.
pub const ADD_PROJECT: &str = "add-project";

/// The names of the two options of [`ADD_PROJECT`].
pub(crate) const PROJECT_URL: &str = "url";
pub(crate) const PROJECT_NAME: &str = "name";

/// The name of the command that forgets a session.
pub(crate) const RESET: &str = "reset";

/// A command to offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandSpec {
    /// The name, without a slash.
    pub name: &'static str,
    /// The effect, in one line for people.
    pub description: &'static str,
    /// The options, in order.
    pub options: Vec<CommandOptionSpec>,
    /// The people to whom the platform offers the command. Baton checks the right again.
    pub audience: CommandAudience,
    /// Whether the command works only in the chats of a workspace.
    pub needs_workspace: bool,
}

/// An option of a command, with a text as its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandOptionSpec {
    /// The name.
    pub name: &'static str,
    /// The meaning, in one line for people.
    pub description: &'static str,
    /// Whether the command requires the option.
    pub required: bool,
    /// The maximum length of the value, in characters.
    pub limit: Option<usize>,
}

/// The people to whom a platform offers a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandAudience {
    /// Everybody.
    Everybody,
    /// People who may manage the messages of others.
    Moderators,
    /// People who administer the workspace.
    Administrators,
}

/// All commands, in English.
pub fn all_commands() -> Vec<CommandSpec> {
    let commands = OFFERS.iter().map(render_command);
    commands.chain([render_project_command()]).collect()
}

/// All commands to offer; [`ADD_PROJECT`] only if `adds_projects`.
pub fn offered_commands(adds_projects: bool) -> impl Iterator<Item = CommandSpec> {
    let commands = all_commands().into_iter();
    commands.filter(move |command| adds_projects || command.name != ADD_PROJECT)
}

fn render_command(offer: &Offer) -> CommandSpec {
    let audience = if offer.name == RESET {
        CommandAudience::Moderators
    } else {
        CommandAudience::Everybody
    };
    let argument = offer.argument.iter();
    let options = argument.map(|argument| CommandOptionSpec {
        name: argument.name,
        description: argument.what,
        required: argument.required,
        limit: Some(argument.limit),
    });
    CommandSpec {
        name: offer.name,
        description: offer.what,
        options: options.collect(),
        audience,
        needs_workspace: false,
    }
}

/// [`ADD_PROJECT`], as the platform shows the command to administrators.
fn render_project_command() -> CommandSpec {
    let url = "The address of the repository, such as https://example.org/team/project.git";
    let called = "The name of the project; by default the name of the repository";
    let option = |name, description, required| CommandOptionSpec {
        name,
        description,
        required,
        limit: None,
    };
    CommandSpec {
        name: ADD_PROJECT,
        description: "Clone a git repository, and let an agent work on the project in this channel",
        options: vec![
            option(PROJECT_URL, url, true),
            option(PROJECT_NAME, called, false),
        ],
        audience: CommandAudience::Administrators,
        needs_workspace: true,
    }
}
