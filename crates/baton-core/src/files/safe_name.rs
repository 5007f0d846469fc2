//! Safe names for files from people and agents.

/// The maximum length of a name, in bytes. File systems allow 255, and Baton adds a number in front.
const NAME_LIMIT: usize = 120;

/// The last part of a path, with every character replaced that could be special to a file system, a shell or
/// a terminal. Never empty, and never a hidden file.
pub fn safe_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last
        .chars()
        .map(|c| match c {
            '.' | '-' | '_' => c,
            c if c.is_alphanumeric() => c,
            _ => '_',
        })
        .collect();
    let plain = plain.trim_start_matches(['.', '-']);
    let plain = if plain.is_empty() { "file" } else { plain };
    cut_name(plain)
}

/// Cuts a long name, and keeps its ending, because the ending tells the type of the file.
fn cut_name(name: &str) -> String {
    if name.len() <= NAME_LIMIT {
        return name.to_owned();
    }
    let ending = match name.rsplit_once('.') {
        Some((_, ending)) if ending.len() <= 16 => format!(".{ending}"),
        _ => String::new(),
    };
    let mut end = NAME_LIMIT - ending.len();
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{ending}", &name[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_more_than_a_name_is_cut_off() {
        for (given, safe) in [
            ("report.pdf", "report.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\ann\\x.txt", "x.txt"),
            (".ssh", "ssh"),
            ("-rf", "rf"),
            ("..", "file"),
            ("", "file"),
            ("a b;rm $(x)\n.txt", "a_b_rm___x__.txt"),
            ("übung.md", "übung.md"),
            ("evil\u{202e}fdp.exe", "evil_fdp.exe"),
        ] {
            assert_eq!(safe_name(given), safe, "{given:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_ending() {
        let long = format!("{}.tar.gz", "ü".repeat(500));
        let safe = safe_name(&long);
        assert!(safe.len() <= NAME_LIMIT && safe.ends_with("gz"), "{safe}");
    }
}
