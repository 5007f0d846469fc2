//! Reading and writing comments.
//!
//! * `comment_pages`: pages of comments. `backward_lists`: lists from the newest comment back. `read_budget`: the
//!   reads of one request.
//! * `change_mark`: whether anything changed.
//! * `new_comments`: posts and replies. `message_controls`: stop and retry.

pub(crate) mod backward_lists;
pub(crate) mod change_mark;
pub(crate) mod comment_pages;
pub(crate) mod message_controls;
pub(crate) mod new_comments;
pub(crate) mod read_budget;
