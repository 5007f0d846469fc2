//! Commands and their rulings.

use baton_agents::policy::Policy;

use super::{Should, all, policy};

fn usual() -> Policy {
    policy(
        &[
            "Bash(@read-only)",
            "Bash(cargo test *)",
            "Bash(npm run lint:*)",
            "Bash(make)",
            "Bash(git add *)",
            "Bash(sudo systemctl status baton)",
            "Bash(bash -c *)",
            "Bash(find *)",
            "Write(out/**)",
        ],
        &[],
    )
}

#[test]
fn s59_only_a_command_that_is_wholly_read_only_is_let_through() {
    let reads = policy(&["Bash(@read-only)"], &[]);
    all(
        &reads,
        &Should::Allow,
        "cat x\nfind . -name '*.rs'\ncat x | grep y\ncat x; ls -la",
    );
    all(
        &reads,
        &Should::Ask,
        "
        cat x; rm -rf y
        find . -delete
        cat $(rm -rf y)
        cat `rm -rf y`
        cat x | tee y
        cat x > y
        ",
    );
}

#[test]
fn commands_that_only_read() {
    all(&usual(), &Should::Allow, include_str!("read-only.txt"));
}

#[test]
fn options_that_write_or_run_something() {
    all(&usual(), &Should::Ask, include_str!("not-read-only.txt"));
}

#[test]
fn a_star_stands_for_no_option_that_makes_another_command_of_it() {
    let stars = policy(&["Bash(git *)", "Bash(find *)", "Bash(ls *)"], &[]);
    all(
        &stars,
        &Should::Allow,
        "
        git grep -n -e x
        git rebase -i main
        git rebase -X ours main
        git clone -q --depth 1 x
        git difftool -y
        git archive HEAD
        git commit -m 'x -O -x -u'
        find . -name '*.rs' -mtime -7
        find . -newermt yesterday -exec ls -l {} ;
        "
        .replace("{} ;", "{} \\;")
        .as_str(),
    );
    all(
        &stars,
        &Should::Ask,
        "
        git grep -O'touch P #' x
        git grep -nOless x
        git grep -O x
        git --attr-source HEAD grep -O x
        git -C . grep -nO x
        git rebase -x 'touch P' HEAD~1
        git rebase -ix'touch P' HEAD~1
        git clone -u ./evil x y
        git clone -qu./evil x y
        git clone --u=./evil x y
        git clone -c core.fsmonitor=x y
        git clone --config core.fsmonitor=x y
        git clone --template=x y
        git difftool -x 'touch P' HEAD
        git difftool -yx'touch P' HEAD
        git difftool --extcmd='touch P' HEAD
        git archive -o x HEAD
        git format-patch -o x HEAD
        git bisect run touch P
        git submodule foreach 'touch P'
        git submodule --quiet foreach touch P
        git filter-branch --tree-filter 'touch P'
        git send-email --sendmail-cmd=x y
        git config alias.x '!touch P'
        git --config-env=a=b log
        git $X
        find d -rm
        find d -delete
        find d -unknown
        find d -name x -fprintf y %p
        find d -exec ls {} + -rm
        find $X
        ",
    );
}

#[test]
fn a_plus_ends_a_command_of_find_only_behind_braces() {
    let finders = policy(&["Bash(@read-only)", "Bash(find *)", "Bash(fd *)"], &[]);
    all(
        &finders,
        &Should::Ask,
        r#"
        find . -maxdepth 0 -exec sort -t + -o victim /etc/hostname \;
        find . -maxdepth 0 -exec git branch + HEAD \;
        find . -exec ls + -delete \;
        find . -exec ls {} a + -delete \;
        find . -ok ls + -delete \;
        echo y | find . -ok sort {} + -o victim \;
        find . -exec echo "$X" -delete -exec ls \;
        find . -exec echo {\;,-delete} \;
        for i in '; -delete'; do find . -exec echo $i \;; done
        fd . -x sort -t + -o victim a \;
        fd . -x git branch {} + HEAD \;
        "#,
    );
    all(
        &finders,
        &Should::Allow,
        r#"
        find . -exec cat {} +
        find . -exec cat {} + -exec ls {} \;
        find . -type f -exec grep -n "x + y" {} +
        fd . -x cat {} \;
        fd . -x expr {} + 1 \;
        fd . -X cat
        "#,
    );
}

#[test]
fn patterns_are_about_words() {
    all(
        &usual(),
        &Should::Allow,
        "
        cargo test
        cargo test --workspace -- --nocapture
        cargo test 'a b'
        cargo test $FILTER
        RUST_BACKTRACE=1 cargo test
        NO_COLOR=1 RUST_LOG=debug cargo test x
        LC_ALL=C sort x
        npm run lint
        npm run lint -- --fix
        make
        git add -A
        git add src/*.rs
        ",
    );
    all(
        &usual(),
        &Should::Ask,
        r#"
        cargo tests
        cargo testx
        cargo
        cargo +nightly test
        cargo --config x test
        'cargo test' x
        "cargo" test
        car\go test
        ./cargo test
        /tmp/cargo test
        ~/cargo test
        $X test
        cargo $X
        cargo te$X
        cargo te*
        cargo {test,run}
        npm run lint:fix
        npm run lintx
        npm run
        make all
        make -f evil
        git addx
        LD_PRELOAD=x cargo test
        PATH=/tmp:$PATH cargo test
        RUSTC_WRAPPER=x cargo test
        RUST_LOG=$(rm) cargo test
        LC_ALL=../../x sort y
        X=1 ls
        "#,
    );
}

#[test]
fn every_part_counts() {
    let usual = usual();
    all(&usual, &Should::Allow, include_str!("parts-allowed.txt"));
    all(&usual, &Should::Ask, include_str!("parts-asked.txt"));
}

#[test]
fn letters_that_are_not_what_they_seem() {
    let usual = usual();
    for hidden in [
        "\r", "\0", "\u{1b}", "\u{a0}", "\u{2028}", "\u{202e}", "\u{200b}", "\u{feff}", "\u{b}",
    ] {
        for command in [
            format!("ls {hidden}x"),
            format!("ls{hidden}-la"),
            format!("echo '{hidden}'"),
        ] {
            let ruling = super::command(&usual, &command);
            assert_eq!(super::short(&ruling), Should::Ask, "{command:?}");
        }
    }
    all(
        &usual,
        &Should::Allow,
        "cat résumé.md\necho 'naïve 🎉'\ngrep -n 日本 x",
    );
}

#[test]
fn what_is_too_long_or_too_deep_is_asked() {
    let usual = usual();
    let deep = format!("echo {}x{}", "$(echo ".repeat(50), ")".repeat(50));
    let brackets = format!("{}ls{}", "( ".repeat(2000), " )".repeat(2000));
    let long = format!("echo {}", "x".repeat(20_000));
    let many = "ls; ".repeat(1000);
    let ifs = format!("{}ls{}", "if ls; then ".repeat(500), "; fi".repeat(500));
    let quotes = "echo \"$(".repeat(500);
    for command in [
        deep,
        brackets,
        long,
        many,
        ifs,
        quotes,
        String::new(),
        "  \n".to_owned(),
        "# only".to_owned(),
    ] {
        assert_eq!(super::short(&super::command(&usual, &command)), Should::Ask);
    }
}
