//! Joins messages that people sent as one: the photos of an album, and a long text that a client has split.

use std::collections::HashMap;

use baton_chat::connector::{ChatId, IncomingMessage, ReadableMessage};
use baton_core::name::PersonId;

use crate::telegram::conversion::telegram_update::{
    DecodedMessage, JoiningMarks, TelegramEvent, TelegramUpdate,
};

/// The maximum number of messages in an album (<https://core.telegram.org/bots/api#sendmediagroup>).
const LARGEST_ALBUM: usize = 10;

/// The maximum number of messages in a split text. A longer text becomes several messages.
const MOST_TEXT_PARTS: usize = 32;

/// The length at which a client splits a text, in UTF-16 units.
const TEXT_LIMIT: usize = 4_096;

/// The minimum length of each part of a split text besides the last part, in UTF-16 units. A client looks for a
/// space or the end of a line before the limit.
const SHORTEST_PART: usize = 4_000;

/// The maximum time between two parts of a split text, in seconds.
const APART: u64 = 1;

/// Updates with joined messages.
#[derive(Debug)]
pub(crate) struct JoinedUpdates {
    /// The updates to handle now, in their order.
    pub(crate) ready: Vec<TelegramUpdate>,
    /// Whether the update with this index is held, because a message of its chat may be unfinished.
    pub(crate) is_held: Vec<bool>,
}

/// The parts of one message.
#[derive(Debug)]
struct PartGroup {
    /// The indexes of the parts, in order.
    parts: Vec<usize>,
    /// The marks of the last part.
    last: JoiningMarks,
}

/// The author of a message in one chat.
type AuthorInChat = (ChatId, PersonId);

/// Joins the messages of updates. `is_settled` tells for an index whether no further part can follow this update. The
/// messages of a chat are held from an unfinished message on; the updates of other chats, and presses and reactions, are
/// never held.
pub(crate) fn join_updates(
    updates: Vec<TelegramUpdate>,
    is_settled: impl Fn(usize) -> bool,
) -> JoinedUpdates {
    // A part leaves its place when it is joined.
    let mut slots: Vec<_> = updates.into_iter().map(Some).collect();
    let groups = find_groups(&slots);
    let open = find_open(&slots, &groups, is_settled);
    let is_held = slots.iter().enumerate().map(|(index, slot)| {
        let chat = slot.as_ref().and_then(|update| held_chat(&update.event));
        let since = chat.and_then(|chat| open.get(chat));
        since.is_some_and(|since| *since <= index)
    });
    let is_held: Vec<bool> = is_held.collect();
    for group in &groups {
        join_group(&mut slots, group);
    }
    let ready = slots.into_iter().zip(&is_held);
    let ready = ready.filter(|(_, held)| !**held);
    JoinedUpdates {
        ready: ready.filter_map(|(slot, _)| slot).collect(),
        is_held,
    }
}

/// The chats whose last message may be unfinished, with the indexes of the first parts.
fn find_open(
    slots: &[Option<TelegramUpdate>],
    all_groups: &[PartGroup],
    is_settled: impl Fn(usize) -> bool,
) -> HashMap<ChatId, usize> {
    let mut last_of_chat: HashMap<&ChatId, usize> = HashMap::new();
    for (index, slot) in slots.iter().enumerate() {
        let event = slot.as_ref().map(|update| &update.event);
        // An edit does not end an album.
        let message = event.filter(|event| !matches!(event, TelegramEvent::Edit(_)));
        if let Some(chat) = message.and_then(held_chat) {
            last_of_chat.insert(chat, index);
        }
    }
    let mut open = HashMap::new();
    for (chat, last) in last_of_chat {
        let mut groups = all_groups.iter();
        let Some(group) = groups.find(|group| group.parts.last() == Some(&last)) else {
            continue;
        };
        let is_open = !is_settled(last) && group.can_continue();
        if let Some(first) = group.parts.first().copied().filter(|_| is_open) {
            open.insert(
                chat.clone(),
                begin_of_joined(slots, all_groups, chat, first),
            );
        }
    }
    open
}

/// The place from which the messages of a chat are held, so that no joined message has parts on both sides of the place.
fn begin_of_joined(
    slots: &[Option<TelegramUpdate>],
    groups: &[PartGroup],
    chat: &ChatId,
    mut since: usize,
) -> usize {
    let first_in_chat = |group: &PartGroup| {
        let first = *group.parts.first()?;
        let event = &slots.get(first)?.as_ref()?.event;
        (held_chat(event) == Some(chat)).then_some(first)
    };
    // Two albums of one person can arrive mixed.
    loop {
        let mixed = groups
            .iter()
            .filter(|group| group.parts.last() >= Some(&since));
        let earlier = mixed
            .filter_map(first_in_chat)
            .filter(|first| *first < since);
        match earlier.min() {
            Some(first) => since = first,
            None => return since,
        }
    }
}

impl PartGroup {
    /// Whether a further part may follow.
    fn can_continue(&self) -> bool {
        if self.last.album.is_some() {
            return self.parts.len() < LARGEST_ALBUM;
        }
        let units = self.last.text_units.unwrap_or_default();
        let is_long = units >= SHORTEST_PART && !self.last.is_forwarded;
        is_long && self.parts.len() < MOST_TEXT_PARTS
    }

