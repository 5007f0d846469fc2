//! The read-only options of commands that also have dangerous options.

use super::allowed_options::{AllowedOperands, AllowedOptions};

pub(super) fn find_options(name: &str) -> Option<&'static AllowedOptions> {
    let found = MIXED.iter().find(|(command, _)| *command == name);
    found.map(|(_, options)| options)
}

const MIXED: &[(&str, AllowedOptions)] = &[
    // Left out: `-s` and an operand, to set the time.
    (
        "date",
        AllowedOptions::some(
            "uRI::d:r:",
            "date= debug iso-8601 reference= resolution rfc-3339= rfc-email universal utc",
            AllowedOperands::Begin("+"),
        ),
    ),
    // Left out: `-x` and `-X` run a command, and `-l` runs `ls`.
    ("fd", FD),
    ("fdfind", FD),
    // Left out: `-C` writes a file, and `-z` runs programs.
    (
        "file",
        AllowedOptions::some(
            "bikhLNrsv0e:f:F:m:P:",
            "apple brief dereference exclude= exclude-quiet= extension files-from= keep-going magic-file= \
             mime mime-encoding mime-type no-dereference no-pad parameter= print0 raw separator= \
             special-files version",
            AllowedOperands::Any,
        ),
    ),
    // Left out: an operand and `-F`, to set the name.
    (
        "hostname",
        AllowedOptions::some(
            "AaIdfisy",
            "alias all-fqdns all-ip-addresses domain fqdn ip-address long short",
            AllowedOperands::Most(0),
        ),
    ),
    // Left out: `--pre`, `--hostname-bin` and `-z` run programs.
    (
        "rg",
        AllowedOptions::some(
            "inNclLowFsSvHhIa0uUPxqpb.e:g:t:T:A:B:C:m:r:j:M:E:f:",
            "after-context= auto-hybrid-regex before-context= binary block-buffered byte-offset \
             case-sensitive color= colors= column context= context-separator= count count-matches crlf \
             dfa-size-limit= encoding= engine= field-context-separator= field-match-separator= file= \
             files files-with-matches files-without-match fixed-strings follow glob= \
             glob-case-insensitive heading hidden iglob= ignore-case ignore-file= \
             ignore-file-case-insensitive include-zero invert-match json line-buffered line-number \
             line-regexp max-columns= max-columns-preview max-count= max-depth= max-filesize= mmap \
             multiline multiline-dotall no-config no-context-separator no-filename no-heading no-ignore \
             no-ignore-dot no-ignore-exclude no-ignore-files no-ignore-global no-ignore-messages \
             no-ignore-parent no-ignore-vcs no-line-number no-messages no-mmap no-pcre2-unicode \
             no-require-git no-unicode null null-data one-file-system only-matching passthru \
             path-separator= pcre2 pcre2-version pretty quiet regex-size-limit= regexp= replace= \
             smart-case sort= sortr= stats text threads= trim type= type-add= type-clear= type-list \
             type-not= unicode unrestricted version vimgrep with-filename word-regexp",
            AllowedOperands::Any,
        ),
    ),
    // Left out: `-o` and `-T` write files, and `--compress-program` runs a program.
    (
        "sort",
        AllowedOptions::some(
            "bdfgiMhnRrVsuzmcCk:t:",
            "check debug dictionary-order field-separator= general-numeric-sort human-numeric-sort \
             ignore-case ignore-leading-blanks ignore-nonprinting key= merge month-sort numeric-sort \
             parallel= random-sort reverse stable unique version-sort zero-terminated",
            AllowedOperands::Any,
        ),
    ),
    // Left out: a second operand, the output file.
    (
        "uniq",
        AllowedOptions::some(
            "cdDiuzf:s:w:",
            "all-repeated check-chars= count group ignore-case repeated skip-chars= skip-fields= unique \
             zero-terminated",
            AllowedOperands::Most(1),
        ),
    ),
];

const FD: AllowedOptions = AllowedOptions::some(
    "HIugFpasL01qit:e:d:E:S:c:j:",
    "absolute-path and= base-directory= case-sensitive changed-before= changed-within= color= exact-depth= \
     exclude= extension= fixed-strings follow full-path glob hidden ignore-case ignore-file= max-depth= \
     max-results= min-depth= no-ignore no-ignore-parent no-ignore-vcs one-file-system owner= \
     path-separator= print0 prune quiet regex search-path= show-errors size= strip-cwd-prefix threads= \
     type= unrestricted version",
    AllowedOperands::Any,
);
