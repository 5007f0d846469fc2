//! The values of the API and their rendering. This layer knows no handler.
//!
//! * `comment`: the JSON of a post. `client_fields`: the client's own part of this JSON. `file_view`: the JSON of
//!   a file. `public_id`: the id of a message.
//! * `approval_view` and `activity_view`: the JSON of approvals and of the steps of agents.
//! * `input_validation`: limits on names, numbers and texts. `author_names`: permitted names of authors.
//! * `markdown_html`: Markdown as HTML. `html_cache`: a cache of this HTML.

pub(crate) mod activity_view;
pub(crate) mod approval_view;
pub(crate) mod author_names;
pub(crate) mod client_fields;
pub(crate) mod comment;
pub(crate) mod file_view;
pub(crate) mod html_cache;
pub(crate) mod input_validation;
pub(crate) mod markdown_html;
pub(crate) mod public_id;
