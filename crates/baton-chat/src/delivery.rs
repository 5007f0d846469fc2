//! Deliveries: from the outbox to the connector.

pub(crate) mod delivery_dispatch;
pub(crate) mod delivery_messages;
mod message_part;
pub(crate) mod named_thread;
mod outgoing_files;
pub(crate) mod reply_thread;
pub(crate) mod reported_threads;
mod text_delivery;
mod thread_end;
mod thread_mark;
pub(crate) mod thread_news;
mod thread_title;
pub(crate) mod threads_in_making;
