//! Wrappers: commands that take options, and then the command to run.

use super::super::ShellWord;
use super::super::option_notation::{self, OptionValue};
use super::inner_source::{InnerSource, after_end, after_value};
use super::{guessed_commands, shell_scripts};

/// The syntax of a wrapper.
struct WrapperSyntax {
    names: &'static [&'static str],
    /// Letters. `:` after a letter means a value, `::` a value in the same word only.
    short: &'static str,
    /// Full names. `=` after a name means a value.
    long: &'static str,
    /// The least and the most words before the inner command.
    operands: (usize, usize),
    /// Whether the words after the operands are a script for a shell.
    shell: bool,
    /// The letter and the name of the option for a script.
    script: Option<(char, &'static str)>,
}

impl WrapperSyntax {
    const fn new(names: &'static [&'static str], short: &'static str, long: &'static str) -> Self {
        Self {
            names,
            short,
            long,
            operands: (0, 0),
            shell: false,
            script: None,
        }
    }

    const fn with_operands(mut self, least: usize, most: usize) -> Self {
        self.operands = (least, most);
        self
    }

    const fn with_shell(mut self) -> Self {
        self.shell = true;
        self
    }

    const fn with_script(mut self, letter: char, name: &'static str) -> Self {
        self.script = Some((letter, name));
        self
    }
}

const ENV: WrapperSyntax = WrapperSyntax::new(
    &["env"],
    "i0vu:C:S:a:",
    "ignore-environment null unset= chdir= split-string= block-signal default-signal ignore-signal \
     list-signal-handling debug argv0=",
);

const WATCH: WrapperSyntax = WrapperSyntax::new(
    &["watch"],
    "bcCdegn:pq:rtwx",
    "beep color no-color differences errexit chgexit interval= precise equexit= no-rerun no-title no-wrap \
     exec",
);

