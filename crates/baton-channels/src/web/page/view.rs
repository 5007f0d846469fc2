//! What the page's templates are filled with.

use askama::Template;
use baton_core::commands::Offer;
use baton_core::files::FileLimits;
use jiff::Timestamp;

use crate::web::files::FileView;

/// The whole page.
#[derive(Template)]
#[template(path = "page.html")]
pub(crate) struct PageView {
    /// The room's name.
    pub(crate) room: String,
    /// Whether this is the room that everybody finds.
    pub(crate) public: bool,
    /// Whether who asks must sign in before anything is shown.
    pub(crate) closed: bool,
    /// The name of whoever has signed in; empty for others.
    pub(crate) name: String,
    /// The newest sequence when the page was made: where the stream goes on.
    pub(crate) cursor: i64,
    /// There are earlier posts.
    pub(crate) more: bool,
    /// How far back these are.
    pub(crate) before: Option<String>,
    /// Which posts are shown.
    pub(crate) filter: FilterView,
    /// Who can be asked.
    pub(crate) personas: Vec<PersonaView>,
    /// Who answers where nobody is named.
    pub(crate) answering: String,
    /// Oldest first.
    pub(crate) posts: Vec<PostView>,
    /// What the page's script makes new posts from.
    pub(crate) blank: PostView,
    /// The longest message, in characters.
    pub(crate) text_limit: usize,
    /// What can be told Baton itself; nothing by a guest.
    pub(crate) offers: &'static [Offer],
    /// What may be sent with a message; nothing by a guest.
    pub(crate) files: Option<FileLimits>,
}

/// Which posts are shown; an empty field leaves all.
#[derive(Clone, Debug, Default)]
pub(crate) struct FilterView {
    /// Only those under this name.
    pub(crate) user: String,
    /// Only those that hold this text.
    pub(crate) search: String,
    /// Only `human` or only `AI`.
    pub(crate) kind: String,
}

impl FilterView {
    fn active(&self) -> bool {
        !(self.user.is_empty() && self.search.is_empty() && self.kind.is_empty())
    }
}

/// Somebody who can be asked.
pub(crate) struct PersonaView {
    /// As it is asked for.
    pub(crate) name: String,
    /// A CSS colour; empty for one that follows from the name.
    pub(crate) color: String,
}

/// One post. What it lacks is empty: the markup is the same for all.
#[derive(Default)]
pub(crate) struct PostView {
    /// Its public id.
    pub(crate) id: String,
    /// Where it stands in the room's order.
    pub(crate) seq: i64,
    /// `human`, `ai`, `notice` or `question`.
    pub(crate) kind: &'static str,
    /// Who says it.
    pub(crate) name: String,
    /// A CSS colour; empty for one that follows from the name.
    pub(crate) color: String,
    /// Who is asked, or who answers.
    pub(crate) entity: String,
    /// When, in milliseconds since 1970.
    pub(crate) at: i64,
    /// When, for machines.
    pub(crate) at_iso: String,
    /// When, for people, until the script says it in their own time zone.
    pub(crate) at_words: String,
    /// The id of the post that it replies to.
    pub(crate) reply_to: String,
    /// How that one begins.
    pub(crate) quote: String,
    /// What is said, sanitised.
    pub(crate) html: String,
    /// That is only the beginning.
    pub(crate) shortened: bool,
    /// What became of it, of a message.
    pub(crate) state: &'static str,
    /// The same for people; nothing where all is well.
    pub(crate) state_words: String,
    /// Its position in the queue, of one that waits; 1 is next.
    pub(crate) position: String,
    /// Why it is in that state.
    pub(crate) reason: String,
    /// What came with it, or is sent with it.
    pub(crate) files: Vec<FileView>,
    /// What is to be decided, in JSON, of a question.
    pub(crate) approval: String,
    /// What was done on the way to it, in JSON, of an answer.
    pub(crate) activities: String,
}

