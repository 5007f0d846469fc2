//! Registers the menus of commands that Telegram shows while a person types: one for each kind of chat and each
//! language. A menu that Telegram has already is not registered again.

use std::fmt;
use std::sync::Arc;

use baton_chat::command_registration::RegistrationQueue;
use baton_chat::command_specs::{CommandAudience, CommandSpec};
use baton_chat::command_translations::WordsKind;
use baton_chat::connector::ConnectorError;
use tokio_util::sync::CancellationToken;

use super::command_menu::list_menu_commands;
use super::menu_languages::TRANSLATION_RULES;
use super::own_commands::OWN_COMMANDS;
use crate::telegram::bot_api::{BotApiError, CommandMenu, MenuAddress, MenuCommand, MenuScope};
use crate::telegram::bot_context::command_word;
use crate::telegram::telegram_account::TelegramAccount;
use crate::telegram::telegram_settings::{PLATFORM, TelegramSettings};
use crate::telegram::telegram_sizes;

/// A menu at Telegram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct LocalMenu {
    kind: MenuKind,
    /// The language of the people who see the menu; `None` for all languages without a menu.
    language: Option<&'static str>,
}

/// The chats of a menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum MenuKind {
    Private,
    Groups,
    Administrators,
}

impl fmt::Display for LocalMenu {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        text.write_str(match self.kind {
            MenuKind::Private => "the menu of private chats",
            MenuKind::Groups => "the menu of groups",
            MenuKind::Administrators => "the menu of administrators of groups",
        })?;
        match self.language {
            Some(language) => write!(text, " in the language {language}"),
            None => Ok(()),
        }
    }
}

impl LocalMenu {
    fn address(self) -> MenuAddress {
        MenuAddress {
            scope: match self.kind {
                MenuKind::Private => MenuScope::PrivateChats,
                MenuKind::Groups => MenuScope::GroupChats,
                MenuKind::Administrators => MenuScope::ChatAdministrators,
            },
            language_code: self.language,
        }
    }
}

/// Registers all menus, and tries failed ones again, until `shutdown`.
pub(crate) async fn keep_registered(account: Arc<TelegramAccount>, shutdown: CancellationToken) {
    let queue = RegistrationQueue::default();
    let translations = &account.settings.translations;
    let languages = TRANSLATION_RULES.locales.iter().copied();
    let languages = languages.filter(|language| translations.has_locale(language));
    for language in languages.map(Some).chain([None]) {
        for kind in [
            MenuKind::Private,
            MenuKind::Groups,
            MenuKind::Administrators,
        ] {
            queue.request_check(LocalMenu { kind, language });
        }
    }
    let register = |menu| register_menu(&account, menu);
    queue
        .keep_registered(PLATFORM, account.clock(), &shutdown, register)
        .await;
}

/// Registers a menu, unless Telegram has the same menu.
async fn register_menu(account: &TelegramAccount, menu: LocalMenu) -> Result<(), ConnectorError> {
    let wanted = CommandMenu {
        commands: render_menu(&account.settings, menu),
        address: menu.address(),
    };
    let known = account.api.fetch_commands(&wanted.address);
    match account.make_uncounted(known).await {
        Ok(known) if known == wanted.commands => return Ok(()),
        // The menu is registered anew.
        Ok(_) | Err(BotApiError::UnreadableAnswer { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let registered = account.api.set_commands(&wanted);
    Ok(account.make_uncounted(registered).await?)
}

fn render_menu(settings: &TelegramSettings, menu: LocalMenu) -> Vec<MenuCommand> {
    let offered = list_menu_commands().filter(|spec| is_offered(spec, menu.kind));
    let offered = offered.map(|spec| {
        let texts = settings
            .translations
            .find_texts(spec.name, None, WordsKind::Description);
        let translated = menu.language.and_then(|language| texts?.get(language));
        let description = translated.map_or(spec.description, String::as_str);
        (spec.name, cut_description(description))
    });
    let own = OWN_COMMANDS.map(|(name, description)| (name, cut_description(description)));
    let commands = offered.chain(own);
    fit_into_menu(commands.map(|(name, description)| MenuCommand {
        command: command_word(name),
        description,
    }))
}

/// Whether a menu has the command. In a private chat, everybody is a moderator.
fn is_offered(spec: &CommandSpec, kind: MenuKind) -> bool {
    match kind {
        MenuKind::Groups => spec.audience == CommandAudience::Everybody,
        MenuKind::Private | MenuKind::Administrators => true,
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
    let fitting = commands.take(telegram_sizes::COMMANDS).take_while(|it| {
        let size = it.command.chars().count() + it.description.chars().count();
        let fits = size <= room;
        room = room.saturating_sub(size);
        fits
    });
    fitting.collect()
}
