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
    /// Whether a person may manage the messages of others in a group. Without an answer of Telegram, nobody may.
    pub(crate) async fn is_group_admin(&self, group: i64, person: i64) -> bool {
        let now = self.clock().steady();
        if let Some(is_admin) = self.admins.find_fresh(group, person, now) {
            return is_admin;
        }
        let people = match self.api.fetch_admins(group).await {
            Ok(people) => people.into_iter().collect(),
            Err(error) => {
                // A group without a list of administrators refuses the request.
                if !matches!(error, BotApiError::Refused(_)) {
                    tracing::warn!(group, %error, "the administrators of a group are unknown");
                    return false;
                }
                HashSet::new()
            }
        };
        let list = AdminList {
            fetched: now,
            people,
        };
        self.admins.remember_admins(group, list);
        self.admins.find_fresh(group, person, now).unwrap_or(false)
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
