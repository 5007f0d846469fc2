//! An invalid configuration is refused, with the location and a correction.

use crate::program::Home;
use suspicious_values::warns_of_nothing;

mod discord_tables;
mod people;
mod speech;
mod suspicious_values;
#[cfg(feature = "telegram")]
mod telegram_tables;

/// The error for a refused configuration.
fn refused(configuration: &str) -> String {
    let home = Home::with(configuration);
    let checked = home.run(&["config", "check"]);
    assert_eq!(checked.code, Some(2), "{}", checked.err);
    assert_eq!(checked.out, "");
    // The start reports the same errors as `check`.
    let started = home.run(&[]);
    assert_eq!(started.code, Some(2));
    assert_eq!(started.err, checked.err);
    checked.err
}

#[track_caller]
fn says(configuration: &str, parts: &[&str]) {
    let said = refused(configuration);
    for part in parts {
        assert!(said.contains(part), "{part:?} is not in: {said}");
    }
}

#[test]
fn s87_a_typo_is_refused_with_file_line_and_the_nearest_key() {
    says(
        "[limits]\nturnz = 3\n",
        &["baton.toml:2:1:", "`turnz`", "did you mean `turns`?"],
    );
    says(
        "[chanels.web]\npublic = true\n",
        &["baton.toml:1:2:", "did you mean `channels`?"],
    );
    says(
        "[agents.x]\nkind = \"opennai\"\n",
        &["baton.toml:2:8:", "did you mean `openai`?"],
    );
    says(
        "[agents.x]\nkind = \"echo\"\nat_onze = 1\n",
        &["baton.toml:3:1:", "did you mean `at_once`?"],
    );
}

#[test]
fn s87_a_wrong_type_is_refused_with_file_and_line() {
    says(
        "[limits]\n\nturns = \"many\"\n",
        &["baton.toml:3:9:", "limits.turns", "a whole number"],
    );
    says(
        "[limits]\nturns = 0\n",
        &["baton.toml:2:9:", "from 1 to 10000"],
    );
    says(
        "[server]\nlisten = \"here\"\n",
        &["baton.toml:2:10:", "127.0.0.1:7420"],
    );
    says("limits = 3\n", &["baton.toml:1:10:", "a table"]);
    says("[limits\n", &["baton.toml:1:", "not TOML"]);
    says(
        "[personas.x]\n",
        &["baton.toml:1:11:", "`agent` is missing"],
    );
}

#[test]
fn files_that_never_fit_are_refused() {
    says(
        "[files]\nuploads_mib = 24\n",
        &["baton.toml:2:", "uploads_mib", "size_mib"],
    );
    says("[files]\nsize_mib = 1025\n", &["baton.toml:2:"]);
}

#[test]
fn s87_an_unknown_name_is_refused_with_the_nearest() {
    let agent = "[agents.lama]\nkind = \"echo\"\n";
    says(
        &format!("{agent}[channels.web]\nagent = \"llama\"\n"),
        &[
            "baton.toml:4:1:",
            "no agent `llama`",
            "did you mean `lama`?",
        ],
    );
    says(
        &format!("{agent}[personas.Ann]\nagent = \"lamma\"\n"),
        &["baton.toml:4:1:", "did you mean `lama`?"],
    );
    says(
        &format!("{agent}[channels.web]\npersona = \"Ann\"\n"),
        &["baton.toml:4:1:", "no persona `Ann`"],
    );
}

#[test]
fn s87_a_missing_secret_is_refused_with_its_name() {
    let agent =
        "[agents.x]\nkind = \"openai\"\nmodel = \"m\"\nbase_url = \"http://127.0.0.1:1/v1\"\n";
    says(
        &format!("{agent}api_key = {{ env = \"NOBODY_SET_THIS\" }}\n"),
        &["baton.toml:5:1:", "NOBODY_SET_THIS", "not set"],
    );
    says(
        &format!("{agent}api_key = {{ file = \"no-such-file\" }}\n"),
        &["baton.toml:5:1:", "no-such-file"],
    );
    says(
        &format!("{agent}api_key = \"hunter2\"\n"),
        &["baton.toml:5:11:", "must not contain a secret", "{ env = "],
    );
}

