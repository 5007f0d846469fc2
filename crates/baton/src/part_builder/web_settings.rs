//! The web channel's settings.

use std::num::NonZeroU32;
use std::sync::Arc;

use baton_channels::web::{PersonAccount, WebSettings};
use secrecy::{ExposeSecret, SecretString};

use super::PartBuilder;
use crate::config::agent_tables::AgentTable;
use crate::listen_address::reached_from_beyond;
use crate::plan::ProgramPlan;

/// The default number of posts from one address in a minute, if other machines can reach the page.
const POSTS_PER_MINUTE: u32 = 10;

impl PartBuilder<'_> {
    pub(super) fn build_web_settings(
        &mut self,
        plan: &ProgramPlan,
        operator_token: Option<SecretString>,
    ) -> WebSettings {
        let config = &plan.loaded.config;
        let people = config.people.iter().map(|(name, person)| PersonAccount {
            id: name.as_str().into(),
            name: name.clone(),
            token: self.read_secret(&["people", name, "token"], &person.token),
            operator: person.operator,
        });
        let people: Vec<_> = people.collect();
        self.check_tokens(&people);
        let rooms = config.channels.web.rooms.iter().map(|(room, table)| {
            let members = table.members.iter().map(|member| member.as_str().into());
            (room.clone(), members.collect())
        });
        let beyond = reached_from_beyond(&config.server, plan.listen);
        let usual = if beyond { POSTS_PER_MINUTE } else { 0 };
        let workers = plan.agents.iter();
        let workers = workers.filter(|(_, agent)| matches!(agent, AgentTable::Worker(_)));
        let posts = config.channels.web.posts_per_minute.unwrap_or(usual);
        WebSettings {
            public: config.channels.web.public,
            people,
            rooms: rooms.collect(),
            operator_token,
            hosts: config.server.hosts.clone(),
            trusted_proxies: config.server.trusted_proxies.clone(),
            posts_per_minute: NonZeroU32::new(posts),
            worker_agents: workers.map(|(name, _)| name.as_str().into()).collect(),
            hears: config.speech.is_some(),
            retry: config.runtime_limits().retry,
            ..WebSettings::new(plan.default_persona.as_str(), Arc::clone(self.clock))
        }
    }

    /// Reports equal tokens of two people, because the owner of the token would be unknown.
    fn check_tokens(&mut self, people: &[PersonAccount]) {
        for (number, person) in people.iter().enumerate() {
            let token = person.token.expose_secret();
            let mut before = people[..number].iter();
            let same = before.find(|other| other.token.expose_secret() == token);
            // An unreadable token is reported already.
            if let Some(other) = same.filter(|_| !token.is_empty()) {
                let what = format!(
                    "this is also the token of {}; each person needs a different token",
                    other.name
                );
                let keys = ["people", &person.name, "token"];
                self.problems.push(self.document.problem_at(&keys, what));
            }
        }
    }
}