const WRAPPERS: &[WrapperSyntax] = &[
    WrapperSyntax::new(&["builtin", "chronic", "nocorrect", "noglob", "nohup", "then"], "", ""),
    WrapperSyntax::new(&["busybox", "toybox"], "", ""),
    WrapperSyntax::new(&["chroot"], "", "groups= userspec= skip-chdir").with_operands(1, 1),
    WrapperSyntax::new(
        &["chrt"],
        "abdD:efFimoprRT:P:v",
        "all-tasks batch deadline ext fifo idle other rr reset-on-fork sched-runtime= sched-period= \
         sched-deadline= max pid verbose",
    )
    .with_operands(0, 1),
    WrapperSyntax::new(&["command"], "p", ""),
    WrapperSyntax::new(&["doas"], "aC:Lnsu:", ""),
    WrapperSyntax::new(&["exec"], "cla:", ""),
    WrapperSyntax::new(
        &["flock"],
        "exsunoFvE:w:c:",
        "exclusive shared unlock nonblock nb timeout= wait= conflict-exit-code= close no-fork verbose \
         command=",
    )
    .with_operands(1, 1)
    .with_script('c', "command"),
    WrapperSyntax::new(&["ionice"], "n:c:p:P:u:t", "class= classdata= pid= pgid= uid= ignore"),
    WrapperSyntax::new(&["nice"], "n:0123456789", "adjustment="),
    WrapperSyntax::new(
        &["nsenter"],
        "at:m::u::i::n::p::C::U::T::S:G:r::w::W::e:FZc",
        "all target= mount uts ipc net pid cgroup user time setuid= setgid= preserve-credentials \
         keep-caps root wd wdns= env join-cgroup user-parent no-fork follow-context",
    ),
    WrapperSyntax::new(&["pkexec"], "u:", "user= disable-internal-agent keep-cwd"),
    WrapperSyntax::new(
        &["prlimit"],
        "c::d::e::f::i::l::m::n::q::r::s::t::u::v::x::y::p:o:",
        "core data nice fsize sigpending memlock rss nofile msgqueue rtprio stack cpu nproc as locks rttime \
         pid= output= noheadings raw verbose",
    ),
    WrapperSyntax::new(
        &["script"],
        "aB:c:efI:m:O:o:qt::T:E:",
        "append log-io= command= return flush force log-in= logging-format= log-out= output-limit= quiet \
         timing log-timing= echo=",
    )
    .with_operands(0, 1)
    .with_script('c', "command"),
    WrapperSyntax::new(
        &["setarch", "i386", "i486", "i586", "i686", "linux32", "linux64", "uname26", "x86_64"],
        "hv3BFILRSTXZ",
        "32bit fdpic-funcptrs short-inode addr-compat-layout addr-no-randomize whole-seconds \
         sticky-timeouts read-implies-exec mmap-page-zero 3gb 4gb uname-2.6 verbose",
    )
    .with_operands(0, 1),
    WrapperSyntax::new(
        &["setpriv"],
        "d",
        "dump nnp no-new-privs ambient-caps= inh-caps= bounding-set= ruid= euid= rgid= egid= reuid= regid= \
         clear-groups keep-groups init-groups groups= list-caps securebits= pdeathsig= ptracer= \
         selinux-label= apparmor-profile= landlock-access= landlock-rule= seccomp-filter= reset-env",
    ),
    WrapperSyntax::new(&["setsid"], "cfw", "ctty fork wait"),
    WrapperSyntax::new(&["stdbuf"], "i:o:e:", "input= output= error="),
    WrapperSyntax::new(&["strace", "ltrace"], "a:b:cCdDe:E:fFhiI:ko:O:p:P:qrs:S:tTu:U:vVwxX:yYzZ", ""),
    WrapperSyntax::new(
        &["su", "runuser"],
        "c:C:flmpPTs:g:G:w:u:",
        "command= session-command= fast login group= supp-group= preserve-environment pty no-pty shell= \
         whitelist-environment= user=",
    )
    .with_operands(0, 1)
    .with_shell()
    .with_script('c', "command"),
    WrapperSyntax::new(
        &["sudo"],
        "AbBEeHiKklNnPSsVvC:c:D:g:h:p:R:r:T:t:U:u:",
        "askpass background bell preserve-env close-from= chdir= edit set-home group= host= login \
         remove-timestamp reset-timestamp list non-interactive preserve-groups prompt= chroot= role= stdin \
         shell type= command-timeout= other-user= user= validate no-update",
    ),
    WrapperSyntax::new(
        &["systemd-run"],
        "M:H:GrPqtSCdu:p:E:",
        "no-ask-password user system scope unit= property= description= slice= slice-inherit \
         expand-environment= no-block remain-after-exit send-sighup service-type= uid= gid= nice= \
         working-directory= same-dir setenv= pty pty-late pipe quiet collect shell path-property= \
         socket-property= timer-property= on-active= on-boot= on-startup= on-unit-active= \
         on-unit-inactive= on-calendar= on-timezone-change on-clock-change host= machine= capsule= wait \
         json= ignore-failure background= root= verbose",
    ),
    WrapperSyntax::new(&["taskset"], "apc", "all-tasks pid cpu-list").with_operands(1, 1),
    WrapperSyntax::new(&["time"], "apvqf:o:", "append format= output= portability quiet verbose"),
    WrapperSyntax::new(
        &["unshare"],
        "m::u::i::n::p::U::C::T::fcrR:w:S:G:",
        "mount uts ipc net pid user cgroup time fork mount-proc map-user= map-group= map-root-user \
         map-current-user map-auto map-users= map-groups= kill-child propagation= setgroups= keep-caps root= \
         wd= setuid= setgid= monotonic= boottime= mount-binfmt load-interp= forward-signals owner=",
    ),
    // `parallel` has a syntax of its own: its command ends at `:::`, and may be any text.
    WrapperSyntax::new(&["parallel"], "", "").with_operands(0, 64),
];

/// The parsed options of a wrapper, and the words after them.
struct ParsedOptions<'a> {
    /// The scripts in option values.
    scripts: Vec<String>,
    /// The options, as letters and names.
    options: Vec<&'a str>,
    rest: &'a [ShellWord],
}

/// The inner command of a wrapper; `None` if the command is no wrapper.
pub(super) fn wrapper_command(name: &str, words: &[ShellWord]) -> Option<InnerSource> {
    let wrapper = WRAPPERS.iter().find(|it| it.names.contains(&name))?;
    Some(wrapper.inner_source(words))
}

pub(super) fn env_command(words: &[ShellWord]) -> Option<(bool, InnerSource)> {
    let Some(read) = ENV.parse_options(words) else {
        return Some((false, guessed_commands::guess_among(words)));
    };
    // `env -S 'rm x'`: `env` splits this text itself.
    let splits = |option: &&str| {
        option.starts_with("--s") || (!option.starts_with("--") && option.contains('S'))
    };
    if read.options.iter().any(splits) {
        return Some((false, InnerSource::Unknown));
    }
    let command = after_assignments(read.rest);
    // Without a command, `env` prints the environment.
    (!command.is_empty()).then(|| (false, InnerSource::Calls(vec![command.to_vec()])))
}

