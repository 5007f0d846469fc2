//! Commands that bash, dash and zsh read in different ways. The shell of a command is unknown, so a command
//! is allowed only if all three do the same harmless thing.

use super::{Should, all, policy};

fn usual() -> baton_agents::policy::Policy {
    policy(&["Bash(@read-only)", "Write(out/**)"], &[])
}

#[test]
fn dash_ends_a_text_with_escapes_elsewhere() {
    all(
        &usual(),
        &Should::Ask,
        r#"
        echo $'a\'; ./evil #'
        echo "$"$'a\'; ./evil #'
        echo a$'\''b
        cat < $'a\'; ./evil #'
        case x in $'a\'; ./evil #') ls ;; esac
        "#,
    );
    all(
        &usual(),
        &Should::Allow,
        r#"
        echo $'a b'
        cut -d $'\t' -f 1 x
        grep $'a\\' x
        echo "$'a\'; ./evil #'"
        echo $"a" $"b\"c"
        "#,
    );
}

#[test]
fn dash_runs_what_stands_behind_an_output_of_both() {
    all(
        &usual(),
        &Should::Ask,
        "
        cat a &>/dev/null ./evil
        cat a &>>/dev/null ./evil
        cat a 2&>/dev/null ./evil
        cat a&>/dev/null ./evil
        cat a &>/dev/null 2>&1 ./evil
        cat a &>out/x ./evil
        &>/dev/null ls ./evil
        NO_COLOR=1 &>/dev/null ls
        echo $(cat a &>/dev/null ./evil)
        for f in a; do cat a &>/dev/null ./evil; done
        exit &>/dev/null 1
        ",
    );
    all(
        &usual(),
        &Should::Allow,
        "
        cat a &>/dev/null
        cat a &>>/dev/null
        cat a &>/dev/null 2>&1
        cat a &>out/x && ls
        { ls; } &>/dev/null
        if ls; then cat x; fi &>/dev/null
        cat a &> /dev/null # words
        cat a >/dev/null ./b 2>&1 c
        ",
    );
}

#[test]
fn to_dash_a_condition_is_a_command_like_others() {
    all(
        &usual(),
        &Should::Ask,
        r#"
        ls; [[ a || ./evil ]]
        ls; [[ a && ./evil ]]
        ! [[ a && ./evil ]]
        while [[ a || ./evil ]]; do ls; done
        ls; [[ -f a||./evil ]]
        ls; [[ a > b ]]
        ls; [[ a < b ]]
        ls; [[ "a">b ]]
        ls; [[ a == [>] ]]
        ls; [[ a == [|]./evil ]]
        ls; [[ a =~ b|./evil ]]
        ls; [[ a == @(b|./evil) ]]
        ls; [[ ( a == b ) ]]
        ls; [[ ! ( a == b ) ]]
        ls; [[⏎./evil ]]
        ls; [[ -n⏎./evil ]]
        ls; [[ a ==⏎./evil ]]
        ls; [[ a⏎./evil ]]
        "#,
    );
    all(
        &usual(),
        &Should::Allow,
        r#"
        [[ -f a ]] && [[ ! -d b ]] && ls
        [[ "$A" == *.rs ]] || ls
        [[ "$A" =~ ^[a-z]+ ]] && ls
        [[ a -nt b ]]; ls
        [[ a == [a-z_.]* ]]; ls
        [[ "a > b || c" == x ]] && ls
        "#,
    );
}

#[test]
fn a_descriptor_of_several_digits_is_an_argument_elsewhere() {
    all(
        &usual(),
        &Should::Ask,
        "
        uniq a 10>/dev/null
        uniq a 010>/dev/null
        uniq a 10</dev/null
        uniq a 10<&-
        uniq a 10<<<x
        git branch 10>/dev/null
        git branch 10>>/dev/null
        git tag 12>&1
        hostname 10>/dev/null
        date 12311200>/dev/null
        10>/dev/null uniq a
        (uniq a 10>/dev/null)
        uniq a {fd}>/dev/null
        uniq a {n}</dev/null
        ",
    );
    all(
        &usual(),
        &Should::Allow,
        "
        uniq a 2>/dev/null 9>&2
        uniq a 2>&12
        cat a10>/dev/null
        cat a-10>/dev/null
        cat 10 >/dev/null
        ",
    );
}

#[test]
fn zsh_reads_a_range_of_numbers_as_names_of_files() {
    all(
        &usual(),
        &Should::Ask,
        "
        uniq a <1-2>/dev/null
        uniq a <->/dev/null
        uniq a <1-2>>/dev/null
        uniq a <-2>|/dev/null
        cat <1-2>&1 ./evil
        ",
    );
    all(
        &usual(),
        &Should::Allow,
        "cat <1 >/dev/null\ncat < 1-2\ncat <1-2 >/dev/null",
    );
}

#[test]
fn zsh_ends_a_group_at_a_brace_among_arguments() {
    all(
        &usual(),
        &Should::Ask,
        "
        { cat } always { ./evil; }
        { cat a } always { ./evil⏎}
        { cat a} always { ./evil⏎}
        { cat {}} always { ./evil⏎}
        { cat > out/x} always { ./evil⏎}
        echo }
        case x in }) ls ;; esac
        ",
    );
    all(
        &usual(),
        &Should::Allow,
        r#"
        { ls; cat {a,b}; }
        git show HEAD@{1}
        echo {} \} '}' "}"
        "#,
    );
}

#[test]
fn dash_runs_a_program_called_time() {
    all(
        &usual(),
        &Should::Ask,
        "
        time RUST_LOG=./evil ls
        time NO_COLOR=1 ls
        time -o b ls
        time -p -o b ls
        ls | time cat
        ",
    );
    all(&usual(), &Should::Allow, "time ls\ntime -p ls\n! time ls");
}

#[test]
fn zsh_puts_a_path_in_the_place_of_a_command() {
    let everywhere = policy(&["Bash(@read-only)", "Write(*)"], &[]);
    all(&everywhere, &Should::Ask, "ls >=sh\nls > =sh\nuniq a =sh");
    all(
        &everywhere,
        &Should::Allow,
        "ls > sh\n[ a = b ]\n[ a == b ]",
    );
}

#[test]
fn what_each_shell_refuses_or_reads_alike_stays_allowed() {
    all(
        &usual(),
        &Should::Allow,
        r#"
        ls |& cat
        cat <(ls) <(cat x)
        cat < <(ls)
        cat <<< "x $Y"
        cat a >&/dev/null
        cat a >|/dev/null
        cat a <>/dev/null
        case x in @(a|b)) ls ;; esac
        case x in x) ls ;& y) cat x ;; esac
        for f in a; do ls; done
        ls; # ./evil
        echo $(( 1 + 2 )) $$ $?
        "#,
    );
}
