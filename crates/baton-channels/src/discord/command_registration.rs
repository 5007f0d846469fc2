//! Registers the commands that Discord shows while a person types: everywhere, or only in configured servers.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use baton_core::commands::OFFERS;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::backoff::BackoffTimer;
use super::command_dispatch::{MANAGE_MESSAGES, RESET};
use super::discord_id::Id;
use super::discord_settings::OfferedIn;
use super::rest::{RestError, RestRequest, code};
use super::{BotState, projects};

/// Discord's contexts for a command: in servers, and in direct messages with the bot.
const IN_SERVERS: u64 = 0;
const ALONE: u64 = 1;

/// A list of commands at Discord.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum CommandList {
    Everywhere,
    Server(Id),
}

impl fmt::Display for CommandList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everywhere => f.write_str("everywhere"),
            Self::Server(server) => write!(f, "server {server}"),
        }
    }
}

/// The lists to check.
#[derive(Debug, Default)]
pub(super) struct RegistrationQueue {
    /// Each list once, so the set never has more entries than the bot has servers.
    due: Mutex<BTreeSet<CommandList>>,
    added: Notify,
}

impl RegistrationQueue {
    /// Requests a check of a list.
    pub(super) fn request_check(&self, list: CommandList) {
        self.with_due(|due| due.insert(list));
        self.added.notify_one();
    }

    async fn next(&self) -> CommandList {
        loop {
            if let Some(list) = self.with_due(BTreeSet::pop_first) {
                return list;
            }
            self.added.notified().await;
        }
    }

