//! The Telegram channel, driven as its users drive it: people write on a fake Telegram, which checks every request
//! against the description of the Bot API.

mod bot;
mod chats;
mod contract;
mod long_outage;
mod long_polls;
mod many_sessions;
mod receiving;
mod sending;
mod strangers;
mod topic_kills;
mod webhook;
mod webhook_faults;
mod webhook_parts;
mod drafts;
mod private_chat;
mod progress;
mod receiving;
mod sending;
mod stop_button;