impl PostView {
    /// Says when, in milliseconds since 1970.
    pub(crate) fn at(mut self, at: i64) -> Self {
        let time = Timestamp::from_millisecond(at).unwrap_or_default();
        self.at = at;
        self.at_iso = time.to_string();
        self.at_words = time.strftime("%-d %b %Y, %H:%M UTC").to_string();
        self
    }

    /// Says what became of it. `queue.js` says the same in the page.
    pub(crate) fn state(
        mut self,
        state: &'static str,
        position: Option<u32>,
        reason: &str,
    ) -> Self {
        let why = if reason.is_empty() {
            String::new()
        } else {
            format!(": {reason}")
        };
        self.state_words = match (state, position) {
            ("waiting", Some(1)) => format!("next in line{why}"),
            ("waiting", Some(position)) => format!("number {position} in line{why}"),
            ("waiting", None) => format!("waiting{why}"),
            ("running", _) => "being answered".to_owned(),
            ("dead", _) => format!("not answered{why}"),
            ("refused", _) => format!("refused{why}"),
            ("withdrawn", _) => format!("taken back{why}"),
            _ => String::new(),
        };
        self.state = state;
        self.position = position
            .map(|position| position.to_string())
            .unwrap_or_default();
        reason.clone_into(&mut self.reason);
        self
    }
}

/// How long a quote may be, in characters.
const QUOTE: usize = 90;

/// The beginning of what somebody said, on one line.
pub(crate) fn quote(name: &str, text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut beginning: String = line.chars().take(QUOTE).collect();
    if beginning.len() < line.len() {
        beginning.push('…');
    }
    format!("{name}: {beginning}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(posts: Vec<PostView>, filter: FilterView) -> String {
        let page = PageView {
            room: "a \"room\" & <more>".to_owned(),
            public: false,
            closed: false,
            name: String::new(),
            cursor: 7,
            more: false,
            before: None,
            filter,
            personas: Vec::new(),
            answering: "Echo".to_owned(),
            posts,
            blank: PostView::default(),
            text_limit: 100,
            offers: &[],
            files: None,
        };
        page.render().unwrap()
    }

    #[test]
    fn what_people_choose_stays_text() {
        let post = PostView {
            id: "\"><script>".to_owned(),
            name: "<script>".to_owned(),
            color: "\" onclick=\"".to_owned(),
            entity: "<script>".to_owned(),
            reply_to: "<script>\"".to_owned(),
            quote: quote("<script>", "<script>"),
            html: "<p>said</p>".to_owned(),
            files: vec![FileView {
                name: "\"><script>.png".to_owned(),
                size: 1,
                url: "/api/files/1/0".to_owned(),
                picture: true,
            }],
            approval: r#"{"title":"<script>'"}"#.to_owned(),
            activities: r#"[{"title":"\"><script>"}]"#.to_owned(),
            ..PostView::default()
        };
        let filter = FilterView {
            user: "\"><script>".to_owned(),
            search: "\"><script>".to_owned(),
            kind: String::new(),
        };
        let html = page(vec![post.state("dead", None, "<script>")], filter);
        assert!(!html.contains("<script>"), "{html}");
        assert!(!html.contains("\" onclick"), "{html}");
        assert!(html.contains("<p>said</p>"));
    }

    #[test]
    fn new_posts_are_made_from_the_same_markup() {
        let post = PostView {
            id: "one".to_owned(),
            ..PostView::default()
        };
        let html = page(vec![post], FilterView::default());
        let (page, template) = html.split_once("<template").unwrap();
        for part in [
            "class=\"who\"",
            "class=\"quote\"",
            "class=\"text",
            "data-action=\"retry\"",
            "class=\"files\"",
            "data-action=\"whole\"",
        ] {
            assert_eq!(page.matches(part).count(), 1, "{part}");
            assert_eq!(template.matches(part).count(), 1, "{part}");
        }
    }

    #[test]
    fn a_quote_is_one_short_line() {
        assert_eq!(quote("Ada", " a\n\tb "), "Ada: a b");
        let long = quote("Ada", &"🦀".repeat(200));
        assert_eq!(long.chars().count(), "Ada: ".len() + QUOTE + 1);
        assert!(long.ends_with('…'));
    }
}
