//! The visits to a fake server: the requests, and the callers who hung up early.

use tokio::sync::watch;

use crate::agent_run::within;
use crate::wire::Caller;

/// All visits so far.
pub(crate) struct Visits<A> {
    asked: watch::Sender<Vec<A>>,
    hung_up: watch::Sender<usize>,
}

impl<A> Default for Visits<A> {
    fn default() -> Self {
        Self {
            asked: watch::Sender::new(Vec::new()),
            hung_up: watch::Sender::new(0),
        }
    }
}

impl<A: Clone> Visits<A> {
    /// Records a request.
    pub(crate) fn note(&self, asked: A) {
        self.asked.send_modify(|all| all.push(asked));
    }

    /// A caller who waits for an answer.
    pub(crate) fn caller(&self) -> Caller {
        Caller::new(&self.hung_up)
    }

    /// All requests so far.
    pub(crate) fn asked(&self) -> Vec<A> {
        self.asked.borrow().clone()
    }

    /// Waits until the server got `times` requests in total, and returns them.
    pub(crate) async fn until_asked(&self, times: usize) -> Vec<A> {
        let mut asked = self.asked.subscribe();
        let enough = asked.wait_for(|asked| asked.len() >= times);
        within(&format!("the fake server is asked {times} times"), enough)
            .await
            .expect("the sender is held here")
            .clone()
    }

    /// Waits until `times` callers in total have hung up.
    pub(crate) async fn until_hung_up(&self, times: usize) {
        let mut hung_up = self.hung_up.subscribe();
        let enough = hung_up.wait_for(|count| *count >= times);
        within(&format!("{times} callers hang up"), enough)
            .await
            .expect("the sender is held here");
    }
}
