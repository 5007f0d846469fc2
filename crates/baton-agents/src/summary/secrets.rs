//! Finds and masks text that looks like a secret.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

/// The replacement of a secret.
const MASK: &str = "***";

/// Parts of names that announce a secret value.
const NAMES: &str = "password|passwd|passphrase|token|secret|api[-_]?key|access[-_]?key|private[-_]?key|credentials?";

/// A value: quoted, or up to the end of the word.
const VALUE: &str = r#"(?:"[^"]*"|'[^']*'|[^\s"';|&]+)"#;

/// Patterns and their replacements.
static RULES: LazyLock<Vec<(Regex, String)>> = LazyLock::new(|| {
    let rules = [
        // Private keys, complete or with only one end visible.
        (r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|\z)".to_owned(), MASK.to_owned()),
        (r"\A(?s:.*)-----END [A-Z ]*PRIVATE KEY-----".to_owned(), MASK.to_owned()),
        // HTTP headers.
        (
            r#"(?i)\b((?:proxy-)?authorization\s*[:=]\s*)(?:(bearer|basic|token|digest|bot)\s+)?[^\s"']+"#.to_owned(),
            format!("${{1}}{MASK}"),
        ),
        (r#"(?i)\b((?:set-)?cookie\s*:\s*)[^"'\n]+"#.to_owned(), format!("${{1}}{MASK}")),
        (r"(?i)\b(bearer\s+)[A-Za-z0-9._~+/=-]{6,}".to_owned(), format!("${{1}}{MASK}")),
        // `--password x`, `--api-key=x`
        (
            format!(r"(?i)((?:^|\s)--?[a-z0-9-]*(?:{NAMES}|auth|pass)(?:\s+|=)){VALUE}"),
            format!("${{1}}{MASK}"),
        ),
        // `API_KEY=x`, `?token=x`, `password: x`, `"secret": "x"`
        (
            format!(r#"(?i)\b([a-z0-9_.-]*(?:{NAMES}|_key|_pass|_pwd|_auth|^key|\?key|&key)[a-z0-9_]*["']?\s*[=:]\s*){VALUE}"#),
            format!("${{1}}{MASK}"),
        ),
        (format!(r"\b([A-Z0-9_]*(?:KEY|PASS|PWD|AUTH)[A-Z0-9_]*=){VALUE}"), format!("${{1}}{MASK}")),
        (r#"([?&](?:key|auth|sig|signature|code)=)[^\s&"']+"#.to_owned(), format!("${{1}}{MASK}")),
        // `https://name:secret@host`, `https://secret@host`
        (r#"([a-z][a-z0-9+.-]*://)[^/\s:@"']*:[^/\s@"']+@"#.to_owned(), format!("${{1}}{MASK}@")),
        (r#"([a-z][a-z0-9+.-]*://)[^/\s:@"']{16,}@"#.to_owned(), format!("${{1}}{MASK}@")),
        // `curl -u name:secret`, `mysql -psecret`, `sshpass -p secret`
        (r#"((?:^|\s)(?:-u|--user)(?:\s+|=)["']?[^\s:"']+:)[^\s"']+"#.to_owned(), format!("${{1}}{MASK}")),
        (r"(\bmysql\w*\b[^|;&\n]*?\s-p)[^\s]+".to_owned(), format!("${{1}}{MASK}")),
        (r"(\bsshpass\s+-p\s*)[^\s]+".to_owned(), format!("${{1}}{MASK}")),
        // Tokens with a recognizable form.
        (
            concat!(
                r"\b(?:sk-[A-Za-z0-9_-]{8,}|gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}",
                r"|xox[abeoprs]-[\w-]{8,}|(?:AKIA|ASIA)[0-9A-Z]{16}|AIza[\w-]{30,}|hf_[A-Za-z0-9]{16,}",
                r"|npm_[A-Za-z0-9]{16,}|eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?|\d{8,10}:[\w-]{30,}",
                r"|[MNO][\w-]{23,}\.[\w-]{6}\.[\w-]{27,})",
            )
            .to_owned(),
            MASK.to_owned(),
        ),
    ];
    rules
        .into_iter()
        .map(|(pattern, with)| (Regex::new(&pattern).expect("a pattern of ours"), with))
        .collect()
});

/// Replaces text that looks like a secret with `***`.
pub fn mask_secrets(text: &str) -> String {
    let mut text = Cow::Borrowed(text);
    for (pattern, with) in RULES.iter() {
        if let Cow::Owned(masked) = pattern.replace_all(&text, with.as_str()) {
            text = Cow::Owned(masked);
        }
    }
    text.into_owned()
}

/// Masks the end of a text like [`mask_secrets`]. The text before the end may have begun a private key.
pub(super) fn mask_end(before: &str, end: &str) -> String {
    const KEY: &str = "PRIVATE KEY-----";
    let mark = before.rfind(KEY).and_then(|at| before[..at].rfind("-----"));
    match mark.map(|at| &before[at..]) {
        Some(begun) if begun.starts_with("-----BEGIN ") => {
            let open = format!("-----BEGIN {KEY}\n{end}");
            mask_secrets(&open)
        }
        _ => mask_secrets(end),
    }
}
