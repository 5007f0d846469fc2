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

use super::chunk::{self, Chunk};
use super::documents::documents;
use super::events::{Broken, Event, events};
use super::failure::Failure;
use super::json::{elements, without_odd_numbers};
use super::written::{News, Written};
use super::{OpenAiAgent, failure};

/// How much of an error's body is read, in bytes.
const ERROR_LIMIT: usize = 16 * 1024;
/// How much a whole answer may exceed its text, in bytes. Escapes make a text up to six times as long.
const WHOLE_BESIDE_TEXT: usize = 64 * 1024;
const WHOLE_PER_BYTE: usize = 6;
/// How long to wait for more behind the end of a reply: the token counts, or the end of the connection.
const USAGE_WAIT: Duration = Duration::from_secs(2);

/// A piece of a body.
type Piece = Result<Vec<u8>, Broken>;

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Server-sent events.
    Events,
    /// JSON documents, usually one.
    Documents,
    /// A page for people: the address is not the API.
    Page,
}

impl Form {
    fn of(first: u8) -> Self {
        match first {
            b'{' | b'[' => Self::Documents,
            b'<' => Self::Page,
            _ => Self::Events,
        }
    }
}

/// The meaning of an event.
enum Said {
    /// A chunk, or an unreadable text in its place.
    Chunk(Result<Chunk, Unread>),
    /// The end of the stream.
    Done,
}

/// An event without valid JSON.
struct Unread {
    /// Whether the event was meant to be a chunk, so that a part of the reply is missing.
    is_hole: bool,
}

impl OpenAiAgent {
    /// Reads an answer to its end, and shows its text as it arrives.
    pub(super) async fn read(
        &self,
        response: Response,
        io: &TurnIo,
        written: &mut Written,
    ) -> Result<(), Failure> {
        let has_begun = Arc::new(AtomicBool::new(false));
        let mut pieces = pin!(self.pieces(response, Arc::clone(&has_begun)));
        let mut first = Vec::new();
        while first.is_empty() {
            match pieces.next().await {
                Some(piece) => first = without_space(piece.map_err(|it| failure::broken(&it))?),
                None => return Ok(()),
            }
        }
        let form = Form::of(first[0]);
        let mut reading = Reading {
            agent: self,
            io,
            written,
            has_begun,
            form,
            is_document: false,
            messages: 0,
        };
        let pieces = stream::once(future::ready(Ok(first))).chain(pieces);
        let limit = reading.written.limit() * WHOLE_PER_BYTE + WHOLE_BESIDE_TEXT;
        let events = match form {
            Form::Events => events(pieces).boxed(),
            Form::Documents => documents(pieces, limit).boxed(),
            Form::Page => return Err(failure::not_the_api().into()),
        };
        reading.events(events).await?;
        let news = reading.written.finish();
        reading.tell(news).await;
        Ok(())
    }

    /// The beginning of an error's body, as far as it arrives.
    pub(super) async fn error_text(&self, response: Response) -> String {
        let mut pieces = pin!(self.pieces(response, Arc::new(AtomicBool::new(true))));
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
    fn pieces(
        &self,
        response: Response,
        has_begun: Arc<AtomicBool>,
    ) -> impl Stream<Item = Piece> + Send {
        stream::unfold(Some(response), move |response| {
            let has_begun = has_begun.load(Ordering::Relaxed);
            async move {
                let mut response = response?;
                match self.not_silent(has_begun, response.chunk()).await {
                    Ok(Ok(Some(piece))) => Some((Ok(piece.to_vec()), Some(response))),
                    Ok(Ok(None)) => None,
                    Ok(Err(error)) => Some((Err(Broken::Connection(error)), None)),
                    Err(limit) => Some((Err(Broken::Silent(limit)), None)),
                }
            }
        })
    }
}

/// An answer during its arrival.
struct Reading<'a> {
    agent: &'a OpenAiAgent,
    io: &'a TurnIo,
    written: &'a mut Written,
    /// Whether text or reasoning has arrived; from then on, the shorter silence limit applies.
    has_begun: Arc<AtomicBool>,
    form: Form,
    /// Whether the last document was readable and had a `message`. Such an answer needs no `finish_reason`.
    is_document: bool,
    /// The number of documents with a `message`. If there are several, each may be a piece.
    messages: usize,
}

