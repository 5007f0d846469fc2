//! `echo`: replies with the message itself, in pieces. A fresh installation answers at once, and shows a
//! streamed reply.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_core::agent::{Agent, AgentError, Reply, Turn, TurnIo};
use baton_core::clock::Clock;

/// The settings of `echo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EchoSettings {
    /// The pause between two pieces; zero for no pause.
    pub pause: Duration,
}

impl Default for EchoSettings {
    fn default() -> Self {
        Self {
            pause: Duration::from_millis(40),
        }
    }
}

/// The number of words in a piece.
const WORDS: usize = 3;
/// The most pieces. A long text has larger pieces rather than more, so that a reply does not take minutes.
const MOST_PIECES: usize = 50;

/// An agent that replies with the message itself.
pub struct EchoAgent {
    settings: EchoSettings,
    clock: Arc<dyn Clock>,
}

impl EchoAgent {
    /// Makes an agent with these settings.
    pub fn new(settings: EchoSettings, clock: Arc<dyn Clock>) -> Self {
        Self { settings, clock }
    }

    async fn wait_pause(&self) {
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
        for piece in split_pieces(&turn.prompt()) {
            if !so_far.is_empty() {
                tokio::select! {
                    biased;
                    () = io.stop.cancelled() => {}
                    () = self.wait_pause() => {}
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

/// Splits a text into groups of words. The joined groups are the text again.
fn split_pieces(text: &str) -> Vec<String> {
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
            assert_eq!(split_pieces(text).concat(), text);
        }
        assert_eq!(split_pieces("a b c d"), ["a b c ", "d"]);
        assert!(split_pieces(&"word ".repeat(100_000)).len() <= MOST_PIECES);
    }
}
