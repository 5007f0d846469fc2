//! Denied commands that a program may run, because they stand among its words.

use baton_agents::policy::{Otherwise, Policy};

use super::{Should, all, settings};

fn all_but(denied: &str) -> Policy {
    Policy::new(&settings(&[], &[denied], Otherwise::Allow)).unwrap()
}

#[test]
fn a_denied_command_is_asked_as_the_value_of_an_option() {
    all(
        &all_but("Bash(rm *)"),
        &Should::Ask,
        "
        rg --pre rm pattern dir
        rg --pre=rm pattern dir
        rg --hostname-bin rm x
        /usr/bin/rg --pre rm x
        sort --compress-program=rm
        sort --compress-program rm x
        tar --to-command 'rm y'
        tar --to-command='rm y' -xf x
        tar -I rm
        tar -Irm -xf x
        tar -xzIrm
        split --filter 'rm x'
        split --filter='cat|rm' x
        zip -TT 'rm x'
        install --strip-program=rm -s x y
        wget --use-askpass=rm x
        ssh -o ProxyCommand='rm x' host
        rsync --rsh=rm x y
        vim -c '!rm x'
        vim '+!rm x'
        some-wrapper --run=rm x
        some-wrapper -c'rm x'
        some-wrapper -xcrm y
        alias ls=rm
        alias ls='rm -f'
        hash -p /bin/rm ls
        tar --checkpoint-action=exec=rm -xf x
        tar --checkpoint-action='exec=rm y' -xf x
        env PAGER=rm git log
        env -u X GIT_SSH_COMMAND='rm x' git fetch
        sudo PAGER=rm git log
        ",
    );
}

#[test]
fn a_denied_command_is_asked_behind_options_of_git() {
    all(
        &all_but("Bash(rm *)"),
        &Should::Ask,
        "
        git difftool -x 'rm y'
        git difftool -yx'rm y'
        git difftool --extcmd='rm y'
        git grep -Orm
        git grep -nOrm x
        git grep -Orm rebase
        git grep --open-files-in-pager=rm
        git grep --open-files-in-pager=rm x
        git clone -u 'rm x'
        git clone -qu'rm x' y
        git fetch --upload-pack='rm x'
        git fetch --upload 'rm x'
        git -C there push --receive-pack=rm
        git rebase -x 'rm y' main
        git send-email --to-cmd=rm x
        git config alias.x '!rm y'
        ",
    );
}

#[test]
fn words_that_are_no_commands_stay_allowed() {
    all(
        &all_but("Bash(rm *)"),
        &Should::Allow,
        "
        command -v rm
        cat rm x
        grep -r rm x
        rg -n rm dir
        rg -e 'rm x' dir
        sort rm x
        sort -u -k 2 rm
        find . -name rm
        fd rm
        git rm x
        git rm $X
        git commit -m 'rm x'
        git log --grep rm
        git diff --stat -- rm
        git fetch origin
        git clone https://example.org/x y
        tar czf x.tgz src
        tar -xzf x.tgz
        zip -r x.zip src
        split -l 5 x
        wget https://example.org/rm
        env RUST_LOG=debug cargo test
        npm test
        cargo build --release
        sed s/rm/x/ y
        ",
    );
}

#[test]
fn no_word_is_too_far_behind() {
    let policy = all_but("Bash(rm *)");
    let far = format!("some-wrapper {}", "a ".repeat(200));
    all(&policy, &Should::Allow, &far);
    all(&policy, &Should::Ask, &format!("{far} rm x"));
    let many = format!("some-wrapper {} rm x", "-abcdefghi ".repeat(1300));
    all(&policy, &Should::Ask, &many);
}
