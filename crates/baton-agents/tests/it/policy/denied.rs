//! Commands and files that are denied, or may be.

use baton_agents::policy::{Otherwise, Policy, Ruling};
use serde_json::json;

use super::{Should, all, command, judge, policy, settings, short};

#[test]
fn a_denied_command_is_denied_wherever_it_hides() {
    let policy = policy(
        &["Bash"],
        &[
            "Bash(rm *)",
            "Bash(git push:*)",
            "Bash(npm publish)",
            "Bash(* --force)",
        ],
    );
    all(
        &policy,
        &Should::Deny,
        r#"
        rm x
        rm
        /bin/rm x
        'rm' x
        r\m x
        ls; rm x
        ls && rm x
        echo $(rm x)
        echo "`rm x`"
        (rm x)
        if true; then rm x; fi
        f() { rm x; }
        sudo rm x
        sudo -u root rm x
        env X=1 rm x
        nohup rm x
        exec rm x
        command rm x
        time rm x
        timeout 5 rm x
        xargs rm
        ls | xargs -n 1 rm
        find . -exec rm {} \;
        sh -c 'rm x'
        bash -lc "cd /; rm x"
        eval rm x
        eval 'ls; rm x'
        trap 'rm x' EXIT
        trap -- 'rm x' EXIT
        eval -- rm x
        bash -ceuo pipefail 'rm x'
        bash -O extglob -c 'rm x'
        sudo --user root rm x
        sudo -nu root rm x
        env --unset X rm x
        exec -a y rm x
        nice --adjustment 5 rm x
        ls | xargs -rn 1 rm
        ls | xargs -a y rm
        ls | xargs -i rm {}
        watch -n 5 'rm x'
        cat <(rm x)
        cat <<END⏎$(rm x)⏎END
        X=$(rm x)
        git push
        git push origin main
        git -C there push
        git -c a=b push
        npm publish
        npm publish --tag x
        cargo install x --force
        rm x "
        "#
        .replace("rm x \"\n", "\n")
        .as_str(),
    );
    all(
        &policy,
        &Should::Ask,
        "
        $X y
        git $X
        git *
        env -S 'rm x'
        env '-Srm x'
        env -iS 'rm x'
        env --split-string 'rm x'
        env --split='rm x'
        ls | xargs --max-args 1 rm
        timeout --kill 5 10 rm x
        fd --exec=rm
        fd -xrm
        eval $X
        bash x.sh
        source x
        ls | bash
        rm x \"
        "
        .replace("rm x \"", "ls \"")
        .as_str(),
    );
    all(
        &policy,
        &Should::Allow,
        "ls\ngit status\nnpm test\npython3 x.py\necho 'rm x'",
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "most of them are a list of commands")]
fn a_denied_command_is_denied_behind_whatever_runs_it() {
    let policy = policy(&["Bash"], &["Bash(rm *)", "Bash(git push *)"]);
    all(
        &policy,
        &Should::Deny,
        "
        env - rm x
        env - A=b rm x
        env -iu X -C /tmp rm x
        env -i -- rm x
        taskset 1 rm x
        taskset -c 0,1 rm x
        setarch x86_64 rm x
        setarch -R rm x
        linux32 rm x
        systemd-run rm x
        systemd-run --user -p X=y rm x
        systemd-run --pipe --unit=x -- rm x
        pkexec rm x
        pkexec --user root rm x
        csh -c 'rm x'
        csh -fc 'rm x'
        tcsh -c 'rm x'
        fish -c 'rm x'
        zsh -fc 'rm x'
        busybox rm x
        busybox sh -c 'rm x'
        toybox rm x
        chroot / rm x
        chroot --userspec=a:b / rm x
        unshare -r rm x
        unshare --map-root-user --pid rm x
        nsenter -t 1 -m rm x
        nsenter --target 1 --mount rm x
        flock x rm y
        flock -n x -c 'rm y'
        script -c 'rm x' y
        script -qc 'rm x' /dev/null
        su -c 'rm x'
        su - ann -c 'rm x'
        su ann -s /bin/sh -c 'rm x'
        runuser -u ann -- rm x
        runuser -l ann -c 'rm x'
        setpriv --reuid 1 rm x
        chrt -f 1 rm x
        chrt --idle 0 rm x
        ionice -c 3 rm x
        ionice -c3 -t rm x
        prlimit --nofile=1 rm x
        stdbuf -oL rm x
        nohup -- rm x
        setsid -w rm x
        doas -n rm x
        sudo -E -u ann -- rm x
        sudo -H A=b rm x
        sudo -s rm x
        parallel rm ::: x
        nice -n 5 env - taskset 1 rm x
        git --attr-source HEAD push
        git --attr-source=HEAD push origin main
        git --no-pager --git-dir x push
        git -p -C there push
        git --unknown HEAD push
        ",
    );
    all(
        &policy,
        &Should::Ask,
        "
        some-wrapper rm x
        numactl -N 0 rm x
        cpulimit -l 5 -- rm x
        fakeroot rm x
        faketime '1 day ago' rm x
        firejail --quiet rm x
        proot rm x
        xvfb-run -a rm x
        dbus-run-session -- rm x
        ssh-agent rm x
        tini -- rm x
        valgrind rm x
        gdb --args rm x
        some-wrapper --with value -- rm x
        some-wrapper 'rm x'
        some-wrapper -c 'ls; rm x'
        some-wrapper sh -c 'rm x'
        npx some-wrapper rm x
        git bisect run rm x
        git submodule foreach 'rm x'
        git -c alias.x=push x
        git -c alias.x='!rm x' x
        python3 -m wrapper rm x
        ssh host rm x
        docker exec x rm y
        ",
    );
    all(
        &policy,
        &Should::Allow,
        "
        env
        env - ls rm
        cat rm x
        grep rm x
        echo rm x
        git rm x
        git commit -m 'rm x'
        git log --grep push
        timeout 5 cat rm
        some-program --flag value
        sudo -u rm ls
        command -v rm
        cargo build --release
        ",
    );
}

