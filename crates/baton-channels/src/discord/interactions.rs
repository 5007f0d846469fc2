//! Commands, buttons and forms. Each interaction is answered in its own task, so that no conversation delays
//! the answer. Discord waits three seconds.

use std::sync::Arc;

use baton_core::commands::Command;
use baton_core::inbox::Inbox;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::approval_card::QuestionKey;
use super::discord_id::Id;
use super::discord_settings::Answering;
use super::limits;
use super::place_directory::{Kind, Known};
use super::reply_route::place;
use super::rest::RestError;
use super::wire::{Interaction, User};
use super::{Shared, approval_actions, command_dispatch, projects, text_splitting};

mod interaction_response;

pub(super) use interaction_response::{Answer, Responder};

/// The answer where Discord does not tell the user or the channel.
const UNREADABLE: &str = "This bot could not read your action. Try again.";

/// The answer to people who may not use the bot here.
pub(super) const NOT_HEARD: &str = "Whoever runs this bot has not let you use it here.";

/// The first answer to an interaction, due within three seconds.
pub(super) enum First {
    /// "Thinking …" while the task runs; the result follows in a second answer.
    Later(Task),
    /// A message, as JSON for Discord.
    Message(Value),
    /// A form, as JSON for Discord.
    Form(Value),
}

/// The work of an interaction whose first answer is [`First::Later`].
pub(super) enum Task {
    Command(Command),
    Decide(approval_actions::Decided),
    ShowInput(QuestionKey),
}

/// An interaction with its user, channel and settings.
pub(super) struct Context<'a> {
    pub(super) inbox: &'a Inbox,
    pub(super) interaction: &'a Interaction,
    pub(super) who: &'a User,
    pub(super) channel: Id,
    pub(super) answering: &'a Answering,
}

impl Context<'_> {
    pub(super) fn roles(&self) -> &[Id] {
        let member = self.interaction.member.as_ref();
        member.map_or(&[], |member| &member.roles)
    }

    /// Whether the settings let this person use the bot here.
    pub(super) fn is_heard(&self) -> bool {
        self.answering
            .hears(self.who.id, self.who.bot, self.roles())
    }

    pub(super) fn place(&self) -> baton_core::place::Place {
        place(self.channel)
    }
}

/// The text about an error for the person. The log gets the error with all details.
pub(super) fn not_done(error: &impl std::error::Error) -> String {
    tracing::info!(?error, "an interaction is refused");
    error.to_string()
}

/// Answers one interaction. Errors only go to the log.
pub(super) async fn answer(
    shared: Arc<Shared>,
    inbox: Inbox,
    shutdown: CancellationToken,
    interaction: Interaction,
) {
    if let Err(error) = answer_in_time(&shared, &inbox, &shutdown, &interaction).await {
        tracing::warn!(%error, "an interaction is not answered");
    }
}

async fn answer_in_time(
    shared: &Shared,
    inbox: &Inbox,
    shutdown: &CancellationToken,
    interaction: &Interaction,
) -> Result<(), RestError> {
    let responder = Responder::new(shared, interaction, shutdown);
    let (Some(who), Some(channel)) = (interaction.who(), interaction.channel_id) else {
        tracing::error!(interaction = %interaction.id, "the user or the channel of an interaction is unreadable");
        return responder.answer_at_once(UNREADABLE).await;
    };
    if projects::is_asked_for(interaction) {
        // `/add-project` also works in a channel without a persona.
        return projects::answer(&responder, inbox, shutdown, channel).await;
    }
    let known = known(shared, interaction, channel).await;
    let Some(answering) = known.and_then(|known| shared.places.answering(channel, &known)) else {
        let what = "Nobody answers in this channel.";
        return responder.answer_at_once(what).await;
    };
    let context = Context {
        inbox,
        interaction,
        who,
        channel,
        answering: &answering,
    };
    // A person who may not talk to the bot may still decide approvals. The approval code checks this.
    if !context.is_heard() && interaction.kind == Interaction::COMMAND {
        return responder.answer_at_once(NOT_HEARD).await;
    }
    let doing = match begin(&context).await {
        First::Message(message) => return responder.answer_with(message).await,
        First::Form(form) => return responder.show_form(form).await,
        First::Later(doing) => doing,
    };
    // The task starts at once, without waiting for Discord to accept the first answer.
    let seen = responder.promise();
    let done = async {
        match doing {
            Task::Command(command) => command_dispatch::carry_out(&context, command).await.into(),
            Task::Decide(decided) => {
                told(&approval_actions::decide(&context, decided).await).into()
            }
            Task::ShowInput(of) => approval_actions::show_input(&context, of).await,
        }
    };
    let (seen, answer) = tokio::join!(seen, done);
    match seen {
        // Discord may show the first answer after an unknown outcome too, so the result follows.
        Ok(()) | Err(RestError::Unknown { .. }) => responder.follow_up(answer).await,
        Err(error) => Err(error),
    }
}

/// Chooses the first answer.
async fn begin(context: &Context<'_>) -> First {
    match context.interaction.kind {
        Interaction::COMMAND => command_dispatch::begin(context),
        Interaction::BUTTON | Interaction::FORM => {
            let id = context.interaction.data.custom_id();
            match command_dispatch::pressed(context, id) {
                Some(first) => first,
                None => approval_actions::pressed(context, id).await,
            }
        }
        _ => First::Message(told("This bot does not know what that was.")),
    }
}

/// Finds the channel: in memory, in the interaction, or in a request to Discord.
pub(super) async fn known(
    shared: &Shared,
    interaction: &Interaction,
    channel: Id,
) -> Option<Known> {
    if let Some(known) = shared.places.get(channel) {
        return Some(known);
    }
    // The interaction holds the channel, and the three seconds leave no time for a request.
    let shown = interaction.shown_channel();
    if let Some(shown) = shown.filter(|shown| shown.id == channel) {
        // The interaction holds only a part of the channel, so the channel is not remembered.
        return Some(Known::from(&shown).or_in(interaction.guild_id));
    }
    if interaction.guild_id.is_none() {
        // Outside servers, interactions happen only in direct messages.
        return Some(Known {
            server: None,
            kind: Kind::Direct,
        });
    }
    shared.places.find(&shared.rest, channel).await.ok()
}

/// A message with this text, cut to Discord's limit. The message mentions nobody.
pub(super) fn told(what: &str) -> Value {
    let shown = text_splitting::beginning(what, limits::MESSAGE.size);
    let shown = if shown.is_empty() { "…" } else { &shown };
    json!({
        "content": shown,
        "allowed_mentions": { "parse": [] },
    })
}
