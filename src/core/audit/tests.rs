use super::*;

fn change(n: i64) -> Change {
    Change {
        at: Timestamp(1_800_000_000_000 + n),
        who: Caller {
            uid: 1000,
            gid: 1000,
            pid: 4711,
            role: Role::Operate,
            name: "deploy".to_owned(),
        },
        what: "post.cancel".to_owned(),
        target: format!("post {n}"),
        detail: BTreeMap::from([("why".to_owned(), "typo".to_owned())]),
    }
}

fn records(n: i64) -> Vec<AuditRecord> {
    let mut head = Head::default();
    (0..n)
        .map(|i| {
            let record = chain(&head, change(i));
            head = record.head();
            record
        })
        .collect()
}

#[test]
fn a_chain_verifies_and_survives_json() {
    let records = records(5);
    let json = serde_json::to_string(&records).unwrap();
    let read: Vec<AuditRecord> = serde_json::from_str(&json).unwrap();
    assert_eq!(read, records);
    assert_eq!(verify(&Head::default(), &read).unwrap(), records[4].head());
}

#[test]
fn a_part_verifies_from_its_own_head() {
    let records = records(5);
    assert!(verify(&records[1].head(), &records[2..]).is_ok());
}

#[test]
fn every_field_is_covered_by_the_hash() {
    let whole = records(3);
    let tampered: Vec<fn(&mut AuditRecord)> = vec![
        |r| r.at = Timestamp(r.at.0 + 1),
        |r| r.who.uid = 0,
        |r| r.who.gid = 0,
        |r| r.who.pid = 1,
        |r| r.who.role = Role::All,
        |r| r.who.name = "root".to_owned(),
        |r| r.what = "post.retry".to_owned(),
        |r| r.target.push('x'),
        |r| r.detail.clear(),
        |r| r.prev = GENESIS.to_owned(),
        |r| r.hash = GENESIS.to_owned(),
        |r| r.seq += 1,
    ];
    for (n, tamper) in tampered.into_iter().enumerate() {
        let mut records = whole.clone();
        tamper(&mut records[1]);
        let broken = verify(&Head::default(), &records).unwrap_err();
        assert!(
            broken.seq == 2 || broken.seq == 3,
            "tampering {n} shows at {broken}"
        );
    }
}

#[test]
fn a_record_that_was_resealed_breaks_the_next_one() {
    let mut records = records(3);
    let head = records[0].head();
    let mut other = change(1);
    other.target = "something else".to_owned();
    records[1] = chain(&head, other);
    let broken = verify(&Head::default(), &records).unwrap_err();
    assert_eq!(
        broken.to_string(),
        "audit record 3: it does not follow the record before it: one of the two was replaced"
    );
}

#[test]
fn a_missing_record_shows() {
    let mut records = records(4);
    records.remove(2);
    let broken = verify(&Head::default(), &records).unwrap_err();
    assert_eq!(broken.seq, 4);
    assert!(broken.why.contains("number 3 should come here"), "{broken}");
}

#[test]
fn roles_are_ordered() {
    assert!(Role::View < Role::Operate && Role::Operate < Role::All);
}
