//! The Discord channel, driven as its users drive it: people write on a fake Discord, which checks every
//! request against Discord's own description.

mod bot;
mod commands;
mod contract;
mod deciding;
mod failing;
mod files;
mod frames;
mod gaps;
mod gateway;
mod offers;
mod overtaking;
mod panics;
mod presence;
mod projects;
mod reactions;
mod responding;
mod reviewed;
mod revised;
mod shards;
mod stuck;
mod talking;
mod threads;
mod too_fast;
mod turns;
mod unreadable;
