//! The people who may manage a group.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use baton_core::clock::Steady;

use crate::telegram::bot_api::BotApiError;
use crate::telegram::telegram_account::TelegramAccount;

/// The time for which a list counts. People change rarely, and a command of somebody else waits no longer than this.
const FRESH: Duration = Duration::from_mins(1);

/// The most groups with a list in memory. A full memory is emptied.
const KEPT: usize = 1_000;

/// The administrators of groups.
#[derive(Debug, Default)]
pub(crate) struct GroupAdmins(Mutex<HashMap<i64, AdminList>>);

#[derive(Debug)]
struct AdminList {
    fetched: Steady,
    people: HashSet<i64>,
}

impl TelegramAccount {
    /// Whether a person administers a group; `None` without an answer of Telegram.
    pub(crate) async fn is_group_admin(&self, group: i64, person: i64) -> Option<bool> {
        let now = self.clock().steady();
        let known = self.admins.find_fresh(group, person, now);
        if known.is_some() {
            return known;
        }
        let people: HashSet<i64> = match self.make_uncounted(self.api.fetch_admins(group)).await {
            Ok(people) => people.into_iter().collect(),
            // A group without a list of administrators refuses the request.
            Err(BotApiError::Refused(_)) => HashSet::new(),
            Err(error) => {
                tracing::warn!(group, %error, "the administrators of a group are unknown");
                return None;
            }
        };
        let is_admin = people.contains(&person);
        let list = AdminList {
            fetched: now,
            people,
        };
        self.admins.remember_admins(group, list);
        Some(is_admin)
    }
}

impl GroupAdmins {
    /// Whether the person is in the list of the group; `None` without a fresh list.
    fn find_fresh(&self, group: i64, person: i64, now: Steady) -> Option<bool> {
        let lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let list = lists.get(&group)?;
        let is_fresh = now.since(list.fetched) < FRESH;
        is_fresh.then(|| list.people.contains(&person))
    }

    fn remember_admins(&self, group: i64, list: AdminList) {
        let mut lists = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lists.len() >= KEPT && !lists.contains_key(&group) {
            lists.clear();
        }
        lists.insert(group, list);
    }
}