    fn with_due<T>(&self, work: impl FnOnce(&mut BTreeSet<CommandList>) -> T) -> T {
        work(&mut self.due.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Keeps the lists up to date, one after the other, until `shutdown`. A list that Discord refuses does not
/// delay other lists.
pub(super) async fn keep_registered(
    shared: Arc<BotState>,
    queue: Arc<RegistrationQueue>,
    shutdown: CancellationToken,
) {
    let clock = shared.clock();
    let mut pause = BackoffTimer::default();
    let mut undone = BTreeSet::new();
    let mut again = clock.steady();
    loop {
        let list = tokio::select! {
            () = shutdown.cancelled() => return,
            list = queue.next() => list,
            () = clock.sleep_until(again), if !undone.is_empty() => {
                queue.with_due(|due| due.append(&mut undone));
                continue;
            }
        };
        let done = tokio::select! {
            () = shutdown.cancelled() => return,
            done = register_list(&shared, list) => done,
        };
        match done {
            Ok(()) => pause = BackoffTimer::default(),
            Err(error @ RestError::Refused { .. }) => log_refusal(list, &error),
            Err(error) => {
                tracing::warn!(%list, %error, "Discord does not know yet which commands there are");
                undone.insert(list);
                again = clock.steady().after(pause.next_pause());
            }
        }
    }
}

fn log_refusal(list: CommandList, error: &RestError) {
    match list {
        // The bot was invited without the scope for commands.
        CommandList::Server(server) if error.code() == Some(code::MISSING_ACCESS) => {
            tracing::warn!(
                %server,
                "Discord lets the bot offer no commands in this server; invite it again with the scope \
                 applications.commands (docs/discord.md has the address), and start Baton again"
            )
        }
        _ => tracing::error!(%list, %error, "Discord is not told which commands there are"),
    }
}

/// Updates a list at Discord. An unchanged list does not count against the limit of 200 new commands a day.
async fn register_list(shared: &BotState, list: CommandList) -> Result<(), RestError> {
    let application = shared.wait_for_ids().await.application;
    let path = match list {
        CommandList::Everywhere => format!("applications/{application}/commands"),
        CommandList::Server(server) => {
            format!("applications/{application}/guilds/{server}/commands")
        }
    };
    let mut ours = commands_of(shared, list);
    let mut others = Vec::new();
    if ours.is_empty() || list == CommandList::Everywhere {
        let call = RestRequest::new(Method::GET, format!("{path}?with_localizations=true"));
        let there = shared.rest.fetch_json::<Vec<Value>>(call).await?;
        others.extend(there.iter().filter_map(entry_point));
        // Usually there is nothing to remove, and a look costs less than an update.
        if ours.is_empty() && others.len() == there.len() {
            return Ok(());
        }
    }
    loop {
        let all = ours.iter().chain(&others).cloned();
        let body = Value::from(all.collect::<Vec<_>>());
        let call = RestRequest::new(Method::PUT, path.as_str()).json(&body)?;
        match shared.rest.send_request(call).await {
            Err(RestError::Refused { fields, .. }) if remove_refused(list, &mut ours, &fields) => {}
            done => return done,
        }
    }
}

/// The type of command that Discord creates for an application with an activity. Discord refuses a list
/// without this command (`interactions/application-commands#entry-point-commands`).
const ENTRY_POINT: u64 = 4;

/// The fields to send back with an existing command.
const KEPT: [&str; 10] = [
    "id",
    "type",
    "name",
    "name_localizations",
    "description",
    "description_localizations",
    "default_member_permissions",
    "contexts",
    "integration_types",
    "handler",
];

/// An existing entry point command, in the form to send back; `None` for removable commands of other types.
fn entry_point(there: &Value) -> Option<Value> {
    if there["type"] != ENTRY_POINT {
        return None;
    }
    let fields = KEPT.iter().filter_map(|name| {
        let value = there.get(name).filter(|value| !value.is_null())?;
        Some(((*name).to_owned(), value.clone()))
    });
    Some(Value::Object(fields.collect()))
}

/// Removes each refused part from the list: a name or description in one language, or a whole command.
/// Returns whether anything was removed.
fn remove_refused(list: CommandList, ours: &mut Vec<Value>, fields: &[String]) -> bool {
    let mut refused = BTreeSet::new();
    let mut left_out = false;
    for field in fields {
        let mut steps = field.split('.');
        let Some(number) = steps.next().and_then(|step| step.parse::<usize>().ok()) else {
            continue;
        };
        let Some(command) = ours.get_mut(number) else {
            continue;
        };
        left_out = true;
        let name = command["name"].as_str().unwrap_or_default().to_owned();
        let steps: Vec<_> = steps.collect();
        let words = match steps[..] {
            [kind, locale, ..] if is_translated(kind) => command.get_mut(kind).zip(Some(locale)),
            ["options", option, kind, locale, ..] if is_translated(kind) => {
                let option = option.parse::<usize>().ok();
                let option = option.and_then(|option| command["options"].get_mut(option));
                option
                    .and_then(|option| option.get_mut(kind))
                    .zip(Some(locale))
            }
            _ => None,
        };
        let words = words.and_then(|(words, locale)| words.as_object_mut()?.remove(locale));
        if let Some(words) = words {
            tracing::error!(
                %list, command = name, field, %words,
                "Discord refuses these words of [channels.discord.commands], and gets the rest of the list"
            );
        } else {
            tracing::error!(%list, command = name, field, "Discord refuses a command, and gets the rest of the list");
            refused.insert(number);
        }
    }
    for number in refused.into_iter().rev() {
        ours.remove(number);
    }
    left_out
}

fn is_translated(field: &str) -> bool {
    matches!(field, "name_localizations" | "description_localizations")
}

/// The commands for a list. A person must not see a command in two lists, because Discord would show the
/// command twice.
fn commands_of(shared: &BotState, list: CommandList) -> Vec<Value> {
    let settings = &shared.settings;
    let contexts: &[u64] = match (settings.offered_in, list) {
        (OfferedIn::Everywhere, CommandList::Everywhere) => &[IN_SERVERS, ALONE],
        (OfferedIn::Servers, CommandList::Server(server)) if shared.places.is_ours(server) => {
            &[IN_SERVERS]
        }
        // Discord does not show the list of a server in direct messages.
        (OfferedIn::Servers, CommandList::Everywhere) if settings.direct.is_some() => &[ALONE],
        _ => return Vec::new(),
    };
    let commands = all_commands().into_iter().filter_map(|mut command| {
        let is_project = command["name"] == projects::NAME;
        let is_there = |context: &&u64| !is_project || **context == IN_SERVERS;
        let contexts: Vec<_> = contexts.iter().filter(is_there).collect();
        if contexts.is_empty() || is_project && settings.projects.is_none() {
            return None;
        }
        // The list of a server needs no contexts.
        if list == CommandList::Everywhere {
            command["contexts"] = json!(contexts);
        }
        settings.translations.add_to_command(&mut command);
        Some(command)
    });
    commands.collect()
}

/// All commands, in English.
pub(super) fn all_commands() -> Vec<Value> {
    let commands = OFFERS.iter().map(render_command);
    commands.chain([projects::render_command()]).collect()
}

fn render_command(offer: &baton_core::commands::Offer) -> Value {
    let mut command = json!({
        "name": offer.name,
        "description": offer.what,
        "type": 1,
    });
    if offer.name == RESET {
        command["default_member_permissions"] = MANAGE_MESSAGES.into();
    }
    if let Some(argument) = offer.argument {
        command["options"] = json!([{
            "type": 3,
            "name": argument.name,
            "description": argument.what,
            "required": argument.required,
            "max_length": argument.limit,
        }]);
    }
    command
}