    /// Whether this message, the next one of the same author in the chat, is a further part of a split text.
    fn is_continued_by(&self, next: &JoiningMarks) -> bool {
        let near = self.last.date.zip(next.date);
        self.last.album.is_none()
            && self.can_continue()
            && next.album.is_none()
            && next.text_units.is_some()
            && !next.is_reply
            && !next.is_forwarded
            && near.is_some_and(|(last, next)| last.abs_diff(next) <= APART)
    }
}

/// Finds the messages with parts. A group of one part may still continue in a later update.
fn find_groups(slots: &[Option<TelegramUpdate>]) -> Vec<PartGroup> {
    let mut groups: Vec<PartGroup> = Vec::new();
    let mut albums: HashMap<(AuthorInChat, &str), usize> = HashMap::new();
    let mut texts: HashMap<AuthorInChat, usize> = HashMap::new();
    for (index, slot) in slots.iter().enumerate() {
        let Some(event) = slot.as_ref().map(|update| &update.event) else {
            continue;
        };
        let (message, marks) = match event {
            TelegramEvent::Message(decoded) => match &decoded.message {
                IncomingMessage::Readable(message) => (&**message, &decoded.marks),
                IncomingMessage::Unreadable(_) => continue,
            },
            TelegramEvent::Command(command) => {
                // A command ends a text of the same author.
                texts.remove(&author_in_chat(&command.message));
                continue;
            }
            _ => continue,
        };
        let author = author_in_chat(message);
        if let Some(album) = &marks.album {
            texts.remove(&author);
            let known = albums.get(&(author.clone(), album.as_str())).copied();
            let known = known.filter(|known| groups[*known].can_continue());
            let number = extend_group(&mut groups, known, index, marks);
            albums.insert((author, album), number);
            continue;
        }
        let known = texts.remove(&author);
        let known = known.filter(|known| groups[*known].is_continued_by(marks));
        if marks.text_units.is_some() {
            let number = extend_group(&mut groups, known, index, marks);
            texts.insert(author, number);
        }
    }
    groups
}

/// Adds a part to a group, or to a new group. Returns the number of the group.
fn extend_group(
    groups: &mut Vec<PartGroup>,
    known: Option<usize>,
    index: usize,
    marks: &JoiningMarks,
) -> usize {
    let last = marks.clone();
    if let Some(number) = known {
        let group = &mut groups[number];
        group.parts.push(index);
        group.last = last;
        return number;
    }
    let parts = vec![index];
    groups.push(PartGroup { parts, last });
    groups.len() - 1
}

fn author_in_chat(message: &ReadableMessage) -> AuthorInChat {
    (message.chat.clone(), message.sender.author.id.clone())
}

/// Joins the parts of a group in the place of the first part.
fn join_group(slots: &mut [Option<TelegramUpdate>], group: &PartGroup) {
    let mut parts = group.parts.iter();
    let Some(first) = parts.next() else {
        return;
    };
    for part in parts {
        let part = slots[*part].take().map(|update| update.event);
        let first = slots[*first].as_mut().map(|update| &mut update.event);
        if let (Some(TelegramEvent::Message(first)), Some(TelegramEvent::Message(part))) =
            (first, part)
        {
            join_part(first, *part);
        }
    }
}

/// Adds a part to the message with the earlier parts.
fn join_part(whole: &mut DecodedMessage, part: DecodedMessage) {
    let DecodedMessage { message, marks } = part;
    let (IncomingMessage::Readable(first), IncomingMessage::Readable(next)) =
        (&mut whole.message, message)
    else {
        return;
    };
    first.is_joined |= next.is_joined || !(first.text.is_empty() || next.text.is_empty());
    let joint = match whole.marks.text_units {
        _ if first.text.is_empty() || next.text.is_empty() => "",
        None => "\n\n",
        // A client that finds no space cuts at the limit.
        Some(units) if units >= TEXT_LIMIT => "",
        // The server removes the white space at the cut.
        Some(_) => "\n",
    };
    first.part_ids.push(next.id);
    first.part_ids.extend(next.part_ids);
    first.text.push_str(joint);
    first.text.push_str(&next.text);
    first.files.extend(next.files);
    first.mentions_us |= next.mentions_us;
    first.position = next.position;
    first.reply_to = first.reply_to.take().or(next.reply_to);
    first.edited_at = first.edited_at.max(next.edited_at);
    whole.marks = JoiningMarks {
        is_reply: whole.marks.is_reply || marks.is_reply,
        ..marks
    };
}

/// The chat of an event whose order in the chat matters. Presses, reactions and notices are never held.
fn held_chat(event: &TelegramEvent) -> Option<&ChatId> {
    match event {
        TelegramEvent::Message(decoded) | TelegramEvent::Edit(decoded) => decoded.message.chat(),
        TelegramEvent::Command(command) => Some(&command.message.chat),
        TelegramEvent::Unreadable(message) => message.chat.as_ref(),
        _ => None,
    }
}