/// `watch` passes its words to a shell.
pub(super) fn watch_command(words: &[ShellWord]) -> InnerSource {
    match WATCH.parse_options(words) {
        Some(read) if !read.rest.is_empty() => shell_scripts::join_words(read.rest),
        Some(_) => InnerSource::Unknown,
        None => guessed_commands::guess_among(words),
    }
}

impl WrapperSyntax {
    fn inner_source(&self, words: &[ShellWord]) -> InnerSource {
        let Some(read) = self.parse_options(words) else {
            return guessed_commands::guess_among(words);
        };
        let (least, most) = self.operands;
        let mut scripts = read.scripts;
        let mut calls = Vec::new();
        for before in least..=most.min(read.rest.len()) {
            let rest = &read.rest[before..];
            // `flock file -c 'rm x'`: options can follow the operands.
            let more = self.script.and_then(|_| self.parse_options(rest));
            scripts.extend(more.into_iter().flat_map(|more| more.scripts));
            if self.shell
                && let InnerSource::Script(script) = shell_scripts::parse_shell_words(rest)
            {
                scripts.push(script);
            }
            let command = after_assignments(after_end(rest));
            if !command.is_empty() {
                calls.push(command.to_vec());
            }
        }
        if least == most && !self.shell && scripts.is_empty() && !calls.is_empty() {
            return InnerSource::Calls(calls);
        }
        if calls.is_empty() && scripts.is_empty() {
            return InnerSource::Unknown;
        }
        InnerSource::Among { calls, scripts }
    }

    /// Parses the options; `None` for an unknown option.
    fn parse_options<'a>(&self, mut words: &'a [ShellWord]) -> Option<ParsedOptions<'a>> {
        let mut options = Vec::new();
        let mut scripts = Vec::new();
        while let Some((word, rest)) = words.split_first() {
            if word.is_operand() && word.literal() != Some("-") {
                break;
            }
            let option = word.literal()?;
            words = rest;
            if option == "--" {
                break;
            }
            options.push(option);
            let is_script = |name: &str| self.script.is_some_and(|(_, script)| script == name);
            let (letter, value) = match option.strip_prefix("--") {
                Some(long) => self.parse_long(long)?,
                None => self.parse_short(option)?,
            };
            let script = letter
                .is_some_and(|letter| self.script.is_some_and(|(script, _)| script == letter))
                || option
                    .strip_prefix("--")
                    .is_some_and(|long| is_script(long.split('=').next().unwrap_or(long)));
            match value {
                FoundValue::None => {}
                FoundValue::Here(text) => scripts.extend(script.then(|| text.to_owned())),
                FoundValue::Next => {
                    let text = words.first()?.literal()?;
                    scripts.extend(script.then(|| text.to_owned()));
                    words = after_value(words)?;
                }
            }
        }
        Some(ParsedOptions {
            scripts,
            options,
            rest: words,
        })
    }

    fn parse_long<'a>(&self, long: &'a str) -> Option<(Option<char>, FoundValue<'a>)> {
        let (name, value) = match long.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (long, None),
        };
        let takes = option_notation::name_value(self.long, name)?;
        let value = match value {
            Some(value) => FoundValue::Here(value),
            None if takes == OptionValue::Next => FoundValue::Next,
            None => FoundValue::None,
        };
        Some((None, value))
    }

    /// The last letter of a word, and the value of the option.
    fn parse_short<'a>(&self, word: &'a str) -> Option<(Option<char>, FoundValue<'a>)> {
        let mut letters = word.strip_prefix('-')?.chars();
        let mut last = None;
        while let Some(letter) = letters.next() {
            last = Some(letter);
            let takes = option_notation::letter_value(self.short, letter)?;
            let inside = letters.as_str();
            if takes != OptionValue::None && !inside.is_empty() {
                return Some((last, FoundValue::Here(inside)));
            }
            if takes == OptionValue::Next {
                return Some((last, FoundValue::Next));
            }
        }
        Some((last, FoundValue::None))
    }
}

/// The place of an option's value.
enum FoundValue<'a> {
    None,
    Here(&'a str),
    Next,
}

/// The words after assignments such as `A=b`.
fn after_assignments(mut words: &[ShellWord]) -> &[ShellWord] {
    while let Some((word, rest)) = words.split_first()
        && word.literal().is_some_and(|word| word.contains('='))
    {
        words = rest;
    }
    words
}
