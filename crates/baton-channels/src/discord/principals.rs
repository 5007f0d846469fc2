//! Describes people on Discord as principals: by the configured people of a place, and by the permissions in a
//! server. A person on Discord is never an operator.

use baton_core::authority::{PersonRole, Principal};
use baton_core::message::Author;

use super::command_dispatch::{ADMINISTRATOR, MANAGE_MESSAGES};
use super::discord_id::Id;
use super::discord_settings::{Answering, People};
use super::wire::{DiscordUser, GuildMember};

impl Answering {
    /// The person with the roles that these settings give. `is_bot` is true for other bots and webhooks;
    /// `roles` are those of the server.
    pub(super) fn describe_person(
        &self,
        user: Id,
        author: Author,
        is_bot: bool,
        roles: &[Id],
    ) -> Principal {
        let contains = |people: &People| people.contains_person(user, roles);
        let is_heard = (self.allow_bots || !is_bot) && self.speakers.as_ref().is_none_or(contains);
        let speaker = is_heard.then_some(PersonRole::Speaker);
        let decider = self.deciders.as_ref().map(|deciders| {
            if contains(deciders) {
                PersonRole::Decider
            } else {
                PersonRole::Bystander
            }
        });
        // Discord shows a place only to people who may see the place.
        let roles = [PersonRole::Identified, PersonRole::Reader];
        Principal::new(author, roles.into_iter().chain(speaker).chain(decider))
    }

    /// The author of an interaction in a place with these settings.
    pub(super) fn describe_actor(
        &self,
        person: &DiscordUser,
        member: Option<&GuildMember>,
    ) -> Principal {
        let roles = member.map_or(&[][..], |member| &member.roles);
        self.describe_person(person.id, person.to_author(member), person.bot, roles)
            .with_roles(permission_roles(member))
    }
}

/// The author of an interaction in a place without settings.
pub(super) fn describe_member(person: &DiscordUser, member: &GuildMember) -> Principal {
    let roles = [PersonRole::Identified, PersonRole::Reader];
    Principal::new(person.to_author(Some(member)), roles).with_roles(permission_roles(Some(member)))
}

/// The roles by Discord's permissions. Direct messages have no members and no permissions, so everybody there
/// is a moderator.
fn permission_roles(member: Option<&GuildMember>) -> impl Iterator<Item = PersonRole> {
    let has = |one_of| member.map(|member| member.has_permission(one_of));
    let moderator = has(MANAGE_MESSAGES | ADMINISTRATOR).unwrap_or(true);
    let administrator = has(ADMINISTRATOR).unwrap_or(false);
    let moderator = moderator.then_some(PersonRole::Moderator);
    let administrator = administrator.then_some(PersonRole::Administrator);
    moderator.into_iter().chain(administrator)
}
