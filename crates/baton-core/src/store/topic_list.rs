//! The list of all topics, and the end of idle ones.

use super::TopicAddress;
use crate::clock::Wall;
use crate::id::ConversationId;
use crate::name::PersonaName;
use crate::place::Place;
use crate::topic::{TopicEnd, TopicState};

/// The maximum number of topics that one command ends. A further command ends the next ones.
pub const MOST_ENDED: usize = 500;

/// A topic, with its work. A topic with several conversations is listed once for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedTopic {
    /// The place of the conversation. For a topic of people, also the place of the topic.
    pub place: Place,
    /// The platform's id of the topic; `None` while the topic is reserved, or after its end.
    pub id: Option<String>,
    /// The last known name.
    pub name: Option<String>,
    /// Whether Baton created the topic.
    pub is_ours: bool,
    /// The state.
    pub state: TopicState,
    /// The conversation, and the persona that answers there; `None` if nobody has written to Baton in the topic.
    pub conversation: Option<(ConversationId, PersonaName)>,
    /// The time of the last message or delivery.
    pub last_at: Option<Wall>,
    /// Whether a turn runs.
    pub is_running: bool,
    /// The number of waiting messages.
    pub waiting: u32,
    /// The number of deliveries that are not sent yet.
    pub unsent: u32,
}

impl ListedTopic {
    /// Whether nothing waits, runs or is unsent.
    pub fn is_idle(&self) -> bool {
        !self.is_running && self.waiting == 0 && self.unsent == 0
    }

    /// The topic on the platform; `None` without an id.
    pub fn address(&self) -> Option<TopicAddress> {
        Some(TopicAddress {
            channel: self.place.channel.clone(),
            account: self.place.account.clone(),
            id: self.id.clone()?,
        })
    }

    /// Whether Baton created the topic, and the platform chose its id. A topic with a known id ends by itself on its
    /// platform, as a thread of Discord does.
    fn has_chosen_id(&self) -> bool {
        self.is_ours && self.id.as_ref().is_some_and(|id| *id != self.place.address)
    }
}

/// A choice of topics to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PruneTopics {
    /// The end of the topics.
    pub end: TopicEnd,
    /// Only topics without a message and without a delivery since this time. Counts only without names.
    pub idle_since: Wall,
    /// Only the topics with these ids, also topics of people, and at any age. Empty for all topics of Baton.
    pub named: Vec<String>,
    /// Whether the command only tells its choice.
    pub is_rehearsal: bool,
}

/// The result of [`prune_topics`](super::TopicStore::prune_topics).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PrunedTopics {
    /// The chosen topics.
    pub ended: Vec<ListedTopic>,
    /// The named topics with waiting, running or unsent work, which stay.
    pub busy: Vec<ListedTopic>,
    /// The named topics without a conversation, and the unknown names.
    pub unknown: Vec<String>,
}

impl PruneTopics {
    /// Whether the topic is to end, if it is idle.
    pub fn means(&self, topic: &ListedTopic) -> bool {
        let Some(id) = topic.id.as_ref().filter(|_| topic.conversation.is_some()) else {
            return false;
        };
        let is_over = topic.state == TopicState::Closed && self.end == TopicEnd::Closed;
        if !self.named.is_empty() {
            return self.named.contains(id);
        }
        let is_old = topic.last_at.is_none_or(|last| last < self.idle_since);
        topic.has_chosen_id() && !is_over && is_old
    }

