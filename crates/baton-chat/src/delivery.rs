//! Deliveries: from the outbox to the connector.

pub(crate) mod delivery_dispatch;
pub(crate) mod delivery_messages;
mod outgoing_files;
pub(crate) mod reply_thread;
