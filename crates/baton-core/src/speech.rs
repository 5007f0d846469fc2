//! Speech: the words of recordings, written down by a transcriber before the turn of their message.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::agent::{AgentError, PublicText};
use crate::files::Received;

/// The longest transcript, in bytes: about ten hours of speech.
pub const TRANSCRIPT_LIMIT: usize = 512 * 1024;

/// A configured transcriber.
#[async_trait]
pub trait Transcriber: Send + Sync + 'static {
    /// Writes down the words of a recording, at most [`TRANSCRIPT_LIMIT`] bytes. Baton drops the future at the
    /// time limit, and after a stop. The drop must end everything that the transcriber started.
    async fn transcribe(&self, recording: &Received) -> Result<String, SpeechError>;
}

/// The reason why a recording has no transcript. Everybody may read the error as text, without its
/// [`detail`](Self::detail).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct SpeechError {
    /// The failure and its remedy, in words for everybody.
    pub reason: PublicText,
    /// The failure in the words of the transcriber, for the log only.
    pub detail: Option<String>,
}

impl SpeechError {
    /// An error without a detail.
    pub fn new(reason: impl Into<PublicText>) -> Self {
        Self {
            reason: reason.into(),
            detail: None,
        }
    }

    /// The error for a transcript above [`TRANSCRIPT_LIMIT`].
    pub fn transcript_too_long() -> Self {
        let words = "the transcript is longer than {} bytes";
        Self::new(PublicText::of(words, &[&TRANSCRIPT_LIMIT]))
    }

    /// Adds the words of the transcriber. The caller must remove known secrets first.
    #[must_use]
    pub fn with_detail(mut self, detail: impl fmt::Display) -> Self {
        self.detail = AgentError::failed("").with_detail(detail).detail;
        self
    }
}

/// A transcriber, and the limits of its work.
#[derive(Clone)]
pub struct Speech {
    /// The transcriber.
    pub transcriber: Arc<dyn Transcriber>,
    /// The limits.
    pub limits: SpeechLimits,
}

/// The limits of a transcriber's work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpeechLimits {
    /// The maximum size of a recording, in bytes.
    pub size: u64,
    /// The time limit for one recording. The wait for other recordings does not count.
    pub time: Duration,
    /// The maximum number of recordings at once.
    pub at_once: usize,
}

impl Default for SpeechLimits {
    fn default() -> Self {
        Self {
            // The limit of the large providers.
            size: 25 * 1024 * 1024,
            time: Duration::from_mins(5),
            at_once: 4,
        }
    }
}

/// Whether the name is that of a recording. The ending decides. A video may have the same ending as a voice
/// message, and then the beginning decides too: Slack and browsers call a voice message so.
pub fn is_recording(name: &str) -> bool {
    const SOUND: [&str; 13] = [
        "ogg", "oga", "opus", "mp3", "mpga", "m4a", "aac", "wav", "flac", "amr", "weba", "caf",
        "wma",
    ];
    const SOUND_OR_VIDEO: [&str; 2] = ["mp4", "webm"];
    const BEGINNINGS: [&str; 2] = ["audio", "voice"];
    let name = name.to_lowercase();
    let Some((beginning, ending)) = name.rsplit_once('.') else {
        return false;
    };
    SOUND.contains(&ending)
        || SOUND_OR_VIDEO.contains(&ending)
            && BEGINNINGS.iter().any(|word| beginning.starts_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_file_tells_whether_it_is_a_recording() {
        for name in [
            "voice-message.ogg",
            "Memo.M4A",
            "audio_message.mp4",
            "voice-message.webm",
            "a.b.opus",
        ] {
            assert!(is_recording(name), "{name}");
        }
        for name in ["holiday.mp4", "screen.webm", "ogg", "notes.txt", ""] {
            assert!(!is_recording(name), "{name}");
        }
    }
}
