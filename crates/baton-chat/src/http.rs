//! Tools for connectors that speak HTTP and JSON.
//!
//! [`platform_client`] sends each [`platform_request`] within the limits of [`rate_limit_buckets`], and returns the
//! answer or a [`request_error`]. [`multipart_form`] is the layout of requests with files. [`page_size`] chooses the
//! number of messages in a request. [`tolerant_parsing`] and [`json_repair`] keep all readable parts of an answer or
//! event. [`cut_list`] reads the beginning of a list that was cut off. [`secret_mask`] keeps a secret out of errors.

pub mod cut_list;
pub mod json_repair;
pub mod multipart_form;
pub mod page_size;
pub mod platform_client;
pub mod platform_request;
pub mod rate_limit_buckets;
pub mod rate_limit_response;
pub mod request_error;
pub mod response_body;
pub mod response_download;
pub mod secret_mask;
mod stored_body;
pub mod tolerant_parsing;
pub mod unreadable_object;