    /// Divides the topics into those to end, the busy ones, and the unknown names.
    pub fn choose(&self, topics: Vec<ListedTopic>) -> PrunedTopics {
        let meant = topics.into_iter().filter(|topic| self.means(topic));
        let meant: Vec<_> = meant.collect();
        let is_meant = |id: &String| meant.iter().any(|topic| topic.id.as_ref() == Some(id));
        let unknown = self.named.iter().filter(|id| !is_meant(id));
        let unknown = unknown.cloned().collect();
        // A topic with several conversations ends only if all are idle.
        let busy_ids = meant.iter().filter(|topic| !topic.is_idle());
        let busy_ids: Vec<_> = busy_ids.map(ListedTopic::address).collect();
        let (busy, mut ended): (Vec<_>, Vec<_>) = meant
            .into_iter()
            .partition(|topic| busy_ids.contains(&topic.address()));
        ended.sort_by_key(|topic| topic.last_at);
        ended.dedup_by_key(|topic| topic.address());
        ended.truncate(MOST_ENDED);
        let busy = if self.named.is_empty() {
            Vec::new()
        } else {
            busy
        };
        PrunedTopics {
            ended,
            busy,
            unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(id: &str, last: i64) -> ListedTopic {
        ListedTopic {
            place: Place {
                channel: "telegram".into(),
                account: "default".into(),
                address: format!("-1/for {id}"),
            },
            id: Some(format!("-1/{id}")),
            name: None,
            is_ours: true,
            state: TopicState::Ready,
            conversation: Some((ConversationId(last), "bob".into())),
            last_at: Some(Wall(last)),
            is_running: false,
            waiting: 0,
            unsent: 0,
        }
    }

    fn of_people(id: &str) -> ListedTopic {
        let mut topic = topic(id, 0);
        topic.place.address = format!("-1/{id}");
        topic.is_ours = false;
        topic
    }

    fn older_than(time: i64) -> PruneTopics {
        PruneTopics {
            end: TopicEnd::Closed,
            idle_since: Wall(time),
            named: Vec::new(),
            is_rehearsal: false,
        }
    }

    fn ids(topics: &[ListedTopic]) -> Vec<&str> {
        topics.iter().filter_map(|it| it.id.as_deref()).collect()
    }

    #[test]
    fn only_old_idle_topics_of_baton_end_and_the_oldest_come_first() {
        let busy = ListedTopic {
            waiting: 1,
            ..topic("4", 1)
        };
        let closed = ListedTopic {
            state: TopicState::Closed,
            ..topic("5", 1)
        };
        let with_known_id = ListedTopic {
            id: Some("-1/for 6".to_owned()),
            ..topic("6", 1)
        };
        let all = vec![
            topic("1", 20),
            topic("2", 10),
            topic("3", 100),
            busy,
            closed,
            with_known_id,
            of_people("7"),
        ];
        let chosen = older_than(100).choose(all.clone());
        assert_eq!(ids(&chosen.ended), ["-1/2", "-1/1"]);
        assert!(chosen.busy.is_empty() && chosen.unknown.is_empty());
        let deleted = PruneTopics {
            end: TopicEnd::Deleted,
            ..older_than(5)
        };
        assert_eq!(ids(&deleted.choose(all).ended), ["-1/5"]);
    }

    #[test]
    fn a_named_topic_ends_at_any_age_unless_it_has_work() {
        let named = PruneTopics {
            named: ["-1/7", "-1/8", "-1", "-1/9"].map(str::to_owned).to_vec(),
            ..older_than(0)
        };
        let busy = ListedTopic {
            unsent: 1,
            ..of_people("8")
        };
        let silent = ListedTopic {
            conversation: None,
            ..of_people("9")
        };
        let chosen = named.choose(vec![of_people("7"), busy, silent, topic("1", 1)]);
        assert_eq!(ids(&chosen.ended), ["-1/7"]);
        assert_eq!(ids(&chosen.busy), ["-1/8"]);
        assert_eq!(chosen.unknown, ["-1", "-1/9"]);
    }

    #[test]
    fn a_topic_with_a_busy_conversation_does_not_end() {
        let busy = ListedTopic {
            is_running: true,
            ..topic("1", 2)
        };
        let chosen = older_than(100).choose(vec![topic("1", 1), busy]);
        assert_eq!(chosen, PrunedTopics::default());
    }
}
