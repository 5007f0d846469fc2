//! An approval as a message with buttons. The same message later shows the outcome.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use baton_core::approval::{Approval, ApprovalState, Wants};
use baton_core::id::ApprovalId;

use super::delivery_messages::{DeliveryMessages, fetch_own_messages};
use super::discord_id::Id;
use super::limits;
use super::rest::{
    ActionRow, AllowedMentions, CreateMessage, EditMessage, MessageButton, Patience, RestError,
    code,
};
use super::type_numbers::ButtonStyle;
use super::wire::DiscordMessage;
use super::{reply_thread, text_splitting};

/// The maximum lengths of the approval's text and of the outcome below, in units of [`limits::MESSAGE`].
const TEXT: usize = 1_700;
const OUTCOME: usize = 200;

/// The maximum number of remembered approval messages.
const KEPT: usize = 1_000;

/// The approval of a button. The key holds the answered message too, because a new data folder numbers
/// approvals from the start, while old buttons stay on Discord.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ApprovalKey {
    pub(super) approval: ApprovalId,
    /// Discord's id of the message that the turn answers.
    pub(super) message: Id,
}

impl ApprovalKey {
    /// The common beginning of the names of all buttons.
    fn button_prefix(self) -> String {
        format!("q:{}.{}:", self.approval, self.message)
    }
}

/// The action of a button. The name of the button holds the approval, so that a late press decides no other
/// approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ApprovalButton {
    Allow,
    AllowForSession,
    Deny,
    /// Deny, with a reason from a form.
    DenyWithReason,
    Stop,
    ShowInput,
    /// The option with this index, if the approval has exactly one choice.
    Option(usize),
    /// Answer in own words, in a form.
    Answer,
}

impl ApprovalButton {
    /// The name of the button, for Discord's `custom_id`.
    pub(super) fn custom_id(&self, of: ApprovalKey) -> String {
        let word = match self {
            Self::Allow => "allow",
            Self::AllowForSession => "session",
            Self::Deny => "deny",
            Self::DenyWithReason => "reason",
            Self::Stop => "stop",
            Self::ShowInput => "input",
            Self::Answer => "answer",
            Self::Option(number) => return format!("{}o{number}", of.button_prefix()),
        };
        of.button_prefix() + word
    }

    /// Parses the name of a button.
    pub(super) fn parse_custom_id(name: &str) -> Option<(ApprovalKey, Self)> {
        let (of, word) = name.strip_prefix("q:")?.split_once(':')?;
        let (approval, message) = of.split_once('.')?;
        let of = ApprovalKey {
            approval: ApprovalId(approval.parse().ok()?),
            message: message.parse().ok()?,
        };
        let button = match word {
            "allow" => Self::Allow,
            "session" => Self::AllowForSession,
            "deny" => Self::Deny,
            "reason" => Self::DenyWithReason,
            "stop" => Self::Stop,
            "input" => Self::ShowInput,
            "answer" => Self::Answer,
            option => Self::Option(option.strip_prefix('o')?.parse().ok()?),
        };
        Some((of, button))
    }
}

/// The messages of the latest approvals. Other messages are searched on Discord.
#[derive(Default)]
pub(super) struct PromptIndex(Mutex<VecDeque<(ApprovalId, Id)>>);

impl PromptIndex {
    fn remember(&self, question: ApprovalId, message: Id) {
        let mut prompts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        prompts.retain(|(known, _)| *known != question);
        prompts.push_back((question, message));
        if prompts.len() > KEPT {
            prompts.pop_front();
        }
    }

    fn find_message(&self, question: ApprovalId) -> Option<Id> {
        let prompts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = prompts.iter().find(|(known, _)| *known == question);
        found.map(|(_, message)| *message)
    }
}

/// Sends the message of an approval, with buttons while the approval is open. Returns the id of the message.
pub(super) async fn send_card(
    sender: &mut DeliveryMessages<'_>,
    approval: &Approval,
    text: &str,
) -> Result<Id, RestError> {
    let message = match (approval.outcome(), elsewhere_hint(approval)) {
        (Some(outcome), _) => CreateMessage::with_content(with_outcome(text, &outcome).await),
        (None, elsewhere) => {
            let mut content =
                text_splitting::process_text(text, |it| text_splitting::truncate_text(it, TEXT))
                    .await;
            if let Some(elsewhere) = elsewhere {
                content = format!("{content}\n\n{elsewhere}");
            }
            CreateMessage {
                components: render_buttons(approval, sender.approval_key(approval.id)),
                ..CreateMessage::with_content(content)
            }
        }
    };
    // Two approvals can have the same text. Buttons identify an open approval.
    let asked = card_with_key(&sender.sent, sender.approval_key(approval.id));
    let sent = match asked {
        Some(sent) => sent,
        None if approval.outcome().is_none() => sender.send_anew(0, message, Vec::new()).await?,
        None => sender.send_message(0, message, Vec::new()).await?,
    };
    sender.shared.prompts.remember(approval.id, sent);
    Ok(sent)
}

/// The hint for an approval with more choices than a form has fields; `None` for other approvals. Discord
/// cannot open a form after a form.
pub(super) fn elsewhere_hint(approval: &Approval) -> Option<String> {
    let Wants::Answers { choices } = &approval.question.wants else {
        return None;
    };
    let count = choices.len();
    (count > limits::FIELDS).then(|| {
        format!(
            "*It asks {count} things, and a form of Discord has room for {}: answer approval \
             {} on Baton's web page, or press **Do not answer** here.*",
            limits::FIELDS,
            approval.id
        )
    })
}

