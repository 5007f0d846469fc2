use proptest::prelude::*;

use super::*;

#[test]
fn what_people_write_reads_as_they_mean_it() {
    assert_eq!(render_html("a *b*\nc"), "<p>a <em>b</em><br>\nc</p>\n");
    assert_eq!(
        render_html("- [x] done\n- [ ] not"),
        "<ul>\n<li><span class=\"hl-task\">☑</span> done</li>\n<li><span class=\"hl-task\">☐</span> not</li>\n</ul>\n"
    );
    assert!(render_html("|a|b|\n|-|-|\n|1|2|").contains("<table>"));
    assert!(render_html("~~no~~").contains("<del>no</del>"));
    assert!(render_html("3. three").contains("<ol start=\"3\">"));
    let link = render_html("[us](https://a.example/?q=1)");
    assert!(link.contains("href=\"https://a.example/?q=1\""));
    assert!(link.contains("rel=\"noopener noreferrer nofollow\""));
}

#[test]
fn mathematics_stays_as_it_is_written() {
    for formula in [
        r"x^2\,dx",
        r"\( a \)",
        r"\(a * b * c\)",
        r"$a_1 * b_2 * c$",
        r"$$\sum_{i=1}^n *x* _i_$$",
        r"\{1, 2\}",
        r"f\colon A \to B\;",
        r"\[ x \]",
        r"\begin{align} a &= b \\ c &= [d](e) \end{align}",
    ] {
        let shown = format!("<p>{}</p>\n", formula.replace('&', "&amp;"));
        assert_eq!(render_html(formula), shown, "{formula}");
    }
    let lines = render_html("\\[\n- a\n= b\n\\]");
    assert_eq!(lines, "<p>\\[<br>\n- a<br>\n= b<br>\n\\]</p>\n");
    // Escapes of Markdown stay escapes of Markdown.
    assert_eq!(
        render_html(r"\*not\* \[a\](b) \![c](d) \# \_"),
        "<p>*not* [a](b) !<a rel=\"noopener noreferrer nofollow\">c</a> # _</p>\n"
    );
    assert_eq!(
        render_html("it costs $5, *not* $6"),
        "<p>it costs $5, <em>not</em> $6</p>\n"
    );
    assert_eq!(
        render_html(r"`\(a\)` and `$x_1$`"),
        r"<p><code>\(a\)</code> and <code>$x_1$</code></p>".to_owned() + "\n"
    );
    assert_eq!(
        render_html("```\n\\(a\\)\n```"),
        "<pre><code>\\(a\\)\n</code></pre>\n"
    );
    assert!(
        render_html(r"[x](https://a.example/\(b\))").contains("href=\"https://a.example/(b)\"")
    );
    assert_eq!(render_html("a\\\nb"), "<p>a<br>\nb</p>\n");
}

#[test]
fn bare_addresses_are_links() {
    let link = |address: &str| {
        format!("<a href=\"{address}\" rel=\"noopener noreferrer nofollow\">{address}</a>")
    };
    for (text, before, address, after) in [
        (
            "see https://a.example/b.",
            "see ",
            "https://a.example/b",
            ".",
        ),
        (
            "(http://a.example/b_(c)_d)",
            "(",
            "http://a.example/b_(c)_d",
            ")",
        ),
        (
            "https://a.example/x_y_z*?q=1,",
            "",
            "https://a.example/x_y_z*?q=1",
            ",",
        ),
        (
            "见https://a.example/x。谢谢",
            "见",
            "https://a.example/x",
            "。谢谢",
        ),
    ] {
        let shown = format!("<p>{before}{}{after}</p>\n", link(address));
        assert_eq!(render_html(text), shown, "{text}");
    }
    // An ampersand is escaped, as everywhere in HTML.
    assert!(
        render_html("https://a.example/?a=1&b=2")
            .contains("href=\"https://a.example/?a=1&amp;b=2\"")
    );
    for plain in [
        "`https://a.example`",
        "```\nhttps://a.example\n```",
        "ftp://a.example",
        "javascript://a.example",
    ] {
        assert!(!render_html(plain).contains("<a"), "{plain}");
    }
    assert_eq!(
        render_html("[https://a.example](https://b.example)")
            .matches("<a")
            .count(),
        1
    );
}

