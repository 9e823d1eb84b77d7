//! Who may do what.

use super::*;

#[tokio::test]
async fn every_route_keeps_to_its_permission() {
    let roles = [None, Some(Role::View), Some(Role::Operate), Some(Role::All)];
    for route in routes() {
        let method = route.method_name();
        let (query, body) = body_of(&method, route.path);
        let path = format!("{}{query}", example(route.path));
        let mut admitted = Vec::new();
        for role in roles {
            let (status, text) = ask(
                &Fake::new(),
                role,
                &method,
                &path,
                &[("content-type", "application/json")],
                body,
            )
            .await;
            assert_ne!(status, 404, "{method} {path}: {text}");
            assert_ne!(status, 405, "{method} {path}: {text}");
            assert!(status != 400 && status != 415, "{method} {path}: {text}");
            if status != 403 {
                admitted.push(role);
            }
        }
        let expected: Vec<Option<Role>> = match route.permission {
            Permission::Anyone => roles.to_vec(),
            Permission::Role(needed) => roles
                .into_iter()
                .filter(|role| role.is_some_and(|r| r >= needed))
                .collect(),
        };
        assert_eq!(admitted, expected, "{method} {}", route.path);
    }
}

#[test]
fn changes_need_more_than_looking() {
    for route in routes() {
        let looks = matches!(route.method_name().as_str(), "GET");
        let needed = match route.permission {
            Permission::Anyone => None,
            Permission::Role(role) => Some(role),
        };
        if looks {
            assert!(needed <= Some(Role::View), "{}", route.path);
        } else {
            assert!(needed >= Some(Role::Operate), "{}", route.path);
        }
    }
}

#[test]
fn the_table_of_permissions() {
    let table: Vec<String> = routes()
        .iter()
        .map(|route| {
            let permission = match route.permission {
                Permission::Anyone => "anyone".to_owned(),
                Permission::Role(role) => role.to_string(),
            };
            format!("{permission:8} {:6} {}", route.method_name(), route.path)
        })
        .collect();
    insta::assert_snapshot!(table.join("\n"));
}

#[tokio::test]
async fn a_forbidden_caller_reads_how_to_get_rights() {
    let mut page = String::new();
    for (role, method, path) in [
        (None, "GET", "/v1/status"),
        (Some(Role::View), "POST", "/v1/posts/hello.toml/retry"),
        (Some(Role::Operate), "POST", "/v1/reload"),
        (
            Some(Role::View),
            "GET",
            "/v1/accounts/club-threads/profile?force=true",
        ),
    ] {
        let (status, problem) = ask_as(role, method, path, &[], "").await;
        assert_eq!(status, 403);
        page += &format!(
            "{}\n  {}\n",
            problem["detail"].as_str().unwrap(),
            problem["help"].as_str().unwrap()
        );
    }
    insta::assert_snapshot!(page);
}

#[tokio::test]
async fn nothing_reaches_the_desk_of_a_forbidden_request() {
    let desk = Fake::new();
    for route in routes() {
        let method = route.method_name();
        if method != "GET" {
            let (query, body) = body_of(&method, route.path);
            let path = format!("{}{query}", example(route.path));
            let json = [("content-type", "application/json")];
            ask(&desk, Some(Role::View), &method, &path, &json, body).await;
        }
    }
    assert_eq!(desk.taken(), Vec::<String>::new());
}

#[tokio::test]
async fn rights_follow_a_reload() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("admin.sock");
    let socket = bind(&path, MODE).unwrap();
    let (send, rights_of) = watch::channel(Arc::new(rights(4_000_000_000, &[], &[])));
    let stopping = CancellationToken::new();
    let desk = Fake::new();
    let serving = tokio::spawn(serve(
        socket,
        desk,
        rights_of,
        Limits::default(),
        stopping.clone(),
    ));
    let client = Client::new(&path);
    let me = rustix::process::geteuid().as_raw();
    if me != 0 {
        let error = client.status().await.unwrap_err();
        assert!(
            matches!(&error, ClientError::Problem(p) if p.kind == ProblemKind::Forbidden),
            "{error}"
        );
    }
    let user = format!("user:{me}");
    send.send(Arc::new(rights(4_000_000_000, &[user.as_str()], &[])))
        .unwrap();
    assert!(client.status().await.is_ok());
    stopping.cancel();
    serving.await.unwrap();
    assert!(matches!(
        client.status().await.unwrap_err(),
        ClientError::Absent { .. }
    ));
}
