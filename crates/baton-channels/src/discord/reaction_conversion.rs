//! Discord's reactions in the form of the chat layer.

use baton_chat::connector::{Actor, ReactionAdded};
use baton_core::message::Author;

use super::discord_id::Id;
use super::wire::MessageReaction;

/// Converts a reaction; `None` for an emoji without a name. `us` is the bot.
pub(super) fn convert_reaction(us: Id, reaction: MessageReaction) -> Option<ReactionAdded> {
    // In direct messages, Discord sends no member, and no other bots take part.
    let member = reaction.member.unwrap_or_default();
    Some(ReactionAdded {
        chat: reaction.channel_id.into(),
        message: reaction.message_id.into(),
        emoji: reaction.emoji.name?,
        actor: Actor {
            author: Author {
                id: reaction.user_id.into(),
                name: reaction.user_id.to_string(),
            },
            is_us: reaction.user_id == us,
            is_bot: member.user.is_some_and(|user| user.bot),
            roles: member.roles.into_iter().map(Into::into).collect(),
            // Discord sends no permissions with a reaction.
            is_moderator: false,
            is_administrator: false,
        },
    })
}
