//! Prompts: messages that ask one person for a reply, in place of a form with one field.

use baton_chat::connector::{ActionForm, ConnectorError, FormField, Refusal, Urgency};

use super::command_response::no_forms;
use super::prompt_mark::PromptMark;
use crate::telegram::bot_api::{ForcedReply, QuotedMessage, ReplyMarkup, SendOptions, TextBody};
use crate::telegram::chat_address::ChatAddress;
use crate::telegram::send_budget::send_priority::SendPriority;
use crate::telegram::telegram_account::{TelegramAccount, convert_error};
use crate::telegram::telegram_markdown::{EntityKind, MentionedUser, TextEntity};
use crate::telegram::telegram_sizes;

/// The invisible character with the link of the mark. Telegram keeps the character, as opposed to other invisible ones.
const INVISIBLE: &str = "\u{200b}";

/// The last line of a prompt, because some clients do not open the field for a reply.
const HINT: &str = "Reply to this message.";

/// The maximum length of the question in a prompt, in characters.
const QUESTION: usize = 1_000;

/// The maximum length of a name in a prompt, in characters.
const NAME: usize = 64;

/// A person whom a prompt asks.
#[derive(Clone, Debug)]
pub(crate) struct AskedPerson {
    /// The number of the person.
    pub(crate) number: i64,
    /// The name that people see.
    pub(crate) name: String,
}

/// Asks the person who pressed a button of `card` to reply.
pub(crate) async fn send_prompt(
    account: &TelegramAccount,
    address: ChatAddress,
    card: Option<i64>,
    person: &AskedPerson,
    form: &ActionForm,
) -> Result<(), ConnectorError> {
    // A reply is one text.
    let [field] = &form.fields[..] else {
        return Err(no_forms());
    };
    let mark = PromptMark {
        form: form.name.clone(),
        person: person.number,
    };
    let mark = mark.to_address(&account.prompt_key);
    let quoted = card.map(|message_id| QuotedMessage { message_id });
    let body = |quoted| render_prompt(address, quoted, person, field, &mark);
    match send_body(account, address, &body(quoted)).await {
        Err(error) if error.refusal() == Some(Refusal::CannotQuote) => {
            send_body(account, address, &body(None)).await
        }
        sent => sent,
    }
}

async fn send_body(
    account: &TelegramAccount,
    address: ChatAddress,
    body: &TextBody,
) -> Result<(), ConnectorError> {
    let sent = account.api.send_text(body);
    let sent = account.spend_turn(address.chat, SendPriority::Approval, Urgency::CanWait, sent);
    let sent = sent.await?;
    sent.map_err(|error| convert_error(address.chat, error))?;
    Ok(())
}

fn render_prompt(
    address: ChatAddress,
    quoted: Option<QuotedMessage>,
    person: &AskedPerson,
    field: &FormField,
    mark: &str,
) -> TextBody {
    let question = cut_text(&field.label, QUESTION);
    let name = cut_text(&person.name, NAME);
    let link = TextEntity {
        kind: EntityKind::TextLink {
            url: mark.to_owned(),
        },
        offset: 0,
        length: count_units(INVISIBLE),
    };
    // The mention makes the request for a reply reach only this person.
    let mention = TextEntity {
        kind: EntityKind::TextMention {
            user: MentionedUser {
                id: person.number,
                is_bot: false,
                first_name: name.clone(),
            },
        },
        offset: link.end(),
        length: count_units(&name),
    };
    let text = format!("{INVISIBLE}{name}: {question}\n\n{HINT}");
    let placeholder = cut_text(&field.label, telegram_sizes::PLACEHOLDER);
    let options = SendOptions {
        reply_parameters: quoted,
        reply_markup: Some(ReplyMarkup::ForcedReply(ForcedReply::of_mentioned_person(
            placeholder,
        ))),
        ..SendOptions::to_chat(address)
    };
    TextBody::new(options, text, vec![link, mention])
}

/// The beginning of a text, which is never blank.
fn cut_text(text: &str, longest: usize) -> String {
    let cut: String = text.trim().chars().take(longest).collect();
    match cut.trim_end() {
        "" => "…".to_owned(),
        cut => cut.to_owned(),
    }
}

fn count_units(text: &str) -> usize {
    text.encode_utf16().count()
}
