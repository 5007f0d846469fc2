//! A client of the event stream.

use baton_testkit::agent_run::within;
use eventsource_stream::{Event, Eventsource};
use futures_util::{Stream, StreamExt};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::Value;
use std::pin::Pin;

/// A connection to the event stream.
pub(crate) struct Events(Pin<Box<dyn Stream<Item = Option<Event>> + Send>>);

impl Events {
    pub(crate) async fn open(request: RequestBuilder) -> Self {
        let response = within("the stream opens", request.send()).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let events = response.bytes_stream().eventsource();
        Self(Box::pin(events.map(Result::ok)))
    }

    /// The next event of any kind; `None` when the server has closed the stream.
    pub(crate) async fn next(&mut self) -> Option<(String, Value, String)> {
        let event = within("an event", self.0.next()).await??;
        let data = serde_json::from_str(&event.data).unwrap();
        Some((event.event, data, event.id))
    }

    /// The next event of this kind. Other events are skipped.
    pub(crate) async fn next_of(&mut self, kind: &str) -> Value {
        loop {
            let (found, data, _) = self.next().await.expect("the stream goes on");
            if found == kind {
                return data;
            }
        }
    }

    /// The next comments, this many.
    pub(crate) async fn comments(&mut self, count: usize) -> Vec<Value> {
        let mut comments = Vec::new();
        while comments.len() < count {
            comments.push(self.next_of("comment").await);
        }
        comments
    }

    /// Reads until the end of the earlier events.
    pub(crate) async fn ready(mut self) -> Self {
        self.next_of("ready").await;
        self
    }
}
