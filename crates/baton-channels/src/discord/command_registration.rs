//! Registers the commands that Discord shows while a person types: everywhere, or only in configured servers.

use std::collections::BTreeSet;
use std::sync::Arc;

use baton_chat::command_specs;
use baton_chat::connector::{ConnectorError, EventSink};
use tokio_util::sync::CancellationToken;

use super::discord_account::DiscordAccount;
use super::discord_settings::{OfferedIn, PLATFORM};
use super::rest::{CommandDefinition, CommandList, ExistingCommand, RestError, code};
use super::type_numbers::CommandContext;

/// Keeps the lists up to date until `shutdown`.
pub(super) async fn keep_registered(
    account: Arc<DiscordAccount>,
    events: Arc<dyn EventSink>,
    shutdown: CancellationToken,
) {
    let (queue, clock) = (&account.registration, account.clock());
    let register = |list| register_if_permitted(&account, &*events, list);
    queue
        .keep_registered(PLATFORM, clock, &shutdown, register)
        .await;
}

/// Updates a list at Discord. A server that lets the bot offer no commands only goes to the log.
async fn register_if_permitted(
    account: &DiscordAccount,
    events: &dyn EventSink,
    list: CommandList,
) -> Result<(), ConnectorError> {
    match (register_list(account, events, list).await, list) {
        // The bot was invited without the scope for commands.
        (Err(RestError::Refused(refusal)), CommandList::Server(server))
            if refusal.code == code::MISSING_ACCESS =>
        {
            tracing::warn!(
                %server,
                "Discord lets the bot offer no commands in this server; invite the bot again with the scope \
                 applications.commands (docs/discord.md has the address), and start Baton again"
            );
            Ok(())
        }
        (done, _) => Ok(done?),
    }
}

/// Updates a list at Discord. An unchanged list does not count against the limit of 200 new commands a day.
async fn register_list(
    account: &DiscordAccount,
    events: &dyn EventSink,
    list: CommandList,
) -> Result<(), RestError> {
    let application = account.wait_for_ids().await.application;
    let mut ours = commands_of(account, events, list);
    let mut others = Vec::new();
    if ours.is_empty() || list == CommandList::Everywhere {
        let there = account.rest.fetch_commands(application, list).await?;
        others.extend(there.iter().filter_map(ExistingCommand::to_entry_point));
        // Usually no command must be removed, and a request for the list costs less than an update.
        if ours.is_empty() && others.len() == there.len() {
            return Ok(());
        }
    }
    loop {
        let rest = &account.rest;
        let sent = rest.overwrite_commands(application, list, &ours, &others);
        match sent.await {
            Err(RestError::Refused(refusal))
                if remove_refused(list, &mut ours, &refusal.fields) => {}
            done => return done,
        }
    }
}

/// Removes each refused part from the list: a name or description in one language, or a whole command.
/// Returns whether anything was removed.
fn remove_refused(list: CommandList, ours: &mut Vec<CommandDefinition>, fields: &[String]) -> bool {
    let mut refused = BTreeSet::new();
    let mut left_out = false;
    for field in fields {
        let (number, path) = field.split_once('.').unwrap_or((field, ""));
        let Ok(number) = number.parse::<usize>() else {
            continue;
        };
        let Some(command) = ours.get_mut(number) else {
            continue;
        };
        left_out = true;
        let name = command.name;
        if let Some(words) = command.remove_words(path) {
            tracing::error!(
                %list, command = name, field, ?words,
                "Discord refuses these words of [channels.discord.commands]; Baton registers the rest of the list"
            );
        } else {
            tracing::error!(%list, command = name, field, "Discord refuses a command; Baton registers the rest of the list");
            refused.insert(number);
        }
    }
    for number in refused.into_iter().rev() {
        ours.remove(number);
    }
    left_out
}

/// The commands for a list. A person must not see a command in two lists, because Discord would show the
/// command twice.
fn commands_of(
    account: &DiscordAccount,
    events: &dyn EventSink,
    list: CommandList,
) -> Vec<CommandDefinition> {
    let settings = &account.settings;
    let contexts: &[CommandContext] = match (settings.offered_in, list) {
        (OfferedIn::Everywhere, CommandList::Everywhere) => {
            &[CommandContext::GUILD, CommandContext::BOT_DM]
        }
        (OfferedIn::Servers, CommandList::Server(server))
            if events.is_configured(&server.into()) =>
        {
            &[CommandContext::GUILD]
        }
        // Discord does not show the list of a server in direct messages.
        (OfferedIn::Servers, CommandList::Everywhere) if settings.chat.direct.is_some() => {
            &[CommandContext::BOT_DM]
        }
        _ => return Vec::new(),
    };
    let specs = command_specs::offered_commands(settings.chat.projects.is_some());
    let commands = specs.filter_map(|spec| {
        let mut contexts = contexts.to_vec();
        contexts.retain(|context| !spec.needs_workspace || *context == CommandContext::GUILD);
        let is_shown = !contexts.is_empty();
        // The list of a server needs no contexts.
        let contexts = (list == CommandList::Everywhere).then_some(contexts);
        is_shown.then(|| CommandDefinition::new(&spec, &settings.translations, contexts))
    });
    commands.collect()
}
