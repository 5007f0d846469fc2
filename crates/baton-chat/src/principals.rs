//! Describes people on a chat platform as principals: by the configured people of a place, and by the
//! permissions in a workspace. A person on a chat platform is never an operator.

use baton_core::authority::{PersonRole, Principal};
use baton_core::message::Author;

use crate::chat_settings::{Answering, People};
use crate::connector::{Actor, RoleId};

impl Answering {
    /// The person with the roles that these settings give. `is_bot` is true for other programs; `roles` are
    /// those of the workspace.
    pub(crate) fn describe_person(
        &self,
        author: Author,
        is_bot: bool,
        roles: &[RoleId],
    ) -> Principal {
        let contains = |people: &People| people.contains_person(&author.id, roles);
        let is_heard = (self.allow_bots || !is_bot) && self.speakers.as_ref().is_none_or(contains);
        let speaker = is_heard.then_some(PersonRole::Speaker);
        let decider = self.deciders.as_ref().map(|deciders| {
            if contains(deciders) {
                PersonRole::Decider
            } else {
                PersonRole::Bystander
            }
        });
        // The platform shows a place only to people who may see the place.
        let roles = [PersonRole::Identified, PersonRole::Reader];
        Principal::new(author, roles.into_iter().chain(speaker).chain(decider))
    }

    /// The person behind an action in a place with these settings.
    pub(crate) fn describe_actor(&self, actor: &Actor) -> Principal {
        self.describe_person(actor.author.clone(), actor.is_bot, &actor.roles)
            .with_roles(permission_roles(actor))
    }
}

/// The person behind an action in a place without settings.
pub(crate) fn describe_member(actor: &Actor) -> Principal {
    let roles = [PersonRole::Identified, PersonRole::Reader];
    Principal::new(actor.author.clone(), roles).with_roles(permission_roles(actor))
}

/// The roles by the platform's permissions. In a direct chat, everybody is a moderator.
fn permission_roles(actor: &Actor) -> impl Iterator<Item = PersonRole> + use<> {
    let moderator = actor.is_moderator.then_some(PersonRole::Moderator);
    let administrator = actor.is_administrator.then_some(PersonRole::Administrator);
    moderator.into_iter().chain(administrator)
}
