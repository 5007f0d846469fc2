//! A value for waiting tasks, set later by another task.

use tokio::sync::watch;

/// A value unknown at first, such as the id of a bot: the platform tells this id after the connection.
#[derive(Debug)]
pub struct LateValue<T>(watch::Sender<Option<T>>);

impl<T> Default for LateValue<T> {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl<T: Clone> LateValue<T> {
    /// Sets or replaces the value.
    pub fn set_value(&self, value: T) {
        self.0.send_replace(Some(value));
    }

    /// The value, if known.
    pub fn known_value(&self) -> Option<T> {
        self.0.borrow().clone()
    }

    /// Waits for the value.
    pub async fn wait_for_value(&self) -> T {
        let mut value = self.0.subscribe();
        let known = value.wait_for(Option::is_some).await;
        match known.ok().and_then(|value| value.clone()) {
            Some(value) => value,
            // Unreachable: the wait fails only without a sender, and `self` owns the sender.
            None => std::future::pending().await,
        }
    }
}
