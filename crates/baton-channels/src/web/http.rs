//! The vocabulary of requests and responses, and the checks of every request. This layer knows no route.
//!
//! * `api_error`: error responses. `extractors`: parsing with such errors.
//! * Access: `access_state` (the state of these checks), `authentication` (tokens, roles, rooms),
//!   `sign_in_cookie`, `sign_in_throttle` (wrong tokens per address), `origin_check` (Host and Origin),
//!   `client_address`.
//! * Limits: `size_limits` (bodies and texts), `rate_limiter` (posts per address), `search_permits` (searches at
//!   one time), `connections` (open and silent connections), `body_timeout` (the least speed of a body).

pub(crate) mod access_state;
pub(crate) mod api_error;
pub(crate) mod authentication;
pub(crate) mod body_timeout;
pub(crate) mod client_address;
pub(crate) mod connections;
pub(crate) mod extractors;
pub(crate) mod origin_check;
pub(crate) mod rate_limiter;
pub(crate) mod search_permits;
pub(crate) mod sign_in_cookie;
pub(crate) mod sign_in_throttle;
pub(crate) mod size_limits;
