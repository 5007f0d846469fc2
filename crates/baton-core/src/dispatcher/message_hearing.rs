//! Hears the messages of a turn before the agent runs: a transcriber writes down the words of each recording.
//!
//! A turn without its slot waits for the transcriber, so neither a slow transcriber nor a long recording holds up
//! other conversations. A failure never fails the turn: the agent gets the file with a note, and people are told.
//! A message with files never joins a running turn of an agent, so only the messages of the claim are heard.

use std::collections::HashSet;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::agent::PublicText;
use crate::clock::Clock;
use crate::files::Files;
use crate::message::{Attachment, Message, whole_text};
use crate::name::AgentName;
use crate::notice;
use crate::panics::caught;
use crate::place::Place;
use crate::slots::{Slot, Slots};
use crate::speech::{Speech, SpeechError, TRANSCRIPT_LIMIT, is_recording};
use crate::store::{KeepTranscript, StoreCommands};
use crate::turn::Claim;

/// One mebibyte, in bytes.
const MIB: u64 = 1024 * 1024;

/// The transcript of a recording without words, so that no later try writes it down again.
const NO_WORDS: &str = "*(a recording without words)*";

/// Adds the words of recordings to their messages.
pub(crate) struct MessageHearing {
    store: Arc<dyn StoreCommands>,
    clock: Arc<dyn Clock>,
    files: Option<Arc<Files>>,
    slots: Slots<AgentName>,
    speech: Option<Speech>,
    /// The permissions to use the transcriber.
    at_once: Semaphore,
    /// The places where people know that no transcriber is set.
    told: Mutex<HashSet<Place>>,
}

impl MessageHearing {
    pub(crate) fn new(
        store: Arc<dyn StoreCommands>,
        clock: Arc<dyn Clock>,
        files: Option<Arc<Files>>,
        slots: Slots<AgentName>,
        speech: Option<Speech>,
    ) -> Self {
        let at_once = speech.as_ref().map_or(0, |speech| speech.limits.at_once);
        Self {
            store,
            clock,
            files,
            slots,
            at_once: Semaphore::new(at_once.min(Semaphore::MAX_PERMITS)),
            speech,
            told: Mutex::default(),
        }
    }

    /// Adds the words of all recordings to the messages of a claim, and a note for the agent about each other
    /// recording. Returns the notes for people. The turn gives back its slot meanwhile; after a stop, `slot` stays
    /// empty.
    pub(super) async fn hear_messages(
        &self,
        claim: &mut Claim,
        slot: &mut Option<Slot<AgentName>>,
        stop: &CancellationToken,
    ) -> Vec<String> {
        if unheard(&claim.messages).next().is_none() {
            return Vec::new();
        }
        let (Some(speech), Some(files)) = (&self.speech, &self.files) else {
            for message in &mut claim.messages {
                let names: Vec<_> = unheard_of(message).map(|file| file.name.clone()).collect();
                for name in names {
                    note_for_agent(message, &name, "no transcriber is set");
                }
            }
            return Vec::new();
        };
        drop(slot.take());
        // The slot is free outside a transaction, and only a transaction hands out work.
        if let Err(error) = self.store.expire().await {
            tracing::warn!(turn = %claim.turn, %error, "a free slot is not handed out yet");
        }
        let mut notes = Vec::new();
        let heard = async {
            let (turn, fence) = (claim.turn, claim.fence);
            for message in &mut claim.messages {
                let recordings: Vec<_> = unheard_of(message).cloned().collect();
                for recording in recordings {
                    let kept = |text| KeepTranscript {
                        turn,
                        fence,
                        message: message.id,
                        location: recording.location.clone(),
                        text,
                    };
                    match self.transcribe(speech, files, &recording).await {
                        Ok(text) => {
                            self.keep_transcript(kept(text.clone())).await;
                            add_transcript(message, &recording, text);
                        }
                        Err(error) => {
                            tracing::warn!(%turn, %error, detail = error.detail, "a recording has no transcript");
                            note_for_agent(message, &recording.name, error.reason.as_str());
                            notes.push(notice::not_heard(&recording.name, error.reason.as_str()));
                        }
                    }
                }
            }
            self.slots.take_again(&claim.agent).await
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            again = heard => *slot = Some(again),
        }
        notes
    }

