//! How large a photo is when it stands upright, read from its first bytes: nothing is decoded here.

use std::io::Cursor;

use bytes::Bytes;
use exif::{In, Reader, Tag};
use futures_util::{StreamExt, stream::BoxStream};

use crate::blobs::BlobError;

/// A JPEG may carry a thumbnail and a colour profile before it says how large it is.
const HEAD_BYTES: usize = 1 << 20;

/// The first pieces of a photo, which have been read, and its width and height; 0 and 0 if they are not told.
pub(super) async fn of(
    content: &mut BoxStream<'static, Result<Bytes, BlobError>>,
) -> Result<(Vec<Bytes>, (u32, u32)), BlobError> {
    let (mut pieces, mut head) = (Vec::new(), Vec::new());
    while let Some(piece) = content.next().await {
        let piece = piece?;
        head.extend_from_slice(&piece);
        pieces.push(piece);
        if let Ok(size) = imagesize::blob_size(&head) {
            let size = (u32::try_from(size.width).unwrap_or(0), u32::try_from(size.height).unwrap_or(0));
            return Ok((pieces, if lies(&head) { (size.1, size.0) } else { size }));
        }
        if head.len() >= HEAD_BYTES {
            break;
        }
    }
    Ok((pieces, (0, 0)))
}

/// Whether a photo has to be turned by a quarter to stand upright.
fn lies(head: &[u8]) -> bool {
    let Ok(exif) = Reader::new().read_from_container(&mut Cursor::new(head)) else { return false };
    let orientation = exif.get_field(Tag::Orientation, In::PRIMARY);
    orientation.and_then(|field| field.value.get_uint(0)).is_some_and(|turn| (5..=8).contains(&turn))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_photo_that_lies_on_its_side_is_measured_upright() {
        let turned = include_bytes!("../../../../../fuzz/seeds/image/turned.jpg");
        let pieces = turned.chunks(100).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect::<Vec<_>>();
        let mut content = futures_util::stream::iter(pieces).boxed();
        let (read, size) = of(&mut content).await.unwrap();
        assert_eq!(size, (16, 24), "24 by 16 pixels, to be turned by a quarter");
        let rest: Vec<_> = content.map(Result::unwrap).collect().await;
        assert_eq!([read.concat(), rest.concat()].concat(), turned, "no byte is lost");
    }
}
