//! Checks that no script allowed by `Bash(@read-only)` changes anything, whether bash, dash or zsh runs it.
//!
//! The fuzzer's input only seeds a generator. A grammar of the programs' real options makes the scripts
//! (`grammar`, `words`), so many of them are allowed. Batches of scripts run in separate namespaces
//! (`sandbox`). The target compares everything writable before and after a batch (`snapshot`).
#![no_main]

use std::path::Path;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use baton_agents::policy::{Otherwise, Policy, PolicySettings, Ruling, ToolCall};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

mod grammar;
mod sandbox;
mod snapshot;
mod words;

use grammar::Grammar;
use sandbox::{PROJECT, Sandbox};

/// How many scripts run between two comparisons.
const BATCH: usize = 48;
/// The most scripts to generate for one batch.
const TRIES: usize = 4_000;
/// How many scripts run between two progress messages.
const TOLD_EVERY: usize = 2_400;

static GRAMMAR: LazyLock<Grammar> = LazyLock::new(|| Grammar::read(|script| is_allowed(script)));
static RUN: AtomicUsize = AtomicUsize::new(0);

static POLICY: LazyLock<Policy> = LazyLock::new(|| {
    Policy::new(&PolicySettings {
        allow: ["Bash(@read-only)", "Bash(find *)", "Bash(fdfind *)"]
            .map(str::to_owned)
            .to_vec(),
        deny: Vec::new(),
        otherwise: Otherwise::Ask,
        home: Some("/home/dev".into()),
    })
    .expect("these are rules")
});

fn is_allowed(script: &str) -> bool {
    let input = json!({"command": script});
    let call = ToolCall {
        tool: "Bash",
        input: &input,
        working_dir: Path::new(PROJECT),
        project: Path::new(PROJECT),
    };
    POLICY.judge(call) == Ruling::Allowed
}

fuzz_target!(|seed: &[u8]| {
    let mut dice = grammar::Dice::new(seed);
    let mut scripts: Vec<String> = Vec::new();
    for _ in 0..TRIES {
        let script = GRAMMAR.script(&mut dice);
        if is_allowed(&script) && !scripts.contains(&script) {
            scripts.push(script);
            if scripts.len() == BATCH {
                break;
            }
        }
    }
    if Sandbox::new().changes(&scripts).is_some() {
        for script in &scripts {
            let changes = Sandbox::new().changes(std::slice::from_ref(script));
            assert!(changes.is_none(), "{script:?} changes {changes:#?}");
        }
        panic!("together they change something, and none alone: {scripts:#?}");
    }
    let before = RUN.fetch_add(scripts.len(), Ordering::Relaxed);
    let after = before + scripts.len();
    if before / TOLD_EVERY != after / TOLD_EVERY {
        eprintln!(
            "{after} allowed scripts changed nothing, the last {:?}",
            scripts.last()
        );
    }
});
