//! Decisions of people about approvals, with buttons and forms.

use baton_core::approval::{ANSWER_LIMIT, Approval, Decision, REASON_LIMIT, Wants};
use baton_core::store::{ControlError, StoreError};
use serde_json::{Value, json};

use super::approval_card::{Button, QuestionKey, only_elsewhere};
use super::interactions::{Answer, Context, First, NOT_HEARD, Task, not_done, told};
use super::limits;
use super::rest::Upload;
use super::text_splitting;
use super::wire::Interaction;

/// The name of the file with a long input.
const INPUT_FILE: &str = "input.json";

/// The maximum length of an approval's title above its input, in units of [`limits::MESSAGE`].
const TITLE: usize = 300;

/// An action of a person on an approval.
pub(super) struct Decided {
    question: QuestionKey,
    what: What,
}

enum What {
    Decision(Decision),
    /// Answer with the option of this index, for an approval with one choice.
    Option(usize),
    /// Stop the whole turn.
    Stop,
}

/// Chooses the first answer to a press on a button, or to a form.
pub(super) async fn pressed(context: &Context<'_>, id: &str) -> First {
    let Some((question, button)) = Button::of(id) else {
        return First::Message(told("This bot does not know that button any more."));
    };
    let decide = |what| First::Later(Task::Decide(Decided { question, what }));
    if context.interaction.kind == Interaction::FORM {
        let fields = context.interaction.data.fields();
        return match button {
            Button::DenyWithReason => {
                let reason = fields.into_iter().next();
                decide(What::Decision(Decision::Deny { reason }))
            }
            Button::Answer => decide(What::Decision(Decision::Answer { answers: fields })),
            _ => First::Message(told("This bot does not know that form any more.")),
        };
    }
    match button {
        Button::Allow => decide(What::Decision(Decision::Allow)),
        Button::AllowForSession => decide(What::Decision(Decision::AllowForSession)),
        Button::Deny => decide(What::Decision(Decision::Deny { reason: None })),
        Button::Stop => decide(What::Stop),
        Button::Option(number) => decide(What::Option(number)),
        Button::DenyWithReason => First::Form(form(
            &Button::DenyWithReason.name(question),
            "Deny",
            vec![Field {
                label: "Why not? The agent is told.".to_owned(),
                longest: REASON_LIMIT,
                required: false,
            }],
        )),
        Button::Answer => match answer_form(context, question).await {
            Ok(form) => First::Form(form),
            Err(why) => First::Message(told(&why)),
        },
        Button::ShowInput => First::Later(Task::ShowInput(question)),
    }
}

/// Makes the form for the choices of an approval.
async fn answer_form(context: &Context<'_>, question: QuestionKey) -> Result<Value, String> {
    let asked = find(context, question).await?;
    if let Some(elsewhere) = only_elsewhere(&asked) {
        return Err(elsewhere);
    }
    let name = Button::Answer.name(question);
    Ok(form(&name, "Answer", fields_of(&asked)))
}

/// A text field of a form.
struct Field {
    /// The label above the field.
    label: String,
    /// The maximum length of the text, in characters.
    longest: usize,
    required: bool,
}

fn form(id: &str, title: &str, fields: Vec<Field>) -> Value {
    let fields = (0..).zip(fields).map(|(number, field): (usize, _)| {
        let label: String = field.label.chars().take(limits::FIELD).collect();
        json!({ "type": 18, "label": label, "component": {
            "type": 4,
            "custom_id": number.to_string(),
            "style": 2,
            "required": field.required,
            "max_length": field.longest,
        } })
    });
    let fields: Vec<_> = fields.collect();
    json!({ "custom_id": id, "title": title, "components": fields })
}

/// Carries out the action. Returns the text for the person.
pub(super) async fn decide(context: &Context<'_>, decided: Decided) -> String {
    let Decided { question, what } = decided;
    let asked = match find(context, question).await {
        Ok(asked) => asked,
        Err(why) => return why,
    };
    let chosen = chosen(context);
    if chosen == Some(false) {
        return "That is not yours to decide here.".to_owned();
    }
    let decision = match what {
        What::Stop => return stop(context, &asked).await,
        What::Decision(decision) => decision,
        What::Option(number) => match option(&asked, number) {
            Some(decision) => decision,
            None => return "There is no such answer.".to_owned(),
        },
    };
    let by = context.who.author(context.interaction.member.as_ref());
    let operator = chosen == Some(true);
    match context
        .inbox
        .decide(question.approval, decision, by, operator)
        .await
    {
        Ok(approval) => approval.outcome().unwrap_or_else(|| "Decided.".to_owned()),
        Err(error) => not_done(&error),
    }
}

async fn stop(context: &Context<'_>, asked: &Approval) -> String {
    let by = context.who.id.to_string().into();
    match context.inbox.stop_asking(asked, &by).await {
        Ok(()) => "Stopped.".to_owned(),
        Err(error) => not_done(&error),
    }
}

fn option(asked: &Approval, number: usize) -> Option<Decision> {
    let Wants::Answers { choices } = &asked.question.wants else {
        return None;
    };
    let option = choices.first()?.options.get(number)?;
    Some(Decision::Answer {
        answers: vec![option.label.clone()],
    })
}

/// The whole input of the agent. A long input becomes a file.
pub(super) async fn show_input(context: &Context<'_>, question: QuestionKey) -> Answer {
    let asked = match find(context, question).await {
        Ok(asked) => asked,
        Err(why) => return told(&why).into(),
    };
    let input = format!("{:#}", asked.question.input);
    let title = text_splitting::beginning(&asked.question.title, TITLE);
    let whole = format!("{title}\n```json\n{input}\n```");
    if !input.contains("```") && text_splitting::fits(&whole) {
        return told(&whole).into();
    }
    let file = Upload {
        name: INPUT_FILE.to_owned(),
        bytes: input.into(),
    };
    Answer {
        message: told(&title),
        file: Some(file),
    }
}

/// Whether this person is one of the configured deciders; `None` if the place has no configured deciders.
fn chosen(context: &Context<'_>) -> Option<bool> {
    context
        .answering
        .lets_decide(context.who.id, context.roles())
}

/// Reads an approval of this place. The person must be allowed to talk to the bot here, or to decide. An
/// approval of another place counts as missing.
async fn find(context: &Context<'_>, question: QuestionKey) -> Result<Approval, String> {
    const NONE: &str = "There is no such question here.";
    let store = context.inbox.store();
    let told = |error: StoreError| not_done(&ControlError::Store(error));
    let asked = store.approval(question.approval).await.map_err(told)?;
    let asked = asked.filter(|asked| asked.place == context.place());
    let asked = asked.ok_or(NONE)?;
    let answers = store.message(asked.message).await.map_err(told)?;
    let message = question.message.to_string();
    if answers.is_none_or(|it| it.external_id.as_str() != message) {
        return Err(NONE.to_owned());
    }
    let by = context.who.id.to_string();
    let decides = || asked.deciders.iter().any(|it| it.as_str() == by);
    if context.is_heard() || chosen(context) == Some(true) || decides() {
        Ok(asked)
    } else {
        Err(NOT_HEARD.to_owned())
    }
}

/// The fields of the form for an approval's choices.
fn fields_of(approval: &Approval) -> Vec<Field> {
    let Wants::Answers { choices } = &approval.question.wants else {
        return Vec::new();
    };
    let fields = choices.iter().map(|choice| Field {
        label: choice.text.clone(),
        longest: ANSWER_LIMIT,
        required: true,
    });
    fields.collect()
}
