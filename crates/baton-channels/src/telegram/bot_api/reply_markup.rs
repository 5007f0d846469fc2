//! The controls below a message: buttons, or a request for a reply.

use baton_chat::connector::{Button, ButtonLook, DisabledButton};
use serde::Serialize;
use serde_json::{Value, json};

/// The most buttons in one row. More buttons in a row would be too narrow on a phone.
const ROW: usize = 2;

/// The controls below a new message.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum ReplyMarkup {
    Buttons(Keyboard),
    ForcedReply(ForcedReply),
}

impl ReplyMarkup {
    /// The buttons in rows; `None` without buttons.
    pub(crate) fn from_buttons(buttons: &[Button]) -> Option<Self> {
        Keyboard::arrange(buttons.iter().map(render_button)).map(Self::Buttons)
    }
}

/// Buttons below a message.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Keyboard {
    inline_keyboard: Vec<Vec<Value>>,
}

impl Keyboard {
    /// Buttons without an effect; `None` without buttons. Servers before version 10.3 refuse such buttons.
    pub(crate) fn of_disabled(buttons: &[DisabledButton]) -> Option<Self> {
        Self::arrange(buttons.iter().map(render_disabled))
    }

    /// The buttons in rows; `None` without buttons.
    fn arrange(buttons: impl Iterator<Item = Value>) -> Option<Self> {
        let buttons: Vec<_> = buttons.collect();
        let rows = buttons.chunks(ROW).map(<[Value]>::to_vec);
        (!buttons.is_empty()).then(|| Self {
            inline_keyboard: rows.collect(),
        })
    }
}

fn render_button(button: &Button) -> Value {
    let rendered = json!({ "text": button.label, "callback_data": button.name });
    with_style(rendered, button.look)
}

/// A button has exactly one action, so a disabled button has no name.
fn render_disabled(button: &DisabledButton) -> Value {
    let rendered = json!({ "text": button.label, "disabled": {} });
    with_style(rendered, button.look)
}

fn with_style(mut button: Value, look: ButtonLook) -> Value {
    let style = match look {
        ButtonLook::Primary => "primary",
        ButtonLook::Positive => "success",
        ButtonLook::Negative => "danger",
        ButtonLook::Secondary => return button,
    };
    button["style"] = style.into();
    button
}

/// A request for a reply: clients open the field for a reply to the message.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ForcedReply {
    force_reply: bool,
    /// Whether only the mentioned person is asked.
    selective: bool,
    input_field_placeholder: String,
}

impl ForcedReply {
    /// A request to the person whom the message mentions. `placeholder` is shown in the empty field, and has 1 to 64
    /// characters.
    pub(crate) fn of_mentioned_person(placeholder: String) -> Self {
        Self {
            force_reply: true,
            selective: true,
            input_field_placeholder: placeholder,
        }
    }
}
