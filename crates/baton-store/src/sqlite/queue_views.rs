//! Reads the queue, the counts, the dead letters and the traces.

use async_trait::async_trait;
use baton_core::id::Seq;
use baton_core::message::Message;
use baton_core::place::Place;
use baton_core::store::{
    Counts, DeadLetter, QueueViews, Queued, StoreError, TraceLine, WaitingQuery,
};

use super::Sqlite;
use super::queries;

#[async_trait]
impl QueueViews for Sqlite {
    async fn waiting(&self, query: WaitingQuery, bytes: usize) -> Result<Vec<Message>, StoreError> {
        self.readers
            .run_query(move |connection| queries::read_waiting(connection, &query, bytes))
            .await
    }

    async fn queue(&self, query: WaitingQuery) -> Result<Vec<Queued>, StoreError> {
        self.readers
            .run_query(move |connection| queries::read_queue(connection, &query))
            .await
    }

    async fn counts_outside(&self, places: Vec<Place>) -> Result<Counts, StoreError> {
        self.readers
            .run_query(move |connection| queries::read_counts(connection, &places))
            .await
    }

    async fn trace(&self, id: Seq) -> Result<Vec<TraceLine>, StoreError> {
        self.readers
            .run_query(move |connection| queries::read_trace(connection, id))
            .await
    }

    async fn dead(&self, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
        self.readers
            .run_query(move |connection| queries::read_dead_letters(connection, limit))
            .await
    }
}
