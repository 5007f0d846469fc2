//! Joined and wrapped commands: joining never makes a command allowed.

use proptest::prelude::*;
use proptest::sample::select;

use super::{Should, command, policy, short};

const ALLOWED: &[&str] = &[
    "ls",
    "cat x",
    "git status",
    "cargo test --lib",
    "grep -rn 'a b' src",
    "find . -name '*.rs'",
    "echo \"$(pwd)\"",
    "sort x | uniq -c",
    "for f in a b; do cat $f; done",
    "if [ -f x ]; then cat x; fi",
    "ls 2>/dev/null",
    "timeout 5 cargo test",
    "cat <<'E'\nx\nE\n",
];

const NOT_ALLOWED: &[&str] = &[
    "rm -rf y",
    "$X",
    "find . -delete",
    "cat x > y",
    "echo `rm y`",
    "X=1",
    "sh -c 'rm y'",
    "sort -o x y",
    "ls() { rm y; }",
    "eval ls",
    "sudo ls",
    "git push",
    "git -c a=b log",
    "sed -i s/a/b/ x",
    "cat <<E\n$(rm y)\nE",
    "coproc ls",
    "tee y",
    "PATH=/tmp ls",
    "rm\\\n y",
    "\"r\"m y",
    "export X",
];

const OPERATORS: &[&str] = &[";", "&&", "||", "|", "|&", "&", "\n", " ; ", "\n\n", " &\n"];

/// The text before and after a command.
const WRAPPERS: &[(&str, &str)] = &[
    ("(", ")"),
    ("( ", " )"),
    ("{ ", "\n}"),
    ("echo $(", "\n)"),
    ("echo \"$(", "\n)\""),
    ("cat <(", "\n)"),
    ("! ", ""),
    ("time ", ""),
    ("if true; then ", "\nfi"),
    ("if ", "\nthen ls; fi"),
    ("while ", "\ndo ls; done"),
    ("for f in a; do ", "\ndone"),
    ("case x in x) ", "\n;; esac"),
    ("ls | ", ""),
    ("true && ", ""),
    ("cat <<E\n$(", "\n)\nE"),
    ("ls 2>&1 | ", ""),
    ("[[ -n $(", "\n) ]]"),
];

fn usual() -> baton_agents::policy::Policy {
    policy(&["Bash(@read-only)", "Bash(cargo test *)"], &[])
}

fn is_allowed(text: &str) -> bool {
    short(&command(&usual(), text)) == Should::Allow
}

#[test]
fn the_samples_are_what_they_say() {
    for text in ALLOWED {
        assert!(is_allowed(text), "{text}");
    }
    for text in NOT_ALLOWED {
        assert!(!is_allowed(text), "{text}");
    }
}

proptest! {
    #[test]
    fn joining_never_allows(
        left in select(ALLOWED), bad in select(NOT_ALLOWED), right in select(ALLOWED),
        first in select(OPERATORS), second in select(OPERATORS),
    ) {
        for text in [
            format!("{left}{first}{bad}"),
            format!("{bad}\n{first}{left}"),
            format!("{bad}{first}{left}"),
            format!("{left}{first}{bad}{second}{right}"),
        ] {
            prop_assert!(!is_allowed(&text), "{text}");
        }
    }

    #[test]
    fn wrapping_never_widens(bad in select(NOT_ALLOWED), wraps in proptest::collection::vec(select(WRAPPERS), 1..4)) {
        let mut text = bad.to_owned();
        for (before, after) in wraps {
            text = format!("{before}{text}{after}");
            prop_assert!(!is_allowed(&text), "{text}");
        }
    }

    #[test]
    fn arguments_never_widen(option in "[-a-zA-Z0-9=_./*$'\"{}\\\\ ]{0,20}", bad in select(&["find . -delete", "sort -o x y", "git push", "sed -i s/a/b/ x", "tee y"][..])) {
        let text = format!("{bad} {option}");
        prop_assert!(!is_allowed(&text), "{text}");
    }

    #[test]
    fn anything_is_judged(text in "\\PC{0,200}") {
        let joined = format!("{text}\nrm -rf y");
        prop_assert!(!is_allowed(&joined) || text.contains("<<"), "{joined}");
    }

    #[test]
    fn anything_of_a_shell_is_judged(text in "[a-z $(){}\\[\\]`'\"\\\\;&|<>\n#*?~=!-]{0,80}") {
        let joined = format!("{text}; rm -rf y");
        if is_allowed(&text) {
            prop_assert!(!is_allowed(&joined) || text.contains('#'), "{joined}");
        }
    }
}
