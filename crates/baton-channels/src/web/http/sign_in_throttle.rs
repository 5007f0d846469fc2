//! Counts wrong tokens. Guessing must not pay, and must not lock out other people at the same address.
//!
//! A right token is always accepted. After too many wrong tokens from an address, each further token from
//! this address is checked only after a pause. The pause grows with the number of wrong tokens. The number of
//! connections of an address then limits the guesses in this time. Signed-in browsers never wait, because
//! browsers send a cookie and no token (see [`sign_in_cookie`](super::sign_in_cookie)).

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use baton_core::clock::{Clock, Steady};

use super::api_error::ApiError;
use super::rate_limiter::{MOST_ADDRESSES, address_network};

/// How long wrong tokens are remembered, from the first of them.
const REMEMBERED: Duration = Duration::from_mins(1);
/// The pause for each time that an address has reached the limit.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest pause, as a multiple of [`PAUSE`]: shorter than the usual time-outs of people and
/// programs.
const MOST_PAUSES: u32 = 10;
/// How many addresses may reach the limit before tokens from all addresses wait.
const ADDRESSES: u32 = 50;

/// Counts wrong tokens.
pub(crate) struct SignInThrottle {
    wrong: Mutex<WrongTokens>,
    clock: Arc<dyn Clock>,
    per_minute: u32,
}

#[derive(Default)]
struct WrongTokens {
    by_address: HashMap<IpAddr, WrongTokenCount>,
    in_all: WrongTokenCount,
}

#[derive(Clone, Copy)]
struct WrongTokenCount {
    count: u32,
    until: Steady,
}

impl Default for WrongTokenCount {
    fn default() -> Self {
        Self {
            count: 0,
            until: Steady(i64::MIN),
        }
    }
}

impl WrongTokenCount {
    /// The number of wrong tokens that still count.
    fn count_at(self, now: Steady) -> u32 {
        if self.until <= now { 0 } else { self.count }
    }

    fn add_wrong(&mut self, now: Steady) {
        if self.until <= now {
            *self = Self {
                count: 0,
                until: now.after(REMEMBERED),
            };
        }
        self.count = self.count.saturating_add(1);
    }
}

impl SignInThrottle {
    pub(crate) fn new(per_minute: NonZeroU32, clock: Arc<dyn Clock>) -> Self {
        Self {
            wrong: Mutex::default(),
            clock,
            per_minute: per_minute.get(),
        }
    }

    /// Waits until a token from this address may be checked.
    pub(crate) async fn wait_before(&self, address: IpAddr) {
        let now = self.clock.steady();
        let pauses = {
            let wrong = self.lock_counts();
            let known = wrong
                .by_address
                .get(&throttle_key(&wrong.by_address, address));
            let from_there = known.map_or(0, |known| known.count_at(now)) / self.per_minute;
            let in_all = wrong.in_all.count_at(now) / self.per_minute.saturating_mul(ADDRESSES);
            from_there.max(in_all).min(MOST_PAUSES)
        };
        if pauses > 0 {
            self.clock.sleep_until(now.after(PAUSE * pauses)).await;
        }
    }

    /// Counts a wrong token; refuses an address with too many.
    pub(crate) fn record_wrong(&self, address: IpAddr) -> Result<(), ApiError> {
        let now = self.clock.steady();
        let mut wrong = self.lock_counts();
        if wrong.by_address.len() >= MOST_ADDRESSES {
            wrong.by_address.retain(|_, wrong| wrong.until > now);
        }
        let key = throttle_key(&wrong.by_address, address);
        let known = wrong.by_address.entry(key).or_default();
        known.add_wrong(now);
        let known = *known;
        if known.count <= self.per_minute {
            // Above its own limit, an address no longer adds to the total, so that one address cannot slow
            // down others.
            wrong.in_all.add_wrong(now);
            return Ok(());
        }
        // Rounded up, so that a client that waits as told is not refused again.
        let seconds = known.until.since(now).as_secs() + 1;
        Err(ApiError::too_many(
            "too_many_wrong_tokens",
            format!(
                "this token is wrong, and too many wrong tokens came from this address; try again in {seconds} s"
            ),
            seconds,
        ))
    }

    fn lock_counts(&self) -> MutexGuard<'_, WrongTokens> {
        // A panic elsewhere leaves no half-made change, because every change under the lock is complete.
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The key of an address: its network, or one shared key above the maximum number of addresses.
fn throttle_key(wrong: &HashMap<IpAddr, WrongTokenCount>, address: IpAddr) -> IpAddr {
    let network = address_network(address);
    if wrong.len() < MOST_ADDRESSES || wrong.contains_key(&network) {
        network
    } else {
        Ipv6Addr::UNSPECIFIED.into()
    }
}

#[cfg(test)]
mod tests {
    use baton_core::clock::SystemClock;
    use baton_testkit::clock::SimClock;
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn one_address_slows_down_no_other() {
        let throttle = SignInThrottle::new(NonZeroU32::new(20).unwrap(), SimClock::shared());
        let (bad, good) = (IpAddr::from([127, 0, 0, 2]), IpAddr::from([127, 0, 0, 3]));
        for _ in 0..1_020 {
            let _ = throttle.record_wrong(bad);
        }
        assert!(throttle.wait_before(bad).now_or_never().is_none());
        assert!(throttle.wait_before(good).now_or_never().is_some());
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let throttle = SignInThrottle::new(NonZeroU32::MIN, SystemClock::shared());
        for n in 0..u32::try_from(MOST_ADDRESSES).unwrap() + 5_000 {
            let _ = throttle.record_wrong(IpAddr::V4(n.into()));
        }
        assert!(throttle.lock_counts().by_address.len() <= MOST_ADDRESSES + 1);
    }
}
