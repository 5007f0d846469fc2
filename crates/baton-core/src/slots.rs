//! Limits on concurrent work, in total and for each kind. A [`Slot`] is the permission for one piece of work.
//! Its drop returns the permission, so no code path can forget this.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// The free slots, in total and for each kind (an agent, a channel). An unlisted kind has no slots, so the
/// store claims no work that this process cannot do.
#[derive(Clone, Debug)]
pub struct Slots<K: Ord + Clone>(Arc<SharedSlots<K>>);

#[derive(Debug)]
struct SharedSlots<K> {
    free: Mutex<FreeSlots<K>>,
    /// Notified after each return of a slot.
    returned: Notify,
}

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
    /// The number of callers that wait for a slot. New work gets no slot before them.
    wanted: usize,
}

impl FreeOfKind {
    /// The free slots that nobody waits for.
    fn unwanted(&self) -> usize {
        self.free.saturating_sub(self.wanted)
    }
}

impl<K: Ord> FreeSlots<K> {
    /// Whether the total limit leaves a slot for new work.
    fn has_room(&self) -> bool {
        let of_kind = self.of_kind.values();
        // A caller whose kind has no free slot cannot use a slot of the total limit yet.
        let reserved = of_kind.map(|kind| kind.wanted.min(kind.free)).sum();
        !self.closed && self.in_all > reserved
    }
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
        let of_kind = of_kind.map(|(kind, most)| {
            let free = FreeOfKind {
                free: most,
                most,
                wanted: 0,
            };
            (kind, free)
        });
        Self(Arc::new(SharedSlots {
            free: Mutex::new(FreeSlots {
                in_all,
                of_kind: of_kind.collect(),
                most: in_all,
                closed: false,
            }),
            returned: Notify::new(),
        }))
    }

    /// The kinds with a free slot; empty if the total limit is reached.
    pub fn free_kinds(&self) -> Vec<K> {
        let free = self.lock_free();
        if !free.has_room() {
            return Vec::new();
        }
        free.of_kind
            .iter()
            .filter(|(_, of_kind)| of_kind.unwanted() > 0)
            .map(|(kind, _)| kind.clone())
            .collect()
    }

    /// Whether this kind is listed, even without a free slot.
    pub fn has_kind(&self, kind: &K) -> bool {
        self.lock_free().of_kind.contains_key(kind)
    }

    /// Takes a slot of this kind for new work; `None` if a limit is reached, or if others wait for the slot.
    pub fn take(&self, kind: &K) -> Option<Slot<K>> {
        let mut free = self.lock_free();
        if !free.has_room() || free.of_kind.get(kind)?.unwanted() == 0 {
            return None;
        }
        self.take_locked(&mut free, kind)
    }

    /// Takes a slot for work that has begun and gave back its slot. Waits while a limit is reached, and comes
    /// before new work. Succeeds even after [`close`](Self::close). Never returns for an unlisted kind.
    pub async fn take_again(&self, kind: &K) -> Slot<K> {
        let _place_in_line = PlaceInLine::new(self, kind);
        loop {
            let mut returned = pin!(self.0.returned.notified());
            // From here on, no return is missed.
            returned.as_mut().enable();
            if let Some(slot) = self.take_locked(&mut self.lock_free(), kind) {
                return slot;
            }
            returned.await;
        }
    }

    fn take_locked(&self, free: &mut FreeSlots<K>, kind: &K) -> Option<Slot<K>> {
        if free.in_all == 0 {
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
        self.0.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A caller that waits for a slot. Its drop gives up the place in the line.
struct PlaceInLine<'s, K: Ord + Clone> {
    slots: &'s Slots<K>,
    kind: &'s K,
}

impl<'s, K: Ord + Clone> PlaceInLine<'s, K> {
    fn new(slots: &'s Slots<K>, kind: &'s K) -> Self {
        if let Some(of_kind) = slots.lock_free().of_kind.get_mut(kind) {
            of_kind.wanted += 1;
        }
        Self { slots, kind }
    }
}

impl<K: Ord + Clone> Drop for PlaceInLine<'_, K> {
    fn drop(&mut self) {
        if let Some(of_kind) = self.slots.lock_free().of_kind.get_mut(self.kind) {
            of_kind.wanted -= 1;
        }
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
        drop(free);
        self.slots.0.returned.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn poll<T>(future: std::pin::Pin<&mut impl Future<Output = T>>) -> Poll<T> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn work_that_has_begun_comes_before_new_work() {
        let slots = Slots::new(2, [("a", 1), ("b", 2)]);
        let first = slots.take(&"a").unwrap();
        let mut again = pin!(slots.take_again(&"a"));
        assert!(poll(again.as_mut()).is_pending());
        // The line for one kind takes nothing from another kind.
        assert_eq!(slots.free_kinds(), ["b"]);
        drop(first);
        assert_eq!(slots.free_kinds(), ["b"]);
        assert!(slots.take(&"a").is_none());
        let Poll::Ready(slot) = poll(again.as_mut()) else {
            panic!("a slot is free");
        };
        drop(slot);
        assert_eq!(slots.free_kinds(), ["a", "b"]);
    }

    #[test]
    fn who_waits_no_longer_holds_up_nobody() {
        let slots = Slots::new(1, [("a", 1)]);
        let first = slots.take(&"a").unwrap();
        {
            let mut again = pin!(slots.take_again(&"a"));
            assert!(poll(again.as_mut()).is_pending());
        }
        drop(first);
        assert!(slots.take(&"a").is_some());
        slots.close();
        let mut again = pin!(slots.take_again(&"a"));
        assert!(poll(again.as_mut()).is_ready());
    }
}
