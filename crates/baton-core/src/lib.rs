//! Words and rules: what a message, a turn and a delivery are, and how they move.
//!
//! # Layout
//!
//! * [`id`], [`name`], [`place`], [`message`], [`turn`], [`activity`], [`delivery`], [`persona`],
//!   [`approval`], [`topic`]: the words. Each is a small type; a wrong state cannot be written down.
//! * [`store`]: the [`Store`](store::Store) trait, one module a command, and the views that read.
//! * [`agent`], [`channel`]: the two traits that Baton is extended by.
//! * [`inbox`]: what a channel calls when somebody wrote, pressed stop, or asked for a retry.
//! * [`commands`]: what people can tell Baton itself, the same in every channel.
//! * [`dispatcher`]: runs the turns that the store hands out.
//! * [`sender`]: hands the deliveries that the store hands out to their channels.
//! * `timekeeper`: tells the store when something is over. [`panics`]: what follows where a task panics.
//! * [`runtime`]: starts all of these over one store, and stops them.
//! * [`conclusion`]: what the end of a turn means, whoever ran it.
//! * [`files`]: what comes with messages, and what agents send back.
//! * [`said`]: what people say, as it is kept. [`letters`]: those that are not what they seem. `words`: how states are spelled; [`hex`]: how
//!   bytes are.
//! * [`slots`], [`retry`], [`notice`], [`clock`]: limits, pauses, what people are told, time.
//!
//! This crate knows no platform and no SQL.

pub mod activity;
pub mod agent;
pub mod approval;
pub mod channel;
pub mod clock;
pub mod commands;
pub mod conclusion;
pub mod delivery;
pub mod dispatcher;
pub mod files;
pub mod hex;
pub mod id;
pub mod inbox;
pub mod letters;
pub mod message;
pub mod name;
pub mod notice;
pub mod panics;
pub mod persona;
pub mod place;
pub mod retry;
pub mod runtime;
pub mod said;
pub mod sender;
pub mod slots;
pub mod store;
mod timekeeper;
pub mod topic;
pub mod turn;
mod words;
