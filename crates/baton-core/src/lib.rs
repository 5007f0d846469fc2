//! The domain types and rules of Baton: messages, turns, deliveries, and the transitions between their
//! states.
//!
//! # Layout
//!
//! * [`id`], [`name`], [`place`], [`message`], [`turn`], [`activity`], [`delivery`], [`persona`],
//!   [`approval`], [`topic`]: the domain types. Each is a small type that cannot express an invalid state.
//! * [`store`]: the [`Store`](store::Store) trait, with one trait for each subject, and one module for
//!   the types of each command.
//! * [`agent`], [`channel`]: the two traits for extensions of Baton.
//! * [`authority`]: the rights of people, in every channel.
//! * [`inbox`]: the interface for channels: store a message, stop a turn, decide an approval, retry.
//! * [`commands`]: the commands to Baton itself, the same in every channel.
//! * `running_turns`: the turns of this process, so that a stop reaches them without the store.
//! * `dispatcher`: runs the turns from the store.
//! * [`delivery_sender`]: gives the deliveries from the store to their channels.
//! * `timekeeper`: calls the store at each deadline. [`panics`]: the handling of a panic in a task.
//! * [`runtime`]: starts and stops all of these parts over one store.
//! * [`conclusion`]: the consequences of the end of a turn, for the dispatcher and for outside workers.
//! * [`files`]: the files of messages, and the files from agents.
//! * [`speech`]: the words of recordings, written down by a transcriber.
//! * [`said`]: validation of texts from people. [`letters`]: detection of invisible characters. `state_words`:
//!   the text form of states; [`hex`]: the text form of bytes.
//! * [`slots`], [`retry`], [`notice`], [`clock`]: concurrency limits, pauses between tries, Baton's own
//!   messages, and time.
//!
//! This crate contains no code for a particular platform, and no SQL.

pub mod activity;
pub mod agent;
pub mod approval;
pub mod authority;
pub mod channel;
pub mod clock;
pub mod commands;
pub mod conclusion;
pub mod delivery;
pub mod delivery_sender;
mod dispatcher;
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
mod running_turns;
pub mod runtime;
pub mod said;
pub mod slots;
pub mod speech;
mod state_words;
pub mod store;
mod timekeeper;
pub mod topic;
pub mod turn;
