//! The tags of text that a click shows: `<details>` with its `<summary>`.

/// A part of a block of HTML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum HtmlPart {
    DetailsStart,
    DetailsEnd,
    /// The text of a summary.
    Summary(String),
    /// Everything else, with its tags.
    Text(String),
}

/// Divides a block of HTML at the tags of details.
pub(super) fn split_details(html: &str) -> Vec<HtmlPart> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut is_summary = false;
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        let tag = read_tag(&rest[start..]);
        let Some((name, length)) = tag else {
            text.push_str(&rest[..=start]);
            rest = &rest[start + 1..];
            continue;
        };
        text.push_str(&rest[..start]);
        rest = &rest[start + length..];
        push_text(&mut parts, &mut text, is_summary);
        is_summary = name == "summary";
        match name {
            "details" => parts.push(HtmlPart::DetailsStart),
            "/details" => parts.push(HtmlPart::DetailsEnd),
            _ => {}
        }
    }
    text.push_str(rest);
    push_text(&mut parts, &mut text, is_summary);
    parts
}

/// The text of a summary as HTML within a dialect.
pub(super) fn escape_summary(summary: &str) -> String {
    let escaped = summary.replace('&', "&amp;").replace('<', "&lt;");
    escaped.replace('>', "&gt;")
}

/// The text of a summary within a dialect.
pub(super) fn unescape_summary(summary: &str) -> String {
    let unescaped = summary.replace("&lt;", "<").replace("&gt;", ">");
    unescaped.replace("&amp;", "&")
}

fn push_text(parts: &mut Vec<HtmlPart>, text: &mut String, is_summary: bool) {
    let text = std::mem::take(text);
    if text.trim().is_empty() {
        return;
    }
    parts.push(if is_summary {
        HtmlPart::Summary(text.split_whitespace().collect::<Vec<_>>().join(" "))
    } else {
        HtmlPart::Text(text)
    });
}

/// The name and the length of the tag at the start.
fn read_tag(html: &str) -> Option<(&'static str, usize)> {
    let length = html.find('>')? + 1;
    let inner = &html[1..length - 1];
    let names = ["details", "/details", "summary", "/summary"];
    let name = names.into_iter().find(|name| {
        let beginning = inner.get(..name.len());
        let is_named = beginning.is_some_and(|it| it.eq_ignore_ascii_case(name));
        is_named
            && inner[name.len()..]
                .chars()
                .next()
                .is_none_or(char::is_whitespace)
    })?;
    Some((name, length))
}
