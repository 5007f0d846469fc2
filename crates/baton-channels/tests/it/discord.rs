//! The Discord channel, driven as its users drive it: people write on a fake Discord, which checks every
//! request against Discord's own description.

mod approval_cards;
mod approval_decisions;
mod backfill;
mod bot;
mod command_registration;
mod commands;
mod contract;
mod discord_outages;
mod files;
mod frames;
mod gateway;
mod interaction_answers;
mod message_answers;
mod message_order;
mod message_revisions;
mod panics;
mod projects;
mod rate_limits;
mod reactions;
mod reply_parts;
mod session_review;
mod shards;
mod status;
mod threads;
mod turns;
mod unanswered_requests;
mod unreadable;
