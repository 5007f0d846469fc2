//! Uploads before a message names them.

use std::time::Duration;

use baton_core::files::{FileError, FileLimits};
use baton_core::message::Attachment;
use baton_testkit::baton::{BOB, Baton};

use super::{all_files, path, place, set_age, start};

const DAY: Duration = Duration::from_hours(24);

async fn upload(baton: &Baton, name: &str, size: usize) -> Result<Attachment, FileError> {
    let files = baton.inbox().files().unwrap();
    let mut file = files
        .begin_upload(&place("room"), &BOB.into(), name)
        .await?;
    file.write(&vec![0; size]).await?;
    file.finish().await
}

async fn take(baton: &Baton, upload: &Attachment) -> Result<Vec<Attachment>, FileError> {
    let files = baton.inbox().files().unwrap();
    let ids = [upload.id().to_owned()];
    files.take(&place("room"), &BOB.into(), &ids).await
}

#[tokio::test]
async fn what_no_message_names_within_a_day_goes_without_a_restart() {
    let (baton, _script) = start(FileLimits::default()).await;
    let [named, old, new] = ["named", "old", "new"];
    let named = upload(&baton, named, 10).await.unwrap();
    let named = take(&baton, &named).await.unwrap().remove(0);
    let old = upload(&baton, old, 10).await.unwrap();
    let new = upload(&baton, new, 10).await.unwrap();
    baton.clock.someone_sleeps(DAY).await;
    // The ages at the end of the day.
    let day = i64::try_from(DAY.as_secs()).unwrap();
    for (file, age) in [(&named, 1), (&old, 1), (&new, -1)] {
        set_age(&baton, &path(&baton, file), age);
    }
    baton.clock.advance(DAY);
    baton.clock.someone_sleeps(DAY).await;
    assert!(path(&baton, &named).exists() && path(&baton, &new).exists());
    assert!(!path(&baton, &old).exists());
    let gone = take(&baton, &old).await;
    assert!(matches!(gone, Err(FileError::Unknown { .. })), "{gone:?}");
    // A named file is removed with all other kept files.
    set_age(&baton, &path(&baton, &named), 91 * day);
    baton.clock.advance(DAY);
    baton.clock.someone_sleeps(DAY).await;
    assert!(!path(&baton, &named).exists());
}

#[tokio::test]
async fn what_no_message_names_has_room_of_its_own_and_no_more() {
    let limits = FileLimits {
        uploads: 20_000,
        ..FileLimits::default()
    };
    let (mut baton, _script) = start(limits).await;
    let refused = |result: Result<Attachment, FileError>| {
        assert!(
            matches!(result, Err(FileError::TooManyUploads { .. })),
            "{result:?}"
        );
    };
    let first = upload(&baton, "first", 10_000).await.unwrap();
    refused(upload(&baton, "second", 10_000).await);
    assert_eq!(all_files(&baton), 1, "nothing is left of what was refused");
    // An empty file counts as well.
    upload(&baton, "empty", 0).await.unwrap();
    refused(upload(&baton, "another", 0).await);
    baton.kill().await;
    baton.restart().await;
    refused(upload(&baton, "another", 0).await);
    // A file named by a message no longer counts as an upload.
    take(&baton, &first).await.unwrap();
    take(&baton, &first).await.unwrap();
    let second = upload(&baton, "second", 10_000).await.unwrap();
    refused(upload(&baton, "third", 10_000).await);
    // Old uploads do not count either.
    let waiting = path(&baton, &second);
    set_age(&baton, &waiting, 1);
    baton.clock.someone_sleeps(DAY).await;
    baton.clock.advance(DAY);
    baton.clock.someone_sleeps(DAY).await;
    upload(&baton, "third", 10_000).await.unwrap();
}
