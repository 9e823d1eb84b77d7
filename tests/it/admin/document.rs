//! The OpenAPI document, problems, health and metrics.

use super::*;

/// Method, path, headers, body.
type Case = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
);

#[test]
fn the_document_lists_exactly_the_routes() {
    let document = serde_json::to_value(document(&routes())).unwrap();
    let mut documented = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            documented.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    let served: BTreeSet<String> = routes()
        .iter()
        .map(|route| format!("{} {}", route.method_name(), route.path))
        .collect();
    assert_eq!(documented, served);
    assert_eq!(served.len(), routes().len(), "no route twice");
}

#[test]
fn every_reference_of_the_document_resolves() {
    let document = serde_json::to_value(document(&routes())).unwrap();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let mut stack = vec![&document];
    let mut seen = 0;
    while let Some(value) = stack.pop() {
        match value {
            serde_json::Value::Object(map) => {
                if let Some(target) = map.get("$ref").and_then(|r| r.as_str()) {
                    let name = target.strip_prefix("#/components/schemas/").unwrap();
                    assert!(schemas.contains_key(name), "{target} leads nowhere");
                    seen += 1;
                }
                stack.extend(map.values());
            }
            serde_json::Value::Array(list) => stack.extend(list),
            _plain => {}
        }
    }
    assert!(seen > 30, "{seen}");
}

#[test]
fn operations_have_ids_words_and_parameters() {
    let document = serde_json::to_value(document(&routes())).unwrap();
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for operation in item.as_object().unwrap().values() {
            assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()));
            assert!(operation["summary"].as_str().unwrap().ends_with('.'));
            assert!(operation["x-crier-permission"].is_string());
            let declared: BTreeSet<&str> = operation["parameters"]
                .as_array()
                .map(|list| {
                    list.iter()
                        .filter(|p| p["in"] == "path")
                        .map(|p| p["name"].as_str().unwrap())
                        .collect()
                })
                .unwrap_or_default();
            let in_path: BTreeSet<&str> = path
                .split('/')
                .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
                .collect();
            assert_eq!(declared, in_path, "{path}");
        }
    }
}

#[tokio::test]
async fn problems_say_what_to_do() {
    const JSON: (&str, &str) = ("content-type", "application/json");
    let cases: [Case; 16] = [
        ("GET", "/v1/nowhere", &[], ""),
        ("PUT", "/v1/status", &[], ""),
        ("GET", "/v1/accounts/nobody", &[], ""),
        ("GET", "/v1/accounts/Not%20A%20Name", &[], ""),
        ("GET", "/v1/posts/ab", &[], ""),
        ("GET", "/v1/posts?state=lost", &[], ""),
        ("GET", "/v1/status?verbose=1", &[], ""),
        ("POST", "/v1/freeze", &[JSON], "{"),
        ("POST", "/v1/freeze", &[JSON], r#"{"scope":"everything"}"#),
        ("POST", "/v1/freeze", &[JSON], r#"{"scope":"all","why":"x"}"#),
        ("POST", "/v1/freeze", &[], r#"{"scope":"all"}"#),
        ("POST", "/v1/freeze", &[JSON], ""),
        ("DELETE", "/v1/posts/hello.toml", &[("if-match", "yesterday")], ""),
        ("DELETE", "/v1/posts/hello.toml", &[("if-match", "\"6\"")], ""),
        ("POST", "/v1/posts?queue=news&name=../../etc/passwd.txt", &[], "x"),
        ("POST", "/v1/posts?queue=news", &[], "x"),
    ];
    let mut page = String::new();
    for (method, path, headers, body) in cases {
        let (status, problem) = ask_as(Some(Role::All), method, path, headers, body).await;
        assert_eq!(problem["status"], status);
        page += &format!(
            "{method} {path} {body}\n  {status} {}\n  {}\n  {}\n",
            problem["type"].as_str().unwrap(),
            problem["detail"].as_str().unwrap(),
            problem["help"].as_str().unwrap_or("-")
        );
    }
    insta::assert_snapshot!(page);
}

#[tokio::test]
async fn health_and_metrics() {
    let desk = Fake::new();
    let (status, _) = ask(&desk, None, "GET", "/healthz", &[], "").await;
    assert_eq!(status, 200);
    let (status, text) = ask(&desk, Some(Role::View), "GET", "/metrics", &[], "").await;
    assert_eq!(status, 200);
    insta::assert_snapshot!(text);
    *desk.tick.lock().unwrap() = super::fake::at(-600);
    let (status, text) = ask(&desk, None, "GET", "/healthz", &[], "").await;
    assert_eq!(status, 500, "{text}");
}