#[test]
fn denied_files_are_denied_in_commands_that_name_them() {
    let policy = policy(
        &["Bash"],
        &["Read(.env)", "Edit(/etc/**)", "Read(~/.ssh/**)"],
    );
    all(
        &policy,
        &Should::Deny,
        "
        cat .env
        cat ./sub/.env
        cat .ENV
        cat < .env
        grep --file=.env x
        echo x > /etc/passwd
        cp x /etc/../etc/hosts
        cat /home/dev/.ssh/id
        ls /home/dev/.ssh
        ",
    );
    all(
        &policy,
        &Should::Ask,
        "cat *\ncat .e*\ncat $X\ncd src && cat x\ncat ~/.ssh/id",
    );
    all(
        &policy,
        &Should::Allow,
        "cat README.md\nls src\ncat /etc/hosts",
    );
}

#[test]
fn denying_wins_over_allowing() {
    let policy = policy(
        &["Bash(cargo *)", "mcp__docs"],
        &["Bash(cargo publish *)", "mcp__docs__delete", "WebSearch"],
    );
    all(&policy, &Should::Allow, "cargo build");
    all(
        &policy,
        &Should::Deny,
        "cargo publish\ncargo build; cargo publish --dry-run",
    );
    all(&policy, &Should::Ask, "cargo $X\nls");
    let short = |tool: &str| short(&judge(&policy, tool, &json!({})));
    assert_eq!(short("mcp__docs__search"), Should::Allow);
    assert_eq!(short("mcp__docs__delete"), Should::Deny);
    assert_eq!(short("WebSearch"), Should::Deny);
}

#[test]
fn what_no_rule_is_about() {
    for (otherwise, should) in [
        (Otherwise::Ask, Should::Ask),
        (Otherwise::Allow, Should::Allow),
        (Otherwise::Deny, Should::Deny),
    ] {
        let policy = Policy::new(&settings(&["Bash(ls)"], &[], otherwise)).unwrap();
        all(&policy, &Should::Allow, "ls");
        all(&policy, &should, "rm x\n$X\nls \"");
        for (tool, input) in [
            ("Write", json!({"file_path": "x"})),
            ("Glob", json!({"pattern": "/etc/*"})),
            ("WebFetch", json!({"url": "nonsense"})),
            ("Unknown", json!(null)),
            ("Bash", json!({})),
        ] {
            assert_eq!(short(&judge(&policy, tool, &input)), should, "{tool}");
        }
    }
}

#[test]
fn without_a_doubt_where_something_is_denied() {
    let policy = Policy::new(&settings(&[], &["Bash(rm *)"], Otherwise::Allow)).unwrap();
    all(&policy, &Should::Allow, "ls\ncurl x | sort");
    all(&policy, &Should::Deny, "rm x");
    all(&policy, &Should::Ask, "$X y\nls \"");
}

#[test]
fn reasons_are_for_people() {
    let policy = policy(&["Bash(@read-only)"], &["Bash(git push *)"]);
    for (text, reason) in [
        ("ls; rm -rf y", "`rm -rf y` is not on the list"),
        ("ls > x", "it writes to `x`"),
        ("ls \"", "it cannot be parsed"),
    ] {
        match command(&policy, text) {
            Ruling::Ask { why } => assert!(why.starts_with(reason), "{why}"),
            other => panic!("{text}: {other:?}"),
        }
    }
    assert_eq!(
        command(&policy, "git push"),
        Ruling::Denied {
            why: "the rule `Bash(git push *)` denies it".to_owned()
        }
    );
}
