//! What an agent has learned of its server, for as long as the program runs.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use super::context::{BYTES_PER_TOKEN, PER_MESSAGE};
use super::dialect::Dialect;

/// Hundredths of a byte.
const HUNDREDTHS: u32 = 100;
/// In a shorter request the model's own frame around it counts for too much, in bytes.
const SHORTEST_LESSON: usize = 1_000;

/// What an agent has learned of its server.
#[derive(Debug)]
pub(super) struct Learned {
    dialect: Mutex<Dialect>,
    /// How much text a token is, in hundredths of a byte: between one byte and [`BYTES_PER_TOKEN`].
    bytes_per_token: AtomicU32,
}

impl Default for Learned {
    fn default() -> Self {
        Self {
            dialect: Mutex::default(),
            bytes_per_token: AtomicU32::new(BYTES_PER_TOKEN * HUNDREDTHS),
        }
    }
}

impl Learned {
    /// How the server wants to be asked.
    pub(super) fn dialect(&self) -> Dialect {
        *self.dialect.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_dialect(&self, dialect: Dialect) {
        *self.dialect.lock().unwrap_or_else(PoisonError::into_inner) = dialect;
    }

    /// How many tokens so many bytes are, as this server's model counts.
    pub(super) fn tokens(&self, bytes: usize) -> usize {
        let each = self.bytes_per_token.load(Ordering::Relaxed) as usize;
        (bytes * HUNDREDTHS as usize).div_ceil(each)
    }

    /// A request of so many messages and bytes was so many tokens. What costs more than expected is believed
    /// at once, what costs less little by little: digits may come again. Where a server cuts off what is too
    /// long, its count says too little, so that more than [`BYTES_PER_TOKEN`] is never believed.
    pub(super) fn note(&self, messages: usize, bytes: usize, tokens: u64) {
        let tokens = usize::try_from(tokens).unwrap_or(usize::MAX);
        let tokens = tokens.saturating_sub(messages * PER_MESSAGE);
        if bytes < SHORTEST_LESSON || tokens == 0 {
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
