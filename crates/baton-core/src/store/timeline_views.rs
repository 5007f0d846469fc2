//! Reads of the posts: the messages and the sent deliveries.

use async_trait::async_trait;

use super::{Places, Post, StoreError, Timeline, TimelinePage};
use crate::id::Seq;
use crate::name::{AccountName, ChannelName, PersonaName};
use crate::place::Place;

/// Reads the timeline.
///
/// * Order: posts are ordered by [`Post::seq`], and always sorted oldest first. A new post has a greater
///   number than all posts before, so a reader with a cursor misses nothing.
/// * Units: sizes are in bytes, and numbers of posts are counts. A result with a size limit holds at least one
///   post.
/// * Errors: [`StoreError`] only. An unknown place has no posts.
#[async_trait]
pub trait TimelineViews: Send + Sync + 'static {
    /// The posts that match a filter, in the store's order.
    async fn timeline(&self, query: Timeline) -> Result<TimelinePage, StoreError>;

    /// One post, by its [`Post::id`].
    async fn post(
        &self,
        channel: &ChannelName,
        account: &AccountName,
        id: &str,
    ) -> Result<Option<Post>, StoreError>;

    /// The number of the newest post; the start if there is none.
    async fn newest(&self) -> Result<Seq, StoreError>;

    /// The number of the newest post in these places; the start if there is none. A new reader begins behind
    /// this post. The cost grows with the number of places, not with the number of posts.
    async fn newest_in(&self, places: Places) -> Result<Seq, StoreError>;

    /// Whether a reader of these places can have this cursor: the start, or a number up to the newest post. A
    /// greater number comes from other places, or from another store.
    async fn is_known_cursor(&self, places: Places, cursor: Seq) -> Result<bool, StoreError> {
        Ok(cursor <= Seq::START || cursor <= self.newest_in(places).await?)
    }

    /// The last `limit` posts of a place, oldest first: the answered messages, and replies whether delivered
    /// or not. Of long posts, only as many of the last ones as fit into a few megabytes, and at least one.
    /// The history is the one of this persona: it omits posts from before the conversation's last
    /// [reset](super::ControlStore::reset), and replies to them.
    async fn history(
        &self,
        place: &Place,
        persona: &PersonaName,
        limit: usize,
    ) -> Result<Vec<Post>, StoreError>;
}
