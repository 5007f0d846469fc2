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
        FetchMark(self.0.borrow().doubts)
    }

    /// Waits until a doubt needs a request for events, and returns the mark of this request.
    pub(crate) async fn wait_for_doubt(&self) -> FetchMark {
        let mut news = self.0.subscribe();
        let waiting = news.wait_for(|counters| counters.doubts > counters.caught_up);
        let mark = waiting.await.map(|counters| FetchMark(counters.doubts));
        match mark {
            Ok(mark) => mark,
            // Never happens, because `self` owns the sender.
            Err(_) => std::future::pending().await,
        }
    }

    /// All events up to the request with this mark are handled.
    pub(crate) fn catch_up(&self, fetch: FetchMark) {
        self.0.send_if_modified(|counters| {
            let is_news = fetch.0 > counters.caught_up;
            counters.caught_up = counters.caught_up.max(fetch.0);
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

    #[test]
    fn a_doubt_asks_for_one_request() {
        use std::pin::pin;
        use std::task::{Context, Poll, Waker};
        let news = ThreadNews::default();
        let mut context = Context::from_waker(Waker::noop());
        let mut waiting = pin!(news.wait_for_doubt());
        assert!(waiting.as_mut().poll(&mut context).is_pending());
        let doubt = news.begin_doubt();
        let Poll::Ready(mark) = waiting.as_mut().poll(&mut context) else {
            panic!("the doubt is not noticed");
        };
        news.catch_up(mark);
        assert!(news.is_over(doubt));
        assert!(pin!(news.wait_for_doubt()).poll(&mut context).is_pending());
    }
}
