//! Reads the timeline.

use async_trait::async_trait;
use baton_core::id::Seq;
use baton_core::name::{AccountName, ChannelName, PersonaName};
use baton_core::place::Place;
use baton_core::store::{Places, Post, StoreError, Timeline, TimelinePage, TimelineViews};

use super::Sqlite;
use super::queries;

#[async_trait]
impl TimelineViews for Sqlite {
    async fn timeline(&self, query: Timeline) -> Result<TimelinePage, StoreError> {
        self.readers
            .run_query(move |connection| queries::read_timeline(connection, &query))
            .await
    }

    async fn post(
        &self,
        channel: &ChannelName,
        account: &AccountName,
        id: &str,
    ) -> Result<Option<Post>, StoreError> {
        let (channel, account, id) = (channel.clone(), account.clone(), id.to_owned());
        self.readers
            .run_query(move |connection| {
                queries::read_post_by_id(connection, &channel, &account, &id)
            })
            .await
    }

    async fn newest(&self) -> Result<Seq, StoreError> {
        self.readers.run_query(queries::read_newest).await
    }

    async fn newest_in(&self, places: Places) -> Result<Seq, StoreError> {
        self.readers
            .run_query(move |connection| queries::read_newest_in(connection, &places))
            .await
    }

    async fn history(
        &self,
        place: &Place,
        persona: &PersonaName,
        limit: usize,
    ) -> Result<Vec<Post>, StoreError> {
        let (place, persona) = (place.clone(), persona.clone());
        self.readers
            .run_query(move |connection| queries::read_history(connection, &place, &persona, limit))
            .await
    }
}
