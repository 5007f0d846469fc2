//! The Discord channel, driven as its users drive it: people write on a fake Discord, which checks every
//! request against Discord's own description.

mod bot;
mod contract;
mod gaps;
mod talking;
