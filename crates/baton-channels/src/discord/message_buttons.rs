//! The buttons below messages and answers.

use baton_chat::connector::{Button, ButtonLook};

use super::limits;
use super::rest::{ActionRow, MessageButton};
use super::type_numbers::ButtonStyle;

/// The buttons in rows, as Discord wants them. Buttons without room are left out.
pub(super) fn arrange_buttons(buttons: &[Button]) -> Vec<ActionRow> {
    let buttons = buttons.iter().map(|button| {
        let style = match button.style {
            ButtonLook::Primary => ButtonStyle::PRIMARY,
            ButtonLook::Positive => ButtonStyle::SUCCESS,
            ButtonLook::Negative => ButtonStyle::DANGER,
            ButtonLook::Secondary => ButtonStyle::SECONDARY,
        };
        MessageButton::new(style, button.label.as_str(), button.action.as_str())
    });
    let buttons: Vec<_> = buttons.collect();
    let rows = buttons.chunks(limits::BUTTONS).take(limits::ROWS);
    rows.map(|row| ActionRow::new(row.to_vec())).collect()
}
