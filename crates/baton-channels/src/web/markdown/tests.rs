use proptest::prelude::*;

use super::*;

#[test]
fn what_people_write_reads_as_they_mean_it() {
    assert_eq!(html("a *b*\nc"), "<p>a <em>b</em><br>\nc</p>\n");
    assert_eq!(
        html("- [x] done\n- [ ] not"),
        "<ul>\n<li>☑ done</li>\n<li>☐ not</li>\n</ul>\n"
    );
    assert!(html("|a|b|\n|-|-|\n|1|2|").contains("<table>"));
    assert!(html("~~no~~").contains("<del>no</del>"));
    assert!(html("3. three").contains("<ol start=\"3\">"));
    let link = html("[us](https://a.example/?q=1)");
    assert!(link.contains("href=\"https://a.example/?q=1\""));
    assert!(link.contains("rel=\"noopener noreferrer nofollow\""));
}

#[test]
fn code_is_colored_where_its_language_is_known() {
    let rust = html("```rust\nfn main() {}\n```");
    assert!(rust.starts_with("<pre><code><span class=\"hl-"), "{rust}");
    assert_eq!(
        html("```nonsense\na < b\n```"),
        "<pre><code>a &lt; b\n</code></pre>\n"
    );
    assert_eq!(html("    a < b"), "<pre><code>a &lt; b</code></pre>\n");
    let long = format!(
        "```rust\n{}\n```",
        "let a = 1;\n".repeat(LONGEST_COLORED / 10)
    );
    assert!(!html(&long).contains("hl-"));
}

/// Every way in that is known to have worked somewhere.
const ATTACKS: [&str; 20] = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](javascript:alert(1))",
    "![x](https://elsewhere.example/pixel.gif)",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java&#10;script:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:x)",
    "<javascript:alert(1)>",
    "[x]: javascript:alert(1)\n\n[x]",
    "```html\n</code></pre><script>alert(1)</script>\n```",
    "```\"><script>alert(1)</script>\nx\n```",
    "`</code><script>alert(1)</script>`",
    "<svg><style><img title=\"</style><img src=x onerror=alert(1)>\">",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    "<iframe srcdoc=\"&lt;script&gt;alert(1)&lt;/script&gt;\">",
    "<span class=\"operator\">x</span><a href=\"x\" onclick=\"y\">",
    "[x](https://a.example \"\" onmouseover=\"alert(1)\")",
];

/// Reads HTML as a browser does, as far as elements and attributes go: only what we make is there.
fn assert_safe(html: &str) {
    // What is no element is escaped, so every `<` begins one of ours.
    for element in html.split('<').skip(1) {
        let Some((inside, _)) = element.split_once('>') else {
            panic!("an element that does not end: {html}");
        };
        let inside = inside.trim_end_matches('/').trim();
        let name = inside
            .trim_start_matches('/')
            .split_whitespace()
            .next()
            .unwrap_or_default();
        assert!(SANITIZER.clone_tags().contains(name), "<{name}> in {html}");
        for attribute in inside.split_whitespace().skip(1) {
            let attribute = attribute.to_ascii_lowercase();
            assert!(!attribute.starts_with("on"), "{attribute} in {html}");
        }
    }
    let lower = html.to_ascii_lowercase();
    for scheme in [
        "href=\"javascript",
        "href=\"data",
        "href=\"vbscript",
        "src=",
    ] {
        let quoted = lower.contains(scheme) && scheme != "src=";
        assert!(!quoted, "{scheme} in {html}");
    }
    assert!(
        !lower.contains("<img") && !lower.contains("<script"),
        "{html}"
    );
}

#[test]
fn nothing_runs_whatever_is_written() {
    for attack in ATTACKS {
        assert_safe(&html(attack));
        assert_safe(&html(&format!("> - {attack}\n>\n> | {attack} |\n> |-|\n")));
        assert_safe(&plain(attack));
    }
}

#[test]
fn nesting_without_end_is_shown_in_good_time() {
    for nest in [
        ">", "- ", "*a ", "[", "![", "`a``", "<", "((", "**_", "|", "&#",
    ] {
        assert_safe(&html(&nest.repeat(16_000 / nest.len())));
    }
    let deep = html(&format!("{} deep", ">".repeat(1_000)));
    assert_eq!(deep.matches("<blockquote>").count(), DEEPEST);
    assert!(deep.contains("deep"));
}

proptest! {
    #[test]
    fn nothing_runs_whatever_is_put_together(parts in proptest::collection::vec(
        prop_oneof![
            proptest::sample::select(ATTACKS.as_slice()).prop_map(str::to_owned),
            "[<>&\"'`~*_\\[\\]()!#|:\\n a-z-]{0,12}",
            "\\PC{0,8}",
        ],
        0..8,
    )) {
        assert_safe(&html(&parts.concat()));
    }
}
