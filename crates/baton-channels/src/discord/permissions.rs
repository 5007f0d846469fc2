//! The channels that the bot can see, by Discord's rules:
//! <https://docs.discord.com/developers/topics/permissions#permission-hierarchy>.

use serde::{Deserialize, Deserializer};

use super::discord_id::Id;
use super::type_numbers::ADMINISTRATOR;
use super::wire::{DiscordChannel, DiscordGuild, GuildMember};

/// The permission to see a channel, and to read in the channel.
const VIEW_CHANNEL: u64 = 1 << 10;

/// A set of permissions. Discord sends the bits of the set as decimal digits; other texts count as the empty set.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Permissions(u64);

impl Permissions {
    pub(super) fn has_any(self, others: u64) -> bool {
        self.0 & others != 0
    }
}

impl<'de> Deserialize<'de> for Permissions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let digits = String::deserialize(deserializer)?;
        Ok(Self(digits.parse().unwrap_or_default()))
    }
}

/// Whether the bot can see a channel of a server. Discord lists hidden channels too.
pub(super) fn can_view(guild: &DiscordGuild, us: Id, channel: &DiscordChannel) -> bool {
    // Discord lists only some members, but always the bot.
    let is_us = |member: &&GuildMember| member.user.as_ref().is_some_and(|it| it.id == us);
    let Some(us_there) = guild.members.iter().find(is_us) else {
        return true;
    };
    // Every member has the role with the id of the server.
    let has = |role: Id| role == guild.id || us_there.roles.contains(&role);
    let own_roles = guild.roles.iter().filter(|role| has(role.id));
    let is_granted = |one: u64| own_roles.clone().any(|it| it.permissions.has_any(one));
    if is_granted(ADMINISTRATOR) {
        return true;
    }
    // A thread is visible with its channel.
    let parent = channel.parent_id.filter(|_| channel.is_thread());
    let parent = parent.and_then(|parent| guild.channels.iter().find(|it| it.id == parent));
    let overwrites = &parent.unwrap_or(channel).permission_overwrites;
    // Each kind overrides the kinds before. Within a kind, an allow of one role overrides a deny of another
    // role.
    let kinds: [&dyn Fn(Id) -> bool; 3] = [
        &|id| id == guild.id,
        &|id| id != guild.id && has(id),
        &|id| id == us,
    ];
    kinds
        .iter()
        .fold(is_granted(VIEW_CHANNEL), |may, is_of_kind| {
            let of_kind = overwrites.iter().filter(|it| is_of_kind(it.id));
            let allows = of_kind.clone().any(|it| it.allow.has_any(VIEW_CHANNEL));
            let denies = of_kind.clone().any(|it| it.deny.has_any(VIEW_CHANNEL));
            allows || may && !denies
        })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const US: Id = Id(9);

    fn sees(roles: &Value, overwrites: &[Value]) -> bool {
        let channel = json!({ "id": "2", "type": 0, "permission_overwrites": overwrites });
        let thread = json!({ "id": "3", "type": 11, "parent_id": "2" });
        let guild = json!({
            "id": "1",
            "roles": roles,
            "members": [{ "user": { "id": "9" }, "roles": ["5", "6"] }],
            "channels": [channel],
            "threads": [thread],
        });
        let guild: DiscordGuild = serde_json::from_value(guild).unwrap();
        let channel = can_view(&guild, US, &guild.channels[0]);
        assert_eq!(can_view(&guild, US, &guild.threads[0]), channel);
        channel
    }

    #[test]
    fn the_nearest_word_counts() {
        let role = |id: &str, bits: u64| json!({ "id": id, "permissions": bits.to_string() });
        let open = json!([role("1", VIEW_CHANNEL), role("5", 0), role("6", 0)]);
        let shut = json!([role("1", 0), role("5", 0), role("7", VIEW_CHANNEL)]);
        let keeper = json!([role("1", 0), role("6", ADMINISTRATOR)]);
        let word = |id: &str, allow: bool| {
            let (yes, no) = (VIEW_CHANNEL.to_string(), "0".to_owned());
            let (allow, deny) = if allow { (yes, no) } else { (no, yes) };
            json!({ "id": id, "type": 0, "allow": allow, "deny": deny })
        };
        assert!(sees(&open, &[]));
        assert!(!sees(&shut, &[]));
        assert!(sees(&keeper, &[word("1", false)]));
        assert!(!sees(&open, &[word("1", false)]));
        assert!(sees(&open, &[word("1", false), word("5", true)]));
        let both = [word("1", false), word("5", true), word("6", false)];
        assert!(sees(&open, &both));
        assert!(!sees(&open, &[word("5", true), word("9", false)]));
        assert!(sees(&shut, &[word("9", true)]));
        assert!(sees(&open, &[word("7", false)]), "not our role");
    }
}
