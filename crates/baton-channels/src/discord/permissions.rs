//! The channels that the bot can see, by Discord's rules:
//! <https://docs.discord.com/developers/topics/permissions#permission-hierarchy>.

use super::discord_id::Id;
use super::type_numbers::ADMINISTRATOR;
use super::wire::{DiscordChannel, DiscordGuild};

/// The permission to see a channel, and to read in the channel.
const VIEW_CHANNEL: u64 = 1 << 10;

/// Whether the bot can see a channel of a server. Discord lists hidden channels too.
pub(super) fn can_view(guild: &DiscordGuild, us: Id, channel: &DiscordChannel) -> bool {
    // Discord lists only some members, but always the bot.
    let mut members = guild.members.iter();
    let us_there = members.find(|it| it.user.as_ref().is_some_and(|it| it.id == us));
    let Some(us_there) = us_there else {
        return true;
    };
    // Every member has the role with the id of the server.
    let has = |role: Id| role == guild.id || us_there.roles.contains(&role);
    let roles = guild.roles.iter().filter(|role| has(role.id));
    let granted = roles.fold(0, |all, role| all | parse_bits(&role.permissions));
    if granted & ADMINISTRATOR != 0 {
        return true;
    }
    // A thread is visible with its channel.
    let within = channel.parent_id.filter(|_| channel.is_thread());
    let within = within.and_then(|parent| guild.channels.iter().find(|it| it.id == parent));
    let channel = within.unwrap_or(channel);
    let mut may = granted & VIEW_CHANNEL != 0;
    // Each kind overrides the kinds before. Within a kind, an allow of one role overrides a deny of another
    // role.
    let kinds: [&dyn Fn(Id) -> bool; 3] = [
        &|id| id == guild.id,
        &|id| id != guild.id && has(id),
        &|id| id == us,
    ];
    for is_of_kind in kinds {
        let all = channel.permission_overwrites.iter();
        let of_kind: Vec<_> = all.filter(|it| is_of_kind(it.id)).collect();
        let any = |set: fn(&super::wire::PermissionOverwrite) -> &String| {
            of_kind
                .iter()
                .any(|it| parse_bits(set(it)) & VIEW_CHANNEL != 0)
        };
        may = any(|it| &it.allow) || may && !any(|it| &it.deny);
    }
    may
}

/// Parses a bit set in decimal digits.
fn parse_bits(digits: &str) -> u64 {
    digits.parse().unwrap_or_default()
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
