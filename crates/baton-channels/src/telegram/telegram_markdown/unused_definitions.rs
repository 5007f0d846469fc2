//! Definitions of links, such as `[label]: address`, which no link uses. A line like `[INFO]: done` has the same form, so
//! an unused definition is a text.

use std::collections::{BTreeSet, VecDeque};

use pulldown_cmark::{Event, Parser, Tag};

use super::OF_REPLIES;

/// The unused definitions of a text, in their order, until they are taken.
#[derive(Debug, Default)]
pub(super) struct UnusedDefinitions {
    /// The place in the Markdown, and the text in one line.
    left: VecDeque<(usize, String)>,
}

impl UnusedDefinitions {
    /// Finds the unused definitions of a text.
    pub(super) fn find_in(markdown: &str) -> Self {
        let mut parser = Parser::new_ext(markdown, OF_REPLIES);
        let definitions = parser.reference_definitions().iter();
        let definitions = definitions.map(|(_, definition)| definition.span.clone());
        let mut definitions: Vec<_> = definitions.collect();
        if definitions.is_empty() {
            return Self::default();
        }
        let mut used = BTreeSet::new();
        while let Some(event) = parser.next() {
            // Other links have no label.
            if let Event::Start(Tag::Link { id, .. } | Tag::Image { id, .. }) = event
                && let Some(definition) = parser.reference_definitions().get(&id)
            {
                used.insert(definition.span.start);
            }
        }
        definitions.retain(|span| !used.contains(&span.start));
        definitions.sort_by_key(|span| span.start);
        let texts = definitions.into_iter().map(|span| {
            let words: Vec<_> = markdown[span.clone()].split_whitespace().collect();
            (span.start, words.join(" "))
        });
        Self {
            left: texts.collect(),
        }
    }

    /// Takes the next definition that stands before this place.
    pub(super) fn take_before(&mut self, place: usize) -> Option<String> {
        let (start, _) = self.left.front()?;
        if *start >= place {
            return None;
        }
        self.left.pop_front().map(|(_, text)| text)
    }
}

#[cfg(test)]
mod tests {
    use super::super::dialect_writer::write_dialect;
    use super::super::{DialectForm, plain_text};
    use super::*;

    #[test]
    fn only_definitions_without_a_link_are_texts() {
        let markdown = "[INFO]: done\n\nSee [Docs].\n\n[docs]: https://example.org\n[x]: y";
        let mut found = UnusedDefinitions::find_in(markdown);
        let found = std::iter::from_fn(|| found.take_before(markdown.len()));
        assert_eq!(found.collect::<Vec<_>>(), ["[INFO]: done", "[x]: y"]);
    }

    #[test]
    fn an_unused_definition_stays_in_its_place() {
        let markdown = "before\n\n[INFO]: done\n\nafter\n\n- item\n\n[x]: y";
        for form in [DialectForm::Entities, DialectForm::Rich] {
            let plain = plain_text(&write_dialect(markdown, form));
            let order = ["before", "[INFO]: done", "after", "item", "[x]: y"];
            let places = order.map(|text| plain.find(text).unwrap());
            assert!(places.is_sorted(), "{plain}");
        }
    }
}
