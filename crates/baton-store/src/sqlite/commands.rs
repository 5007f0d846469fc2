//! What writes: one command, one file.

pub(super) mod ask;
pub(super) mod attach;
pub(super) mod begin_effects;
pub(super) mod claim;
pub(super) mod claim_next;
pub(super) mod decide;
pub(super) mod delivery_failed;
pub(super) mod delivery_sent;
pub(super) mod drop_dead;
pub(super) mod expire;
pub(super) mod finish;
pub(super) mod forget_events;
pub(super) mod ingest;
pub(super) mod keep_session;
pub(super) mod post_reply;
pub(super) mod renew;
pub(super) mod replay;
pub(super) mod reserve_topic;
pub(super) mod reset;
pub(super) mod set_cursor;
pub(super) mod set_model;
pub(super) mod stop;
pub(super) mod take_verdict;
pub(super) mod topic_created;
pub(super) mod withdraw_question;
