//! Random scripts from the real options of programs, as their `--help` lists them.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::process::{Command, Stdio};

use crate::words::{FORMS, WORDS};

/// The programs, and the command that lists the options of each.
const PROGRAMS: &[(&str, &str)] = &[
    ("awk", "gawk --help"),
    ("b2sum", "b2sum --help"),
    ("basename", "basename --help"),
    ("cat", "cat --help"),
    ("cksum", "cksum --help"),
    ("cmp", "cmp --help"),
    ("column", "column --help"),
    ("comm", "comm --help"),
    ("cut", "cut --help"),
    ("date", "date --help"),
    ("df", "df --help"),
    ("diff", "diff --help"),
    ("dirname", "dirname --help"),
    ("du", "du --help"),
    ("env", "env --help"),
    ("expand", "expand --help"),
    ("fdfind", "fdfind --help"),
    ("file", "file --help"),
    ("find", "find --help; bfs -help"),
    ("fmt", "fmt --help"),
    ("fold", "fold --help"),
    ("free", "free --help"),
    ("git blame", "git blame -h; git log -h"),
    ("git branch", "git branch -h"),
    ("git cat-file", "git cat-file -h"),
    ("git config", "git config -h"),
    ("git describe", "git describe -h"),
    ("git diff", "git diff -h; git help -m diff"),
    ("git for-each-ref", "git for-each-ref -h"),
    ("git grep", "git grep -h"),
    ("git log", "git log -h; git diff -h; git help -m log"),
    ("git ls-files", "git ls-files -h"),
    ("git ls-tree", "git ls-tree -h"),
    ("git merge-base", "git merge-base -h"),
    ("git name-rev", "git name-rev -h"),
    ("git reflog", "git reflog -h"),
    ("git remote", "git remote -h"),
    ("git rev-parse", "git rev-parse -h; git help -m rev-parse"),
    ("git show", "git show -h; git diff -h"),
    ("git show-ref", "git show-ref -h"),
    ("git stash", "git stash -h"),
    ("git status", "git status -h"),
    ("git tag", "git tag -h"),
    ("git worktree", "git worktree -h"),
    ("grep", "grep --help"),
    ("head", "head --help"),
    ("hexdump", "hexdump --help"),
    ("hostname", "hostname --help"),
    ("id", "id --help"),
    ("join", "join --help"),
    ("jq", "jq --help"),
    ("ls", "ls --help"),
    ("nl", "nl --help"),
    ("od", "od --help"),
    ("paste", "paste --help"),
    ("pgrep", "pgrep --help"),
    ("printf", "printf --help"),
    ("ps", "ps --help all"),
    ("readlink", "readlink --help"),
    ("realpath", "realpath --help"),
    ("rev", "rev --help"),
    ("rg", "rg --help"),
    ("sed", "sed --help"),
    ("seq", "seq --help"),
    ("sha256sum", "sha256sum --help"),
    ("sort", "sort --help"),
    ("stat", "stat --help"),
    ("strings", "strings --help"),
    ("tac", "tac --help"),
    ("tail", "tail --help"),
    ("tar", "tar --help"),
    ("test", "[ --help"),
    ("tr", "tr --help"),
    ("tree", "tree --help"),
    ("type", "echo -a -p -t -f"),
    ("uname", "uname --help"),
    ("unexpand", "unexpand --help"),
    ("uniq", "uniq --help"),
    ("uptime", "uptime --help"),
    ("wc", "wc --help"),
    ("whereis", "whereis --help"),
    ("which", "echo -a -s"),
];

/// Options that make a program run forever. They would only waste time.
const ENDLESS: &[(&str, &[&str])] = &[
    ("free", &["-s", "--seconds"]),
    ("tail", &["-f", "-F", "--follow", "--retry"]),
];

/// Programs with many dangerous options, chosen more often.
const OFTEN: &[&str] = &[
    "tree", "find", "git", "rg", "sort", "sed", "awk", "tar", "env", "fdfind", "date", "uniq",
    "file",
];

/// A pseudo-random generator with the fuzzer's input as its seed.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: &[u8]) -> Self {
        let mut hasher = DefaultHasher::new();
        seed.hash(&mut hasher);
        Self(hasher.finish() | 1)
    }

    /// A number below `end`.
    fn below(&mut self, end: usize) -> usize {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(number).unwrap_or_default() % end.max(1)
    }

    fn one_of<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }
}

struct Program {
    name: &'static str,
    /// All options of the program.
    options: Vec<String>,
    /// The options allowed alone, or with a value.
    allowed: Vec<String>,
}

/// The building blocks of scripts.
pub(crate) struct Grammar {
    programs: Vec<Program>,
    often: Vec<usize>,
}