#[test]
fn a_picture_is_a_link_that_says_what_it_shows() {
    let shown = render_html("![a cat](https://a.example/cat.png)");
    assert!(
        shown.contains("href=\"https://a.example/cat.png\"")
            && shown.contains(">Picture: a cat</a>"),
        "{shown}"
    );
    let nameless = render_html("![](https://a.example/cat.png)");
    assert!(
        nameless.contains(">Picture: https://a.example/cat.png</a>"),
        "{nameless}"
    );
    let within = render_html("[![a cat](https://a.example/cat.png)](https://b.example)");
    assert!(
        within.contains("href=\"https://b.example\"") && within.matches("<a").count() == 1,
        "{within}"
    );
    assert!(within.contains("Picture: a cat"), "{within}");
}

#[test]
fn columns_are_aligned_and_footnotes_are_numbered() {
    let table = render_html("|a|b|c|\n|:-|:-:|-:|\n|1|2|3|");
    for cell in [
        "<th>a</th>",
        "<th class=\"hl-center\">b</th>",
        "<td class=\"hl-right\">3</td>",
    ] {
        assert!(table.contains(cell), "{cell} in {table}");
    }
    let notes = render_html("one[^x] two[^y]\n\n[^y]: of two\n\n[^x]: of one");
    assert!(notes.contains("one<sup>1</sup> two<sup>2</sup>"), "{notes}");
    assert!(
        notes.contains("<div class=\"hl-note\"><sup>2</sup> \n<p>of two</p>"),
        "{notes}"
    );
    assert!(notes.contains("<sup>1</sup> \n<p>of one</p>"), "{notes}");
    assert!(!notes.contains("id="), "{notes}");
}

#[test]
#[cfg(feature = "code-coloring")]
fn code_is_colored_where_its_language_is_known() {
    let rust = render_html("```rust\nfn main() {}\n```");
    assert!(rust.starts_with("<pre><code><span class=\"hl-"), "{rust}");
    let long = format!(
        "```rust\n{}\n```",
        "let a = 1;\n".repeat(code_coloring::LONGEST_COLORED / 10)
    );
    assert!(!render_html(&long).contains("hl-"));
}

#[test]
fn code_without_a_known_language_is_shown_as_written() {
    assert_eq!(
        render_html("```nonsense\na < b\n```"),
        "<pre><code>a &lt; b\n</code></pre>\n"
    );
    assert_eq!(
        render_html("    a < b"),
        "<pre><code>a &lt; b</code></pre>\n"
    );
}

/// Known attacks on renderers of Markdown and HTML.
const ATTACKS: [&str; 25] = [
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
    "javascript://a.example/%0aalert(1) http://a.example/\"onmouseover=alert(1)",
    "[^x]\n\n[^x]: <script>alert(1)</script> ![](javascript:alert(1))",
    "|a|\n|-:|\n|<td class=\"x\" onclick=\"y\">|",
    "\\( <img src=x onerror=alert(1)> \\) $x_<script>alert(1)</script>$",
    "http://a.example/<script>alert(1)</script>",
    "[x](https://a.example \"\" onmouseover=\"alert(1)\")",
];

/// Parses HTML roughly as a browser does, and checks that only permitted elements and attributes are in it.
fn assert_safe(html: &str) {
    // Other text is escaped, so every `<` begins a permitted element.
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
        assert_safe(&render_html(attack));
        assert_safe(&render_html(&format!(
            "> - {attack}\n>\n> | {attack} |\n> |-|\n"
        )));
        assert_safe(&render_plain(attack));
    }
}

/// The greatest depth of nested elements.
fn levels(html: &str) -> usize {
    let (mut open, mut most) = (0_usize, 0);
    for tag in html.split('<').skip(1) {
        if tag.starts_with('/') {
            open -= 1;
        } else if !tag.starts_with("br") && !tag.starts_with("hr") {
            open += 1;
            most = most.max(open);
        }
    }
    most
}

#[test]
fn nesting_without_end_is_shown_in_good_time() {
    for nest in [
        ">",
        "- ",
        "*a ",
        "$a_",
        "\\(",
        "\\[ ",
        "$$",
        "[^a]",
        "http://",
        "\\begin{",
        "[",
        "![",
        "`a``",
        "<",
        "((",
        "**_",
        "|",
        "&#",
        "- [^a]: ",
        "> [^a]: ",
        "[^a]: ",
        "1. - > [^a]: ",
    ] {
        let nested = render_html(&nest.repeat(16_000 / nest.len()));
        assert_safe(&nested);
        assert!(
            levels(&nested) <= DEEPEST + 8,
            "{nest}: {}",
            levels(&nested)
        );
    }
    let notes = render_html(&"- [^a]: ".repeat(12_000));
    assert!(levels(&notes) <= DEEPEST + 8, "{}", levels(&notes));
    let deep = render_html(&format!("{} deep", ">".repeat(1_000)));
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
        assert_safe(&render_html(&parts.concat()));
    }
}
