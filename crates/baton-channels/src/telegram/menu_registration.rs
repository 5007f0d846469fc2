//! Registers the menus of commands that Telegram shows while a person types: one for each kind of chat.

use std::fmt;
use std::sync::Arc;

use baton_chat::command_registration::RegistrationQueue;
use baton_chat::command_specs::{CommandAudience, CommandSpec, offered_commands};
use baton_chat::connector::ConnectorError;
use tokio_util::sync::CancellationToken;

use super::bot_api::{CommandMenu, MenuCommand, MenuScope};
use super::bot_context::command_word;
use super::own_commands::OWN_COMMANDS;
use super::telegram_account::TelegramAccount;
use super::telegram_settings::PLATFORM;
use super::telegram_sizes;

/// A menu at Telegram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum MenuKind {
    Private,
    Groups,
    Administrators,
}

impl fmt::Display for MenuKind {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        text.write_str(match self {
            Self::Private => "the menu of private chats",
            Self::Groups => "the menu of groups",
            Self::Administrators => "the menu of administrators of groups",
        })
    }
}

/// Registers all menus, and tries failed ones again, until `shutdown`.
pub(super) async fn keep_registered(account: Arc<TelegramAccount>, shutdown: CancellationToken) {
    let queue = RegistrationQueue::default();
    for kind in [
        MenuKind::Private,
        MenuKind::Groups,
        MenuKind::Administrators,
    ] {
        queue.request_check(kind);
    }
    let register = |kind| register_menu(&account, kind);
    queue
        .keep_registered(PLATFORM, account.clock(), &shutdown, register)
        .await;
}

async fn register_menu(account: &TelegramAccount, kind: MenuKind) -> Result<(), ConnectorError> {
    let scope = match kind {
        MenuKind::Private => MenuScope::PrivateChats,
        MenuKind::Groups => MenuScope::GroupChats,
        MenuKind::Administrators => MenuScope::ChatAdministrators,
    };
    let settings = &account.settings;
    let specs: Vec<_> = offered_commands(settings.chat.projects.is_some())
        .filter(|spec| is_offered(spec, kind))
        .collect();
    let commands = specs.iter().map(|spec| (spec.name, spec.description));
    let commands = commands
        .chain(OWN_COMMANDS)
        .map(|(name, description)| MenuCommand {
            command: command_word(name),
            description: cut_description(description),
        });
    let menu = CommandMenu {
        commands: fit_into_menu(commands),
        scope,
    };
    account.api.set_commands(&menu).await?;
    Ok(())
}

/// Whether a menu has the command. In a private chat, everybody is a moderator.
fn is_offered(spec: &CommandSpec, kind: MenuKind) -> bool {
    match kind {
        MenuKind::Private => !spec.needs_workspace,
        MenuKind::Groups => spec.audience == CommandAudience::Everybody,
        MenuKind::Administrators => true,
    }
}

fn cut_description(description: &str) -> String {
    let description = description.chars();
    description
        .take(telegram_sizes::COMMAND_DESCRIPTION)
        .collect()
}

/// The first commands, as many as Telegram accepts together.
fn fit_into_menu(commands: impl Iterator<Item = MenuCommand>) -> Vec<MenuCommand> {
    let mut room = telegram_sizes::MENU;
    let fitting = commands.take_while(|it| {
        let size = it.command.chars().count() + it.description.chars().count();
        let fits = size <= room;
        room = room.saturating_sub(size);
        fits
    });
    fitting.collect()
}
