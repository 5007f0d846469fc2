//! Decisions of people about approvals, with buttons and forms.

use baton_core::approval::{ANSWER_LIMIT, Approval, Decision, REASON_LIMIT, Wants};
use baton_core::authority::{Forbidden, Right};
use baton_core::store::{ControlError, StoreError};

use super::approval_card::{ApprovalButton, ApprovalKey, elsewhere_hint};
use super::interactions::{
    FirstResponse, InteractionAnswer, InteractionContext, InteractionTask, NOT_ALLOWED,
    render_answer, render_error,
};
use super::limits;
use super::rest::{FileUpload, FormLabel, ModalForm, TextInput};
use super::text_splitting;
use super::wire::DiscordInteraction;

/// The name of the file with a long input.
const INPUT_FILE: &str = "input.json";

/// The maximum length of an approval's title above its input, in units of [`limits::MESSAGE`].
const TITLE: usize = 300;

/// An action of a person on an approval.
pub(super) struct ApprovalAction {
    key: ApprovalKey,
    kind: ActionKind,
}

enum ActionKind {
    Decision(Decision),
    /// Answer with the option of this index, for an approval with one choice.
    Option(usize),
    /// Stop the whole turn.
    Stop,
}

/// Chooses the first answer to a press on a button, or to a form.
pub(super) async fn handle_press(context: &InteractionContext<'_>, id: &str) -> FirstResponse {
    let Some((key, button)) = ApprovalButton::parse_custom_id(id) else {
        return FirstResponse::Message(render_answer(
            "This bot does not know that button any more.",
        ));
    };
    let act = |kind| FirstResponse::Deferred(InteractionTask::Decide(ApprovalAction { key, kind }));
    if context.interaction.kind == DiscordInteraction::FORM {
        let fields = context.interaction.data.form_texts();
        return match button {
            ApprovalButton::DenyWithReason => {
                let reason = fields.into_iter().next();
                act(ActionKind::Decision(Decision::Deny { reason }))
            }
            ApprovalButton::Answer => {
                act(ActionKind::Decision(Decision::Answer { answers: fields }))
            }
            _ => {
                FirstResponse::Message(render_answer("This bot does not know that form any more."))
            }
        };
    }
    match button {
        ApprovalButton::Allow => act(ActionKind::Decision(Decision::Allow)),
        ApprovalButton::AllowForSession => act(ActionKind::Decision(Decision::AllowForSession)),
        ApprovalButton::Deny => act(ActionKind::Decision(Decision::Deny { reason: None })),
        ApprovalButton::Stop => act(ActionKind::Stop),
        ApprovalButton::Option(number) => act(ActionKind::Option(number)),
        ApprovalButton::DenyWithReason => FirstResponse::Form(render_form(
            &ApprovalButton::DenyWithReason.custom_id(key),
            "Deny",
            vec![FormField {
                label: "Why not? The agent is told.".to_owned(),
                longest: REASON_LIMIT,
                required: false,
            }],
        )),
        ApprovalButton::Answer => match answer_form(context, key).await {
            Ok(form) => FirstResponse::Form(form),
            Err(why) => FirstResponse::Message(render_answer(&why)),
        },
        ApprovalButton::ShowInput => FirstResponse::Deferred(InteractionTask::ShowInput(key)),
    }
}

/// Makes the form for the choices of an approval.
async fn answer_form(
    context: &InteractionContext<'_>,
    key: ApprovalKey,
) -> Result<ModalForm, String> {
    let approval = read_approval(context, key).await?;
    if let Some(elsewhere) = elsewhere_hint(&approval) {
        return Err(elsewhere);
    }
    let name = ApprovalButton::Answer.custom_id(key);
    Ok(render_form(&name, "Answer", form_fields(&approval)))
}

/// A text field of a form.
struct FormField {
    /// The label above the field.
    label: String,
    /// The maximum length of the text, in characters.
    longest: usize,
    required: bool,
}

fn render_form(id: &str, title: &str, fields: Vec<FormField>) -> ModalForm {
    let fields = (0..).zip(fields).map(|(number, field): (usize, _)| {
        let label = field.label.chars().take(limits::FIELD).collect();
        let input = TextInput::paragraph(number.to_string(), field.required, field.longest);
        FormLabel::new(label, input)
    });
    ModalForm {
        custom_id: id.to_owned(),
        title: title.to_owned(),
        components: fields.collect(),
    }
}

