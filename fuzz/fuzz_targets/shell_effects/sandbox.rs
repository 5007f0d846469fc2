//! A root file system in separate namespaces. Scripts can write nothing of the machine, and reach no
//! network. Everything writable is discarded afterwards.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use tempfile::TempDir;

use crate::snapshot::Snapshot;

/// The working directory of scripts.
pub(crate) const PROJECT: &str = "/home/dev/project";

/// Alternative programs with the same names, which parse their options differently.
const OTHERS: &str = "other/bin";
const APPLETS: &[&str] = &[
    "[", "basename", "cat", "cksum", "cmp", "comm", "cut", "date", "df", "diff", "dirname", "du",
    "echo", "egrep", "expand", "expr", "fgrep", "fold", "free", "grep", "head", "hexdump", "id",
    "ls", "md5sum", "nice", "nl", "nproc", "od", "paste", "pgrep", "printf", "ps", "readlink",
    "realpath", "rev", "sed", "seq", "sha1sum", "sort", "stat", "strings", "tac", "tail", "test",
    "timeout", "tr", "tree", "uname", "unexpand", "uniq", "uptime", "wc", "which", "whoami",
    "xargs",
];

/// Builds the root file system, and removes every way out of it. Ends with the last script.
const ENTER: &str = r#"
set -e
for name in usr bin sbin lib lib32 lib64 etc; do
  [ -d "$1/$name" ] && [ ! -L "$1/$name" ] || continue
  mount --bind "/$name" "$1/$name"
  mount -o remount,bind,ro "$1/$name"
done
mount -t proc proc "$1/proc"
for name in null random urandom zero; do mount --bind "/dev/$name" "$1/dev/$name"; done
exec chroot "$1" /bin/sh /run-all
"#;

/// Runs each script with each installed shell, and once with the alternative programs.
const RUN_ALL: &str = r#"
ulimit -f 4096
ulimit -t 4
cd /home/dev/project
run() { timeout -s KILL 2 "$@" </dev/null >/dev/null 2>&1; }
for script in /scripts/*; do
  text=$(cat "$script"; echo x)
  text=${text%x}
  for shell in bash dash zsh; do
    [ ! -x "/usr/bin/$shell" ] || PATH=/usr/bin:/bin run "$shell" -c "$text"
  done
  PATH=/other/bin:/usr/bin:/bin run dash -c "$text"
done
exit 0
"#;

/// Fills the project: files of several kinds, and a repository with a history and a signature.
const FURNISH: &str = r#"
set -e
umask 022
cd "$1/home/dev/project"
mkdir src out
printf 'b\na\na\nc 1 2\n' >a.txt
printf 'one\ntwo\n' >b.txt
printf 'fn main() {}\n' >src/c.rs
printf '{"a": [1, 2]}\n' >d.json
printf 'src/c.rs\na.txt\n' >names
printf 'a\0b\0' >zeros
ln -s a.txt link
export HOME="$1/home/dev" GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_DATE='2020-01-01T00:00:00Z' \
  GIT_COMMITTER_DATE='2020-01-01T00:00:00Z'
git init -q -b main .
git config user.name Ann
git config user.email ann@example.org
git remote add origin ../origin
git add . && git commit -q -m first
echo more >>a.txt && git commit -q -a -m second
git tag v1 && git branch other
{ git cat-file commit HEAD | sed '/^$/,$d'
  printf 'gpgsig -----BEGIN PGP SIGNATURE-----\n \n iQ==\n -----END PGP SIGNATURE-----\n\nsigned\n'
} | git hash-object -w -t commit --stdin >"$1/signed"
git reset -q --hard "$(cat "$1/signed")"
echo stashed >>b.txt && git stash -q
echo changed >>a.txt
echo new >untracked
rm "$1/signed"
git update-index -q --refresh || true
"#;

/// The model of every root file system. Each sandbox gets a copy.
static MODEL: LazyLock<TempDir> = LazyLock::new(furnished);

fn furnished() -> TempDir {
    let root = tempfile::tempdir().expect("a folder can be made");
    let path = root.path();
    for folder in [
        "dev",
        "etc",
        "home/dev/project",
        OTHERS,
        "proc",
        "scripts",
        "tmp",
        "usr",
    ] {
        fs::create_dir_all(path.join(folder)).expect("a folder can be made");
    }
    for name in ["bin", "sbin", "lib", "lib32", "lib64"] {
        let there = Path::new("/").join(name);
        match fs::read_link(&there) {
            Ok(target) => symlink(target, path.join(name)).expect("a link can be made"),
            Err(_) if there.is_dir() => {
                fs::create_dir(path.join(name)).expect("a folder can be made");
            }
            Err(_) => {}
        }
    }
    for name in ["null", "random", "urandom", "zero"] {
        fs::write(path.join("dev").join(name), "").expect("a file can be made");
    }
    fs::write(path.join("run-all"), RUN_ALL).expect("a file can be made");
    if Path::new("/usr/bin/bfs").exists() {
        symlink("/usr/bin/bfs", path.join(OTHERS).join("find")).expect("a link can be made");
    }
    if let Ok(listed) = Command::new("/usr/bin/busybox").arg("--list").output() {
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        for applet in listed.lines().filter(|applet| APPLETS.contains(applet)) {
            let link = path.join(OTHERS).join(applet);
            symlink("/usr/bin/busybox", link).expect("a link can be made");
        }
    }
    run(Command::new("sh").args(["-c", FURNISH, "sh"]).arg(path));
    root
}

/// A root file system, with the project in it.
pub(crate) struct Sandbox {
    root: TempDir,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().expect("a folder can be made");
        let all = MODEL.path().join(".");
        run(Command::new("cp").arg("-a").arg(all).arg(root.path()));
        Self { root }
    }

    /// Runs the scripts one after the other, and returns their changes.
    pub(crate) fn changes(self, scripts: &[String]) -> Option<Vec<String>> {
        let root = self.root.path();
        for (at, script) in scripts.iter().enumerate() {
            fs::write(root.join("scripts").join(format!("{at:04}")), script)
                .expect("a file can be made");
        }
        let before = Snapshot::take(root);
        let names = [
            "--user",
            "--map-root-user",
            "--mount",
            "--net",
            "--ipc",
            "--uts",
            "--pid",
            "--fork",
            "--kill-child",
        ];
        let mut command = Command::new("unshare");
        command
            .args(names)
            .args(["sh", "-c", ENTER, "sh"])
            .arg(root)
            .env_clear()
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("HOME", "/home/dev")
            .env("LC_ALL", "C.UTF-8")
            .current_dir("/");
        // Programs that other programs may start. Each start would create a file, and so be detected.
        for variable in [
            "PAGER",
            "GIT_PAGER",
            "MANPAGER",
            "EDITOR",
            "GIT_EDITOR",
            "VISUAL",
            "BROWSER",
        ] {
            command.env(variable, format!("touch /tmp/{variable};:"));
        }
        run(&mut command);
        let changes = before.changes(&Snapshot::take(root));
        (!changes.is_empty()).then_some(changes)
    }
}

fn run(command: &mut Command) {
    let done = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .expect("unshare and sh are there");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "the sandbox cannot be made: {said}");
}
