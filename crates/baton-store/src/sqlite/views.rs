//! The queries. Each view uses its own connection, and sees one consistent state.

pub(super) mod approval;
pub(super) mod conversation;
pub(super) mod counts;
pub(super) mod cursor;
pub(super) mod dead;
pub(super) mod files;
pub(super) mod history;
pub(super) mod newest;
pub(super) mod posts;
pub(super) mod sign_in;
pub(super) mod timeline;
pub(super) mod trace;
pub(super) mod turn_of;
pub(super) mod waiting;
