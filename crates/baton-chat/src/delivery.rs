//! Deliveries: from the outbox to the connector.

pub(crate) mod delivery_dispatch;
pub(crate) mod delivery_messages;
mod message_part;
mod outgoing_files;
pub(crate) mod reply_thread;
mod text_delivery;
pub(crate) mod threads_in_making;
