//! Answers that a test holds back.

use std::sync::Arc;

use tokio::sync::Semaphore;

/// Answers that wait until the test releases them.
#[derive(Clone, Debug)]
pub struct Held(pub(crate) Arc<Semaphore>);

impl Default for Held {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }
}

impl Held {
    /// Releases all waiting answers, and all later ones.
    pub fn release(&self) {
        self.0.add_permits(Semaphore::MAX_PERMITS / 2);
    }
}
