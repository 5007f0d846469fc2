//! Decisions of people about approvals, with buttons and forms.

use baton_core::approval::{ANSWER_LIMIT, Approval, Decision, REASON_LIMIT, Wants};
use baton_core::authority::{Forbidden, Right};
use baton_core::store::{ControlError, DecideError, StoreError};

use super::approval_button::{ApprovalButton, ApprovalKey};
use super::approval_card::elsewhere_hint;
use crate::actions::action_context::{
    ActionContext, ActionTask, FirstResponse, NOT_ALLOWED, render_error,
};
use crate::connector::{ActionAnswer, ActionForm, FormField, OutgoingFile};
use crate::text::{TextFormat, text_splitting};

/// The name of the file with a long input.
const INPUT_FILE: &str = "input.json";

/// The answer to a reader of approvals who is no decider of the place.
const NOT_DECIDER: &str = "You may not decide approvals here.";

/// The maximum length of an approval's title above its input, in units of the limit of the format.
const TITLE: usize = 300;

/// An action of a person on an approval.
pub(crate) struct ApprovalAction {
    key: ApprovalKey,
    step: ApprovalStep,
}

enum ApprovalStep {
    Decision(Decision),
    /// Answer with the option of this index, for an approval with one choice.
    Option(usize),
    /// Stop the whole turn.
    Stop,
}

/// Chooses the first answer to a press on the button with this name.
pub(crate) async fn handle_press(context: &ActionContext<'_>, name: &str) -> FirstResponse {
    let Some((key, button)) = ApprovalButton::parse_button_name(name) else {
        return FirstResponse::text("This button no longer works.");
    };
    match button {
        ApprovalButton::Allow => apply_later(key, ApprovalStep::Decision(Decision::Allow)),
        ApprovalButton::AllowForSession => {
            apply_later(key, ApprovalStep::Decision(Decision::AllowForSession))
        }
        ApprovalButton::Deny => {
            apply_later(key, ApprovalStep::Decision(Decision::Deny { reason: None }))
        }
        ApprovalButton::Stop => apply_later(key, ApprovalStep::Stop),
        ApprovalButton::Option(number) => apply_later(key, ApprovalStep::Option(number)),
        ApprovalButton::DenyWithReason => match reason_form(context, &key).await {
            Ok(form) => FirstResponse::Form(form),
            Err(why) => FirstResponse::text(why),
        },
        ApprovalButton::Answer => match answer_form(context, &key).await {
            Ok(form) => FirstResponse::Form(form),
            Err(why) => FirstResponse::text(why),
        },
        ApprovalButton::ShowInput => FirstResponse::Deferred(ActionTask::ShowInput(key)),
    }
}

/// Chooses the first answer to the form with this name. The form has the name of the button that showed the form.
pub(crate) fn handle_form(name: &str, texts: &[String]) -> FirstResponse {
    match ApprovalButton::parse_button_name(name) {
        Some((key, ApprovalButton::DenyWithReason)) => {
            let reason = texts.first().cloned();
            apply_later(key, ApprovalStep::Decision(Decision::Deny { reason }))
        }
        Some((key, ApprovalButton::Answer)) => {
            let answers = texts.to_vec();
            apply_later(key, ApprovalStep::Decision(Decision::Answer { answers }))
        }
        _ => FirstResponse::text("This form no longer works."),
    }
}

fn apply_later(key: ApprovalKey, step: ApprovalStep) -> FirstResponse {
    FirstResponse::Deferred(ActionTask::Approval(ApprovalAction { key, step }))
}

/// Makes the form for the reason of a denial.
async fn reason_form(context: &ActionContext<'_>, key: &ApprovalKey) -> Result<ActionForm, String> {
    read_decidable(context, key).await?;
    Ok(ActionForm {
        name: ApprovalButton::DenyWithReason.button_name(key),
        title: "Deny".to_owned(),
        fields: vec![FormField {
            label: "Why not? The agent reads your reason.".to_owned(),
            longest: REASON_LIMIT,
            required: false,
        }],
    })
}

/// Makes the form for the choices of an approval.
async fn answer_form(context: &ActionContext<'_>, key: &ApprovalKey) -> Result<ActionForm, String> {
    let approval = read_decidable(context, key).await?;
    let capabilities = context.layer.connector.capabilities(context.chat);
    if let Some(elsewhere) = elsewhere_hint(&approval, capabilities) {
        return Err(elsewhere);
    }
    Ok(ActionForm {
        name: ApprovalButton::Answer.button_name(key),
        title: "Answer".to_owned(),
        fields: form_fields(&approval),
    })
}