/// Carries out the action. Returns the text for the person.
pub(super) async fn apply_action(
    context: &InteractionContext<'_>,
    action: ApprovalAction,
) -> String {
    let ApprovalAction { key, kind } = action;
    let approval = match read_approval(context, key).await {
        Ok(approval) => approval,
        Err(why) => return why,
    };
    let right = match kind {
        ActionKind::Stop => Right::StopAsking(&approval.deciders),
        ActionKind::Decision(_) | ActionKind::Option(_) => Right::Decide(&approval.deciders),
    };
    match context.person.check_right(right) {
        // The store first tells a person whom the approval does not name whether the approval is over.
        Ok(()) | Err(Forbidden::NotNamed) => {}
        Err(Forbidden::NotDecider) => return "That is not yours to decide here.".to_owned(),
        Err(_) => return NOT_ALLOWED.to_owned(),
    }
    let decision = match kind {
        ActionKind::Stop => return stop_turn(context, &approval).await,
        ActionKind::Decision(decision) => decision,
        ActionKind::Option(number) => match choose_option(&approval, number) {
            Some(decision) => decision,
            None => return "There is no such answer.".to_owned(),
        },
    };
    let by = context.person.clone();
    match context.inbox.decide(key.approval, decision, by).await {
        Ok(approval) => approval.outcome().unwrap_or_else(|| "Decided.".to_owned()),
        Err(error) => render_error(&error),
    }
}

async fn stop_turn(context: &InteractionContext<'_>, approval: &Approval) -> String {
    let by = context.person.id();
    match context.inbox.stop_asking(approval, by).await {
        Ok(()) => "Stopped.".to_owned(),
        Err(error) => render_error(&error),
    }
}

fn choose_option(approval: &Approval, number: usize) -> Option<Decision> {
    let Wants::Answers { choices } = &approval.question.wants else {
        return None;
    };
    let option = choices.first()?.options.get(number)?;
    Some(Decision::Answer {
        answers: vec![option.label.clone()],
    })
}

/// The whole input of the agent. A long input becomes a file.
pub(super) async fn show_input(
    context: &InteractionContext<'_>,
    key: ApprovalKey,
) -> InteractionAnswer {
    let approval = match read_approval(context, key).await {
        Ok(approval) => approval,
        Err(why) => return render_answer(&why).into(),
    };
    let input = format!("{:#}", approval.question.input);
    let title = text_splitting::truncate_text(&approval.question.title, TITLE);
    let whole = format!("{title}\n```json\n{input}\n```");
    if !input.contains("```") && text_splitting::fits_message(&whole) {
        return render_answer(&whole).into();
    }
    let file = FileUpload {
        name: INPUT_FILE.to_owned(),
        bytes: input.into(),
    };
    InteractionAnswer {
        message: render_answer(&title),
        file: Some(file),
    }
}

/// Reads an approval of this place, if the person may read the approval. An approval of another place counts
/// as missing.
async fn read_approval(
    context: &InteractionContext<'_>,
    key: ApprovalKey,
) -> Result<Approval, String> {
    const NONE: &str = "There is no such question here.";
    let store = context.inbox.store();
    let failed = |error: StoreError| render_error(&ControlError::Store(error));
    let approval = store.approval(key.approval).await.map_err(failed)?;
    let approval = approval.filter(|approval| approval.place == context.place());
    let approval = approval.ok_or(NONE)?;
    let message = store.message(approval.message).await.map_err(failed)?;
    let external_id = key.message.to_string();
    if message.is_none_or(|it| it.external_id.as_str() != external_id) {
        return Err(NONE.to_owned());
    }
    let right = Right::ReadApproval(&approval.deciders);
    if context.person.has_right(right) {
        Ok(approval)
    } else {
        Err(NOT_ALLOWED.to_owned())
    }
}

/// The fields of the form for an approval's choices.
fn form_fields(approval: &Approval) -> Vec<FormField> {
    let Wants::Answers { choices } = &approval.question.wants else {
        return Vec::new();
    };
    let fields = choices.iter().map(|choice| FormField {
        label: choice.text.clone(),
        longest: ANSWER_LIMIT,
        required: true,
    });
    fields.collect()
}
