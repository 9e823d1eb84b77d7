//! Secrets are checked where they are named, and never shown.

use super::*;
use secrecy::ExposeSecret;

fn no_env(_: &str) -> Option<String> {
    None
}

fn read(source: &SecretSource, dir: Option<&Path>) -> Result<String, String> {
    let secret = source.read(dir, &no_env).map_err(|e| e.to_string())?;
    Ok(secret.expose_secret().to_owned())
}

#[test]
fn come_from_credentials_files_and_the_environment() {
    let place = Place::new(&[("a", "hunter2\n"), ("b", " spaces stay \r\n")]);
    let credential = SecretSource::Credential("a".to_owned());
    assert_eq!(read(&credential, Some(place.0.path())), Ok("hunter2".to_owned()));
    let file = SecretSource::File(place.0.path().join("b"));
    assert_eq!(read(&file, None), Ok(" spaces stay ".to_owned()));
    let env = SecretSource::Env("S".to_owned());
    let secret = env
        .read(None, &|name| (name == "S").then(|| "x".to_owned()))
        .expect("set");
    assert_eq!(secret.expose_secret(), "x");
}

#[test]
fn are_checked_where_they_are_named() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new(&[("smtp", "hunter2\n")]);
    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(place.0.path().join("smtp"), open).expect("mode");
    let config = WHOLE.replace(
        "password = { credential = \"smtp\" }",
        &format!("password = {{ file = \"{}/smtp\" }}", place.0.path().display()),
    );
    let loaded = load_text("crier.toml", &config);
    let settings = loaded.settings.expect("good");
    let told = check_secrets(&settings, &loaded.origins, None, &no_env);
    let told = render(&told, false).replace(&*place.0.path().to_string_lossy(), "DIR");
    assert!(!told.contains("hunter2"), "{told}");
    insta::assert_snapshot!(told);
}

#[test]
fn that_cannot_be_used_say_why_and_never_their_text() {
    let place = Place::new(&[
        ("empty", "\n"),
        ("two", "hunter2\nhunter2\n"),
        ("big", &"hunter2".repeat(10_000)),
    ]);
    place.put("binary", b"hunter2\xff");
    let mut all = Vec::new();
    for name in ["missing", "empty", "two", "big", "binary", "."] {
        let source = SecretSource::Credential(name.to_owned());
        all.push(read(&source, Some(place.0.path())).expect_err(name));
    }
    all.push(read(&SecretSource::Credential("a".to_owned()), None).expect_err("no directory"));
    all.push(read(&SecretSource::Env("S".to_owned()), None).expect_err("not set"));
    let all = all.join("\n").replace(&*place.0.path().to_string_lossy(), "DIR");
    assert!(!all.contains("hunter2"), "{all}");
    insta::assert_snapshot!(all);
}
