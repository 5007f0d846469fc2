//! Sockets and folders that somebody replaced, opened, or left behind.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;

use baton_bridge::event_socket::SOCKET_NAME;
use baton_bridge::event_socket::socket_client::{ClientError, SocketClient};
use baton_bridge::event_socket::socket_server::{SocketError, SocketServer};
use baton_bridge::private_folder::{FolderError, PrivateFolder};
use tempfile::TempDir;

use crate::keepers::RunningSocket;

fn mode(path: &std::path::Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn only_the_owner_can_open_the_folder_and_the_socket() {
    let mut socket = RunningSocket::start();
    assert_eq!(mode(&socket.folder), 0o700);
    assert_eq!(mode(&socket.folder.join(SOCKET_NAME)), 0o600);
    socket.stop().await;
    assert!(
        !socket.folder.join(SOCKET_NAME).exists(),
        "the socket goes with the daemon"
    );
}

#[test]
fn an_open_folder_is_refused() {
    let temporary = TempDir::new().unwrap();
    fs::set_permissions(temporary.path(), Permissions::from_mode(0o750)).unwrap();
    let refused = PrivateFolder::open(temporary.path()).unwrap_err();
    assert!(matches!(refused, FolderError::Open { .. }), "{refused}");
}

#[test]
fn a_link_in_the_place_of_the_folder_is_refused() {
    let temporary = TempDir::new().unwrap();
    let link = temporary.path().join("bridge");
    symlink("/tmp", &link).unwrap();
    PrivateFolder::open(&link).unwrap_err();
    PrivateFolder::open_or_create(&link).unwrap_err();
}

#[test]
fn a_link_in_the_place_of_the_socket_is_refused() {
    let temporary = TempDir::new().unwrap();
    let other = temporary.path().join("other.sock");
    let _listener = UnixListener::bind(&other).unwrap();
    let folder = PrivateFolder::open_or_create(&temporary.path().join("bridge")).unwrap();
    symlink(&other, folder.path().join(SOCKET_NAME)).unwrap();
    let refused = SocketClient::connect(&folder).unwrap_err();
    assert!(matches!(refused, ClientError::NoSocket(_)), "{refused}");
}

#[tokio::test]
async fn the_daemon_removes_the_socket_of_an_earlier_daemon() {
    let temporary = TempDir::new().unwrap();
    let path = temporary.path().join("bridge");
    let folder = PrivateFolder::open_or_create(&path).unwrap();
    drop(UnixListener::bind(path.join(SOCKET_NAME)).unwrap());
    let stale = SocketClient::connect(&folder).unwrap_err();
    assert!(matches!(stale, ClientError::NoAnswer(_)), "{stale}");
    let _socket = RunningSocket::start_in(&path);
    SocketClient::connect(&folder).unwrap();
}

#[tokio::test]
async fn the_daemon_removes_no_file_of_another_kind() {
    let temporary = TempDir::new().unwrap();
    let folder = PrivateFolder::open_or_create(&temporary.path().join("bridge")).unwrap();
    let path = folder.path().join(SOCKET_NAME);
    fs::write(&path, "a letter").unwrap();
    let refused = SocketServer::open(folder).unwrap_err();
    assert!(matches!(refused, SocketError::Occupied(_)), "{refused}");
    assert_eq!(fs::read_to_string(path).unwrap(), "a letter");
}
