//! `/add-project`: an administrator of a workspace names a repository, and an agent works on the repository in
//! the chat.

use std::pin::pin;
use std::time::Duration;

use baton_core::authority::Right;
use baton_core::inbox::Inbox;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::action_dispatch::find_chat;
use super::persistent_responder::PersistentResponder;
use super::projects::{AddsProjects, NotAdded, Wanted};
use crate::ChatLayer;
use crate::chat_settings::{PlaceScope, PlaceSettings, Trigger};
use crate::connector::{ActionAnswer, ActionKind, ChatAction, ChatInfo, ChatKind, ConnectorError};
use crate::offered_commands::command_specs::{ADD_PROJECT, PROJECT_NAME, PROJECT_URL};
use crate::principals::describe_member;

/// The pause between two progress texts. Platforms allow only a few edits of an answer in a few seconds.
const PACE: Duration = Duration::from_secs(2);

pub(super) fn is_asked_for(action: &ChatAction) -> bool {
    matches!(&action.kind, ActionKind::Command { name, .. } if name == ADD_PROJECT)
}

/// Adds the project, and answers with the result.
pub(super) async fn answer_command(
    layer: &ChatLayer,
    inbox: &Inbox,
    shutdown: &CancellationToken,
    action: &ChatAction,
    responder: &PersistentResponder,
) -> Result<(), ConnectorError> {
    let chat = &action.chat;
    let (projects, wanted) = match check_request(layer, action).await {
        Ok(wanted) => wanted,
        Err(why) => return responder.answer(ActionAnswer::text(why)).await,
    };
    responder.defer().await?;
    let what = match add_project(layer, responder, inbox, projects, wanted, shutdown).await {
        Ok(place) => {
            let persona = place.answering.persona.clone();
            let how = match place.answering.trigger {
                Trigger::Every => "answers every message in this channel now.",
                Trigger::Mention | Trigger::Threads => {
                    "answers in this channel now, when a message mentions the bot."
                }
            };
            tracing::info!(%persona, %chat, "a project was added");
            layer.places.add_place(place);
            format!("**{persona}** {how}")
        }
        Err(why) => {
            tracing::info!(%chat, %why, "a project was not added");
            format!("The project was not added: {why}")
        }
    };
    responder.follow_up(ActionAnswer::text(what)).await
}

/// Reads the request and checks the permission. An error is the text for the person.
async fn check_request<'a>(
    layer: &'a ChatLayer,
    action: &ChatAction,
) -> Result<(&'a dyn AddsProjects, Wanted), &'static str> {
    let Some(workspace) = &action.workspace else {
        return Err("Use this command in a channel of a server.");
    };
    // A workspace can offer the command to other people than administrators.
    if !describe_member(&action.actor).has_right(Right::AddProject) {
        return Err("Only administrators of this server can add a project.");
    }
    let Some(projects) = layer.settings.projects.as_deref() else {
        return Err("This command no longer exists.");
    };
    // Anybody can invite Baton into an own workspace and be its administrator.
    if !layer.places.is_ours(workspace) {
        return Err("The operator of this bot has not configured any place in this server.");
    }
    match find_chat(layer, action).await {
        Some(ChatInfo {
            kind: ChatKind::Thread { .. },
            ..
        }) => return Err("Use this command in the channel itself, not in a thread."),
        Some(_) => {}
        None => {
            return Err(
                "The bot cannot see this channel. Give the bot access to the channel, and try again.",
            );
        }
    }
    let scope = PlaceScope::Chat(action.chat.clone());
    if layer.places.settings_of_scope(&scope).is_some() {
        return Err("This channel is in the configuration already; use another channel.");
    }
    let option = |name: &str| match &action.kind {
        ActionKind::Command { options, .. } => options.get(name).cloned(),
        _ => None,
    };
    let wanted = Wanted {
        repository: option(PROJECT_URL).unwrap_or_default(),
        name: option(PROJECT_NAME),
        chat: action.chat.clone(),
        workspace: workspace.clone(),
    };
    Ok((projects, wanted))
}

/// Adds the project, and shows the progress meanwhile.
async fn add_project(
    layer: &ChatLayer,
    responder: &PersistentResponder,
    inbox: &Inbox,
    projects: &dyn AddsProjects,
    wanted: Wanted,
    stop: &CancellationToken,
) -> Result<PlaceSettings, NotAdded> {
    let clock = layer.clock();
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
        let how_far = ActionAnswer::text(seen.borrow_and_update().clone());
        // The request is not cancelled: the platform could apply it after the final answer.
        let mut shown = pin!(responder.preview(how_far));
        let mut done = None;
        loop {
            tokio::select! {
                biased;
                added = &mut adding, if done.is_none() => done = Some(added),
                shown = &mut shown => {
                    if let Err(error) = shown {
                        tracing::debug!(%error, "the progress of a project cannot be shown");
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