#[test]
fn a_value_that_means_nothing_is_refused_with_what_to_write() {
    let server = |hosts: &str| format!("[agents.x]\nkind = \"echo\"\n[server]\nhosts = {hosts}\n");
    says(
        &server("[\"ok.example\", \"https://x/\"]"),
        &["baton.toml:4:24:", "server.hosts.1", "chat.example.org"],
    );
    says(&server("[\"\"]"), &["baton.toml:4:10:"]);
    let claude = |line: &str| format!("[agents.x]\nkind = \"claude\"\n{line}\n");
    says(
        &claude("policy.allow = [\"Read\", \"Bash(\"]"),
        &[
            "baton.toml:3:25:",
            "agents.x.policy.allow.1",
            "Bash(cargo test *)",
        ],
    );
    says(
        "[agents.x]\nkind = \"acp\"\ncommand = [\"cat\"]\npolicy.deny = [\"Bash(\"]\n",
        &["baton.toml:4:16:", "agents.x.policy.deny.0"],
    );
    says(
        &claude("session_in_use = \"share\""),
        &["baton.toml:3:", "fork", "refuse"],
    );
    says(
        &claude("directory = \"no-such-folder\""),
        &[
            "baton.toml:3:1:",
            "agents.x.directory",
            "this folder does not exist",
        ],
    );
    says(&claude("program = \"\""), &["agents.x.program"]);
    for kind in ["command", "acp"] {
        let agent = |line: &str| format!("[agents.x]\nkind = \"{kind}\"\n{line}\n");
        says(
            &agent("command = [\"\"]"),
            &["baton.toml:3:1:", "agents.x.command", "the program"],
        );
        says(
            &agent("command = [\"cat\"]\ndirectory = \"no-such-folder\""),
            &[
                "baton.toml:4:1:",
                "agents.x.directory",
                "this folder does not exist",
            ],
        );
    }
    says(
        "[agents.x]\nkind = \"openai\"\nbase_url = \"http://127.0.0.1:1/v1\"\nmodel = \"\"\n",
        &["baton.toml:4:1:", "agents.x.model", "llama3.2"],
    );
    let persona = |line: &str| {
        format!("[agents.x]\nkind = \"echo\"\n[personas.Ann]\nagent = \"x\"\n{line}\n")
    };
    says(
        "[agents.x]\nkind = \"echo\"\n[projects]\nagent = \"x\"\n",
        &["baton.toml:4:1:", "projects.agent", "no folder"],
    );
    says(
        "[projects]\nagent = \"y\"\n",
        &["baton.toml:2:1:", "projects.agent", "no agent `y`"],
    );
    says(
        "[projects]\nclone_seconds = 900\n",
        &["baton.toml:2:1:", "projects.clone_seconds", "840"],
    );
    says(
        &persona("directory = \".\""),
        &["baton.toml:5:1:", "personas.Ann.directory", "no folder"],
    );
    says(
        "[agents.x]\nkind = \"claude\"\n[personas.Ann]\nagent = \"x\"\ndirectory = \"gone\"\n",
        &[
            "baton.toml:5:1:",
            "personas.Ann.directory",
            "this folder does not exist",
        ],
    );
    says(
        &persona("user_prompt = \"{name} says hello\""),
        &["baton.toml:5:1:", "personas.Ann.user_prompt", "{text}"],
    );
    for color in ["teal-ish", "#12", "red;x:url()"] {
        says(
            &persona(&format!("color = \"{color}\"")),
            &["baton.toml:5:1:", "personas.Ann.color", "#rrggbb"],
        );
    }
}

#[test]
fn a_folder_starts_from_the_configurations_own() {
    let home =
        Home::with("[agents.x]\nkind = \"command\"\ncommand = [\"cat\"]\ndirectory = \"work\"\n");
    std::fs::create_dir(home.path().join("work")).unwrap();
    let checked = home.run(&["config", "check"]);
    assert_eq!(checked.code, Some(0), "{}", checked.err);
}

