//! The images among the files of a turn's messages, for agents that can look at images.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use baton_core::agent::Turn;
use baton_core::files::Received;
use imagesize::ImageType;
use tracing::Span;

mod image_check;

/// The largest image, in bytes. Anthropic accepts 5 MB of base64 for one image, the lowest limit of the large
/// providers: <https://docs.claude.com/en/docs/build-with-claude/vision>.
const LONGEST: u64 = 5 * 1024 * 1024 / 4 * 3;

/// The limit for all images of a turn together, in bytes. A request to Anthropic has at most 32 MB, and
/// base64 makes four bytes of three.
const TOGETHER: u64 = 16 * 1024 * 1024;

/// The most images of a turn. With more images in a request, Anthropic accepts only smaller ones.
const AT_ONCE: usize = 20;

/// The largest width and height, in pixels: also Anthropic's limit.
pub(crate) const WIDEST: usize = 8_000;

/// The largest width and height for an agent that keeps images in its session. There the images of many turns
/// come together, and with more than 20 in a request Anthropic accepts none larger than this.
pub(crate) const WIDEST_KEPT: usize = 2_000;

/// An image that can be sent to a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    /// The file name.
    pub(crate) name: String,
    /// The media type, from the content and not from the file name.
    pub(crate) media_type: &'static str,
    pub(crate) base64: String,
    /// The number of pixels: width times height.
    pub(crate) pixels: usize,
}

/// The images and other files of a turn.
#[derive(Debug, Default)]
pub(crate) struct TurnImages {
    /// The images, in order.
    pub(crate) images: Vec<Image>,
    /// The names of all other files.
    pub(crate) others: Vec<String>,
}

/// Sorts the files of a turn into images and others. `widest` is the largest width and height, in pixels.
pub(crate) async fn read_images(turn: &Turn, widest: usize) -> TurnImages {
    let mut seen = TurnImages::default();
    let mut left = TOGETHER;
    // The words of a recording are in the text, so nobody misses the file.
    for file in turn.files.received.iter().filter(|file| !file.is_heard) {
        let image = if seen.images.len() < AT_ONCE {
            read_image(file, left.min(LONGEST), widest).await
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

/// Reads a file as an image, and returns its size in bytes. `None` for a file that is no image, incomplete or
/// too large.
async fn read_image(file: &Received, most: u64, widest: usize) -> Option<(Image, u64)> {
    if file.size > most {
        return None;
    }
    // One byte more than allowed shows that the file has grown.
    let read = file.open().await?.bytes(most + 1).await;
    let bytes = read
        .inspect_err(|error| tracing::warn!(file = file.name, %error, "an image cannot be read"))
        .ok()?;
    let size = u64::try_from(bytes.len()).ok();
    let size = size.filter(|size| *size <= most)?;
    let name = file.name.clone();
    let span = Span::current();
    let encode = move || span.in_scope(|| encode_image(name, &bytes, widest));
    // The check of a large image takes time.
    let image = tokio::task::spawn_blocking(encode);
    Some((image.await.ok()??, size))
}

/// An image from these bytes; `None` if they cannot be shown.
fn encode_image(name: String, bytes: &[u8], widest: usize) -> Option<Image> {
    let (kind, pixels) = parse_header(bytes, widest)?;
    let media_type = match kind {
        ImageType::Png => "image/png",
        ImageType::Jpeg => "image/jpeg",
        ImageType::Gif => "image/gif",
        ImageType::Webp => "image/webp",
        _ => return None,
    };
    if !image_check::is_complete(kind, bytes) {
        tracing::info!(file = name, "an image is incomplete, and is not shown");
        return None;
    }
    Some(Image {
        name,
        media_type,
        base64: BASE64_STANDARD.encode(bytes),
        pixels,
    })
}

/// The kind of the image and the number of pixels, from the header. `None` without a valid header, or for an
/// image that is too wide or too high.
fn parse_header(bytes: &[u8], widest: usize) -> Option<(ImageType, usize)> {
    let kind = imagesize::image_type(bytes).ok()?;
    let pixels = imagesize::blob_size(bytes).ok()?;
    let fits = |side| (1..=widest).contains(&side);
    (fits(pixels.width) && fits(pixels.height)).then_some((kind, pixels.width * pixels.height))
}

#[cfg(test)]
mod tests;
