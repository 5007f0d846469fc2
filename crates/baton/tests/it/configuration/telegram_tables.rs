//! The tables of Telegram.

use super::says;

#[test]
fn a_bot_on_telegram_is_told_what_is_wrong_with_its_places() {
    let places = "agents.echo.kind = \"echo\"\n\
                  [channels.telegram]\ntoken = { env = \"X\" }\nserver_files = \"/files\"\n\
                  [channels.telegram.places.a]\nchat = \"@team\"\nagent = \"echo\"\n\
                  [channels.telegram.places.b]\nchat = \"-100123/7\"\nagent = \"eco\"\nreactions = true\n\
                  [channels.telegram.places.c]\nchat = \"5000001\"\nagent = \"echo\"\n\
                  speakers = [\"user:1\", \"ann\"]\n";
    says(
        places,
        &[
            "baton.toml:4:1: channels.telegram.server_files: only a Bot API server of your own",
            "baton.toml:6:1: channels.telegram.places.a.chat: this is not a chat of Telegram",
            "channels.telegram.places.b.agent: there is no agent `eco`",
            "channels.telegram.places.b.reactions: Telegram has no reactions",
            "baton.toml:13:1: channels.telegram.places.c.chat: this is the number of a person",
            "for private chats, use the table `direct`",
            "channels.telegram.places.c.speakers.1: write user:ID",
        ],
    );
    says(
        "[channels.telegram]\ntoken = { env = \"X\" }\n",
        &["the bot answers nowhere"],
    );
}
