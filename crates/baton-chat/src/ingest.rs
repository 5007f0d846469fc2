//! Messages from people: from the connector to the store.

mod account_cursor;
mod backfill_job;
mod batch_ingest;
mod batch_intake;
pub(crate) mod direct_chats;
pub(crate) mod event_handler;
mod incoming_files;
pub(crate) mod incomplete_chats;
mod ingest_worker;
mod kept_messages;
mod message_completion;
mod message_filter;
mod message_intake;
mod open_gaps;
mod refused_messages;
pub(crate) mod store_retry;
mod stored_message;
