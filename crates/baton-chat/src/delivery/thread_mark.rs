//! The mark in the name of a thread. It tells the reservation of the thread, if the answer to the creation is lost.

use std::fmt;

use baton_core::hex::hex;
use baton_core::id::{ConversationId, Fence};
use baton_core::name::DataId;
use baton_core::place::Place;
use sha2::{Digest, Sha256};

/// The sign between the title of a thread and the mark.
const SEPARATOR: char = '·';

/// The length of the check, in digits.
const CHECK: usize = 6;

/// The mark in the name of a thread: the conversation and the fence of the reservation, and a check. The check tells the
/// threads of other stores apart, and the threads from before the restore of a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ThreadMark {
    pub(super) conversation: ConversationId,
    pub(super) fence: Fence,
    check: String,
}

impl ThreadMark {
    /// The mark of a reservation. The place belongs to the conversation.
    pub(super) fn new(
        data: &DataId,
        place: &Place,
        conversation: ConversationId,
        fence: Fence,
    ) -> Self {
        let mut digest = Sha256::new();
        for part in [data.as_str(), &place.address] {
            digest.update(part);
            digest.update([0]);
        }
        digest.update(conversation.0.to_be_bytes());
        digest.update(fence.0.to_be_bytes());
        let mut check = hex(digest.finalize());
        check.truncate(CHECK);
        Self {
            conversation,
            fence,
            check,
        }
    }

    /// The title with the mark, in at most `longest` characters.
    pub(super) fn mark_title(&self, title: &str, longest: usize) -> String {
        let end = format!(" {SEPARATOR} {self}");
        let room = longest.saturating_sub(end.chars().count());
        let mut name: String = title.chars().take(room).collect();
        name.push_str(&end);
        name
    }

    /// Reads the mark and the title of a name; `None` if the name has no mark.
    pub(super) fn parse_name(name: &str) -> Option<(Self, &str)> {
        let (title, mark) = name.rsplit_once(SEPARATOR)?;
        let mut parts = mark.trim().split('-');
        let mut number = || i64::from_str_radix(parts.next()?, 16).ok();
        let (conversation, fence) = (ConversationId(number()?), Fence(number()?));
        let check = parts.next()?.to_owned();
        let mark = Self {
            conversation,
            fence,
            check,
        };
        parts.next().is_none().then(|| (mark, title.trim()))
    }
}

impl fmt::Display for ThreadMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:x}-{:x}-{}",
            self.conversation.0, self.fence.0, self.check
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(data: &str, address: &str, conversation: i64, fence: i64) -> ThreadMark {
        let place = Place {
            channel: "toy".into(),
            account: "default".into(),
            address: address.to_owned(),
        };
        ThreadMark::new(
            &data.into(),
            &place,
            ConversationId(conversation),
            Fence(fence),
        )
    }

    #[test]
    fn a_mark_is_read_from_the_name_of_a_thread() {
        let of = mark("data", "1/for 2", 255, 1);
        let name = of.mark_title("fix · the roof", 60);
        assert!(name.starts_with("fix · the roof · ff-1-"), "{name}");
        assert_eq!(
            ThreadMark::parse_name(&name),
            Some((of.clone(), "fix · the roof"))
        );
        let cut = of.mark_title(&"é".repeat(100), 60);
        assert_eq!(cut.chars().count(), 60);
        let (read, title) = ThreadMark::parse_name(&cut).unwrap();
        assert_eq!((read, title), (of, "é".repeat(46).as_str()));
    }

    #[test]
    fn a_name_of_somebody_else_has_no_mark() {
        for name in [
            "",
            "the roof",
            "a · b",
            "a · 1-2",
            "a · 1-x-abc",
            "a · 1-2-3-4",
            "a-1-2",
        ] {
            assert_eq!(ThreadMark::parse_name(name), None, "{name}");
        }
    }

    #[test]
    fn a_check_belongs_to_one_reservation_of_one_store() {
        let check = mark("data", "1/for 2", 7, 1).check;
        assert_eq!(check.len(), CHECK);
        let others = [
            mark("other", "1/for 2", 7, 1),
            mark("data", "1/for 3", 7, 1),
            mark("data", "1/for 2", 8, 1),
            mark("data", "1/for 2", 7, 2),
        ];
        assert!(others.iter().all(|other| other.check != check));
    }
}
