//! The way of the updates from Telegram to Baton.
//!
//! * [`update_receiver`]: receives by poll or by webhook. [`reception_report`]: the state of the connection.
//! * By poll: [`update_poller`] and [`poll_size`] (the requests), [`update_batches`] (the position in the updates). The
//!   webhook has its own folder.
//! * [`album_gathering`]: joins the parts of albums and of split texts.
//! * [`update_passing`]: passes the updates on in their order. [`update_events`]: all events but messages, for the chat
//!   layer.

pub(super) mod album_gathering;
pub(super) mod poll_size;
pub(super) mod reception_report;
pub(super) mod update_batches;
pub(super) mod update_events;
pub(super) mod update_passing;
pub(super) mod update_poller;
pub(super) mod update_receiver;
