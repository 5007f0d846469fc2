//! A transcriber controlled by the test.

use std::sync::Arc;

use async_trait::async_trait;
use baton_core::files::Received;
use baton_core::speech::{Speech, SpeechError, SpeechLimits, Transcriber};
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::agent_run::within;

/// A transcriber, and the test's end of it.
pub fn scripted_speech(limits: SpeechLimits) -> (Speech, TranscriberScript) {
    let (asks, asked) = mpsc::unbounded_channel();
    let speech = Speech {
        transcriber: Arc::new(ScriptedTranscriber { asks }),
        limits,
    };
    (
        speech,
        TranscriberScript {
            asked: Mutex::new(asked),
        },
    )
}

struct ScriptedTranscriber {
    asks: mpsc::UnboundedSender<HeardRecording>,
}

/// The recordings for the transcriber, in order.
pub struct TranscriberScript {
    asked: Mutex<mpsc::UnboundedReceiver<HeardRecording>>,
}

/// A recording that waits for its words.
pub struct HeardRecording {
    /// The recording.
    pub recording: Received,
    words: oneshot::Sender<Result<String, SpeechError>>,
}

impl TranscriberScript {
    /// The next recording.
    pub async fn next_recording(&self) -> HeardRecording {
        let asked = async { self.asked.lock().await.recv().await };
        let asked = within("the transcriber gets a recording", asked).await;
        asked.expect("the transcriber lives")
    }

    /// Whether no recording waits.
    pub async fn is_idle(&self) -> bool {
        self.asked.lock().await.is_empty()
    }
}

impl HeardRecording {
    /// Answers with words, or with an error.
    pub fn answer(self, words: Result<&str, SpeechError>) {
        let _ = self.words.send(words.map(str::to_owned));
    }

    /// Waits until nobody waits for the words any more.
    pub async fn abandoned(mut self) {
        within("the recording is given up", self.words.closed()).await;
    }
}

#[async_trait]
impl Transcriber for ScriptedTranscriber {
    async fn transcribe(&self, recording: &Received) -> Result<String, SpeechError> {
        let (words, answer) = oneshot::channel();
        let asked = HeardRecording {
            recording: recording.clone(),
            words,
        };
        let _ = self.asks.send(asked);
        answer
            .await
            .unwrap_or_else(|_| Err(SpeechError::new("the test forgot a recording")))
    }
}
