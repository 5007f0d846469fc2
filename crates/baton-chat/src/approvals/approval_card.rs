//! The card of an approval: a message with buttons. The card later shows the outcome.

use baton_core::approval::{Approval, ApprovalState, Choice, Wants};
use baton_core::name::ExternalId;

use super::approval_button::{ApprovalButton, ApprovalKey};
use super::card_search;
use super::decided_buttons::render_decided_buttons;
use crate::connector::{
    Button, ButtonLimits, ButtonLook, Capabilities, ConnectorError, EditedButtons, MessageEdit,
    OutgoingMessage, Refusal, Urgency,
};
use crate::delivery::delivery_messages::DeliveryMessages;
use crate::delivery::reply_thread;
use crate::text::{TextFormat, text_splitting};

/// The maximum lengths of the approval's text and of the outcome below, in units of the limit of the format.
/// A small message has less room for the text, see [`cut_question`].
const TEXT: usize = 1_700;
const OUTCOME: usize = 200;

/// The number of buttons that are kept free beside the options of a choice. Four are for the other buttons of
/// the approval.
const BESIDE_OPTIONS: usize = 6;

/// Sends the card of an approval, with buttons while the approval is open. Returns the id of the card, if the
/// platform tells it.
pub(crate) async fn send_card(
    sender: &mut DeliveryMessages<'_>,
    approval: &Approval,
    text: &str,
) -> Result<Option<ExternalId>, ConnectorError> {
    let capabilities = sender.capabilities();
    let format = capabilities.text;
    let key = sender.approval_key(approval.id);
    let message = match (approval.outcome(), elsewhere_hint(approval, capabilities)) {
        (Some(outcome), _) => OutgoingMessage::text(with_outcome(format, text, &outcome).await),
        (None, elsewhere) => {
            let elsewhere = elsewhere.map(|hint| format!("\n\n{}", (format.render)(&hint)));
            let text = cut_question(format, text, &elsewhere.unwrap_or_default()).await;
            OutgoingMessage {
                buttons: render_buttons(approval, &key, capabilities),
                ..OutgoingMessage::text(text)
            }
        }
    };
    // Two approvals can have the same text. Buttons identify an open approval.
    let asked = card_search::card_with_key(&sender.sent, &key);
    // After a move of the chat, people need a card in the new chat.
    let moved = &sender.layer.places.moved;
    let asked = asked.filter(|card| !moved.has_old_number(card));
    let sent = match asked {
        Some(sent) => Some(sent),
        None if !message.buttons.is_empty() => sender.send_anew(0, message).await?,
        // Without buttons, an open approval has a hint with its number.
        None => sender.send_message(0, message).await?,
    };
    if let Some(sent) = &sent {
        sender.layer.cards.remember(approval.id, sent.clone());
    }
    Ok(sent)
}

/// The hint for an approval that people cannot answer on the platform; `None` for other approvals. The platform lacks
/// buttons or forms, or a form has too few fields. A platform cannot open a form after a form.
pub(crate) fn elsewhere_hint(approval: &Approval, capabilities: &Capabilities) -> Option<String> {
    let id = approval.id;
    let Some(buttons) = capabilities.buttons else {
        return Some(format!("*Answer approval {id} on Baton's web page.*"));
    };
    let Wants::Answers { choices } = &approval.question.wants else {
        return None;
    };
    let Some(fields) = capabilities.form_fields else {
        let has_buttons = choice_with_buttons(choices, buttons).is_some();
        return (!has_buttons).then(|| {
            format!("*Answer approval {id} on Baton's web page, or press **Do not answer** here.*")
        });
    };
    let count = choices.len();
    let noun = if fields == 1 { "field" } else { "fields" };
    (count > fields).then(|| {
        format!(
            "*The agent asks {count} questions, but a form here has {fields} {noun}. Answer \
             approval {id} on Baton's web page, or press **Do not answer** here.*"
        )
    })
}

/// Shows the outcome on the card of an approval. Returns `None` if no such card exists, or if the platform cannot
/// change messages.
pub(crate) async fn show_outcome(
    sender: &mut DeliveryMessages<'_>,
    approval: &Approval,
) -> Result<Option<ExternalId>, ConnectorError> {
    let connector = &*sender.layer.connector;
    let Some(revisions) = connector.revisions() else {
        return Ok(None);
    };
    let known = sender.layer.cards.find_message(approval.id);
    let found = match known {
        Some(message) => Some(message),
        None => card_search::find_card(sender, approval.id).await?,
    };
    let Some(message) = found else {
        // The card was never sent, or was deleted.
        return Ok(None);
    };
    let outcome = approval.outcome().unwrap_or_else(|| "Open".to_owned());
    let format = sender.capabilities().text;
    let edit = MessageEdit {
        text: with_outcome(format, &outcome_title(approval), &outcome).await,
        buttons: EditedButtons::Disabled(render_decided_buttons(approval, sender.capabilities())),
    };
    if sender.layer.places.moved.has_old_number(&message) {
        return send_outcome(sender, edit.text).await;
    }
    let Some(target) = sender.find_chat().await? else {
        return Ok(None);
    };
    let show = || revisions.edit(&target, &message, &edit, Urgency::CanWait);
    match show().await {
        // A new message opens a closed thread again, and an edit does not.
        Err(error) if error.refusal() == Some(Refusal::ThreadClosed) => {
            reply_thread::reopen_thread(sender.layer, &target).await?;
            show().await?;
        }
        Err(error) if error.moved.is_some() => {
            sender.follow_move(&error).await?;
            return send_outcome(sender, edit.text).await;
        }
        // Somebody deleted the card.
        Err(error) if error.refusal() == Some(Refusal::NoSuchMessage) => return Ok(None),
        told => told?,
    }
    Ok(Some(message))
}

