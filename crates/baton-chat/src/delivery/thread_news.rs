//! News about created threads, from the events of the platform to the deliveries that wait for a thread.

use tokio::sync::watch;

use crate::connector::FetchMark;

/// News about created threads. The order of two counters tells whether the platform has reported every thread that an
/// earlier request created.
#[derive(Debug, Default)]
pub(crate) struct ThreadNews(watch::Sender<ThreadCounters>);

#[derive(Debug, Default)]
pub(super) struct ThreadCounters {
    /// The number of doubts so far.
    doubts: u64,
    /// The number of doubts before the latest request whose answer left no event out.
    caught_up: u64,
    /// The number of adopted threads.
    adopted: u64,
}

/// A creation with an unknown outcome. The doubt ends when the platform has given all its events after the creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ThreadDoubt(u64);

impl ThreadNews {
    /// The mark of a request for events, directly before the request.
    pub(crate) fn begin_fetch(&self) -> FetchMark {
        let counters = self.0.borrow();
        FetchMark {
            doubts: counters.doubts,
            is_urgent: counters.doubts > counters.caught_up,
        }
    }

    /// Completes when a doubt began after the request with this mark.
    pub(crate) async fn until_outdated(&self, fetch: FetchMark) {
        let mut news = self.0.subscribe();
        // The sender is in `self`, so the wait never fails.
        let _ = news.wait_for(|it| it.doubts > fetch.doubts).await;
    }

    /// All events up to the request with this mark are handled.
    pub(crate) fn catch_up(&self, fetch: FetchMark) {
        self.0.send_if_modified(|counters| {
            let is_news = fetch.doubts > counters.caught_up;
            counters.caught_up = counters.caught_up.max(fetch.doubts);
            is_news
        });
    }

    /// A conversation has adopted a thread.
    pub(crate) fn note_adoption(&self) {
        self.0.send_modify(|counters| counters.adopted += 1);
    }

    /// Begins to doubt whether the last creation succeeded.
    pub(super) fn begin_doubt(&self) -> ThreadDoubt {
        let mut doubt = ThreadDoubt(0);
        self.0.send_modify(|counters| {
            counters.doubts += 1;
            doubt = ThreadDoubt(counters.doubts);
        });
        doubt
    }

    /// Whether the platform has given all its events since the beginning of the doubt.
    pub(super) fn is_over(&self, doubt: ThreadDoubt) -> bool {
        self.0.borrow().caught_up >= doubt.0
    }

    /// A receiver that reports the news from now on.
    pub(super) fn subscribe(&self) -> watch::Receiver<ThreadCounters> {
        self.0.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_later_request_for_events_ends_a_doubt() {
        let news = ThreadNews::default();
        let before = news.begin_fetch();
        let doubt = news.begin_doubt();
        news.catch_up(before);
        assert!(!news.is_over(doubt), "the request was made before");
        let after = news.begin_fetch();
        let later = news.begin_doubt();
        news.catch_up(after);
        assert!(news.is_over(doubt) && !news.is_over(later));
        news.catch_up(before);
        assert!(news.is_over(doubt), "a late report takes nothing back");
    }

    #[tokio::test]
    async fn a_doubt_makes_an_earlier_request_useless_and_the_next_one_urgent() {
        let news = ThreadNews::default();
        let before = news.begin_fetch();
        assert!(!before.is_urgent());
        let mut outdated = std::pin::pin!(news.until_outdated(before));
        tokio::select! {
            biased;
            () = &mut outdated => panic!("nobody doubts yet"),
            () = std::future::ready(()) => {}
        }
        news.begin_doubt();
        outdated.await;
        let after = news.begin_fetch();
        assert!(after.is_urgent());
        news.catch_up(after);
        assert!(!news.begin_fetch().is_urgent());
    }
}
