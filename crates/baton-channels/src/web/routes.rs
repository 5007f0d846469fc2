//! The handlers by subject, and the router.
//!
//! * `router`: the routes, and the layers for every request. `openapi`: the API's routes and description.
//! * `comments`: reading and writing comments. `event_stream` (server-sent events).
//! * `worker_queue`: the queue for workers. `approval_endpoints`: approvals. `file_transfers`: uploads and
//!   downloads. `command_endpoint`: commands to Baton. `sign_in`: signing in and out.
//! * `operator_endpoints`: status, trace, dead letters. `topic_endpoints`: topics of chat platforms. `stats`: counts and personas.
//! * `page` and `assets`: the page.
//! * `message_lookup`: finding the message for an id.

pub(crate) mod approval_endpoints;
pub(crate) mod assets;
pub(crate) mod command_endpoint;
pub(crate) mod comments;
pub(crate) mod event_stream;
pub(crate) mod file_transfers;
pub(crate) mod message_lookup;
pub(crate) mod openapi;
pub(crate) mod operator_endpoints;
pub(crate) mod page;
pub(crate) mod router;
pub(crate) mod sign_in;
pub(crate) mod stats;
pub(crate) mod topic_endpoints;
pub(crate) mod worker_queue;
