//! Tools for connectors that speak HTTP and JSON.

pub mod json_repair;
pub mod rate_limit_buckets;
pub mod rate_limit_response;
pub mod tolerant_parsing;
