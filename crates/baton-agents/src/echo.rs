//! `echo`: says the message again, in pieces, so that a fresh machine answers at once and one can
//! see how a reply streams.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_core::agent::{Agent, AgentError, Reply, Turn, TurnIo};
use baton_core::clock::Clock;

/// How `echo` speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EchoSettings {
    /// Between two pieces; with zero there is none.
    pub pause: Duration,
}

impl Default for EchoSettings {
    fn default() -> Self {
        Self {
            pause: Duration::from_millis(40),
        }
    }
}

/// How many words are said at once.
const WORDS: usize = 3;
/// A long text is said in larger pieces rather than in more, so that it does not take minutes.
const MOST_PIECES: usize = 50;

/// Says the message again.
pub struct EchoAgent {
    settings: EchoSettings,
    clock: Arc<dyn Clock>,
}

impl EchoAgent {
    /// An echo that speaks as set.
    pub fn new(settings: EchoSettings, clock: Arc<dyn Clock>) -> Self {
        Self { settings, clock }
    }

    async fn pause(&self) {
        let pause = self.settings.pause;
        if !pause.is_zero() {
            self.clock
                .sleep_until(self.clock.steady().after(pause))
                .await;
        }
    }
}

#[async_trait]
impl Agent for EchoAgent {
    async fn run(&self, turn: &Turn, io: &mut TurnIo) -> Result<Reply, AgentError> {
        let mut so_far = String::new();
        for piece in pieces(&turn.prompt()) {
            if !so_far.is_empty() {
                tokio::select! {
                    biased;
                    () = io.stop.cancelled() => {}
                    () = self.pause() => {}
                }
            }
            if io.stop.is_cancelled() {
                break;
            }
            io.say(piece.as_str()).await;
            so_far.push_str(&piece);
        }
        Ok(Reply::text(so_far))
    }
}

/// The text in groups of words; joined again they are the text.
fn pieces(text: &str) -> Vec<String> {
    let words: Vec<_> = text.split_inclusive(char::is_whitespace).collect();
    let group = words.len().div_ceil(MOST_PIECES).max(WORDS);
    words.chunks(group).map(<[_]>::concat).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_joined_are_the_text() {
        for text in ["", " ", "one", "one two\nthree  four five", "漢字 🎉\n\n"] {
            assert_eq!(pieces(text).concat(), text);
        }
        assert_eq!(pieces("a b c d"), ["a b c ", "d"]);
        assert!(pieces(&"word ".repeat(100_000)).len() <= MOST_PIECES);
    }
}
