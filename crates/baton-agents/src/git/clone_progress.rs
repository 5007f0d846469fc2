//! Parses git's standard error during a clone: the progress, the received bytes and the error messages.

use crate::safe_text::Utf8Pieces;

/// The kept error messages: a number of lines, and bytes in a line.
const LINES: usize = 8;
const LINE: usize = 500;

/// A parser for git's standard error.
pub(super) struct CloneProgress<F> {
    pieces: Utf8Pieces,
    line: String,
    /// The last lines without progress.
    complaints: Vec<String>,
    received: u64,
    told: String,
    tell: F,
}

impl<F: FnMut(String)> CloneProgress<F> {
    pub(super) fn new(tell: F) -> Self {
        Self {
            pieces: Utf8Pieces::default(),
            line: String::new(),
            complaints: Vec::new(),
            received: 0,
            told: String::new(),
            tell,
        }
    }

    pub(super) fn parse_output(&mut self, bytes: &[u8]) {
        for letter in self.pieces.push(bytes).chars() {
            match letter {
                // Git overwrites a progress line with a carriage return.
                '\n' | '\r' => self.finish_line(),
                _ if self.line.len() < LINE => self.line.push(letter),
                _ => {}
            }
        }
    }

    /// The number of received bytes, as git reports them.
    pub(super) fn received_bytes(&self) -> u64 {
        self.received
    }

    /// The error messages of git.
    pub(super) fn error_text(&mut self) -> String {
        self.finish_line();
        self.complaints.join("\n")
    }

    fn finish_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let line = line.trim();
        let Some((what, percent)) = parse_step(line) else {
            let says_something = !line.is_empty() && !line.starts_with("Cloning into ");
            if says_something && !line.starts_with("remote: ") {
                self.complaints.push(line.to_owned());
                let many = self.complaints.len().saturating_sub(LINES);
                self.complaints.drain(..many);
            }
            return;
        };
        if what == "Receiving objects" {
            self.received = self.received.max(parse_amount(line).unwrap_or(0));
        }
        let told = format!("{what}: {percent} %");
        if told != self.told {
            self.told.clone_from(&told);
            (self.tell)(told);
        }
    }
}

/// Parses a progress line into its title and percentage:
/// `Receiving objects:  45% (450/1000), 1.20 MiB | 2.00 MiB/s`.
fn parse_step(line: &str) -> Option<(&str, u8)> {
    let line = line.strip_prefix("remote: ").unwrap_or(line);
    let (what, rest) = line.split_once(':')?;
    let (percent, _) = rest.split_once('%')?;
    Some((what, percent.trim().parse().ok()?))
}

/// The received bytes in such a line.
fn parse_amount(line: &str) -> Option<u64> {
    let amount = line.split("), ").nth(1)?.split('|').next()?;
    let (number, unit) = amount.trim().split_once(' ')?;
    let unit = match unit.trim_end_matches([',', '.']).split(',').next()? {
        "bytes" => 1.0,
        "KiB" => 1024.0,
        "MiB" => 1024.0 * 1024.0,
        "GiB" => 1024.0 * 1024.0 * 1024.0,
        _ => return None,
    };
    let bytes = number.parse::<f64>().ok()? * unit;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "saturates"
    )]
    Some(bytes as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_all(text: &str) -> (Vec<String>, u64, String) {
        let mut told = Vec::new();
        let mut progress = CloneProgress::new(|step| told.push(step));
        // The stream may be split at any byte.
        for byte in text.as_bytes() {
            progress.parse_output(&[*byte]);
        }
        let (received, complaint) = (progress.received_bytes(), progress.error_text());
        (told, received, complaint)
    }

    #[test]
    fn progress_is_told_when_it_changes() {
        let (told, received, complaint) = parse_all(
            "Cloning into 'x'...\nremote: Counting objects:  50% (1/2)\rremote: Counting objects:  50% (1/2)\r\
             Receiving objects:  45% (450/1000), 1.50 MiB | 2.00 MiB/s\r\
             Receiving objects: 100% (1000/1000), 3.25 MiB | 2.00 MiB/s, done.\n",
        );
        assert_eq!(
            told,
            [
                "Counting objects: 50 %",
                "Receiving objects: 45 %",
                "Receiving objects: 100 %"
            ]
        );
        assert_eq!(received, 3_407_872);
        assert_eq!(complaint, "");
    }

    #[test]
    fn what_is_no_progress_is_why_it_gave_up() {
        let (told, received, complaint) = parse_all(
            "Cloning into 'x'...\nfatal: repository 'https://example.org/x' not found\nno newline",
        );
        assert_eq!((told.len(), received), (0, 0));
        assert_eq!(
            complaint,
            "fatal: repository 'https://example.org/x' not found\nno newline"
        );
    }

    #[test]
    fn long_and_many_lines_are_bounded() {
        let text = format!("{}\n", "x".repeat(10_000)).repeat(100);
        let (.., complaint) = parse_all(&text);
        assert!(complaint.len() <= LINES * (LINE + 1), "{}", complaint.len());
    }
}
