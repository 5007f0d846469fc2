//! The way of the updates from Telegram to Baton.
//!
//! * [`update_receiver`]: receives by poll or by webhook. [`reception_report`]: the state of the connection.
//! * By poll: [`update_poller`] and [`poll_size`]. The webhook has its own folder.
//! * [`update_intake`]: the intake of both. [`held_updates`]: the parts of messages that are stored before the other
//!   parts come. [`message_joining`]: joins the parts of albums and of split texts.
//! * [`update_passing`]: passes the updates on in their order. [`update_events`]: all events but messages, for the chat
//!   layer.

pub(super) mod held_updates;
pub(super) mod message_joining;
pub(super) mod poll_size;
pub(super) mod reception_report;

pub(super) mod update_events;
pub(super) mod update_intake;
pub(super) mod update_passing;
pub(super) mod update_poller;
pub(super) mod update_receiver;
