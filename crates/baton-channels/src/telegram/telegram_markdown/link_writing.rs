//! Links in a dialect.

/// The longest address of a link, in bytes. A longer address is text, because the splitter must not cut a link.
const LONGEST_ADDRESS: usize = 1_000;

/// The beginning of the addresses that only Baton's own prompts may have: [`crate::telegram::actions::prompt_mark`].
const OF_PROMPTS: &str = "https://baton.example";

/// Whether Telegram makes a link of an address. A mark of a prompt, copied into the text of an agent, is never a link:
/// otherwise a reply to this text would count as the answer to the prompt.
pub(super) fn is_web_address(address: &str) -> bool {
    let beginning = address.get(..OF_PROMPTS.len());
    if beginning.is_some_and(|it| it.eq_ignore_ascii_case(OF_PROMPTS)) {
        return false;
    }
    let scheme = address.split_once("://").map(|(scheme, _)| scheme);
    let is_web = scheme
        .is_some_and(|it| it.eq_ignore_ascii_case("http") || it.eq_ignore_ascii_case("https"));
    let is_bare = |it: char| !it.is_whitespace() && !it.is_control();
    is_web && address.len() <= LONGEST_ADDRESS && address.chars().all(is_bare)
}

/// Whether a text ends in a bare address. Marks that follow directly belong to the address.
pub(super) fn ends_in_address(text: &str) -> bool {
    let word = text.rsplit(char::is_whitespace).next().unwrap_or_default();
    let address = word.rsplit_once("://").map(|(_, address)| address);
    address.is_some_and(|it| !it.contains(['(', ')', '[', ']', '<', '>', '"', '`', '*', '|']))
}

/// The address that is shown beside the text of a link. `None` if the text says all.
pub(super) fn shown_address<'a>(address: &'a str, text: &str) -> Option<&'a str> {
    let shown = address.strip_prefix("mailto:").unwrap_or(address);
    // The address of a place in the same text leads nowhere.
    let is_told = shown.is_empty() || shown.starts_with('#') || shown == text;
    (!is_told).then_some(shown)
}

/// Joins a text in the dialect and an address.
pub(super) fn join_link(text: &str, address: &str) -> String {
    let mut link = format!("[{text}](");
    for character in address.chars() {
        if "\\()<>[]*_~`|&".contains(character) {
            link.push('\\');
        }
        link.push(character);
    }
    link.push(')');
    link
}
