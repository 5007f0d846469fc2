//! Images that came with a turn's messages, as agents are shown them beside the files.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use baton_core::agent::Turn;
use baton_core::files::Received;
use imagesize::ImageType;

mod whole;

/// The longest image, in bytes. Anthropic takes 5 MB of base64 for one, which is the least of the large
/// providers: <https://docs.claude.com/en/docs/build-with-claude/vision>.
const LONGEST: u64 = 5 * 1024 * 1024 / 4 * 3;

/// How long all of a turn may be together, in bytes. A whole request to Anthropic has 32 MB at most, and
/// base64 makes four bytes of three.
const TOGETHER: u64 = 16 * 1024 * 1024;

/// How many of a turn are shown. Of more in one request, Anthropic takes smaller ones only.
const AT_ONCE: usize = 20;

/// How wide and high one may be, in pixels: again Anthropic's limit.
pub(crate) const WIDEST: usize = 8_000;

/// The same for an agent that keeps what it was shown in its session, where more come with every turn: of
/// more than 20 in one request Anthropic takes only such as are no larger.
pub(crate) const WIDEST_KEPT: usize = 2_000;

/// An image, fit to be sent to a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    /// The name of its file.
    pub(crate) name: String,
    /// What is in it, not what its name says.
    pub(crate) media_type: &'static str,
    pub(crate) base64: String,
    /// How many there are in it.
    pub(crate) pixels: usize,
}

/// What can be seen of the files that came with a turn.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// In order.
    pub(crate) images: Vec<Image>,
    /// The names of all other files.
    pub(crate) others: Vec<String>,
}

/// The images among the files that came with a turn, none wider or higher than so many pixels.
pub(crate) async fn of(turn: &Turn, widest: usize) -> Seen {
    let mut seen = Seen::default();
    let mut left = TOGETHER;
    for file in &turn.files.received {
        let image = if seen.images.len() < AT_ONCE {
            read(file, left.min(LONGEST), widest).await
        } else {
            None
        };
        match image {
            Some((image, size)) => {
                left -= size;
                seen.images.push(image);
            }
            None => seen.others.push(file.name.clone()),
        }
    }
    seen
}

/// The image that a file is, and its size in bytes; `None` where it is none, or not whole, or too large.
async fn read(file: &Received, most: u64, widest: usize) -> Option<(Image, u64)> {
    if file.size > most {
        return None;
    }
    // One more shows that it has grown.
    let read = file.open().await?.bytes(most + 1).await;
    let bytes = read
        .inspect_err(|error| tracing::warn!(file = file.name, %error, "an image cannot be read"))
        .ok()?;
    let size = u64::try_from(bytes.len()).ok();
    let size = size.filter(|size| *size <= most)?;
    let name = file.name.clone();
    // The pixels of a large one are looked at for a while.
    let image = tokio::task::spawn_blocking(move || image(name, &bytes, widest));
    Some((image.await.ok()??, size))
}

/// What is shown of a file with these bytes; `None` where that is nothing.
fn image(name: String, bytes: &[u8], widest: usize) -> Option<Image> {
    let (kind, pixels) = about(bytes, widest)?;
    let media_type = match kind {
        ImageType::Png => "image/png",
        ImageType::Jpeg => "image/jpeg",
        ImageType::Gif => "image/gif",
        ImageType::Webp => "image/webp",
        _ => return None,
    };
    if !whole::is_whole(kind, bytes) {
        tracing::info!(file = name, "an image is not whole, and not shown");
        return None;
    }
    Some(Image {
        name,
        media_type,
        base64: BASE64_STANDARD.encode(bytes),
        pixels,
    })
}

/// What kind of image it begins as, and how many pixels it has; `None` where it is none, or too wide or
/// high.
fn about(bytes: &[u8], widest: usize) -> Option<(ImageType, usize)> {
    let kind = imagesize::image_type(bytes).ok()?;
    let pixels = imagesize::blob_size(bytes).ok()?;
    let fits = |side| (1..=widest).contains(&side);
    (fits(pixels.width) && fits(pixels.height)).then_some((kind, pixels.width * pixels.height))
}

#[cfg(test)]
mod tests;
