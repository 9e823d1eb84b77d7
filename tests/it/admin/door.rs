//! Opening the socket without harming what lies there.

use super::*;

#[tokio::test]
async fn a_path_that_is_not_a_socket_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "precious").unwrap();
    let link = dir.path().join("link");
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let folder = dir.path().join("folder");
    std::fs::create_dir(&folder).unwrap();
    for (path, what) in [
        (&file, "a file"),
        (&link, "a symbolic link"),
        (&folder, "a directory"),
    ] {
        let error = bind(path, MODE).err().unwrap();
        assert!(matches!(error, DoorError::NotASocket { .. }), "{error}");
        assert!(error.to_string().contains(what), "{error}");
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "precious");
    let error = bind(&dir.path().join("missing/admin.sock"), MODE).err().unwrap();
    assert!(error.to_string().contains("create its directory"), "{error}");
    let error = bind(&dir.path().join("x".repeat(200)), MODE).err().unwrap();
    assert!(error.to_string().contains("choose a shorter one"), "{error}");
}

#[tokio::test]
async fn a_live_socket_is_not_stolen_and_a_dead_one_is_replaced() {
    let served = Served::start();
    let mode = std::fs::metadata(&served.path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o660);
    let error = bind(&served.path, MODE).err().unwrap();
    assert!(matches!(error, DoorError::Live { .. }), "{error}");
    assert!(served.client.status().await.is_ok());

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("admin.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    assert!(std::fs::symlink_metadata(&path).unwrap().file_type().is_socket());
    let socket = bind(&path, MODE).unwrap();
    assert!(bind(&path, MODE).is_err());
    drop(socket);
    assert!(!path.exists(), "its own socket is removed at the end");
}

#[tokio::test]
async fn another_ones_socket_is_not_removed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("admin.sock");
    let first = bind(&path, MODE).unwrap();
    std::fs::remove_file(&path).unwrap();
    let _second = bind(&path, MODE).unwrap();
    drop(first);
    assert!(path.exists());
}
