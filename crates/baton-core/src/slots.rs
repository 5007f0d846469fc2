//! Limits on concurrent work, in total and for each kind. A [`Slot`] is the permission for one piece of work.
//! Its drop returns the permission, so no code path can forget this.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The free slots, in total and for each kind (an agent, a channel). An unlisted kind has no slots, so the
/// store claims no work that this process cannot do.
#[derive(Clone, Debug)]
pub struct Slots<K: Ord + Clone>(Arc<Mutex<FreeSlots<K>>>);

#[derive(Debug)]
struct FreeSlots<K> {
    in_all: usize,
    of_kind: BTreeMap<K, FreeOfKind>,
    /// The total limit, which the free slots never exceed.
    most: usize,
    closed: bool,
}

/// The free slots of one kind.
#[derive(Debug)]
struct FreeOfKind {
    free: usize,
    /// The limit of the kind, which its free slots never exceed.
    most: usize,
}

/// The permission for one piece of work. A drop returns the slot.
#[derive(Debug)]
pub struct Slot<K: Ord + Clone> {
    slots: Slots<K>,
    kind: K,
}

impl<K: Ord + Clone> Slots<K> {
    /// `in_all` slots in total, and the listed number for each kind.
    pub fn new(in_all: usize, of_kind: impl IntoIterator<Item = (K, usize)>) -> Self {
        let of_kind = of_kind.into_iter();
        let of_kind = of_kind.map(|(kind, most)| (kind, FreeOfKind { free: most, most }));
        Self(Arc::new(Mutex::new(FreeSlots {
            in_all,
            of_kind: of_kind.collect(),
            most: in_all,
            closed: false,
        })))
    }

    /// The kinds with a free slot; empty if the total limit is reached.
    pub fn free_kinds(&self) -> Vec<K> {
        let free = self.lock_free();
        if free.closed || free.in_all == 0 {
            return Vec::new();
        }
        free.of_kind
            .iter()
            .filter(|(_, of_kind)| of_kind.free > 0)
            .map(|(kind, _)| kind.clone())
            .collect()
    }

    /// Whether this kind is listed, even without a free slot.
    pub fn has_kind(&self, kind: &K) -> bool {
        self.lock_free().of_kind.contains_key(kind)
    }

    /// Takes a slot of this kind; `None` if a limit is reached.
    pub fn take(&self, kind: &K) -> Option<Slot<K>> {
        let mut free = self.lock_free();
        if free.closed || free.in_all == 0 {
            return None;
        }
        let of_kind = free.of_kind.get_mut(kind)?;
        of_kind.free = of_kind.free.checked_sub(1)?;
        free.in_all -= 1;
        Some(Slot {
            slots: self.clone(),
            kind: kind.clone(),
        })
    }

    /// Gives out no slots from now on. Running work continues.
    pub fn close(&self) {
        self.lock_free().closed = true;
    }

    fn lock_free(&self) -> MutexGuard<'_, FreeSlots<K>> {
        // Every change under the lock is complete, so a panic elsewhere leaves no half-made change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Ord + Clone> Slot<K> {
    /// Whether the slot is for work of this kind.
    pub fn is_of(&self, kind: &K) -> bool {
        self.kind == *kind
    }
}

impl<K: Ord + Clone> Drop for Slot<K> {
    fn drop(&mut self) {
        let mut free = self.slots.lock_free();
        free.in_all += 1;
        debug_assert!(
            free.in_all <= free.most,
            "slots balance: not more slots come back than were taken"
        );
        if let Some(of_kind) = free.of_kind.get_mut(&self.kind) {
            of_kind.free += 1;
            debug_assert!(
                of_kind.free <= of_kind.most,
                "slots balance: not more slots of a kind come back than were taken"
            );
        }
    }
}
