//! The marked parts of a text: mentions and links. Telegram counts their places in UTF-16 units.

use std::ops::Range;

use crate::telegram::bot_context::BotContext;
use crate::telegram::telegram_wire::MessageEntity;

/// A marked part with its place in bytes.
struct PlacedEntity<'a> {
    entity: &'a MessageEntity,
    place: Range<usize>,
    /// The marked words.
    words: &'a str,
}

impl PlacedEntity<'_> {
    fn mentions_us(&self, bot: &BotContext) -> bool {
        match self.entity.kind.as_str() {
            "mention" => {
                let name = self.words.strip_prefix('@');
                name.is_some_and(|name| bot.is_own_name(name))
            }
            "text_mention" => {
                let user = self.entity.user.as_ref();
                user.is_some_and(|user| bot.is_us(user))
            }
            _ => false,
        }
    }

    /// The words to show in place of the marked words; `None` to keep the marked words.
    fn replacement(&self) -> Option<String> {
        match self.entity.kind.as_str() {
            "text_link" => {
                let url = self.entity.url.as_deref().filter(|url| !url.is_empty())?;
                (url != self.words).then(|| format!("{} ({url})", self.words))
            }
            "text_mention" => {
                let user = self.entity.user.as_ref()?;
                Some(format!("@{}", user.full_name()))
            }
            _ => None,
        }
    }
}

/// Whether a text mentions the bot.
pub(crate) fn find_own_mention(bot: &BotContext, text: &str, entities: &[MessageEntity]) -> bool {
    let mut placed = place_entities(text, entities).into_iter();
    placed.any(|entity| entity.mentions_us(bot))
}

/// The text with names in place of other mentions, and with the addresses of links. Mentions of the bot are removed,
/// unless `bot` is `None`. The part of the text at `removed` is removed too.
pub(crate) fn render_entities(
    bot: Option<&BotContext>,
    text: &str,
    entities: &[MessageEntity],
    removed: Option<Range<usize>>,
) -> String {
    let mut changes: Vec<(Range<usize>, String)> = removed
        .into_iter()
        .map(|place| (place, String::new()))
        .collect();
    for entity in place_entities(text, entities) {
        if bot.is_some_and(|bot| entity.mentions_us(bot)) {
            changes.push((with_space_after(text, entity.place), String::new()));
        } else if let Some(replacement) = entity.replacement() {
            changes.push((entity.place, replacement));
        }
    }
    changes.sort_by_key(|(place, replacement)| (place.start, !replacement.is_empty()));
    let (mut rendered, mut done) = (String::with_capacity(text.len()), 0);
    for (place, replacement) in changes {
        // Parts can overlap. The first one decides, and a removal before a replacement.
        let Some(before) = text.get(done..place.start) else {
            continue;
        };
        rendered.push_str(before);
        rendered.push_str(&replacement);
        done = place.end;
    }
    rendered.push_str(text.get(done..).unwrap_or_default());
    rendered
}

/// The place with the space after it, if the removal would leave two spaces, or one at the start.
fn with_space_after(text: &str, place: Range<usize>) -> Range<usize> {
    let before = text[..place.start].chars().next_back();
    let follows_space = before.is_none_or(char::is_whitespace);
    let is_space = text[place.end..].starts_with(' ');
    let end = place.end + usize::from(follows_space && is_space);
    place.start..end
}

/// The entities with their places. An entity outside the text, or with a half character, is left out.
fn place_entities<'a>(text: &'a str, entities: &'a [MessageEntity]) -> Vec<PlacedEntity<'a>> {
    if entities.is_empty() {
        return Vec::new();
    }
    let units = byte_places(text);
    let placed = entities.iter().filter_map(|entity| {
        let end = entity.offset.checked_add(entity.length)?;
        let start = (*units.get(entity.offset)?)?;
        let end = (*units.get(end)?)?;
        let words = text.get(start..end).filter(|words| !words.is_empty())?;
        Some(PlacedEntity {
            entity,
            place: start..end,
            words,
        })
    });
    placed.collect()
}

/// The place in bytes of each UTF-16 unit and of the end; `None` for the second half of a character.
fn byte_places(text: &str) -> Vec<Option<usize>> {
    let mut places = Vec::with_capacity(text.len() + 1);
    for (place, character) in text.char_indices() {
        places.push(Some(place));
        if character.len_utf16() == 2 {
            places.push(None);
        }
    }
    places.push(Some(text.len()));
    places
}
