//! Messages from people: from the connector to the store.

pub(crate) mod direct_chats;
pub(crate) mod event_handler;
mod incoming_files;
mod ingest_worker;
mod message_filter;
