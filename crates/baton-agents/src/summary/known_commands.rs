//! The actions of well-known commands.

use crate::policy::shell::{ShellCall, ShellScript};

/// Commands that only prepare other commands.
const PREPARE: &[&str] = &[
    "cd", "pushd", "popd", "set", "export", "unset", "source", ".", "true", ":", "sleep", "umask",
    "ulimit", "mkdir", "echo", "pwd", "printf", "exit", "trap",
];

/// The first words of a command, and the action. The first matching row counts.
const KNOWN: &[(&str, &str)] = &[
    // Tests.
    ("cargo test", "Running tests"),
    ("cargo nextest", "Running tests"),
    ("cargo miri", "Running tests"),
    ("npm test", "Running tests"),
    ("npm run test", "Running tests"),
    ("npm t", "Running tests"),
    ("pnpm test", "Running tests"),
    ("yarn test", "Running tests"),
    ("bun test", "Running tests"),
    ("deno test", "Running tests"),
    ("go test", "Running tests"),
    ("make test", "Running tests"),
    ("make check", "Running tests"),
    ("just test", "Running tests"),
    ("mvn test", "Running tests"),
    ("gradle test", "Running tests"),
    ("gradlew test", "Running tests"),
    ("dotnet test", "Running tests"),
    ("swift test", "Running tests"),
    ("mix test", "Running tests"),
    ("pytest", "Running tests"),
    ("python -m pytest", "Running tests"),
    ("python3 -m pytest", "Running tests"),
    ("python -m unittest", "Running tests"),
    ("python3 -m unittest", "Running tests"),
    ("uv run pytest", "Running tests"),
    ("tox", "Running tests"),
    ("jest", "Running tests"),
    ("vitest", "Running tests"),
    ("mocha", "Running tests"),
    ("playwright", "Running tests"),
    ("rspec", "Running tests"),
    ("phpunit", "Running tests"),
    ("ctest", "Running tests"),
    ("test.sh", "Running tests"),
    // Building and checking.
    ("cargo build", "Building"),
    ("cargo check", "Checking the code"),
    ("cargo clippy", "Checking the code"),
    ("cargo deny", "Checking the dependencies"),
    ("cargo audit", "Checking the dependencies"),
    ("cargo fmt", "Formatting"),
    ("cargo run", "Running the program"),
    ("cargo bench", "Measuring"),
    ("cargo doc", "Building the documentation"),
    ("cargo add", "Adding a dependency"),
    ("cargo remove", "Removing a dependency"),
    ("cargo update", "Updating dependencies"),
    ("cargo install", "Installing"),
    ("cargo publish", "Publishing"),
    ("cargo", "Running cargo"),
    ("npm run build", "Building"),
    ("npm run lint", "Checking the code"),
    ("npm run", "Running a script"),
    ("npm install", "Installing"),
    ("npm i", "Installing"),
    ("npm ci", "Installing"),
    ("npm publish", "Publishing"),
    ("pnpm install", "Installing"),
    ("pnpm add", "Adding a dependency"),
    ("pnpm run", "Running a script"),
    ("yarn install", "Installing"),
    ("yarn add", "Adding a dependency"),
    ("yarn build", "Building"),
    ("yarn", "Running yarn"),
    ("bun install", "Installing"),
    ("npx tsc", "Checking the code"),
    ("npx eslint", "Checking the code"),
    ("npx prettier", "Formatting"),
    ("npx jest", "Running tests"),
    ("npx vitest", "Running tests"),
    ("npx playwright", "Running tests"),
    ("npx", "Running a tool"),
    ("tsc", "Checking the code"),
    ("eslint", "Checking the code"),
    ("ruff format", "Formatting"),
    ("ruff", "Checking the code"),
    ("mypy", "Checking the code"),
    ("pyright", "Checking the code"),
    ("shellcheck", "Checking the code"),
    ("golangci-lint", "Checking the code"),
    ("go vet", "Checking the code"),
    ("prettier", "Formatting"),
    ("black", "Formatting"),
    ("gofmt", "Formatting"),
    ("rustfmt", "Formatting"),
    ("go build", "Building"),
    ("go run", "Running the program"),
    ("go mod", "Updating dependencies"),
    ("go get", "Adding a dependency"),
    ("make", "Building"),
    ("cmake", "Building"),
    ("ninja", "Building"),
    ("meson", "Building"),
    ("mvn", "Building"),
    ("gradle", "Building"),
    ("gradlew", "Building"),
    ("dotnet build", "Building"),
    ("gcc", "Compiling"),
    ("clang", "Compiling"),
    ("rustc", "Compiling"),
    ("pip install", "Installing"),
    ("pip3 install", "Installing"),
    ("python -m pip install", "Installing"),
    ("python3 -m pip install", "Installing"),
    ("uv pip install", "Installing"),
    ("uv add", "Adding a dependency"),
    ("uv sync", "Installing"),
    ("poetry install", "Installing"),
    ("apt install", "Installing"),
    ("apt-get install", "Installing"),
    ("apt update", "Updating the list of packages"),
    ("apt-get update", "Updating the list of packages"),
    ("apk add", "Installing"),
    ("dnf install", "Installing"),
    ("brew install", "Installing"),
    ("rustup", "Updating the toolchain"),
    // Git.
    ("git status", "Looking at the changes"),
    ("git diff", "Looking at the changes"),
    ("git log", "Looking at the history"),
    ("git show", "Looking at the history"),
    ("git blame", "Looking at the history"),
    ("git reflog", "Looking at the history"),
    ("git grep", "Searching"),
    ("git ls-files", "Listing files"),
    ("git add", "Staging changes"),
    ("git commit", "Committing"),
    ("git push", "Pushing"),
    ("git pull", "Pulling"),
    ("git fetch", "Fetching changes"),
    ("git clone", "Cloning a repository"),
    ("git checkout", "Switching branches"),
    ("git switch", "Switching branches"),
    ("git branch", "Looking at branches"),
    ("git merge", "Merging"),
    ("git rebase", "Rebasing"),
    ("git cherry-pick", "Taking over a commit"),
    ("git stash", "Putting changes aside"),
    ("git restore", "Undoing changes"),
    ("git reset", "Undoing changes"),
    ("git revert", "Undoing a commit"),
    ("git clean", "Deleting files that are not tracked"),
    ("git tag", "Looking at tags"),
    ("git worktree", "Managing worktrees"),
    ("git", "Running git"),
    ("gh pr", "Looking at a pull request"),
    ("gh issue", "Looking at an issue"),
    ("gh run", "Looking at a CI run"),
    ("gh", "Asking GitHub"),
    // Files.
    ("ls", "Listing files"),
    ("tree", "Listing files"),
    ("cat", "Reading"),
    ("bat", "Reading"),
    ("head", "Reading"),
    ("tail", "Reading"),
    ("less", "Reading"),
    ("sed -n", "Reading"),
    ("sed -i", "Editing"),
    ("nl", "Reading"),
    ("jq", "Reading"),
    ("grep", "Searching"),
    ("egrep", "Searching"),
    ("rg", "Searching"),
    ("ag", "Searching"),
    ("find", "Looking for files"),
    ("fd", "Looking for files"),
    ("wc", "Counting"),
    ("du", "Measuring sizes"),
    ("df", "Looking at free space"),
    ("diff", "Comparing"),
    ("cmp", "Comparing"),
    ("rm", "Deleting"),
    ("rmdir", "Deleting"),
    ("mv", "Moving"),
    ("cp", "Copying"),
    ("rsync", "Copying"),
    ("scp", "Copying"),
    ("ln", "Linking"),
    ("touch", "Making a file"),
    ("mkdir", "Making a directory"),
    ("chmod", "Changing permissions"),
    ("chown", "Changing owners"),
    ("patch", "Applying a patch"),
    ("tar", "Packing or unpacking"),
    ("zip", "Packing"),
    ("unzip", "Unpacking"),
    ("gzip", "Packing"),
    // Network, services, processes.
    ("curl", "Calling"),
    ("wget", "Downloading"),
    ("ssh", "Running on another machine"),
    ("ping", "Trying the network"),
    ("docker build", "Building an image"),
    ("docker compose", "Managing containers"),
    ("docker run", "Running a container"),
    ("docker logs", "Reading logs"),
    ("docker", "Managing containers"),
    ("podman", "Managing containers"),
    ("kubectl logs", "Reading logs"),
    ("kubectl", "Managing the cluster"),
    ("helm", "Managing the cluster"),
    ("terraform", "Managing infrastructure"),
    ("systemctl", "Managing services"),
    ("journalctl", "Reading logs"),
    ("psql", "Asking the database"),
    ("mysql", "Asking the database"),
    ("sqlite3", "Asking the database"),
    ("redis-cli", "Asking the database"),
    ("ps", "Looking at processes"),
    ("pgrep", "Looking at processes"),
    ("kill", "Stopping a process"),
    ("pkill", "Stopping a process"),
    ("sleep", "Waiting"),
    ("echo", "Printing"),
    ("printf", "Printing"),
    ("which", "Looking for a program"),
    ("python", "Running Python"),
    ("python3", "Running Python"),
    ("uv run", "Running Python"),
    ("node", "Running JavaScript"),
    ("deno", "Running JavaScript"),
    ("bun", "Running JavaScript"),
    ("ruby", "Running Ruby"),
    ("perl", "Running Perl"),
    ("bash", "Running a script"),
    ("sh", "Running a script"),
];

