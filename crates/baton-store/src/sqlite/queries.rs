//! The queries. Each view uses its own connection, and sees one consistent state.

mod approval_rows;
mod conversation_rows_of_chat;
mod conversation_view;
mod cursor_position;
mod dead_letters;
mod files_in_use;
mod incomplete_message_rows;
mod moved_chat_rows;
mod newest_post;
mod open_gaps;
mod place_history;
mod post_rows;
mod sign_in_rows;
mod state_counts;
mod timeline_page;
mod topic_list_rows;
mod topic_rows;
mod trace_lines;
mod turn_view;
mod waiting_messages;

pub(super) use approval_rows::{list_approvals, read_approval, read_sent_card};
pub(super) use conversation_rows_of_chat::list_conversations;
pub(super) use conversation_view::read_conversation_view;
pub(super) use cursor_position::read_cursor;
pub(super) use dead_letters::read_dead_letters;
pub(super) use files_in_use::read_files_in_use;
pub(super) use incomplete_message_rows::{
    read_first_incomplete, read_incomplete_chats, read_incomplete_message,
};
pub(super) use moved_chat_rows::read_moved_chats;
pub(super) use newest_post::{read_newest, read_newest_in};
pub(super) use open_gaps::read_gaps;
pub(super) use place_history::read_history;
pub(super) use post_rows::{read_post_by_id, read_reply};
pub(super) use sign_in_rows::read_sign_in;
pub(super) use state_counts::read_counts;
pub(super) use timeline_page::read_timeline;
pub(super) use topic_list_rows::{read_topics, read_topics_of};
pub(super) use topic_rows::{read_topic, read_topic_place};
pub(super) use trace_lines::read_trace;
pub(super) use turn_view::{read_last_turn, read_turn_reply};
pub(super) use waiting_messages::{read_queue, read_waiting};
