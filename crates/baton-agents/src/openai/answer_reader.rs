//! The answer of a model server: a stream of events, or a JSON document from a server that does not stream.
//! The first byte decides, because many servers send a wrong content type.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use baton_core::agent::TurnIo;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt, future, stream};
use reqwest::Response;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::completion_chunk::{self, CompletionChunk};
use super::json_documents::split_documents;
use super::server_errors::AnswerFailure;
use super::server_sent_events::{BrokenAnswer, ServerSentEvent, parse_events};
use super::streamed_reply::{NewParts, StreamedReply};
use super::tolerant_json::{list_elements, without_odd_numbers};
use super::{OpenAiAgent, server_errors};

/// How much of an error's body is read, in bytes.
const ERROR_LIMIT: usize = 16 * 1024;
/// How much a whole answer may exceed its text, in bytes. Escapes make a text up to six times as long.
const WHOLE_BESIDE_TEXT: usize = 64 * 1024;
const WHOLE_PER_BYTE: usize = 6;
/// How long to wait for more behind the end of a reply: the token counts, or the end of the connection.
const USAGE_WAIT: Duration = Duration::from_secs(2);

/// A piece of a body.
type BodyPiece = Result<Vec<u8>, BrokenAnswer>;

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BodyForm {
    /// Server-sent events.
    Events,
    /// JSON documents, usually one.
    Documents,
    /// A page for people: the address is not the API.
    Page,
}

impl BodyForm {
    fn from_first_byte(first: u8) -> Self {
        match first {
            b'{' | b'[' => Self::Documents,
            b'<' => Self::Page,
            _ => Self::Events,
        }
    }
}

/// The meaning of an event.
enum StreamItem {
    /// A chunk, or an unreadable text in its place.
    Chunk(Result<CompletionChunk, UnreadableEvent>),
    /// The end of the stream.
    Done,
}

/// An event without valid JSON.
struct UnreadableEvent {
    /// Whether the event was meant to be a chunk, so that a part of the reply is missing.
    is_hole: bool,
}

impl OpenAiAgent {
    /// Reads an answer to its end, and shows its text as it arrives.
    pub(super) async fn read_answer(
        &self,
        response: Response,
        io: &TurnIo,
        reply: &mut StreamedReply,
    ) -> Result<(), AnswerFailure> {
        let has_begun = Arc::new(AtomicBool::new(false));
        let mut pieces = pin!(self.body_pieces(response, Arc::clone(&has_begun)));
        let mut first = Vec::new();
        while first.is_empty() {
            match pieces.next().await {
                Some(piece) => {
                    let piece = piece.map_err(|broken| server_errors::broken_answer(&broken))?;
                    first = trim_leading_space(piece);
                }
                None => return Ok(()),
            }
        }
        let form = BodyForm::from_first_byte(first[0]);
        let mut reader = AnswerReader {
            agent: self,
            io,
            reply,
            has_begun,
            form,
            is_document: false,
            messages: 0,
        };
        let pieces = stream::once(future::ready(Ok(first))).chain(pieces);
        let limit = reader.reply.limit() * WHOLE_PER_BYTE + WHOLE_BESIDE_TEXT;
        let events = match form {
            BodyForm::Events => parse_events(pieces).boxed(),
            BodyForm::Documents => split_documents(pieces, limit).boxed(),
            BodyForm::Page => return Err(server_errors::not_the_api().into()),
        };
        reader.read_events(events).await?;
        let parts = reader.reply.finish();
        reader.show_parts(parts).await;
        Ok(())
    }

    /// The beginning of an error's body, as far as it arrives.
    pub(super) async fn read_error_text(&self, response: Response) -> String {
        let mut pieces = pin!(self.body_pieces(response, Arc::new(AtomicBool::new(true))));
        let mut text = Vec::new();
        while let Some(Ok(piece)) = pieces.next().await {
            text.extend_from_slice(&piece);
            if text.len() >= ERROR_LIMIT {
                text.truncate(ERROR_LIMIT);
                break;
            }
            // Some servers keep the connection open after the error.
            if text.trim_ascii_end().ends_with(b"}")
                && serde_json::from_slice::<IgnoredAny>(&text).is_ok()
            {
                break;
            }
        }
        String::from_utf8_lossy(&text).into_owned()
    }

    /// The body, piece by piece. Ends with an error when the server is silent for too long. Any bytes, even a
    /// comment, count as a sign of life.
    fn body_pieces(
        &self,
        response: Response,
        has_begun: Arc<AtomicBool>,
    ) -> impl Stream<Item = BodyPiece> + Send {
        stream::unfold(Some(response), move |response| {
            let has_begun = has_begun.load(Ordering::Relaxed);
            async move {
                let mut response = response?;
                match self.limit_silence(has_begun, response.chunk()).await {
                    Ok(Ok(Some(piece))) => Some((Ok(piece.to_vec()), Some(response))),
                    Ok(Ok(None)) => None,
                    Ok(Err(error)) => Some((Err(BrokenAnswer::Connection(error)), None)),
                    Err(limit) => Some((Err(BrokenAnswer::Silent(limit)), None)),
                }
            }
        })
    }
}

/// An answer during its arrival.
struct AnswerReader<'a> {
    agent: &'a OpenAiAgent,
    io: &'a TurnIo,
    reply: &'a mut StreamedReply,
    /// Whether text or reasoning has arrived; from then on, the shorter silence limit applies.
    has_begun: Arc<AtomicBool>,
    form: BodyForm,
    /// Whether the last document was readable and had a `message`. Such an answer needs no `finish_reason`.
    is_document: bool,
    /// The number of documents with a `message`. If there are several, each may be a piece.
    messages: usize,
}

