use std::path::Path;

use nix::sys::prctl::set_child_subreaper;
use nix::sys::signal::kill;
use tokio::io::AsyncReadExt;

use super::*;

fn program_spec<'a>(name: &'a str, args: &'a [String]) -> ProgramSpec<'a> {
    ProgramSpec {
        name,
        args,
        env: BTreeMap::from([("PATH".into(), std::env::var_os("PATH").unwrap())]),
        directory: None,
        input: ProgramInput::Pipe,
    }
}

#[tokio::test]
async fn a_program_whose_starter_dies_before_the_word_is_never_run() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run");
    let args = [file.to_str().unwrap().to_owned()];
    let (mut child, pipes) = ChildProcess::start_shim(&program_spec("touch", &args)).unwrap();
    // For the shim, a closed pipe means the death of Baton.
    drop(pipes.stdin);
    child.wait_until_ended().await;
    assert!(!child.reap().await.unwrap().success());
    assert!(!file.exists());
}

#[tokio::test]
async fn only_the_word_starts_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run");
    let args = [file.to_str().unwrap().to_owned()];
    let (mut child, mut pipes) = ChildProcess::start_shim(&program_spec("touch", &args)).unwrap();
    pipes.stdin.write_all(b"g\n").await.unwrap();
    child.wait_until_ended().await;
    assert!(!child.reap().await.unwrap().success());
    assert!(!file.exists());
}

#[tokio::test]
async fn words_reach_the_program_as_they_are() {
    let args = ["%s|", "-n", "", "a b", "$(touch x)", "é\n*", "\\"].map(str::to_owned);
    let (mut child, mut pipes) = ChildProcess::start(program_spec("printf", &args))
        .await
        .unwrap();
    let mut said = String::new();
    pipes.stdout.read_to_string(&mut said).await.unwrap();
    assert_eq!(said, "-n||a b|$(touch x)|é\n*|\\|");
    child.wait_until_ended().await;
    assert!(child.reap().await.unwrap().success());
}

#[tokio::test]
async fn a_program_is_found_as_a_shell_finds_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = |folder: &Path| Some(folder.as_os_str().to_owned());
    let find = |name: &str, path: &Option<OsString>| {
        program_search::find_program(name, path.as_deref(), None)
    };
    std::fs::write(folder.path().join("tool"), "").unwrap();
    let here = path(folder.path());
    assert!(matches!(
        find("tool", &here),
        Err(StartError::NotExecutable)
    ));
    assert!(matches!(find("other", &here), Err(StartError::NotFound)));
    assert!(matches!(find("", &here), Err(StartError::NotFound)));
    assert!(matches!(find("/", &here), Err(StartError::NotExecutable)));
    assert_eq!(find("/bin/sh", &None).unwrap(), Path::new("/bin/sh"));
    assert!(find("sh", &None).unwrap().is_absolute());
    let relative = program_search::find_program("./sh", None, Some(Path::new("/bin"))).unwrap();
    assert_eq!(relative, Path::new("/bin/./sh"));
}

#[tokio::test]
async fn what_becomes_ours_is_reaped() {
    // Adopts orphans, as the first process of a container does.
    set_child_subreaper(true).unwrap();
    let args = ["-c", "sleep 1000 >&- & echo $!"].map(str::to_owned);
    let (mut child, mut pipes) = ChildProcess::start(program_spec("sh", &args))
        .await
        .unwrap();
    let mut said = String::new();
    pipes.stdout.read_to_string(&mut said).await.unwrap();
    let left = Pid::from_raw(said.trim().parse().unwrap());
    child.wait_until_ended().await;
    assert_eq!(kill(left, None), Ok(()));
    assert!(child.reap().await.unwrap().success());
    assert_eq!(kill(left, None), Err(Errno::ESRCH), "not even a zombie");
}