#[test]
fn all_mistakes_are_told_at_once() {
    let said = refused("[limits]\nturnz = 3\nwaiting = \"x\"\n[people.ann]\n");
    assert_eq!(said.lines().count(), 3, "{said}");
}

#[test]
fn a_file_that_is_not_there_is_refused_unless_nobody_named_it() {
    let home = Home::new();
    let named = home.run(&["--config", "nowhere.toml", "config", "check"]);
    assert_eq!(named.code, Some(2));
    assert!(named.err.contains("nowhere.toml"), "{}", named.err);
    assert_eq!(home.run(&["config", "check"]).code, Some(0));
}

#[test]
fn the_usual_file_is_read_where_it_is() {
    let home = Home::new();
    let folder = home.path().join(".config/baton");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(
        folder.join("baton.toml"),
        "[agents.parrot]\nkind = \"echo\"\n",
    )
    .unwrap();
    let plan = home.run(&["config", "check", "--json"]).json();
    assert_eq!(plan["agents"][0]["name"], "parrot");
    assert_eq!(plan["personas"][0]["name"], "parrot");
}

#[test]
fn the_example_passes_its_own_check() {
    let example = Home::new().run(&["config", "example"]);
    assert_eq!(example.code, Some(0));
    let checked = Home::with(&example.out).run(&["config", "check"]);
    assert_eq!(checked.code, Some(0), "{}", checked.err);
    assert!(checked.out.contains("Ada"), "{}", checked.out);
}

#[test]
fn the_schema_is_one() {
    let schema = Home::new().run(&["config", "schema"]).json();
    assert!(schema["properties"]["limits"]["properties"]["turns"].is_object());
}

#[test]
fn the_command_line_goes_before_the_environment_and_both_before_the_file() {
    let agent = "[agents.x]\nkind = \"echo\"\n";
    let home = Home::with(&format!("{agent}[server]\nlisten = \"127.0.0.1:1111\"\n"));
    let check = ["config", "check", "--json"];
    assert_eq!(home.run(&check).json()["listen"], "127.0.0.1:1111");
    let home = home.env("BATON_LISTEN", "127.0.0.1:2222");
    assert_eq!(home.run(&check).json()["listen"], "127.0.0.1:2222");
    let listen = ["config", "check", "--json", "--listen", "127.0.0.1:3333"];
    assert_eq!(home.run(&listen).json()["listen"], "127.0.0.1:3333");
}

#[test]
fn the_address_of_one_call_is_refused_with_what_to_leave_out() {
    let openai =
        |url: &str| format!("[agents.x]\nkind = \"openai\"\nmodel = \"m\"\nbase_url = \"{url}\"\n");
    for end in [
        "chat/completions",
        "chat/completions/",
        "completions?x=1",
        "models",
    ] {
        says(
            &openai(&format!("http://127.0.0.1:1/v1/{end}")),
            &["baton.toml:4:1:", "agents.x.base_url", "keep only", "/v1"],
        );
    }
    for url in [
        "http://127.0.0.1:1/v1",
        "http://127.0.0.1:1/v1/",
        "http://127.0.0.1:1/models/v1",
    ] {
        warns_of_nothing(&openai(url));
    }
}

#[test]
fn a_secret_is_read_without_the_mark_that_some_editors_put_before_a_text() {
    let home = Home::with(
        "[agents.x]\nkind = \"openai\"\nmodel = \"m\"\nbase_url = \"http://127.0.0.1:1/v1\"\napi_key = { file = \"key\" }\n",
    );
    let key = home.path().join("key");
    std::fs::write(&key, "\u{feff}\n").unwrap();
    let checked = home.run(&["config", "check"]);
    assert_eq!(checked.code, Some(2));
    assert!(checked.err.contains("is empty"), "{}", checked.err);
    // An HTTP header cannot contain the byte order mark.
    std::fs::write(&key, "\u{feff}sk-made-up\r\n").unwrap();
    assert_eq!(home.run(&["config", "check"]).code, Some(0));
}

#[test]
fn a_configuration_is_read_with_the_mark_that_some_editors_put_before_a_text() {
    warns_of_nothing("\u{feff}[agents.x]\nkind = \"echo\"\n");
}
