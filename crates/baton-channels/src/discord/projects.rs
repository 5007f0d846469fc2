//! `/add-project`: an administrator of a server names a repository, and an agent works on the repository in
//! the channel.

use std::pin::pin;
use std::time::Duration;

use baton_core::authority::Right;
use baton_core::inbox::Inbox;
use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::BotState;
use super::command_dispatch::ADMINISTRATOR;
use super::discord_id::Id;
use super::discord_settings::{Covers, PlaceSettings, Trigger};
use super::interactions::{InteractionResponder, find_channel, render_answer};
use super::place_directory::{ChannelInfo, ChannelKind};
use super::principals::describe_member;
use super::rest::{CommandDefinition, CommandOption, RestError};
use super::wire::DiscordInteraction;

pub use super::project_requests::{AddsProjects, NotAdded, Wanted};

pub(super) const NAME: &str = "add-project";
/// The names of the two options.
const URL: &str = "url";
const CALLED: &str = "name";

/// The pause between two progress texts. Discord allows only a few edits of an answer in five seconds.
const PACE: Duration = Duration::from_secs(2);

/// The command, as Discord shows the command to administrators.
pub(super) fn render_command() -> CommandDefinition {
    let mut command = CommandDefinition::new(
        NAME,
        "Clone a git repository, and have an agent work on it in this channel",
    );
    command.default_member_permissions = Some(ADMINISTRATOR);
    let url = "Where the repository is, such as https://example.org/team/project.git";
    let called = "What the project is to be called; by default as the repository is";
    command.options = vec![
        CommandOption::text(URL, url, true, None),
        CommandOption::text(CALLED, called, false, None),
    ];
    command
}

pub(super) fn is_asked_for(interaction: &DiscordInteraction) -> bool {
    interaction.kind == DiscordInteraction::COMMAND && interaction.data.command_name() == NAME
}

/// Adds the project, and answers with the result.
pub(super) async fn answer_command(
    responder: &InteractionResponder<'_>,
    inbox: &Inbox,
    shutdown: &CancellationToken,
    channel: Id,
) -> Result<(), RestError> {
    let shared = responder.shared;
    let (projects, wanted) = match check_request(shared, responder.interaction, channel).await {
        Ok(wanted) => wanted,
        Err(why) => return responder.answer_at_once(why).await,
    };
    responder.defer_answer().await?;
    let what = match add_project(responder, inbox, projects, wanted, shutdown).await {
        Ok(place) => {
            let persona = place.answering.persona.clone();
            let how = match place.answering.trigger {
                Trigger::Every => "It answers every message here.",
                Trigger::Mention | Trigger::Threads => "Mention the bot, and it answers.",
            };
            tracing::info!(%persona, %channel, "a project was added");
            shared.places.add_place(place);
            format!("**{persona}** is here. {how}")
        }
        Err(why) => {
            tracing::info!(%channel, %why, "a project was not added");
            format!("Nothing was added: {why}")
        }
    };
    responder.follow_up(render_answer(&what).into()).await
}

/// Reads the request and checks the permission. An error is the text for the person.
async fn check_request<'a>(
    shared: &'a BotState,
    interaction: &DiscordInteraction,
    channel: Id,
) -> Result<(&'a dyn AddsProjects, Wanted), &'static str> {
    let (Some(server), Some(member), Some(person)) = (
        interaction.guild_id,
        &interaction.member,
        interaction.person(),
    ) else {
        return Err("Use this in a channel of a server.");
    };
    // A server can offer the command to other people than administrators.
    if !describe_member(person, member).has_right(Right::AddProject) {
        return Err("Only who administers this server can add a project.");
    }
    let Some(projects) = shared.settings.projects.as_deref() else {
        return Err("There is no such command any more.");
    };
    // Anybody can invite the bot into an own server and be its administrator.
    if !shared.places.is_ours(server) {
        return Err("Whoever runs this bot has not configured any place in this server.");
    }
    match find_channel(shared, interaction, channel).await {
        Some(ChannelInfo {
            kind: ChannelKind::Thread { .. },
            ..
        }) => return Err("Use this in the channel itself, not in a thread."),
        Some(_) => {}
        None => return Err("The bot does not see this channel; let it, and try again."),
    }
    if shared
        .places
        .settings_of_scope(Covers::Channel(channel))
        .is_some()
    {
        return Err("A project is worked on in this channel already; use another channel.");
    }
    let option = |name| {
        let option = interaction.data.option_value(name);
        option.and_then(Value::as_str).map(str::to_owned)
    };
    let wanted = Wanted {
        repository: option(URL).unwrap_or_default(),
        name: option(CALLED),
        channel,
        server,
    };
    Ok((projects, wanted))
}

/// Adds the project, and shows the progress meanwhile.
async fn add_project(
    responder: &InteractionResponder<'_>,
    inbox: &Inbox,
    projects: &dyn AddsProjects,
    wanted: Wanted,
    stop: &CancellationToken,
) -> Result<PlaceSettings, NotAdded> {
    let clock = responder.shared.clock();
    let (far, mut seen) = watch::channel(String::new());
    let tell = |how_far| drop(far.send_replace(how_far));
    let mut adding = pin!(projects.add(wanted, inbox.personas(), &tell, stop));
    let mut next = clock.steady();
    loop {
        let due = async {
            clock.sleep_until(next).await;
            // `changed` cannot fail: this function holds the sender.
            let _ = seen.changed().await;
        };
        tokio::select! {
            biased;
            added = &mut adding => return added,
            () = due => {}
        }
        let how_far = render_answer(&seen.borrow_and_update()).into();
        // The request is not cancelled: Discord could apply it after the final answer.
        let mut shown = pin!(responder.edit_answer(&how_far));
        let mut done = None;
        loop {
            tokio::select! {
                biased;
                added = &mut adding, if done.is_none() => done = Some(added),
                shown = &mut shown => {
                    if let Err(error) = shown {
                        tracing::debug!(%error, "how far a project is cannot be shown");
                    }
                    break;
                }
            }
        }
        if let Some(added) = done {
            return added;
        }
        next = clock.steady().after(PACE);
    }
}
