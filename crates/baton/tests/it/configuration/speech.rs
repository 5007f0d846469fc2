//! The table of the transcriber.

use super::says;
use super::suspicious_values::{warns, warns_of_nothing};

#[test]
fn a_transcriber_that_cannot_work_is_refused() {
    says(
        "[speech]\nurl = \"http://h\"\n",
        &["baton.toml:1:2:", "`kind`"],
    );
    says(
        "[speech]\nkind = \"whisper\"\n",
        &["baton.toml:2:8:", "openai", "command"],
    );
    says(
        "[speech]\nkind = \"openai\"\nurl = \"localhost:8080\"\nmodel = \"\"\n",
        &["baton.toml:3:", "http://127.0.0.1:8080", "baton.toml:4:"],
    );
    says(
        "[speech]\nkind = \"command\"\ncommand = []\n",
        &["baton.toml:3:"],
    );
    says(
        "[speech]\nkind = \"command\"\ncommand = [\"cat\"]\ntime_seconds = 0\n",
        &["baton.toml:4:"],
    );
    says(
        "[speech]\nkind = \"openai\"\nurl = \"http://h\"\nmodel = \"m\"\napi_key = { env = \"NO_SUCH_KEY\" }\n",
        &["baton.toml:5:", "NO_SUCH_KEY"],
    );
}

#[test]
fn a_transcriber_without_its_program_is_warned_about() {
    warns(
        "[speech]\nkind = \"command\"\ncommand = [\"no-such-program\"]\n",
        &["baton.toml:3:1:", "speech.command", "no-such-program"],
    );
    warns_of_nothing("[speech]\nkind = \"command\"\ncommand = [\"cat\", \"{file}\"]\n");
    warns_of_nothing("[speech]\nkind = \"openai\"\nurl = \"http://h/v1\"\nmodel = \"m\"\n");
}
