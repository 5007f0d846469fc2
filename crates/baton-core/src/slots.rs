//! How much may go on at once: in all, and of one kind. A [`Slot`] is the right to be one of them;
//! dropping it gives the right back, so that no path can forget to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many may go on at once, in all and for each kind (an agent, a channel). A kind that is not
/// listed has no slots at all, so that nothing is claimed that nobody here can do.
#[derive(Clone, Debug)]
pub struct Slots<K: Ord + Clone>(Arc<Mutex<Free<K>>>);

#[derive(Debug)]
struct Free<K> {
    in_all: usize,
    of_kind: BTreeMap<K, usize>,
    closed: bool,
}

/// The right to go on; given back when dropped.
#[derive(Debug)]
pub struct Slot<K: Ord + Clone> {
    slots: Slots<K>,
    kind: K,
}

impl<K: Ord + Clone> Slots<K> {
    /// As many as `in_all`, and of each kind as many as listed.
    pub fn new(in_all: usize, of_kind: impl IntoIterator<Item = (K, usize)>) -> Self {
        let of_kind = of_kind.into_iter().collect();
        Self(Arc::new(Mutex::new(Free {
            in_all,
            of_kind,
            closed: false,
        })))
    }

    /// The kinds that one more may be begun of; empty when the limit in all is reached.
    pub fn free_kinds(&self) -> Vec<K> {
        let free = self.lock();
        if free.closed || free.in_all == 0 {
            return Vec::new();
        }
        free.of_kind
            .iter()
            .filter(|(_, n)| **n > 0)
            .map(|(kind, _)| kind.clone())
            .collect()
    }

    /// Whether that kind is listed, however many of it go on.
    pub fn has_kind(&self, kind: &K) -> bool {
        self.lock().of_kind.contains_key(kind)
    }

    /// One of that kind, unless a limit is reached.
    pub fn take(&self, kind: &K) -> Option<Slot<K>> {
        let mut free = self.lock();
        if free.closed || free.in_all == 0 {
            return None;
        }
        let of_kind = free.of_kind.get_mut(kind)?;
        *of_kind = of_kind.checked_sub(1)?;
        free.in_all -= 1;
        Some(Slot {
            slots: self.clone(),
            kind: kind.clone(),
        })
    }

    /// Nothing begins any more; what goes on goes on.
    pub fn close(&self) {
        self.lock().closed = true;
    }

    fn lock(&self) -> MutexGuard<'_, Free<K>> {
        // Every change under the lock is whole: a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Ord + Clone> Drop for Slot<K> {
    fn drop(&mut self) {
        let mut free = self.slots.lock();
        free.in_all += 1;
        if let Some(of_kind) = free.of_kind.get_mut(&self.kind) {
            *of_kind += 1;
        }
    }
}
