use proptest::prelude::*;

use super::super::MemoryStore;
use super::*;

fn ring(byte: u8) -> Keyring {
    let mut key = [byte; 32];
    key[0] = 0xaa;
    Keyring::from_credential(&key, "/etc/crier/crier.key").unwrap()
}

fn secret(bytes: &[u8]) -> SecretSlice<u8> {
    SecretSlice::from(bytes.to_vec())
}

proptest! {
    #[test]
    fn what_was_sealed_opens(record in ".{0,80}", text in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let keys = ring(1);
        let sealed = seal(&keys, &record, &secret(&text)).unwrap();
        prop_assert_eq!(sealed.len(), text.len() + record.len() + OVERHEAD);
        let opened = open(&keys, &record, &sealed).unwrap();
        prop_assert_eq!(opened.expose_secret(), &text[..]);
    }

    #[test]
    fn one_changed_bit_is_refused(at in 0usize..200, bit in 0u8..8) {
        let keys = ring(1);
        let mut sealed = seal(&keys, "tokens/a", &secret(b"a token")).unwrap();
        let at = at % sealed.len();
        sealed[at] ^= 1 << bit;
        prop_assert!(open(&keys, "tokens/a", &sealed).is_err());
    }

    #[test]
    fn a_cut_record_is_refused(len in 0usize..80) {
        let keys = ring(1);
        let sealed = seal(&keys, "tokens/a", &secret(b"a token")).unwrap();
        let len = len.min(sealed.len() - 1);
        prop_assert!(open(&keys, "tokens/a", &sealed[..len]).is_err());
    }

    #[test]
    fn any_bytes_as_a_credential_give_a_key_or_a_sentence(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
        let _ = Keyring::from_credential(&bytes, "k");
    }
}

#[test]
fn a_moved_record_is_refused() {
    let keys = ring(1);
    let sealed = seal(&keys, "tokens/a", &secret(b"a token")).unwrap();
    let error = open(&keys, "tokens/b", &sealed).unwrap_err();
    insta::assert_snapshot!(error, @"the sealed record tokens/b does not open: it was sealed as another record. Connect the account again, or restore a backup");
    // nor does a part of the identity pass for the whole of it
    let sealed = seal(&keys, "tokens/a", &secret(b"bc")).unwrap();
    assert!(open(&keys, "tokens/ab", &sealed).is_err());
    assert!(open(&keys, "tokens/", &sealed).is_err());
}

#[test]
fn every_sealing_has_its_own_nonce() {
    let keys = ring(1);
    let one = seal(&keys, "r", &secret(b"same")).unwrap();
    let two = seal(&keys, "r", &secret(b"same")).unwrap();
    assert_ne!(one, two);
}

#[test]
fn nothing_shows_a_secret() {
    let keys = ring(7);
    let marked = b"CANARY-token-7d1f";
    let sealed = seal(&keys, "tokens/a", &secret(marked)).unwrap();
    assert!(!sealed.windows(marked.len()).any(|window| window == marked));
    let opened = open(&keys, "tokens/a", &sealed).unwrap();
    let shown = format!(
        "{keys:?} {opened:?} {:?}",
        open(&ring(8), "tokens/a", &sealed).unwrap_err()
    );
    assert!(!shown.contains("CANARY") && !shown.contains("0707"), "{shown}");
    let error = Keyring::from_credential(b"CANARY-no-key", "k").unwrap_err();
    assert!(!format!("{error} {error:?}").contains("CANARY"));
}

#[test]
fn a_credential_is_accepted_in_three_forms() {
    let raw: Vec<u8> = (100..132).collect();
    let hex = hex::encode(&raw);
    let base64 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &raw);
    let id = Keyring::from_credential(&raw, "k").unwrap().id();
    let mut raw_line = raw.clone();
    raw_line.push(b'\n');
    let forms = [
        raw_line,
        hex.clone().into_bytes(),
        format!(" {hex}\n").to_uppercase().into_bytes(),
    ];
    let more = [
        format!("{base64}\n").into_bytes(),
        base64.trim_end_matches('=').as_bytes().to_vec(),
    ];
    for form in forms.iter().chain(&more) {
        assert_eq!(
            Keyring::from_credential(form, "k").unwrap().id(),
            id,
            "{}",
            String::from_utf8_lossy(form)
        );
    }
}

#[test]
fn what_is_no_key_is_told_in_words() {
    let message = |bytes: &[u8]| {
        Keyring::from_credential(bytes, "/etc/crier/crier.key")
            .unwrap_err()
            .to_string()
    };
    insta::assert_snapshot!(message(b""), @"/etc/crier/crier.key is not a good key: it has 0 bytes, and a key is 32 raw bytes, 64 hex digits, or base64 of 32 bytes. `crierd keygen FILE` writes a good one");
    insta::assert_snapshot!(message(&[0; 32]), @"/etc/crier/crier.key is not a good key: it is the same byte 32 times. `crierd keygen FILE` writes a good one");
    insta::assert_snapshot!(message(b"0123456789abcdef0123456789abcdef"), @"/etc/crier/crier.key is not a good key: it has 32 hex digits, and 64 are needed. `crierd keygen FILE` writes a good one");
    insta::assert_snapshot!(message(b"correct horse battery staple"), @"/etc/crier/crier.key is not a good key: it has 28 bytes, and a key is 32 raw bytes, 64 hex digits, or base64 of 32 bytes. `crierd keygen FILE` writes a good one");
}

