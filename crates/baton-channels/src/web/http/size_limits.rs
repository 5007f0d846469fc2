//! The largest sizes of request bodies and texts.

/// Maximum size of a request body, in bytes. Large enough for the longest text with every character escaped.
pub(crate) const BODY_LIMIT: usize = 256 * 1024;

/// Maximum length of a person's message, in characters (Unicode scalar values). Such a text fits into a
/// request even with every character escaped. About ten pages.
pub const TEXT_LIMIT: usize = 16_000;

/// Maximum length of a reply from outside, in characters. Such a text fits into a request.
pub(crate) const REPLY_LIMIT: usize = 100_000;

/// Maximum size of one text in lists and streams, in bytes. Larger than the longest message of a person, so
/// that only long replies are shortened.
pub(crate) const LISTED_TEXT: usize = 64 * 1024;
