//! The titles of threads: the first words of the first message.

/// The title of a thread without a better one.
const NO_TITLE: &str = "Baton";

/// The title of a thread for the answers to a text: the first line with words, in at most `longest` characters.
pub(super) fn thread_title(text: &str, longest: usize) -> String {
    let mut lines = text.lines().map(str::split_whitespace);
    let words = lines.find_map(|words| words.clone().next().map(|_| words));
    let title = words.map(|words| words.collect::<Vec<_>>().join(" "));
    let title: String = title.unwrap_or_default().chars().take(longest).collect();
    if title.is_empty() {
        NO_TITLE.to_owned()
    } else {
        title
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_the_first_line_with_words() {
        assert_eq!(thread_title("\n  fix   the roof \nnow", 60), "fix the roof");
        assert_eq!(thread_title("fix the roof", 7), "fix the");
        assert_eq!(thread_title(" \n", 60), "Baton");
    }
}
