//! The topics of all chat platforms, and the end of idle ones, for operators. The command line reads and writes the same
//! answers, also when the command line makes the answers itself.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use baton_core::clock::{Clock, Wall, millis};
use baton_core::store::{ListedTopic, PruneTopics, PrunedTopics};
use baton_core::topic::TopicEnd;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::web::app_state::AppState;
use crate::web::http::api_error::{ApiError, ErrorBody};
use crate::web::http::authentication::OperatorCaller;
use crate::web::http::extractors::Json;

/// The maximum number of named topics in one request.
const MOST_NAMED: usize = 100;

/// The topics that Baton knows.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Topics {
    /// The topics of Baton, then those of people. A topic with several conversations is listed once for each.
    pub topics: Vec<TopicView>,
}

/// A topic.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct TopicView {
    /// The channel.
    pub channel: String,
    /// The address of the topic, such as `-1001234567890/7`; absent while the topic is reserved, and after its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// The address of the conversation's place.
    pub domain: String,
    /// The last known name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether Baton made the topic.
    pub is_ours: bool,
    /// The state: `reserved`, `ready`, `closed` or `gone`.
    pub state: String,
    /// The persona of the conversation; absent if nobody has written to Baton there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
    /// The time of the last message or reply, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<i64>,
    /// Whether a turn runs.
    pub is_running: bool,
    /// The number of waiting messages.
    pub waiting: u32,
    /// The number of deliveries that are not sent yet.
    pub unsent: u32,
}

impl From<ListedTopic> for TopicView {
    fn from(topic: ListedTopic) -> Self {
        Self {
            channel: topic.place.channel.to_string(),
            topic: topic.id,
            domain: topic.place.address,
            name: topic.name,
            is_ours: topic.is_ours,
            state: topic.state.as_str().to_owned(),
            entity: topic.conversation.map(|(_, persona)| persona.to_string()),
            last: topic.last_at.map(|last| last.0),
            is_running: topic.is_running,
            waiting: topic.waiting,
            unsent: topic.unsent,
        }
    }
}

impl From<Vec<ListedTopic>> for Topics {
    fn from(topics: Vec<ListedTopic>) -> Self {
        Self {
            topics: topics.into_iter().map(TopicView::from).collect(),
        }
    }
}

/// A choice of idle topics to close or delete.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PruneRequest {
    /// Only topics without a message and without a reply for this time, in seconds.
    pub older_than_seconds: u64,
    /// Whether the topics are deleted with all their messages. By default, they are closed.
    #[serde(default)]
    pub delete: bool,
    /// Whether nothing is changed.
    #[serde(default)]
    pub dry_run: bool,
    /// Only these topics, also topics of people, and at any age.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<String>,
}

impl PruneRequest {
    /// The choice for the store. The ages count until now.
    pub fn to_choice(&self, clock: &dyn Clock) -> PruneTopics {
        let age = Duration::from_secs(self.older_than_seconds);
        PruneTopics {
            end: if self.delete {
                TopicEnd::Deleted
            } else {
                TopicEnd::Closed
            },
            idle_since: Wall(clock.wall().0.saturating_sub(millis(age))),
            named: self.topics.clone(),
            is_rehearsal: self.dry_run,
        }
    }
}

/// The result of a choice of topics. Each topic ends after the unsent replies of its conversation.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Pruned {
    /// The topics that are closed or deleted soon.
    pub ended: Vec<TopicView>,
    /// The named topics with work, which stay.
    pub busy: Vec<TopicView>,
    /// The named topics that Baton does not know, or where nobody has written to Baton.
    pub unknown: Vec<String>,
}

impl From<PrunedTopics> for Pruned {
    fn from(pruned: PrunedTopics) -> Self {
        Self {
            ended: pruned.ended.into_iter().map(TopicView::from).collect(),
            busy: pruned.busy.into_iter().map(TopicView::from).collect(),
            unknown: pruned.unknown,
        }
    }
}

/// List the topics of all chat platforms.
#[utoipa::path(get, path = "/api/topics", tag = "operators", responses(
    (status = 200, description = "the topics", body = Topics),
    (status = 401, description = "not signed in", body = ErrorBody),
    (status = 403, description = "not an operator", body = ErrorBody),
))]
pub(crate) async fn list_topics(
    State(app): State<Arc<AppState>>,
    _: OperatorCaller,
) -> Result<axum::Json<Topics>, ApiError> {
    Ok(axum::Json(app.store().list_topics().await?.into()))
}

/// Close or delete idle topics of Baton. A message at the same time wins: its reply opens the topic again.
#[utoipa::path(post, path = "/api/topics/prune", tag = "operators", request_body = PruneRequest, responses(
    (status = 200, description = "the chosen topics", body = Pruned),
    (status = 400, description = "the choice is invalid", body = ErrorBody),
    (status = 401, description = "not signed in", body = ErrorBody),
    (status = 403, description = "not an operator", body = ErrorBody),
))]
pub(crate) async fn prune_topics(
    State(app): State<Arc<AppState>>,
    _: OperatorCaller,
    Json(request): Json<PruneRequest>,
) -> Result<axum::Json<Pruned>, ApiError> {
    if request.topics.len() > MOST_NAMED {
        let message = format!("one request names at most {MOST_NAMED} topics");
        return Err(ApiError::invalid("too_many_topics", message));
    }
    let choice = request.to_choice(&*app.settings.clock);
    Ok(axum::Json(app.store().prune_topics(choice).await?.into()))
}
