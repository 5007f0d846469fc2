//! The query of an HTTP request, and bodies of the same form.

use std::collections::BTreeMap;

/// The names and values of a path or a query.
pub(crate) type Values = BTreeMap<String, String>;

/// Decodes percent encoding; `None` for invalid encoding or invalid UTF-8.
pub(crate) fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte == b'%' {
            let code = std::str::from_utf8(rest.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(code, 16).ok()?);
            rest = &rest[2..];
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// The names and values of a query; `None` for invalid encoding.
pub(crate) fn query_values(query: &str) -> Option<Values> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let decoded = pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Some((
            percent_decoded(name)?,
            percent_decoded(&value.replace('+', " "))?,
        ))
    });
    decoded.collect()
}
