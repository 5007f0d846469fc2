//! Commands, buttons and forms. Each is answered in a task of its own, at once, whatever any
//! conversation does: Discord waits three seconds.

use std::sync::Arc;

use baton_core::commands::Command;
use baton_core::inbox::Inbox;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::id::Id;
use super::limits;
use super::places::{Kind, Known};
use super::question::QuestionKey;
use super::rest::RestError;
use super::route::place;
use super::settings::Answering;
use super::wire::{Interaction, User};
use super::{Shared, commands, deciding, projects, text};

mod response;

pub(super) use response::{Answer, Responder};

/// What is said where Discord does not tell who it was, or where.
const UNREADABLE: &str = "This bot could not read your action. Try again.";

/// What is said to whoever is not heard.
pub(super) const NOT_HEARD: &str = "Whoever runs this bot has not let you use it here.";

/// How an interaction is answered first, within its seconds.
pub(super) enum First {
    /// What is asked for is being done, and they are told what came of it.
    Later(Task),
    /// With this message.
    Message(Value),
    /// With this form.
    Form(Value),
}

/// What is to be done, once they see that we are at it.
pub(super) enum Task {
    Command(Command),
    Decide(deciding::Decided),
    ShowInput(QuestionKey),
}

/// An interaction, and where it was.
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

    /// Whether whoever it was is heard here.
    pub(super) fn is_heard(&self) -> bool {
        self.answering
            .hears(self.who.id, self.who.bot, self.roles())
    }

    pub(super) fn place(&self) -> baton_core::place::Place {
        place(self.channel)
    }
}

/// What somebody is told of what was not done. The log has the whole reason.
pub(super) fn not_done(error: &impl std::error::Error) -> String {
    tracing::info!(?error, "an interaction is refused");
    error.to_string()
}

/// Answers one.
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
        // Also where nobody answers yet.
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
    // Who is not heard may still be one who decides: that is looked at with the question.
    if !context.is_heard() && interaction.kind == Interaction::COMMAND {
        return responder.answer_at_once(NOT_HEARD).await;
    }
    let doing = match begin(&context).await {
        First::Message(message) => return responder.answer_with(message).await,
        First::Form(form) => return responder.show_form(form).await,
        First::Later(doing) => doing,
    };
    // What is asked for waits for nothing that Discord answers.
    let seen = responder.promise();
    let done = async {
        match doing {
            Task::Command(command) => commands::carry_out(&context, command).await.into(),
            Task::Decide(decided) => told(&deciding::decide(&context, decided).await).into(),
            Task::ShowInput(of) => deciding::show_input(&context, of).await,
        }
    };
    let (seen, answer) = tokio::join!(seen, done);
    match seen {
        // Perhaps they see it all the same.
        Ok(()) | Err(RestError::Unknown { .. }) => responder.follow_up(answer).await,
        Err(error) => Err(error),
    }
}

/// What is done about it.
async fn begin(context: &Context<'_>) -> First {
    match context.interaction.kind {
        Interaction::COMMAND => commands::begin(context),
        Interaction::BUTTON | Interaction::FORM => {
            let id = context.interaction.data.custom_id();
            match commands::pressed(context, id) {
                Some(first) => first,
                None => deciding::pressed(context, id).await,
            }
        }
        _ => First::Message(told("This bot does not know what that was.")),
    }
}

/// The channel, which is known unless nothing was ever said there.
pub(super) async fn known(
    shared: &Shared,
    interaction: &Interaction,
    channel: Id,
) -> Option<Known> {
    if let Some(known) = shared.places.get(channel) {
        return Some(known);
    }
    // Discord shows it with what people do there; no time is left to ask.
    let shown = interaction.shown_channel();
    if let Some(shown) = shown.filter(|shown| shown.id == channel) {
        // Not remembered: not all of it is shown.
        return Some(Known::from(&shown).or_in(interaction.guild_id));
    }
    if interaction.guild_id.is_none() {
        // With us alone.
        return Some(Known {
            server: None,
            kind: Kind::Direct,
        });
    }
    shared.places.find(&shared.rest, channel).await.ok()
}

/// A message of ours to one person.
pub(super) fn told(what: &str) -> Value {
    let shown = text::beginning(what, limits::MESSAGE.size);
    let shown = if shown.is_empty() { "…" } else { &shown };
    json!({
        "content": shown,
        "allowed_mentions": { "parse": [] },
    })
}