#[test]
fn each_use_has_its_own_key() {
    let keys = ring(3);
    let seal = keys.current().1.expose_secret().to_vec();
    let media = keys.media_token_key().expose_secret().to_vec();
    assert_ne!(seal, media);
    assert_eq!((seal.len(), media.len()), (32, 32));
}

/// The derivation and the layout are on people's disks: this record, made by
/// another implementation of HKDF and secretbox, must open for ever.
#[test]
fn a_record_of_the_first_version_still_opens() {
    let keys = Keyring::from_credential(&(0u8..32).collect::<Vec<u8>>(), "k").unwrap();
    assert_eq!(keys.id().to_string(), "9c2f8301e51908eb");
    let sealed = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, "AZwvgwHlGQjrZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7EToRV49DvouMPgJqlhUrzd8syB/B4He0w6Lk4YwiKPrT775cHzsX44t5d8e2iqs=").unwrap();
    assert_eq!(
        open(&keys, "tokens/first", &sealed).unwrap().expose_secret(),
        b"the first token"
    );
}

#[test]
fn the_canary_names_a_wrong_key() {
    let store = MemoryStore::new();
    assert_eq!(check_canary(&ring(1), &store), Ok(Canary::Written));
    assert_eq!(check_canary(&ring(1), &store), Ok(Canary::Good));
    let error = check_canary(&ring(2), &store).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the key in /etc/crier/crier.key is not the one that sealed this database (key id {}, the database \
             wants {}): put the earlier key back; without it every account has to be connected again",
            ring(2).id(),
            ring(1).id()
        )
    );
}

#[test]
fn a_rotation_reads_the_old_and_writes_the_new() {
    let store = MemoryStore::new();
    check_canary(&ring(1), &store).unwrap();
    let sealed = seal(&ring(1), "tokens/a", &secret(b"t")).unwrap();
    let mut old = [1; 32];
    old[0] = 0xaa;
    let both = ring(2).with_older(&old, "old").unwrap();
    assert_eq!(check_canary(&both, &store), Ok(Canary::Older(ring(1).id())));
    assert_eq!(open(&both, "tokens/a", &sealed).unwrap().expose_secret(), b"t");
    let mut batch = Batch::new();
    write_canary(&both, &mut batch).unwrap();
    store.commit_blocking(batch).unwrap();
    assert_eq!(check_canary(&ring(2), &store), Ok(Canary::Good));
}

#[test]
fn tokens_without_a_canary_are_no_first_start() {
    let store = MemoryStore::new();
    let mut batch = Batch::new();
    batch.put(Table::Tokens, "a", vec![1]);
    store.commit_blocking(batch).unwrap();
    assert_eq!(check_canary(&ring(1), &store), Err(SealError::NoCanary));
}

#[test]
fn keygen_writes_a_key_once() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("crier.key");
    let id = keygen(&path).unwrap();
    let text = std::fs::read(&path).unwrap();
    assert_eq!(text.len(), 65);
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o400
    );
    assert_eq!(Keyring::from_credential(&text, "k").unwrap().id(), id);
    let error = keygen(&path).unwrap_err().to_string();
    assert!(error.contains("never overwritten"), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), text);
}

#[test]
fn a_key_file_is_read_with_care() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("crier.key");
    let refuse = |path: &std::path::Path| {
        read_key(path)
            .unwrap_err()
            .to_string()
            .replace(&dir.path().display().to_string(), "DIR")
    };
    insta::assert_snapshot!(refuse(&path), @"reading the key file DIR/crier.key failed: there is no such file. `crierd keygen FILE` makes a key; the unit hands it over with LoadCredentialEncrypted=, or `key_file` names it");
    let id = keygen(&path).unwrap();
    assert_eq!(read_key(&path).unwrap().id(), id);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o440)).unwrap();
    assert_eq!(read_key(&path).unwrap().id(), id);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    insta::assert_snapshot!(refuse(&path), @"DIR/crier.key is not a good key: its mode is 0644, so that others know it: `chmod 0400 DIR/crier.key`. `crierd keygen FILE` writes a good one");
    insta::assert_snapshot!(refuse(dir.path()), @"DIR is not a good key: it is not a regular file. `crierd keygen FILE` writes a good one");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(&path, vec![b'x'; 5000]).unwrap();
    insta::assert_snapshot!(refuse(&path), @"DIR/crier.key is not a good key: it has more than 1024 bytes. `crierd keygen FILE` writes a good one");
}
