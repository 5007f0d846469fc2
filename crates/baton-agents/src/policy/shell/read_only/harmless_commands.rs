//! Commands without dangerous options: none writes or runs anything, in the versions of Linux and the BSDs.
//! The options are listed nevertheless, because another program of the same name may have other options. For
//! example, `jaq` installed as `jq` has `--in-place`.

use super::allowed_options::AllowedOptions;

pub(super) fn find_options(name: &str) -> Option<&'static AllowedOptions> {
    let name = match name {
        "egrep" | "fgrep" => "grep",
        "md5sum" | "sha224sum" | "sha256sum" | "sha384sum" | "sha512sum" => "sha1sum",
        name => name,
    };
    let found = READERS.iter().find(|(command, _)| *command == name);
    found.map(|(_, options)| options)
}

const READERS: &[(&str, AllowedOptions)] = &[
    (
        "b2sum",
        AllowedOptions::harmless(
            "bctwzl:",
            "binary check ignore-missing length= quiet status strict tag text warn zero \
             help version",
        ),
    ),
    (
        "basename",
        AllowedOptions::harmless("as:z", "multiple suffix= zero help version"),
    ),
    (
        "cat",
        AllowedOptions::harmless(
            "AbeEnstTuv",
            "number number-nonblank show-all show-ends show-nonprinting show-tabs \
             squeeze-blank help version",
        ),
    ),
    (
        "cksum",
        AllowedOptions::harmless(
            "a:bchl:o:qrstwxz",
            "algorithm= base64 check debug ignore-missing length= quiet raw status strict \
             tag untagged warn zero help version",
        ),
    ),
    (
        "cmp",
        AllowedOptions::harmless(
            "bi:ln:sxz",
            "bytes= ignore-initial= print-bytes quiet silent verbose help version",
        ),
    ),
    (
        "column",
        AllowedOptions::harmless(
            "c:dE:eH:hi:Jl:LmN:no:O:p:R:r:s:tT:VW:x",
            "color fillrows json keep-empty-lines output-separator= output-width= \
             separator= table table-column= table-columns= table-columns-limit= \
             table-empty-lines table-header-as-columns table-header-repeat table-hide= \
             table-maxout table-name= table-noextreme= table-noheadings table-order= \
             table-right= table-truncate= table-wrap= tree= tree-id= tree-parent= \
             use-spaces= help version",
        ),
    ),
    (
        "comm",
        AllowedOptions::harmless(
            "123iz",
            "check-order nocheck-order output-delimiter= total zero-terminated help version",
        ),
    ),
    (
        "cut",
        AllowedOptions::harmless(
            "b:c:d:f:nsw:z",
            "bytes= characters= complement delimiter= fields= only-delimited \
             output-delimiter= zero-terminated help version",
        ),
    ),
    (
        "df",
        AllowedOptions::harmless(
            "aB:bgHhiIklmnPT::t:vx:Y",
            "all block-size= exclude-type= human-readable inodes local no-sync output \
             portability print-type si sync total type= help version",
        ),
    ),
    (
        "diff",
        AllowedOptions::harmless(
            "0123456789abBcC:dD:eEF:hHiI:lL:nNpPqrsS:tTuU:vwW:x:X:yZ",
            "GTYPE-group-format= LTYPE-line-format= brief changed-group-format= color \
             context ed exclude= exclude-from= expand-tabs forward-ed from-file= \
             horizon-lines= ifdef= ignore-all-space ignore-blank-lines ignore-case \
             ignore-file-name-case ignore-matching-lines= ignore-space-change \
             ignore-tab-expansion ignore-trailing-space initial-tab label= left-column \
             line-format= minimal new-file new-group-format= new-line-format= \
             no-dereference no-ignore-file-name-case normal old-group-format= \
             old-line-format= palette= rcs recursive report-identical-files show-c-function \
             show-function-line= side-by-side speed-large-files starting-file= \
             strip-trailing-cr suppress-blank-empty suppress-common-lines tabsize= text \
             to-file= unchanged-group-format= unchanged-line-format= \
             unidirectional-new-file unified width= help version",
        ),
    ),
    (
        "dirname",
        AllowedOptions::harmless("z", "zero help version"),
    ),
    (
        "du",
        AllowedOptions::harmless(
            "0aAB:bcDd:gHhI:klLmnPrsSt:xX:",
            "all apparent-size block-size= bytes count-links dereference dereference-args \
             exclude= exclude-from= files0-from= human-readable inodes max-depth= \
             no-dereference null one-file-system separate-dirs si summarize threshold= time \
             time-style= total help version",
        ),
    ),
    (
        "expand",
        AllowedOptions::harmless("0123456789it:", "initial tabs= help version"),
    ),
    (
        "fmt",
        AllowedOptions::harmless(
            "0123456789cd:g:l:mnp:st:uw:",
            "crown-margin goal= prefix= split-only tagged-paragraph uniform-spacing width= \
             help version",
        ),
    ),
    (
        "fold",
        AllowedOptions::harmless(
            "0123456789bcsw:",
            "bytes characters spaces width= help version",
        ),
    ),
    (
        "free",
        AllowedOptions::harmless(
            "bc:ghklLmps:tvVw",
            "bytes committed count= gibi giga human kibi kilo line lohi mebi mega pebi peta \
             seconds= si tebi tera total wide help version",
        ),
    ),
    (
        "grep",
        AllowedOptions::harmless(
            "0123456789A:aB:bC:cD:d:Ee:Ff:GHhIiLlm:noPqRrsTUVvwxyZzS",
            "after-context= basic-regexp before-context= binary binary-files= byte-offset \
             color colour context count dereference-recursive devices= directories= \
             exclude= exclude-dir= exclude-from= extended-regexp file= files-with-matches \
             files-without-match fixed-strings group-separator= ignore-case include= \
             include-dir= initial-tab invert-match label= line-buffered line-number \
             line-regexp max-count= no-filename no-group-separator no-ignore-case \
             no-messages null null-data only-matching perl-regexp quiet recursive regexp= \
             silent text with-filename word-regexp help version",
        ),
    ),
    ("groups", AllowedOptions::harmless("", "help version")),
    (
        "head",
        AllowedOptions::harmless(
            "0123456789c:n:qvz",
            "bytes= lines= quiet silent verbose zero-terminated help version",
        ),
    ),
    (
        "hexdump",
        AllowedOptions::harmless(
            "bcCde:f:hL::n:os:vVxX",
            "canonical color format= format-file= length= no-squeezing one-byte-char \
             one-byte-hex one-byte-octal skip= two-bytes-decimal two-bytes-hex \
             two-bytes-octal help version",
        ),
    ),
    (
        "id",
        AllowedOptions::harmless(
            "AaFGgMnPpruZz",
            "context group groups name real user zero help version",
        ),
    ),
    (
        "join",
        AllowedOptions::harmless(
            "1:2:a:e:ij:o:t:v:z",
            "check-order header ignore-case nocheck-order zero-terminated help version",
        ),
    ),
    (
        "jq",
        AllowedOptions::harmless(
            "aCcef:hjL:MnRrSsV",
            "arg= argfile= argjson= args ascii-output binary build-configuration \
             color-output compact-output exit-status from-file= indent= join-output \
             jsonargs library-path= monochrome-output null-input rawfile= raw-input \
             raw-output raw-output0 seq slurp slurpfile= sort-keys stream stream-errors tab \
             unbuffered help version",
        ),
    ),
    (
        "ls",
        AllowedOptions::harmless(
            "1@AaBbCcD:dEeFfGgHhI:ikLlmNnOopPqQRrSsTtUuvWw:xXyZ%",
            "all almost-all author block-size= classify color context dereference \
             dereference-command-line dereference-command-line-symlink-to-dir directory \
             dired escape file-type format= full-time group-directories-first hide= \
             hide-control-chars human-readable hyperlink ignore= ignore-backups \
             indicator-style= inode kibibytes literal no-group numeric-uid-gid quote-name \
             quoting-style= recursive reverse show-control-chars si size sort= tabsize= \
             time= time-style= width= zero help version",
        ),
    ),
    (
        "nl",
        AllowedOptions::harmless(
            "b:d:f:h:i:l:n:ps:v:w:",
            "body-numbering= footer-numbering= header-numbering= join-blank-lines= \
             line-increment= no-renumber number-format= number-separator= number-width= \
             section-delimiter= starting-line-number= help version",
        ),
    ),
    (
        "nproc",
        AllowedOptions::harmless("", "all ignore= help version"),
    ),
    (
        "od",
        AllowedOptions::harmless(
            "aA:bBcdDeFfHhij:lLN:OoS:st:vw::xX",
            "address-radix= endian= format= output-duplicates read-bytes= skip-bytes= \
             strings traditional width help version",
        ),
    ),
    (
        "paste",
        AllowedOptions::harmless("d:sz", "delimiters= serial zero-terminated help version"),
    ),
    (
        "pgrep",
        AllowedOptions::harmless(
            "acd:f:F:G:g:hHiLlnO:oP:Qqr:Ss:t:U:u:VvwxA",
            "cgroup= count delimiter= env= euid= exact full group= ignore-ancestors \
             ignore-case inverse lightweight list-full list-name logpidfile newest ns= \
             nslist= older= oldest parent= pgroup= pidfile= quick runstates= session= \
             shell-quote terminal= uid= help version",
        ),
    ),
    (
        "ps",
        AllowedOptions::harmless(
            "aAcC:deEfFgGhHjJlLmMNo:O:Pp:q:rSs:TtuUvVwXxyZ",
            "Group= User= columns= cols= context cumulative deselect forest format= group= \
             headers info lines= no-headers pid= ppid= quick-pid= rows= sid= signames sort= \
             tty= user= width= help version",
        ),
    ),
    (
        "pwd",
        AllowedOptions::harmless("LPW", "logical physical help version"),
    ),
    (
        "readlink",
        AllowedOptions::harmless(
            "efmnqsvz",
            "canonicalize canonicalize-existing canonicalize-missing no-newline quiet \
             silent verbose zero help version",
        ),
    ),
    (
        "realpath",
        AllowedOptions::harmless(
            "eELmPqsz",
            "canonicalize canonicalize-existing canonicalize-missing logical no-symlinks \
             physical quiet relative-base= relative-to= strip zero help version",
        ),
    ),
    ("rev", AllowedOptions::harmless("0hV", "zero help version")),
    (
        "seq",
        AllowedOptions::harmless("f:s:t:w", "equal-width format= separator= help version"),
    ),
    (
        "sha1sum",
        AllowedOptions::harmless(
            "bctwz",
            "binary check ignore-missing quiet status strict tag text warn zero help \
             version",
        ),
    ),
    (
        "stat",
        AllowedOptions::harmless(
            "c:FfLlnqrsTt:x",
            "cached= dereference file-system format= printf= terse help version",
        ),
    ),
    (
        "strings",
        AllowedOptions::harmless(
            "0123456789ade:fhn:os:t:T:U:vVw",
            "all bytes= data encoding= include-all-whitespace output-separator= \
             print-file-name radix= target= unicode= help version",
        ),
    ),
    (
        "tac",
        AllowedOptions::harmless("brs:", "before regex separator= help version"),
    ),
    (
        "tail",
        AllowedOptions::harmless(
            "0123456789bc:fFn:qrs:vz",
            "bytes= debug follow lines= max-unchanged-stats= pid= quiet retry silent \
             sleep-interval= verbose zero-terminated help version",
        ),
    ),
    (
        "tr",
        AllowedOptions::harmless(
            "Ccdstu",
            "complement delete squeeze-repeats truncate-set1 help version",
        ),
    ),
    ("type", AllowedOptions::harmless("aftpPw", "help version")),
    (
        "uname",
        AllowedOptions::harmless(
            "aimnoprsvU",
            "all hardware-platform kernel-name kernel-release kernel-version machine \
             nodename operating-system processor help version",
        ),
    ),
    (
        "unexpand",
        AllowedOptions::harmless("0123456789at:", "all first-only tabs= help version"),
    ),
    (
        "uptime",
        AllowedOptions::harmless("cphrsV", "container pretty raw since help version"),
    ),
    (
        "wc",
        AllowedOptions::harmless(
            "cLlmw",
            "bytes chars debug files0-from= lines max-line-length total= words help version",
        ),
    ),
    (
        "whereis",
        AllowedOptions::harmless("bBfghlmMsSuVqx", "help version"),
    ),
    (
        "which",
        AllowedOptions::harmless("asiv", "all help version"),
    ),
    ("whoami", AllowedOptions::harmless("", "help version")),
];
