//! How many wrong tokens are taken from one address: guessing must not pay.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use baton_core::clock::{Clock, Steady};

use super::error::ApiError;
use super::rate::{MOST_ADDRESSES, network};

/// How long wrong tokens are remembered, from the first of them.
const REMEMBERED: Duration = Duration::from_mins(1);

/// Counts wrong tokens.
pub(crate) struct Tries {
    wrong: Mutex<HashMap<IpAddr, Wrong>>,
    clock: Arc<dyn Clock>,
    per_minute: u32,
}

struct Wrong {
    count: u32,
    until: Steady,
}

impl Tries {
    pub(crate) fn new(per_minute: NonZeroU32, clock: Arc<dyn Clock>) -> Self {
        Self {
            wrong: Mutex::default(),
            clock,
            per_minute: per_minute.get(),
        }
    }

    /// Refuses whoever has shown too many wrong ones, whatever they show now: otherwise the right
    /// one would still be found.
    pub(crate) fn check(&self, address: IpAddr) -> Result<(), ApiError> {
        let now = self.clock.steady();
        let wrong = self.lock();
        let Some(known) = wrong.get(&key(&wrong, address)) else {
            return Ok(());
        };
        if known.count < self.per_minute || known.until <= now {
            return Ok(());
        }
        let left = Duration::from_millis((known.until.0 - now.0).unsigned_abs());
        // Rounded up, so that whoever obeys is not refused again.
        let seconds = left.as_secs() + 1;
        Err(ApiError::too_many(
            "too_many_wrong_tokens",
            format!("too many wrong tokens from this address; try again in {seconds} s"),
            seconds,
        ))
    }

    /// Remembers a wrong one.
    pub(crate) fn wrong(&self, address: IpAddr) {
        let now = self.clock.steady();
        let mut wrong = self.lock();
        if wrong.len() >= MOST_ADDRESSES {
            wrong.retain(|_, wrong| wrong.until > now);
        }
        let key = key(&wrong, address);
        let fresh = || Wrong {
            count: 0,
            until: now.after(REMEMBERED),
        };
        let known = wrong.entry(key).or_insert_with(fresh);
        if known.until <= now {
            *known = fresh();
        }
        known.count = known.count.saturating_add(1);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, Wrong>> {
        // Every change under the lock is whole: a panic elsewhere leaves nothing half done.
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an address is remembered as: its network, or one for all where there are too many.
fn key(wrong: &HashMap<IpAddr, Wrong>, address: IpAddr) -> IpAddr {
    let network = network(address);
    if wrong.len() < MOST_ADDRESSES || wrong.contains_key(&network) {
        network
    } else {
        Ipv6Addr::UNSPECIFIED.into()
    }
}

#[cfg(test)]
mod tests {
    use baton_core::clock::SystemClock;

    use super::*;

    #[test]
    fn what_is_remembered_is_bounded() {
        let tries = Tries::new(NonZeroU32::MIN, SystemClock::shared());
        for n in 0..u32::try_from(MOST_ADDRESSES).unwrap() + 5_000 {
            tries.wrong(IpAddr::V4(n.into()));
        }
        assert!(tries.lock().len() <= MOST_ADDRESSES + 1);
    }
}
