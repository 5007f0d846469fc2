//! The limits of posts and of files from one address in a minute.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use baton_core::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use super::api_error::ApiError;

/// The counted kind of request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CountedRequest {
    Posts,
    Files,
}

/// Number of posts between two clean-ups. A clean-up forgets addresses without a post in the last minute.
const POSTS_BETWEEN_CLEANINGS: u32 = 1_024;
/// Maximum number of remembered addresses. All further addresses are counted as one.
pub(crate) const MOST_ADDRESSES: usize = 65_536;

/// Counts posts, or files, of each address.
pub(crate) struct AddressRateLimiter {
    limiter: RateLimiter<IpAddr, HashMapStateStore<IpAddr>, SteadyClock, NoOpMiddleware<Nanos>>,
    clock: SteadyClock,
    posts: AtomicU32,
    per_minute: NonZeroU32,
    counted: CountedRequest,
}

impl AddressRateLimiter {
    pub(crate) fn new(
        counted: CountedRequest,
        per_minute: NonZeroU32,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let clock = SteadyClock(clock);
        let store = HashMapStateStore::default();
        Self {
            limiter: RateLimiter::new(Quota::per_minute(per_minute), store, clock.clone()),
            clock,
            posts: AtomicU32::new(0),
            per_minute,
            counted,
        }
    }

    /// Counts a request from this address, or refuses it above the limit.
    pub(crate) fn check_address(&self, address: IpAddr) -> Result<(), ApiError> {
        self.count_request(address).map_err(|wait| {
            // Rounded up, so that a client that waits as told is not refused again.
            let seconds = wait.as_secs() + 1;
            let (word, what) = match self.counted {
                CountedRequest::Posts => ("too_many_posts", "posts"),
                CountedRequest::Files => ("too_many_uploads", "files"),
            };
            ApiError::too_many(
                word,
                format!(
                    "at most {} {what} a minute from one address; try again in {seconds} s",
                    self.per_minute
                ),
                seconds,
            )
        })
    }

    /// Counts a request, or returns the time until the next permitted one.
    fn count_request(&self, address: IpAddr) -> Result<(), Duration> {
        let posts = self.posts.fetch_add(1, Ordering::Relaxed);
        if posts % POSTS_BETWEEN_CLEANINGS == POSTS_BETWEEN_CLEANINGS - 1 {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        let key = if self.limiter.len() < MOST_ADDRESSES {
            address_network(address)
        } else {
            Ipv6Addr::UNSPECIFIED.into()
        };
        self.limiter
            .check_key(&key)
            .map_err(|refused| refused.wait_time_from(governor::clock::Clock::now(&self.clock)))
    }
}

/// The network of an address: an owner of one IPv6 address usually has all 2⁶⁴ addresses of its /64 network.
pub(crate) fn address_network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

/// The steady clock, as a clock of the limiter.
#[derive(Clone)]
struct SteadyClock(Arc<dyn Clock>);

impl governor::clock::Clock for SteadyClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        // The added hour keeps the start of the limiter's first minute after time zero.
        let millis = self.0.steady().0.max(0).unsigned_abs();
        Nanos::from(Duration::from_millis(millis) + Duration::from_hours(1))
    }
}

#[cfg(test)]
mod tests {
    use baton_core::clock::SystemClock;

    use super::*;

    #[test]
    fn an_address_is_refused_after_its_share_and_others_are_not() {
        let rate = AddressRateLimiter::new(
            CountedRequest::Posts,
            NonZeroU32::new(3).unwrap(),
            SystemClock::shared(),
        );
        let (one, other) = ("1.1.1.1".parse().unwrap(), "2.2.2.2".parse().unwrap());
        for _ in 0..3 {
            assert_eq!(rate.count_request(one), Ok(()));
        }
        let wait = rate.count_request(one).unwrap_err();
        assert!(wait > Duration::ZERO && wait <= Duration::from_secs(20));
        assert_eq!(rate.count_request(other), Ok(()));
    }

    #[test]
    fn one_ipv6_network_is_one_address() {
        let rate = AddressRateLimiter::new(
            CountedRequest::Posts,
            NonZeroU32::new(1).unwrap(),
            SystemClock::shared(),
        );
        assert_eq!(rate.count_request("2001:db8::1".parse().unwrap()), Ok(()));
        assert!(rate.count_request("2001:db8::2".parse().unwrap()).is_err());
        assert_eq!(
            rate.count_request("2001:db8:0:1::1".parse().unwrap()),
            Ok(())
        );
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let rate = AddressRateLimiter::new(
            CountedRequest::Posts,
            NonZeroU32::new(1).unwrap(),
            SystemClock::shared(),
        );
        for n in 0..u32::try_from(MOST_ADDRESSES).unwrap() + 5_000 {
            let _ = rate.count_request(IpAddr::V4(n.into()));
        }
        assert!(rate.limiter.len() <= MOST_ADDRESSES + 1);
    }
}