/// The action of a command line: of the first command that is no mere preparation.
pub(super) fn describe_command(command: &str) -> &'static str {
    let script = ShellScript::parse(command);
    let calls: Vec<_> = script.calls.iter().map(innermost_call).collect();
    let telling = calls
        .iter()
        .find(|call| call.name().is_some_and(|name| !PREPARE.contains(&name)));
    telling
        .or(calls.last())
        .and_then(|call| known_action(call))
        .unwrap_or("Running")
}

/// The command inside a transparent one, such as `timeout 60 …`.
fn innermost_call(call: &ShellCall) -> &ShellCall {
    match &call.inner {
        Some(inner) if inner.transparent => inner.script.calls.last().map_or(call, innermost_call),
        _ => call,
    }
}

fn known_action(call: &ShellCall) -> Option<&'static str> {
    let mut words: Vec<_> = call.words.iter().map_while(|word| word.literal()).collect();
    if let Some(name) = words.first_mut() {
        *name = name.rsplit('/').next().unwrap_or(name);
    }
    // Skips options before the subcommand: `cargo +nightly test`, `git -C there log`.
    let mut plain: Vec<&str> = Vec::new();
    let mut rest = words.iter().copied();
    while let Some(word) = rest.next() {
        let before = plain.len() == 1;
        match word {
            "-C" | "-c" | "--manifest-path" | "--prefix" if before => {
                rest.next();
            }
            word if before && (word.starts_with("--") || word.starts_with('+')) => {}
            word => plain.push(word),
        }
    }
    let row = KNOWN.iter().find(|(begins, _)| {
        begins
            .split(' ')
            .enumerate()
            .all(|(at, word)| plain.get(at) == Some(&word))
    });
    row.map(|(_, doing)| *doing)
}

/// A command line without a leading `cd … &&`.
pub(super) fn without_leading_cd(command: &str) -> &str {
    let command = command.trim();
    let Some((first, rest)) = command.split_once("&&") else {
        return command;
    };
    let only_moves = first
        .strip_prefix("cd ")
        .is_some_and(|path| !path.contains([';', '|', '&', '\n', '$', '`']));
    if only_moves {
        rest.trim_start()
    } else {
        command
    }
}