/// Sends the outcome of an approval as a new message, because the chat has moved since the card was sent.
async fn send_outcome(
    sender: &mut DeliveryMessages<'_>,
    text: String,
) -> Result<Option<ExternalId>, ConnectorError> {
    sender.send_message(0, OutgoingMessage::text(text)).await
}

async fn with_outcome(format: TextFormat, question: &str, outcome: &str) -> String {
    let outcome = text_splitting::truncate_text(format, outcome, OUTCOME);
    let outcome = format!("\n\n{}", format.make_bold(&outcome));
    cut_question(format, question, &outcome).await
}

/// The text of an approval with a text below it, in one message. `below` is in the platform's dialect.
async fn cut_question(format: TextFormat, question: &str, below: &str) -> String {
    let room = format.limit.size;
    let room = room.saturating_sub(format.limit.measure_text(below));
    let cut = move |it: &str| text_splitting::truncate_text(format, it, TEXT.min(room));
    text_splitting::process_text(question, cut).await + below
}

/// The title of the approval, with a mark for the state.
fn outcome_title(approval: &Approval) -> String {
    let mark = match approval.state {
        ApprovalState::Allowed => "✅",
        ApprovalState::Open => "❔",
        _ => "⛔",
    };
    format!("{mark} {}", approval.question.title)
}

/// The only choice of an approval, if each of its options gets a button.
fn choice_with_buttons(choices: &[Choice], limits: ButtonLimits) -> Option<&Choice> {
    let most = limits.count.saturating_sub(BESIDE_OPTIONS);
    match choices {
        [choice] if !choice.several && choice.options.len() <= most => Some(choice),
        _ => None,
    }
}

/// A button with its look and its label, before the limits of the platform.
pub(super) type LabelledButton<'a> = (ApprovalButton, ButtonLook, &'a str);

fn render_buttons(
    approval: &Approval,
    key: &ApprovalKey,
    capabilities: &Capabilities,
) -> Vec<Button> {
    let Some(limits) = capabilities.buttons else {
        return Vec::new();
    };
    let mut buttons = decision_buttons(approval, limits, capabilities);
    let whole_input = "Show the whole input";
    buttons.push((ApprovalButton::Stop, ButtonLook::Secondary, "Stop"));
    buttons.push((
        ApprovalButton::ShowInput,
        ButtonLook::Secondary,
        whole_input,
    ));
    let buttons = buttons.into_iter().take(limits.count);
    let rendered = buttons.map(|(button, look, label)| Button {
        look,
        label: cut_label(label, limits),
        name: button.button_name(key),
    });
    rendered.collect()
}

/// The decisions about an approval.
pub(super) fn decision_buttons<'a>(
    approval: &'a Approval,
    limits: ButtonLimits,
    capabilities: &Capabilities,
) -> Vec<LabelledButton<'a>> {
    match &approval.question.wants {
        Wants::Permission { grant } => permission_buttons(grant.is_some(), capabilities),
        Wants::Answers { choices } => {
            let mut buttons = match choice_with_buttons(choices, limits) {
                Some(choice) => option_buttons(choice, capabilities),
                None if elsewhere_hint(approval, capabilities).is_some() => Vec::new(),
                None => vec![(ApprovalButton::Answer, ButtonLook::Primary, "Answer")],
            };
            buttons.push((ApprovalButton::Deny, ButtonLook::Negative, "Do not answer"));
            buttons
        }
    }
}

/// The decisions about a permission. `grants` is whether the session can remember the permission.
fn permission_buttons(grants: bool, capabilities: &Capabilities) -> Vec<LabelledButton<'static>> {
    let session = "Allow for this session";
    let session = (
        ApprovalButton::AllowForSession,
        ButtonLook::Positive,
        session,
    );
    let reason = "Deny and say why";
    let reason = (
        ApprovalButton::DenyWithReason,
        ButtonLook::Secondary,
        reason,
    );
    let mut buttons = vec![(ApprovalButton::Allow, ButtonLook::Positive, "Allow")];
    buttons.extend(grants.then_some(session));
    buttons.push((ApprovalButton::Deny, ButtonLook::Negative, "Deny"));
    buttons.extend(capabilities.form_fields.map(|_| reason));
    buttons
}

/// The options of a choice, and an answer in own words.
fn option_buttons<'a>(choice: &'a Choice, capabilities: &Capabilities) -> Vec<LabelledButton<'a>> {
    let own_words = "Something else";
    let own_words = (ApprovalButton::Answer, ButtonLook::Secondary, own_words);
    let options = choice.options.iter().enumerate();
    let options = options.map(|(number, option)| {
        let button = ApprovalButton::Option(number);
        (button, ButtonLook::Primary, &*option.label)
    });
    let own_words = capabilities.form_fields.map(|_| own_words);
    options.chain(own_words).collect()
}

/// The beginning of a label. Platforms refuse a blank label.
pub(super) fn cut_label(label: &str, limits: ButtonLimits) -> String {
    let label: String = label.chars().take(limits.label).collect();
    if label.trim().is_empty() {
        return "…".to_owned();
    }
    label
}
