//! Links: bare addresses become links, and pictures become links to themselves.

use std::sync::LazyLock;

use linkify::{LinkFinder, LinkKind};
use pulldown_cmark::{CowStr, Event, LinkType, Tag, TagEnd};

static ADDRESSES: LazyLock<LinkFinder> = LazyLock::new(|| {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    finder
});

/// Punctuation that ends a sentence without a space after an address, in East Asian scripts.
const WIDE: [char; 14] = [
    '。', '、', '，', '；', '：', '？', '！', '）', '」', '』', '》', '】', '”', '’',
];

/// Turns bare addresses and pictures into links. The page loads no remote picture by itself,
/// because the author could then learn the IP addresses of all readers.
pub(super) fn add_links<'a>(
    events: impl Iterator<Item = Event<'a>>,
) -> impl Iterator<Item = Event<'a>> {
    let mut context = LinkContext::default();
    events.flat_map(move |event| context.convert_event(event))
}

/// The enclosing elements.
#[derive(Default)]
struct LinkContext<'a> {
    /// The number of enclosing links and code blocks, in which no link may begin.
    closed: usize,
    pictures: Vec<OpenPicture<'a>>,
}

struct OpenPicture<'a> {
    address: CowStr<'a>,
    /// Whether the picture became a link; false within another link.
    linked: bool,
    /// Whether the picture has a description.
    described: bool,
}

impl<'a> LinkContext<'a> {
    fn convert_event(&mut self, event: Event<'a>) -> Vec<Event<'a>> {
        if let (Event::Text(_) | Event::Code(_), Some(picture)) = (&event, self.pictures.last_mut())
        {
            picture.described = true;
        }
        match event {
            Event::Start(Tag::Image { dest_url, .. }) => self.begin_picture(dest_url),
            Event::End(TagEnd::Image) => self.end_picture(),
            Event::Start(Tag::Link { .. } | Tag::CodeBlock(_)) => {
                self.closed += 1;
                vec![event]
            }
            Event::End(TagEnd::Link | TagEnd::CodeBlock) => {
                self.closed = self.closed.saturating_sub(1);
                vec![event]
            }
            Event::Text(text) if self.closed == 0 && text.contains("://") => link_addresses(&text),
            event => vec![event],
        }
    }

    fn begin_picture(&mut self, address: CowStr<'a>) -> Vec<Event<'a>> {
        let linked = self.closed == 0;
        let begin = linked.then(|| Event::Start(link_to(address.clone())));
        self.closed += 1;
        self.pictures.push(OpenPicture {
            address,
            linked,
            described: false,
        });
        begin
            .into_iter()
            .chain([Event::Text("Picture: ".into())])
            .collect()
    }

    fn end_picture(&mut self) -> Vec<Event<'a>> {
        let Some(picture) = self.pictures.pop() else {
            return Vec::new();
        };
        self.closed = self.closed.saturating_sub(1);
        let name = (!picture.described).then_some(Event::Text(picture.address));
        let end = picture.linked.then_some(Event::End(TagEnd::Link));
        name.into_iter().chain(end).collect()
    }
}

fn link_addresses<'a>(text: &str) -> Vec<Event<'a>> {
    let mut events = Vec::new();
    let plain = |text: &str| Event::Text(text.to_owned().into());
    for span in ADDRESSES.spans(text) {
        let whole = span.as_str();
        let is_page = whole.split_once("://").is_some_and(|(scheme, _)| {
            ["http", "https"]
                .iter()
                .any(|web| scheme.eq_ignore_ascii_case(web))
        });
        if span.kind().is_none() || !is_page {
            events.push(plain(whole));
            continue;
        }
        let (address, after) = whole.split_at(whole.find(WIDE).unwrap_or(whole.len()));
        events.push(Event::Start(link_to(address.to_owned().into())));
        events.push(plain(address));
        events.push(Event::End(TagEnd::Link));
        if !after.is_empty() {
            events.push(plain(after));
        }
    }
    events
}

fn link_to(address: CowStr<'_>) -> Tag<'_> {
    Tag::Link {
        link_type: LinkType::Inline,
        dest_url: address,
        title: CowStr::Borrowed(""),
        id: CowStr::Borrowed(""),
    }
}