/// Carries out the action. Returns the text for the person.
pub(crate) async fn apply_action(context: &ActionContext<'_>, action: ApprovalAction) -> String {
    let ApprovalAction { key, step } = action;
    let approval = match read_approval(context, &key).await {
        Ok(approval) => approval,
        Err(why) => return why,
    };
    let decision = match step {
        ApprovalStep::Stop => return stop_turn(context, &approval).await,
        ApprovalStep::Decision(decision) => decision,
        ApprovalStep::Option(number) => match choose_option(&approval, number) {
            Some(decision) => decision,
            None => return "This approval has no such answer.".to_owned(),
        },
    };
    let by = context.person.clone();
    match context.inbox.decide(key.approval, decision, by).await {
        Ok(approval) => approval.outcome().unwrap_or_else(|| "Decided.".to_owned()),
        // A press that comes too late gets the outcome of the approval: `DecideError::Over`.
        Err(error) => render_refusal(&error),
    }
}

fn render_refusal(error: &DecideError) -> String {
    match error {
        DecideError::NotYours {
            why: Forbidden::NotDecider,
            ..
        } => NOT_DECIDER.to_owned(),
        error => render_error(error),
    }
}

async fn stop_turn(context: &ActionContext<'_>, approval: &Approval) -> String {
    let right = Right::StopAsking(&approval.deciders);
    if !context.person.has_right(right) {
        return NOT_DECIDER.to_owned();
    }
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
pub(crate) async fn show_input(context: &ActionContext<'_>, key: ApprovalKey) -> ActionAnswer {
    let approval = match read_approval(context, &key).await {
        Ok(approval) => approval,
        Err(why) => return ActionAnswer::text(why),
    };
    let format = context.layer.connector.capabilities(context.chat).text;
    // The title stays Markdown, because the connector renders the whole answer.
    let source = TextFormat {
        render: str::to_owned,
        ..format
    };
    let input = format!("{:#}", approval.question.input);
    let title = text_splitting::truncate_text(source, &approval.question.title, TITLE);
    let whole = format!("{title}\n```json\n{input}\n```");
    if !input.contains("```") && text_splitting::fits_message(format, &whole) {
        return ActionAnswer::text(whole);
    }
    let file = OutgoingFile {
        name: INPUT_FILE.to_owned(),
        content: input.into(),
    };
    ActionAnswer {
        file: Some(file),
        ..ActionAnswer::text(title)
    }
}

/// Reads an approval of this place, if the person may read the approval. An approval of another place counts
/// as missing.
async fn read_approval(context: &ActionContext<'_>, key: &ApprovalKey) -> Result<Approval, String> {
    const NONE: &str = "This approval does not exist here.";
    let store = context.inbox.store();
    let failed = |error: StoreError| render_error(&ControlError::Store(error));
    let approval = store.approval(key.approval).await.map_err(failed)?;
    let place = context.find_place().await;
    let approval = approval.filter(|approval| approval.place == place);
    let approval = approval.ok_or(NONE)?;
    let message = store.message(approval.message).await.map_err(failed)?;
    if message.is_none_or(|it| ApprovalKey::new(key.approval, &it.external_id) != *key) {
        return Err(NONE.to_owned());
    }
    let right = Right::ReadApproval(&approval.deciders);
    if context.person.has_right(right) {
        Ok(approval)
    } else {
        Err(NOT_ALLOWED.to_owned())
    }
}

/// Reads an approval that the person may decide now. So nobody writes a reason in vain. The store checks both again.
async fn read_decidable(
    context: &ActionContext<'_>,
    key: &ApprovalKey,
) -> Result<Approval, String> {
    let approval = read_approval(context, key).await?;
    let id = approval.id;
    if let Some(outcome) = approval.outcome() {
        return Err(render_refusal(&DecideError::Over { id, outcome }));
    }
    match context
        .person
        .check_right(Right::Decide(&approval.deciders))
    {
        Ok(()) => Ok(approval),
        Err(why) => Err(render_refusal(&DecideError::NotYours { id, why })),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_does_nothing_that_only_a_button_does() {
        let texts = ["because".to_owned()];
        for name in ["reset", "q:12.34:allow", "q:12.34:stop", "q:12.34:o0"] {
            let first = handle_form(name, &texts);
            assert!(matches!(first, FirstResponse::Answer(_)), "{name}");
        }
        for name in ["q:12.34:reason", "q:12.34:answer"] {
            let first = handle_form(name, &texts);
            assert!(matches!(first, FirstResponse::Deferred(_)), "{name}");
        }
    }
}
