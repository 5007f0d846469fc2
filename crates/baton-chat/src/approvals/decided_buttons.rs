//! The buttons of a card after the decision: without an effect, and with a mark on the chosen one.

use baton_core::approval::{Approval, ApprovalState, Wants};

use super::approval_button::ApprovalButton;
use super::approval_card::{cut_label, decision_buttons};
use crate::connector::{ButtonLimits, ButtonLook, Capabilities, DisabledButton};

/// The mark before the label of the chosen button.
const CHOSEN: &str = "☑ ";

/// The buttons for decisions, without an effect. No button is chosen if nobody decided.
pub(super) fn render_decided_buttons(
    approval: &Approval,
    capabilities: &Capabilities,
) -> Vec<DisabledButton> {
    let Some(limits) = capabilities.buttons else {
        return Vec::new();
    };
    let buttons = decision_buttons(approval, limits, capabilities);
    let chosen = find_chosen(approval);
    // A denial with a reason is a denial.
    let buttons = buttons.into_iter();
    let buttons = buttons.filter(|(button, ..)| *button != ApprovalButton::DenyWithReason);
    let rendered = buttons.take(limits.count).map(|(button, look, label)| {
        let is_chosen = chosen.as_ref() == Some(&button);
        render_button(is_chosen, look, label, limits)
    });
    rendered.collect()
}

fn render_button(
    is_chosen: bool,
    look: ButtonLook,
    label: &str,
    limits: ButtonLimits,
) -> DisabledButton {
    let mark = if is_chosen { CHOSEN } else { "" };
    DisabledButton {
        look: if is_chosen {
            look
        } else {
            ButtonLook::Secondary
        },
        label: cut_label(&format!("{mark}{label}"), limits),
    }
}

/// The button that means the same as the decision; `None` without a decision.
fn find_chosen(approval: &Approval) -> Option<ApprovalButton> {
    match approval.state {
        ApprovalState::Open | ApprovalState::Expired => None,
        ApprovalState::Denied => Some(ApprovalButton::Deny),
        ApprovalState::Allowed => Some(match &approval.question.wants {
            Wants::Permission { .. } if approval.for_session => ApprovalButton::AllowForSession,
            Wants::Permission { .. } => ApprovalButton::Allow,
            Wants::Answers { choices } => {
                let options = choices.first().map(|choice| choice.options.as_slice());
                let mut options = options.unwrap_or_default().iter();
                let chosen = options.position(|option| approval.answers == [option.label.as_str()]);
                chosen.map_or(ApprovalButton::Answer, ApprovalButton::Option)
            }
        }),
    }
}
