//! The Telegram channel, driven as its users drive it: people write on a fake Telegram, which checks every request
//! against the description of the Bot API.

mod approval_buttons;
mod bot;
mod chats;
mod command_menus;
mod contract;
mod conversation_commands;
mod deliveries;
mod drafts;
mod forced_replies;
mod known_inputs;
mod late_progress;
mod long_outage;
mod long_polls;
mod long_replies;
mod lost_topics;
mod many_sessions;
mod own_server;
mod paused_requests;
mod private_chat;
mod progress;
mod receiving;
mod sending;
mod sent_files;
mod slow_files;
mod stop_button;
mod strangers;
mod topic_ends;
mod topic_kills;
mod topic_names;
mod topics;
mod turns;
mod waits;
mod webhook;
mod webhook_faults;
mod webhook_parts;
