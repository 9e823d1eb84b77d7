use super::*;

fn who(uid: u32, gid: u32, groups: &[u32]) -> Credentials {
    Credentials {
        uid,
        gid,
        pid: 1,
        groups: groups.to_vec(),
    }
}

fn principals(list: &[&str]) -> Vec<Principal> {
    list.iter().map(|text| text.parse().unwrap()).collect()
}

#[test]
fn the_table_of_roles() {
    let (rights, unknown) = Rights::resolve(
        &principals(&["group:50", "user:1003"]),
        &principals(&["group:990", "user:1002"]),
        990,
    );
    assert!(unknown.is_empty());
    let table = [
        (who(0, 0, &[]), Some(Role::All), "root"),
        (who(990, 990, &[]), Some(Role::All), "the daemon's own user"),
        (who(1002, 1002, &[]), Some(Role::Operate), "an operator by name"),
        (
            who(1000, 990, &[]),
            Some(Role::Operate),
            "an operator by primary group",
        ),
        (
            who(1000, 1000, &[27, 990]),
            Some(Role::Operate),
            "an operator by supplementary group",
        ),
        (
            who(1000, 50, &[990]),
            Some(Role::Operate),
            "the higher of two roles",
        ),
        (who(1003, 1003, &[]), Some(Role::View), "a viewer by name"),
        (who(1000, 50, &[]), Some(Role::View), "a viewer by primary group"),
        (
            who(1000, 1000, &[50]),
            Some(Role::View),
            "a viewer by supplementary group",
        ),
        (who(1000, 0, &[0]), None, "root's group is not root"),
        (who(50, 1000, &[1002]), None, "a uid is not a gid"),
        (who(65534, 65534, &[]), None, "nobody"),
    ];
    for (credentials, role, words) in table {
        assert_eq!(rights.role(&credentials), role, "{words}");
    }
}

#[test]
fn names_come_from_the_system() {
    let (rights, unknown) = Rights::resolve(
        &principals(&["group:root", "user:no-such-user-here"]),
        &principals(&["user:root", "group:no-such-group-here"]),
        12345,
    );
    assert_eq!(unknown, ["user:no-such-user-here", "group:no-such-group-here"]);
    assert_eq!(rights.role(&who(77, 0, &[])), Some(Role::View));
    assert_eq!(rights.peer(who(0, 0, &[])).name, "root");
    assert_eq!(rights.peer(who(3_999_999_999, 1, &[])).name, "3999999999");
}

#[test]
fn a_peer_without_a_role_is_no_caller() {
    let (rights, _) = Rights::resolve(&[], &[], 990);
    assert_eq!(rights.peer(who(1000, 1000, &[])).caller(), None);
    let root = rights.peer(who(0, 0, &[])).caller().unwrap();
    assert_eq!((root.name.as_str(), root.role), ("root", Role::All));
}

#[test]
fn principals_are_read_or_explained() {
    for good in ["user:deploy", "group:crier", "user:1000"] {
        assert_eq!(good.parse::<Principal>().unwrap().to_string(), good);
    }
    for bad in ["deploy", "user:", "uid:5", ""] {
        let error = bad.parse::<Principal>().unwrap_err();
        assert!(error.contains("write `user:NAME` or `group:NAME`"), "{error}");
    }
}

#[tokio::test]
async fn the_kernel_tells_who_we_are() {
    let (here, _there) = UnixStream::pair().unwrap();
    let seen = credentials(&here).unwrap();
    assert_eq!(seen.uid, rustix::process::geteuid().as_raw());
    assert_eq!(seen.gid, rustix::process::getegid().as_raw());
    let groups: BTreeSet<u32> = rustix::process::getgroups()
        .unwrap()
        .iter()
        .map(|g| g.as_raw())
        .collect();
    assert_eq!(seen.groups.into_iter().collect::<BTreeSet<u32>>(), groups);
}