    /// Writes down the words of one recording, within the limits.
    async fn transcribe(
        &self,
        speech: &Speech,
        files: &Files,
        recording: &Attachment,
    ) -> Result<String, SpeechError> {
        let limits = &speech.limits;
        if recording.size > limits.size {
            let words = "it is larger than {} MiB";
            let reason = PublicText::of(words, &[&(limits.size / MIB)]);
            return Err(SpeechError::new(reason));
        }
        let received = files.received_file(recording);
        let received = received.ok_or_else(|| SpeechError::new("the file is missing"))?;
        // The semaphore is never closed.
        let _permit = self.at_once.acquire().await.ok();
        let until = self.clock.steady().after(limits.time);
        let text = tokio::select! {
            biased;
            text = caught(speech.transcriber.transcribe(&received)) => match text {
                Ok(text) => text?,
                Err(panicked) => {
                    return Err(SpeechError::new("Baton itself failed").with_detail(panicked));
                }
            },
            () = self.clock.sleep_until(until) => {
                let words = "the transcriber did not answer within {} s";
                let reason = PublicText::of(words, &[&limits.time.as_secs_f32()]);
                return Err(SpeechError::new(reason));
            }
        };
        if text.len() > TRANSCRIPT_LIMIT {
            return Err(SpeechError::transcript_too_long());
        }
        // The same rule as for written texts: people do not see other control characters.
        let is_visible = |letter: &char| !letter.is_control() || matches!(letter, '\n' | '\t');
        let text: String = text.chars().filter(is_visible).collect();
        let text = text.trim();
        Ok(if text.is_empty() { NO_WORDS } else { text }.to_owned())
    }

    /// Records a transcript. A failure costs only another transcription, if the turn is tried again.
    async fn keep_transcript(&self, kept: KeepTranscript) {
        let (turn, message) = (kept.turn, kept.message);
        if let Err(error) = self.store.keep_transcript(kept).await {
            tracing::warn!(%turn, message_id = message.0, %error, "a transcript is not stored");
        }
    }

    /// The note for people about recordings without a transcriber, once for each place while this process runs.
    pub(super) fn note_without_transcriber(&self, claim: &Claim) -> Option<String> {
        if self.speech.is_some() {
            return None;
        }
        let first = unheard(&claim.messages).next()?;
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = told.insert(claim.place.clone());
        is_new.then(|| notice::no_transcriber(&first.name))
    }
}

/// The recordings without a transcript.
fn unheard(messages: &[Message]) -> impl Iterator<Item = &Attachment> {
    messages.iter().flat_map(unheard_of)
}

fn unheard_of(message: &Message) -> impl Iterator<Item = &Attachment> {
    let files = message.attachments.iter();
    files.filter(|file| file.transcript.is_none() && is_recording(&file.name))
}

fn add_transcript(message: &mut Message, recording: &Attachment, text: String) {
    let written = message.written_text().to_owned();
    let mut files = message.attachments.iter_mut();
    if let Some(file) = files.find(|file| file.location == recording.location) {
        file.transcript = Some(text);
    }
    message.text = whole_text(&written, &message.attachments);
}

/// Tells the agent about a recording without a transcript. Only the agent of this turn sees the note.
fn note_for_agent(message: &mut Message, name: &str, reason: &str) {
    if !message.text.is_empty() {
        message.text.push_str("\n\n");
    }
    let _ = write!(
        message.text,
        "[the words of the recording {name} are not written down: {reason}]"
    );
}
