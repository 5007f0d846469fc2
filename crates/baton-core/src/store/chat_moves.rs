//! `move_chat`: a chat gets another id on its platform.

use crate::name::{AccountName, ChannelName};

/// A chat that has another id now. The address of a part of the chat, such as a topic, begins with the id and a `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatMove {
    /// The channel of the chat.
    pub channel: ChannelName,
    /// The account that sees the chat.
    pub account: AccountName,
    /// The earlier id.
    pub from: String,
    /// The id from now on.
    pub to: String,
}

/// The result of [`move_chat`](super::PlaceStore::move_chat).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoveReport {
    /// The store has moved the chat.
    Moved,
    /// The store knew the move, and changed nothing.
    Known,
}

/// The address after the move of its chat; `None` if no chat around the address has moved. `find_move` returns the new
/// id of a moved chat.
pub fn moved_address<E>(
    address: &str,
    mut find_move: impl FnMut(&str) -> Result<Option<String>, E>,
) -> Result<Option<String>, E> {
    let slashes = address.rmatch_indices('/').map(|(at, _)| at);
    for end in std::iter::once(address.len()).chain(slashes) {
        let (chat, rest) = address.split_at(end);
        if let Some(moved) = find_move(chat)? {
            return Ok(Some(moved + rest));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn moved(address: &str) -> Option<String> {
        let find_move = |chat: &str| Ok::<_, Infallible>((chat == "-1").then(|| "-100".to_owned()));
        let Ok(moved) = moved_address(address, find_move);
        moved
    }

    #[test]
    fn a_moved_chat_takes_its_topics_with_it() {
        assert_eq!(moved("-1").as_deref(), Some("-100"));
        assert_eq!(moved("-1/7").as_deref(), Some("-100/7"));
        assert_eq!(moved("-1/7/8").as_deref(), Some("-100/7/8"));
        for elsewhere in ["", "-", "-12", "-12/7", "7/-1", "-100", "-100/7"] {
            assert_eq!(moved(elsewhere), None, "{elsewhere}");
        }
    }
}