impl AnswerReader<'_> {
    async fn read_events(
        &mut self,
        mut events: BoxStream<'_, Result<ServerSentEvent, BrokenAnswer>>,
    ) -> Result<(), AnswerFailure> {
        let clock = Arc::clone(&self.agent.clock);
        let mut until = None;
        let mut has_unreadable = self.form == BodyForm::Documents;
        loop {
            let event = match until {
                Some(until) => tokio::select! {
                    biased;
                    () = clock.sleep_until(until) => return Ok(()),
                    event = events.next() => event,
                },
                None => events.next().await,
            };
            let event = match event {
                Some(Ok(event)) => event,
                // Only the token counts follow the end of a reply.
                Some(Err(_)) if self.has_ended() => return Ok(()),
                Some(Err(broken)) => return Err(server_errors::broken_answer(&broken).into()),
                None if self.is_document || self.reply.may_have_ended() => return Ok(()),
                None if has_unreadable && self.reply.is_untouched() => {
                    return Err(server_errors::broken_answer(&BrokenAnswer::NotUnderstood).into());
                }
                None => return Err(server_errors::broken_answer(&BrokenAnswer::Unfinished).into()),
            };
            for item in parse_event(&event) {
                match item {
                    StreamItem::Chunk(Ok(chunk)) => self.take_chunk(chunk).await?,
                    StreamItem::Chunk(Err(unreadable)) => {
                        has_unreadable = true;
                        self.note_unreadable(&unreadable);
                    }
                    StreamItem::Done => return Ok(()),
                }
            }
            until = match until {
                _ if !self.has_ended() => None,
                None => Some(clock.steady().after(USAGE_WAIT)),
                until => until,
            };
        }
    }

    /// Whether the reply is complete, so that no later failure matters.
    fn has_ended(&self) -> bool {
        self.is_document && self.messages == 1 || self.reply.has_ended()
    }

    async fn take_chunk(&mut self, mut chunk: CompletionChunk) -> Result<(), AnswerFailure> {
        if let Some(error) = chunk.error.take() {
            if !self.has_ended() {
                return Err(AnswerFailure::Reported(error));
            }
            let error = server_errors::from_report(&self.agent.settings, &error, true);
            let why = error.detail.as_deref().unwrap_or_default();
            tracing::info!(%error, why, "a model server reports an error after a complete answer");
            return Ok(());
        }
        let mut choices = chunk.choices.iter();
        self.is_document =
            self.form == BodyForm::Documents && choices.any(|choice| !choice.message.is_empty());
        self.messages += usize::from(self.is_document);
        let parts = self.reply.take_chunk(chunk)?;
        self.show_parts(parts).await;
        Ok(())
    }

    async fn show_parts(&self, NewParts { text, thinking }: NewParts) {
        let is_news = !text.is_empty() || thinking.is_some();
        if is_news && !self.has_begun.swap(true, Ordering::Relaxed) {
            self.io.goes_on().await;
        }
        if let Some(thinking) = thinking {
            self.io.show(thinking).await;
        }
        if !text.is_empty() {
            self.io.say(text).await;
        }
    }

    fn note_unreadable(&mut self, unreadable: &UnreadableEvent) {
        tracing::debug!(
            is_hole = unreadable.is_hole,
            "an event of a model server is unreadable"
        );
        // Content after the end is no part of the reply.
        if unreadable.is_hole && !self.has_ended() {
            self.reply.note_hole();
        }
        self.is_document = false;
    }
}

/// Parses an event. Some servers omit the blank line between events, so one event may hold several.
fn parse_event(event: &ServerSentEvent) -> Vec<StreamItem> {
    let data = event.data.trim();
    if event.is_error {
        let chunk = CompletionChunk {
            error: Some(completion_chunk::parse_error_event(data)),
            ..CompletionChunk::default()
        };
        return vec![StreamItem::Chunk(Ok(chunk))];
    }
    let (data, is_done) = match data.strip_suffix("[DONE]") {
        Some(before) if before.is_empty() || before.ends_with('\n') => (before, true),
        _ => (data, false),
    };
    let mended = without_odd_numbers(data);
    let mut items = Vec::new();
    for document in serde_json::Deserializer::from_str(&mended).into_iter::<&RawValue>() {
        let elements = document.as_ref().ok().copied().and_then(list_elements);
        let chunks = match (elements, document) {
            (Some(elements), _) => elements
                .into_iter()
                .map(CompletionChunk::from_json)
                .collect(),
            (None, document) => vec![document.ok().and_then(CompletionChunk::from_json)],
        };
        items.extend(chunks.into_iter().map(|chunk| {
            // A comment, a word or a number is no part of a reply.
            let is_hole = data.starts_with('{');
            StreamItem::Chunk(chunk.ok_or(UnreadableEvent { is_hole }))
        }));
    }
    if is_done {
        items.push(StreamItem::Done);
    }
    items
}

/// Removes leading white space and a byte order mark.
fn trim_leading_space(piece: Vec<u8>) -> Vec<u8> {
    let is_content = |byte: &u8| !byte.is_ascii_whitespace() && !b"\xef\xbb\xbf".contains(byte);
    match piece.iter().position(is_content) {
        Some(0) => piece,
        Some(at) => piece[at..].to_vec(),
        None => Vec::new(),
    }
}
