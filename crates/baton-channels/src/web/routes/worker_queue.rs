//! The queue that workers pull from.
//!
//! * `claims`: list, claim and wait for messages, and renew a lease.
//! * `completions`: the end of a claim. `done_mark`: the end of a message without a claim.

pub(crate) mod claims;
pub(crate) mod completions;
pub(crate) mod done_mark;
