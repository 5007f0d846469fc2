//! The parts that follow the store: one task publishes changes to all readers of the stream, and one task wakes
//! waiting workers.
//!
//! * `event_feed`: the events for all readers. `feed_event`: one event. `change_follower`: the task that
//!   publishes changes.
//! * `live_turns`: the running turns.
//! * `waiting_workers`: workers that wait for a message.

pub(crate) mod change_follower;
pub(crate) mod event_feed;
pub(crate) mod feed_event;
pub(crate) mod live_turns;
pub(crate) mod waiting_workers;
