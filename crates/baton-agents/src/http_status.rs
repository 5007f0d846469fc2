//! What an HTTP status of a model's server means for another try.

/// Whether the same request may succeed later: the server is busy, in trouble, or was too slow
/// (RFC 9110, section 15, and 425 and 429 of RFC 8470 and RFC 6585).
pub(crate) fn passes(status: u16) -> bool {
    matches!(status, 408 | 409 | 425 | 429 | 500..)
}
