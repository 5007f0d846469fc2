//! Facts that an agent has learned about its server, kept while the program runs.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use super::context::{BYTES_PER_TOKEN, PER_MESSAGE};
use super::dialect::ServerDialect;

/// The unit of `bytes_per_token`: hundredths of a byte.
const HUNDREDTHS: u32 = 100;
/// Requests shorter than this many bytes teach nothing, because the model's own template distorts their
/// count.
const SHORTEST_SAMPLE: usize = 1_000;

/// Facts about a server.
#[derive(Debug)]
pub(super) struct ServerFacts {
    dialect: Mutex<ServerDialect>,
    /// The length of a token in hundredths of a byte: between one byte and [`BYTES_PER_TOKEN`].
    bytes_per_token: AtomicU32,
}

impl Default for ServerFacts {
    fn default() -> Self {
        Self {
            dialect: Mutex::default(),
            bytes_per_token: AtomicU32::new(BYTES_PER_TOKEN * HUNDREDTHS),
        }
    }
}

impl ServerFacts {
    /// The options that the server accepts.
    pub(super) fn dialect(&self) -> ServerDialect {
        *self.dialect.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_dialect(&self, dialect: ServerDialect) {
        *self.dialect.lock().unwrap_or_else(PoisonError::into_inner) = dialect;
    }

    /// The number of tokens in this many bytes, for this server's model.
    pub(super) fn count_tokens(&self, bytes: usize) -> usize {
        let each = self.bytes_per_token.load(Ordering::Relaxed) as usize;
        (bytes * HUNDREDTHS as usize).div_ceil(each)
    }

    /// Learns from a request with these numbers of messages, bytes and tokens. A shorter token is believed
    /// at once. A longer token is believed gradually, because dense text such as digits may come again. A
    /// server that truncates requests reports too few tokens, so nothing above [`BYTES_PER_TOKEN`] is
    /// believed.
    pub(super) fn record_tokens(&self, messages: usize, bytes: usize, tokens: u64) {
        let tokens = usize::try_from(tokens).unwrap_or(usize::MAX);
        let tokens = tokens.saturating_sub(messages * PER_MESSAGE);
        if bytes < SHORTEST_SAMPLE || tokens == 0 {
            return;
        }
        let each = (bytes * HUNDREDTHS as usize / tokens).try_into();
        let each = each
            .unwrap_or(u32::MAX)
            .clamp(HUNDREDTHS, BYTES_PER_TOKEN * HUNDREDTHS);
        let learn = |known: u32| Some(each.min(known.saturating_mul(3).saturating_add(each) / 4));
        let _ = self
            .bytes_per_token
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, learn);
    }
}
