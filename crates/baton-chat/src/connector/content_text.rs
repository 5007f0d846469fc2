//! The text of a message for the agent. Polls, stickers, forwarded messages and boxes become words.

use std::iter;

/// Collects the content of a message as the paragraphs of one text.
#[derive(Debug, Default)]
pub struct ContentText(Vec<String>);

impl ContentText {
    /// Adds a text, without white space at both ends. A blank text adds nothing.
    pub fn add_text(&mut self, text: &str) {
        let text = text.trim();
        if !text.is_empty() {
            self.0.push(text.to_owned());
        }
    }

    /// Adds a box of lines, such as the preview of a page. Blank lines are left out.
    pub fn add_box(&mut self, lines: impl IntoIterator<Item = impl Into<String>>) {
        let lines = lines.into_iter().map(Into::into);
        let lines: Vec<String> = lines.filter(|line| !line.trim().is_empty()).collect();
        self.add_text(&lines.join("\n"));
    }

    /// Adds a sticker with this name.
    pub fn add_sticker(&mut self, name: &str) {
        self.add_text(&format!("[a sticker: {name}]"));
    }

    /// Adds a poll.
    pub fn add_poll<'a>(&mut self, question: &str, answers: impl IntoIterator<Item = &'a str>) {
        let answers = answers.into_iter().map(|answer| format!("- {answer}"));
        self.add_box(iter::once(format!("Poll: {question}")).chain(answers));
    }

    /// Adds the content of a forwarded message, as a quote.
    pub fn add_forwarded(&mut self, content: Self) {
        let text = content.into_text();
        let quoted = text.lines().map(|line| format!("> {line}"));
        if !text.is_empty() {
            self.add_box(iter::once("Forwarded:".to_owned()).chain(quoted));
        }
    }

    /// The whole text. Paragraphs have a blank line between them.
    pub fn into_text(self) -> String {
        self.0.join("\n\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_is_said_in_words_between_blank_lines() {
        let mut forwarded = ContentText::default();
        forwarded.add_text("It is broken.\nLook!");
        forwarded.add_sticker("Wave");
        let mut text = ContentText::default();
        text.add_text(" hello ");
        text.add_text("  ");
        text.add_box(["a title", " ", "a line"]);
        text.add_poll("When?", ["now", "later"]);
        text.add_forwarded(forwarded);
        text.add_forwarded(ContentText::default());
        let expected = "hello\n\na title\na line\n\nPoll: When?\n- now\n- later\n\n\
            Forwarded:\n> It is broken.\n> Look!\n> \n> [a sticker: Wave]";
        assert_eq!(text.into_text(), expected);
    }
}
