//! The data for the templates of the page.

use askama::Template;
use baton_core::commands::Offer;
use baton_core::files::FileLimits;
use jiff::Timestamp;

use crate::web::model::file_view::FileView;

/// The whole page.
#[derive(Template)]
#[template(path = "page.html")]
pub(crate) struct PageView {
    /// The name of the room.
    pub(crate) room: String,
    /// Whether this is the default room.
    pub(crate) public: bool,
    /// Whether the caller must sign in before anything is shown.
    pub(crate) closed: bool,
    /// The name of the signed-in person; empty for other callers.
    pub(crate) name: String,
    /// The newest sequence when the page was rendered. The script reads the stream from here.
    pub(crate) cursor: i64,
    /// Whether there are earlier posts.
    pub(crate) more: bool,
    /// The `before` parameter for the earlier posts.
    pub(crate) before: Option<String>,
    /// The filter of the posts.
    pub(crate) filter: FilterView,
    /// All personas.
    pub(crate) personas: Vec<PersonaView>,
    /// The persona that answers a message without `entity`.
    pub(crate) answering: String,
    /// The posts, oldest first.
    pub(crate) posts: Vec<PostView>,
    /// An empty post, the script's template for new posts.
    pub(crate) blank: PostView,
    /// Maximum length of a message, in characters.
    pub(crate) text_limit: usize,
    /// The commands that a person may give to Baton; empty for a guest.
    pub(crate) offers: &'static [Offer],
    /// The files with a message; `None` if the caller may send no files.
    pub(crate) files: Option<OfferedFiles>,
}

/// The files that a person may send with a message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OfferedFiles {
    /// The limits for the files.
    pub(crate) limits: FileLimits,
    /// Whether Baton writes down the words of recordings.
    pub(crate) hears: bool,
}

/// A filter of posts. An empty field does not filter.
#[derive(Clone, Debug, Default)]
pub(crate) struct FilterView {
    /// Only posts under this name.
    pub(crate) user: String,
    /// Only posts with this text.
    pub(crate) search: String,
    /// Only posts of this type: `human`, `AI`, `notice` or `question`.
    pub(crate) kind: String,
}

impl FilterView {
    fn is_active(&self) -> bool {
        !(self.user.is_empty() && self.search.is_empty() && self.kind.is_empty())
    }
}

/// A persona.
pub(crate) struct PersonaView {
    /// The name for `entity`.
    pub(crate) name: String,
    /// A CSS colour; empty for a colour derived from the name.
    pub(crate) color: String,
}

/// One post. Absent values are empty, so that all posts have the same markup.
#[derive(Default)]
pub(crate) struct PostView {
    /// The public id.
    pub(crate) id: String,
    /// The sequence of the post.
    pub(crate) seq: i64,
    /// `human`, `ai`, `notice` or `question`.
    pub(crate) kind: &'static str,
    /// The name of the author.
    pub(crate) name: String,
    /// A CSS colour; empty for a colour derived from the name.
    pub(crate) color: String,
    /// The persona that is asked or that answers.
    pub(crate) entity: String,
    /// The time in milliseconds since 1970.
    pub(crate) at: i64,
    /// The time in ISO 8601.
    pub(crate) at_iso: String,
    /// The time for people, in UTC. The script replaces it by the reader's own time zone.
    pub(crate) at_words: String,
    /// The id of the post that this post replies to.
    pub(crate) reply_to: String,
    /// The beginning of that post.
    pub(crate) quote: String,
    /// The text as sanitised HTML.
    pub(crate) html: String,
    /// Whether `html` is only the beginning of the text.
    pub(crate) shortened: bool,
    /// The state of a message; empty for other posts.
    pub(crate) state: &'static str,
    /// The state for people; empty if nothing needs attention.
    pub(crate) state_words: String,
    /// The position of a waiting message in the queue; 1 is next.
    pub(crate) position: String,
    /// The reason for the state.
    pub(crate) reason: String,
    /// The files of the post.
    pub(crate) files: Vec<FileView>,
    /// The approval of a question, as JSON.
    pub(crate) approval: String,
    /// The steps on the way to a reply, as JSON.
    pub(crate) activities: String,
}

impl PostView {
    /// Sets the time, in milliseconds since 1970.
    pub(crate) fn with_time(mut self, at: i64) -> Self {
        let time = Timestamp::from_millisecond(at).unwrap_or_default();
        self.at = at;
        self.at_iso = time.to_string();
        self.at_words = time.strftime("%-d %b %Y, %H:%M UTC").to_string();
        self
    }

    /// Sets the state. `queue.js` makes the same words in the page.
    pub(crate) fn with_state(
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
            ("withdrawn", _) => format!("withdrawn{why}"),
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

/// Maximum length of a quote, in characters.
const QUOTE: usize = 90;

/// The author and the beginning of a text, on one line.
pub(crate) fn quote_post(name: &str, text: &str) -> String {
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

    fn render_test_page(posts: Vec<PostView>, filter: FilterView) -> String {
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
            quote: quote_post("<script>", "<script>"),
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
        let html = render_test_page(vec![post.with_state("dead", None, "<script>")], filter);
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
        let html = render_test_page(vec![post], FilterView::default());
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
        assert_eq!(quote_post("Ada", " a\n\tb "), "Ada: a b");
        let long = quote_post("Ada", &"🦀".repeat(200));
        assert_eq!(long.chars().count(), "Ada: ".len() + QUOTE + 1);
        assert!(long.ends_with('…'));
    }
}