/// Shows the outcome on the message of an approval. Returns `None` if no such message exists.
pub(super) async fn show_outcome(
    sender: &mut DeliveryMessages<'_>,
    approval: &Approval,
) -> Result<Option<Id>, RestError> {
    let known = sender.shared.prompts.find_message(approval.id);
    let found = match known {
        Some(message) => Some(message),
        None => find_card(sender, approval.id).await?,
    };
    let Some(message) = found else {
        // The message was never sent, or was deleted.
        return Ok(None);
    };
    let outcome = approval.outcome().unwrap_or_else(|| "Open".to_owned());
    let edit = EditMessage {
        content: with_outcome(&outcome_title(approval), &outcome).await,
        components: Some(Vec::new()),
        allowed_mentions: AllowedMentions::NONE,
    };
    let target = sender.route.target();
    let rest = &sender.shared.rest;
    let show = || rest.edit_message(target, message, &edit, Patience::Short);
    match show().await {
        // A new message opens an archived thread again, and an edit does not.
        Err(error) if error.code() == Some(code::ARCHIVED) => {
            reply_thread::reopen_thread(sender.shared, target).await?;
            show().await?;
        }
        told => told?,
    }
    Ok(Some(message))
}

async fn with_outcome(question: &str, outcome: &str) -> String {
    let question =
        text_splitting::process_text(question, |it| text_splitting::truncate_text(it, TEXT)).await;
    format!(
        "{question}\n\n**{}**",
        text_splitting::truncate_text(outcome, OUTCOME)
    )
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

/// Searches Discord for the message of an approval that an earlier process sent.
async fn find_card(
    sender: &DeliveryMessages<'_>,
    approval: ApprovalId,
) -> Result<Option<Id>, RestError> {
    let ours = fetch_own_messages(sender.shared, sender.route).await?;
    Ok(card_with_key(&ours, sender.approval_key(approval)))
}

/// Finds the message of an approval by its buttons.
fn card_with_key(messages: &[DiscordMessage], asked: ApprovalKey) -> Option<Id> {
    let prefix = asked.button_prefix();
    let asks = |message: &&DiscordMessage| {
        let rows = message.components.iter();
        let buttons = rows
            .filter_map(|row| row["components"].as_array())
            .flatten();
        let mut names = buttons.filter_map(|button| button["custom_id"].as_str());
        names.any(|name| name.starts_with(&prefix))
    };
    messages.iter().find(asks).map(|message| message.id)
}

fn render_buttons(approval: &Approval, key: ApprovalKey) -> Vec<ActionRow> {
    let button = |button: &ApprovalButton, style: ButtonStyle, label: &str| {
        let label: String = label.chars().take(limits::BUTTON).collect();
        let label = if label.trim().is_empty() {
            "…".to_owned()
        } else {
            label
        };
        MessageButton::new(style, label, button.custom_id(key))
    };
    let mut buttons = Vec::new();
    match &approval.question.wants {
        Wants::Permission { grant } => {
            buttons.push(button(
                &ApprovalButton::Allow,
                ButtonStyle::SUCCESS,
                "Allow",
            ));
            if grant.is_some() {
                buttons.push(button(
                    &ApprovalButton::AllowForSession,
                    ButtonStyle::SUCCESS,
                    "Allow for this session",
                ));
            }
            buttons.push(button(&ApprovalButton::Deny, ButtonStyle::DANGER, "Deny"));
            buttons.push(button(
                &ApprovalButton::DenyWithReason,
                ButtonStyle::SECONDARY,
                "Deny and say why",
            ));
        }
        Wants::Answers { choices } => {
            let most = limits::BUTTONS * (limits::ROWS - 1) - 1;
            match &choices[..] {
                [choice] if !choice.several && choice.options.len() <= most => {
                    for (number, option) in choice.options.iter().enumerate() {
                        buttons.push(button(
                            &ApprovalButton::Option(number),
                            ButtonStyle::PRIMARY,
                            &option.label,
                        ));
                    }
                    buttons.push(button(
                        &ApprovalButton::Answer,
                        ButtonStyle::SECONDARY,
                        "Something else",
                    ));
                }
                _ if elsewhere_hint(approval).is_some() => {}
                _ => buttons.push(button(
                    &ApprovalButton::Answer,
                    ButtonStyle::PRIMARY,
                    "Answer",
                )),
            }
            buttons.push(button(
                &ApprovalButton::Deny,
                ButtonStyle::DANGER,
                "Do not answer",
            ));
        }
    }
    buttons.push(button(
        &ApprovalButton::Stop,
        ButtonStyle::SECONDARY,
        "Stop",
    ));
    buttons.push(button(
        &ApprovalButton::ShowInput,
        ButtonStyle::SECONDARY,
        "Show all of it",
    ));
    let rows = buttons.chunks(limits::BUTTONS).take(limits::ROWS);
    rows.map(|row| ActionRow::new(row.to_vec())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_names_its_question() {
        let key = ApprovalKey {
            approval: ApprovalId(12),
            message: Id(34),
        };
        for button in [
            ApprovalButton::Allow,
            ApprovalButton::AllowForSession,
            ApprovalButton::Deny,
            ApprovalButton::DenyWithReason,
            ApprovalButton::Stop,
            ApprovalButton::ShowInput,
            ApprovalButton::Answer,
            ApprovalButton::Option(7),
        ] {
            assert_eq!(
                ApprovalButton::parse_custom_id(&button.custom_id(key)),
                Some((key, button))
            );
        }
        for nothing in [
            "",
            "reset",
            "q:",
            "q:1:allow",
            "q:x.2:allow",
            "q:1.x:allow",
            "q:1.2:",
            "q:1.2:o",
            "q:1.2:what",
        ] {
            assert_eq!(ApprovalButton::parse_custom_id(nothing), None, "{nothing}");
        }
    }
}
