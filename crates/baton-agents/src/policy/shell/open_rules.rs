//! Finds rules that allow more than they seem to: rules for commands with options that write any file or run
//! any program.

use super::command_pattern::CommandPattern;

/// The dangerous abilities of commands, through their options and operands.
const OPEN: &[(&[&str], &str)] = &[
    (&["rg"], "`--pre` runs any program"),
    (
        &["sort"],
        "`-o` writes any file, and `--compress-program` runs any program",
    ),
    (
        &["sed"],
        "`-i` changes files in place, and a script can write any file (`w`) and run any command (`e`)",
    ),
    (&["tree"], "`-o` writes any file"),
    (
        &["tar", "bsdtar"],
        "it writes over any file, and `--to-command`, `--checkpoint-action` and `-I` run any program",
    ),
    (
        &["awk", "gawk", "mawk", "nawk"],
        "a script can write any file and run any command (`system()`)",
    ),
    (
        &["git"],
        "it pushes, deletes branches, throws changes away, and runs hooks and aliases",
    ),
    (
        &[
            "bun", "deno", "java", "julia", "lua", "node", "perl", "php", "python", "python2",
            "python3", "Rscript", "ruby", "tclsh",
        ],
        "it runs any program that is written on its command line or in a file",
    ),
    (
        &["bunx", "npx", "pipx", "pnpx", "uvx"],
        "it fetches and runs any package",
    ),
    (
        &["npm", "pnpm", "uv", "yarn"],
        "it installs and runs any package, and whatever the project configures",
    ),
    (
        &["cargo", "go", "gradle", "mvn"],
        "it installs and runs any package, and its options name other configuration",
    ),
    (
        &["make", "gmake", "just", "ninja"],
        "its variables and options (`SHELL=`, `--eval`, `-f`) run any command",
    ),
    (
        &["docker", "podman", "kubectl", "ssh"],
        "it runs any command in containers or on other machines, which may hold files of this one",
    ),
    (
        &["curl", "wget"],
        "it sends any file anywhere, and writes over any file",
    ),
    (
        &["rsync", "scp", "sftp"],
        "it copies any file anywhere, and its options run any program",
    ),
    (
        &[
            "cp", "dd", "install", "ln", "mv", "patch", "split", "tee", "unzip",
        ],
        "it writes over any file",
    ),
    (
        &[
            "ed", "emacs", "ex", "less", "man", "more", "nano", "nvim", "vi", "view", "vim",
        ],
        "it runs any command from within (`!`)",
    ),
    (
        &["sqlite3", "psql", "mysql", "gdb", "zip"],
        "its own commands and options run any program",
    ),
    (&["uniq", "xxd"], "a second name is a file that is written"),
];

/// The dangerous calls that a rule for this command allows; `None` if none are known.
pub(in super::super) fn known_danger(pattern: &CommandPattern) -> Option<&'static str> {
    let (name, words) = pattern.open_command()?;
    let (_, what) = OPEN.iter().find(|(names, _)| names.contains(&name))?;
    // A named subcommand is a deliberate choice.
    let chosen = matches!(
        name,
        "bun"
            | "cargo"
            | "deno"
            | "docker"
            | "git"
            | "go"
            | "just"
            | "kubectl"
            | "npm"
            | "pnpm"
            | "podman"
            | "uv"
            | "yarn"
    ) && !words.is_empty();
    (!chosen).then_some(*what)
}
