//! Updates by webhook.
//!
//! * [`webhook_receiver`]: the whole. [`webhook_table`] and [`webhook_settings`]: the settings. [`webhook_secret`]: the
//!   secret that only Telegram and Baton know.
//! * [`webhook_registration`]: the webhook at Telegram. [`webhook_listener`]: the requests of Telegram.
//!   [`webhook_intake`]: the updates of these requests.

pub(super) mod webhook_intake;
pub(super) mod webhook_listener;
pub(super) mod webhook_receiver;
pub(super) mod webhook_registration;
pub(super) mod webhook_secret;
pub(super) mod webhook_settings;
pub(super) mod webhook_table;