impl Reading<'_> {
    async fn events(
        &mut self,
        mut events: BoxStream<'_, Result<Event, Broken>>,
    ) -> Result<(), Failure> {
        let clock = Arc::clone(&self.agent.clock);
        let mut until = None;
        let mut has_unread = self.form == Form::Documents;
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
                Some(Err(broken)) => return Err(failure::broken(&broken).into()),
                None if self.is_document || self.written.may_have_ended() => return Ok(()),
                None if has_unread && self.written.is_untouched() => {
                    return Err(failure::broken(&Broken::NotUnderstood).into());
                }
                None => return Err(failure::broken(&Broken::Unfinished).into()),
            };
            for said in read(&event) {
                match said {
                    Said::Chunk(Ok(chunk)) => self.take(chunk).await?,
                    Said::Chunk(Err(unread)) => {
                        has_unread = true;
                        self.note(&unread);
                    }
                    Said::Done => return Ok(()),
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
        self.is_document && self.messages == 1 || self.written.has_ended()
    }

    async fn take(&mut self, mut chunk: Chunk) -> Result<(), Failure> {
        if let Some(error) = chunk.error.take() {
            if !self.has_ended() {
                return Err(Failure::Reported(error));
            }
            let error = failure::reported(&self.agent.settings, &error, true);
            let why = error.detail.as_deref().unwrap_or_default();
            tracing::info!(%error, why, "a model server reports an error behind a whole answer");
            return Ok(());
        }
        let mut choices = chunk.choices.iter();
        self.is_document =
            self.form == Form::Documents && choices.any(|choice| !choice.message.is_empty());
        self.messages += usize::from(self.is_document);
        let news = self.written.take(chunk)?;
        self.tell(news).await;
        Ok(())
    }

    async fn tell(&self, News { text, thinking }: News) {
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

    fn note(&mut self, unread: &Unread) {
        tracing::debug!(
            is_hole = unread.is_hole,
            "an event of a model server is unreadable"
        );
        // Content after the end is no part of the reply.
        if unread.is_hole && !self.has_ended() {
            self.written.note_hole();
        }
        self.is_document = false;
    }
}

/// Parses an event. Some servers omit the blank line between events, so one event may hold several.
fn read(event: &Event) -> Vec<Said> {
    let data = event.data.trim();
    if event.is_error {
        let chunk = Chunk {
            error: Some(chunk::reported(data)),
            ..Chunk::default()
        };
        return vec![Said::Chunk(Ok(chunk))];
    }
    let (data, is_done) = match data.strip_suffix("[DONE]") {
        Some(before) if before.is_empty() || before.ends_with('\n') => (before, true),
        _ => (data, false),
    };
    let mended = without_odd_numbers(data);
    let mut said = Vec::new();
    for document in serde_json::Deserializer::from_str(&mended).into_iter::<&RawValue>() {
        let elements = document.as_ref().ok().copied().and_then(elements);
        let chunks = match (elements, document) {
            (Some(elements), _) => elements.into_iter().map(Chunk::of).collect(),
            (None, document) => vec![document.ok().and_then(Chunk::of)],
        };
        said.extend(chunks.into_iter().map(|chunk| {
            // A comment, a word or a number is no part of a reply.
            let is_hole = data.starts_with('{');
            Said::Chunk(chunk.ok_or(Unread { is_hole }))
        }));
    }
    if is_done {
        said.push(Said::Done);
    }
    said
}

/// Removes leading white space and a byte order mark.
fn without_space(piece: Vec<u8>) -> Vec<u8> {
    let says = |byte: &u8| !byte.is_ascii_whitespace() && !b"\xef\xbb\xbf".contains(byte);
    match piece.iter().position(says) {
        Some(0) => piece,
        Some(at) => piece[at..].to_vec(),
        None => Vec::new(),
    }
}
