//! Decides from the HTTP status of a model's server whether another try makes sense.

/// Whether the same request may succeed later, because the server is busy, in trouble or too slow (RFC 9110,
/// section 15, and 425 and 429 of RFC 8470 and RFC 6585).
pub(crate) fn is_temporary(status: u16) -> bool {
    matches!(status, 408 | 409 | 425 | 429 | 500..)
}