impl Grammar {
    /// Runs the programs to learn their options.
    pub(crate) fn read(is_allowed: impl Fn(&str) -> bool) -> Self {
        let programs: Vec<_> = PROGRAMS
            .iter()
            .map(|(name, ask)| {
                let name: &'static str = name;
                let endless = ENDLESS.iter().find(|(endless, _)| *endless == name);
                let ends = |option: &String| {
                    endless.is_none_or(|(_, options)| !options.contains(&option.as_str()))
                };
                let options: Vec<_> = options(ask).into_iter().filter(ends).collect();
                let known = |option: &&String| {
                    let calls = [
                        format!("{name} {option}"),
                        format!("{name} {option} a"),
                        format!("{name} {option} 1 a.txt"),
                        format!("{name} {option}=1 a"),
                        format!("{name} -n {option} p a"),
                        format!("{name} --list {option}"),
                        format!("{name} list {option}"),
                        format!("{name} --get {option}"),
                    ];
                    calls.iter().any(|call| is_allowed(call))
                };
                let allowed = options.iter().filter(known).cloned().collect();
                Program {
                    name,
                    options,
                    allowed,
                }
            })
            .collect();
        for program in &programs {
            let (all, allowed) = (program.options.len(), program.allowed.len());
            eprintln!("{}: {all} options, {allowed} of them allowed", program.name);
        }
        let is_often =
            |program: &Program| OFTEN.contains(&program.name.split(' ').next().unwrap_or_default());
        let often = (0..programs.len()).filter(|at| is_often(&programs[*at]));
        Self {
            often: often.collect(),
            programs,
        }
    }

    /// A random script.
    pub(crate) fn script(&self, dice: &mut Dice) -> String {
        let form = dice.one_of(FORMS);
        let mut pieces = form.split('%');
        let mut script = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            script.push_str(&self.call(dice));
            script.push_str(piece);
        }
        script
    }

    fn call(&self, dice: &mut Dice) -> String {
        let at = if dice.below(2) == 0 {
            self.often[dice.below(self.often.len())]
        } else {
            dice.below(self.programs.len())
        };
        let program = &self.programs[at];
        let mut call = program.name.to_owned();
        for _ in 0..dice.below(6) {
            call.push(' ');
            call.push_str(&program.word(dice));
        }
        call
    }
}

impl Program {
    fn word(&self, dice: &mut Dice) -> String {
        let options = if self.allowed.is_empty() || dice.below(12) == 0 {
            &self.options
        } else {
            &self.allowed
        };
        if options.is_empty() {
            return dice.one_of(WORDS).to_owned();
        }
        let option = options[dice.below(options.len())].clone();
        match dice.below(16) {
            0..=5 => option,
            6 => format!("{option}={}", dice.one_of(WORDS)),
            7 => format!("{option}{}", dice.one_of(WORDS)),
            // Several letters in one word, because each program parses them in its own way.
            8..=10 => {
                let letters: Vec<_> = options.iter().filter(|it| it.len() == 2).collect();
                let mut word = "-".to_owned();
                for _ in 0..=dice.below(3) {
                    if !letters.is_empty() {
                        word.push_str(&letters[dice.below(letters.len())][1..]);
                    }
                }
                if dice.below(8) == 0 {
                    word.push_str(
                        dice.one_of(&["o", "x", "O", "R", "i", "C", "z", "X", "1", "u", "e", "w"]),
                    );
                }
                word
            }
            _ => dice.one_of(WORDS).to_owned(),
        }
    }
}

/// The options in a program's help text.
fn options(ask: &str) -> BTreeSet<String> {
    let said = Command::new("sh")
        .args(["-c", ask])
        .env("MANPAGER", "cat")
        .env("PAGER", "cat")
        .stdin(Stdio::null())
        .output();
    let said = said.map(|said| [said.stdout, said.stderr].concat());
    let said = said.unwrap_or_default();
    let text = String::from_utf8_lossy(&said).replace('\u{8}', "");
    let name =
        |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '@' | '#');
    let mut options = BTreeSet::new();
    for word in
        text.split(|letter: char| letter.is_whitespace() || ",[]|()<>{}'\"`/".contains(letter))
    {
        if !word.starts_with('-') {
            continue;
        }
        let option: String = word.chars().take_while(|letter| name(*letter)).collect();
        let long = option.starts_with("--") && option.len() > 3;
        let short = !option.starts_with("--") && option.len() > 1;
        if (long || short) {
            // Many usage lines begin with a list of letters, such as `[-acdfghil]`.
            if short && option.len() > 5 {
                options.extend(option[1..].chars().map(|letter| format!("-{letter}")));
            }
            options.insert(option);
        }
    }
    options
}
