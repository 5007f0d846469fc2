//! The queue that workers pull from.
//!
//! * `claims`: list, claim and wait for messages, and renew a lease.
//! * `completions`: the end of a claim. `done_mark`: the end of a message without a claim.
//! * `waiting_workers`: workers that wait for a message.

pub(crate) mod claims;
pub(crate) mod completions;
pub(crate) mod done_mark;
pub(crate) mod waiting_workers;
