//! Approvals as cards with buttons, and the decisions of people.

pub(crate) mod approval_button;
pub(crate) mod approval_card;
pub(crate) mod button_presses;
pub(crate) mod card_index;
mod card_search;
mod decided_buttons;
