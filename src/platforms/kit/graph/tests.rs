use super::*;

fn reply(status: u16, body: &str) -> HttpReply {
    HttpReply {
        status,
        body: body.as_bytes().to_vec(),
        ..HttpReply::default()
    }
}

fn class(body: &str) -> Class {
    match read(&reply(400, body)) {
        Read::Bad(error) => classify(&error).class,
        Read::Good(_) | Read::NotJson => panic!("{body}"),
    }
}

/// meta-common.md 4.1: each row that these platforms can meet.
#[test]
fn general_codes() {
    let rows: &[(&str, Class)] = &[
        (r#""code":1"#, Class::RetryLater),
        (r#""code":1,"error_subcode":99"#, Class::RetryLater),
        (r#""code":2"#, Class::RetryLater),
        (r#""code":3"#, Class::Person),
        (r#""code":2635"#, Class::Person),
        (r#""code":4"#, Class::Limited(3600)),
        (r#""code":4,"error_subcode":2207051"#, Class::Suspected(86_400)),
        (r#""code":9,"error_subcode":2207042"#, Class::Limited(86_400)),
        (r#""code":10"#, Class::Person),
        (r#""code":10,"error_subcode":2018278"#, Class::Reject),
        (r#""code":10,"error_subcode":2534022"#, Class::Reject),
        (r#""code":17"#, Class::Limited(3600)),
        (r#""code":24,"error_subcode":2207006"#, Class::Gone),
        (r#""code":24,"error_subcode":2207008"#, Class::Gone),
        (r#""code":24,"error_subcode":4279009"#, Class::Gone),
        (r#""code":25,"error_subcode":2207050"#, Class::Person),
        (r#""code":32"#, Class::Limited(3600)),
        (r#""code":100,"error_subcode":33"#, Class::Gone),
        (r#""code":100"#, Class::Reject),
        (
            r#""code":100,"message":"Tried accessing nonexisting field (status)""#,
            Class::NoSuchField,
        ),
        (r#""code":102"#, Class::Reauthorise),
        (r#""code":104"#, Class::Person),
        (r#""code":200"#, Class::Person),
        (r#""code":283"#, Class::Person),
        (r#""code":299"#, Class::Person),
        (r#""code":300"#, Class::Unknown),
        (r#""code":341"#, Class::Limited(3600)),
        (r#""code":352,"error_subcode":2207026"#, Class::Reject),
        (r#""code":368"#, Class::Limited(86_400)),
        (
            r#""code":368,"message":"You've already posted this""#,
            Class::Duplicate,
        ),
        (r#""code":506"#, Class::Duplicate),
        (r#""code":551"#, Class::Reject),
        (r#""code":613,"error_subcode":1996"#, Class::Limited(3600)),
        (r#""code":1200"#, Class::RetryLater),
        (r#""code":9004,"error_subcode":2207052"#, Class::Fetch),
        (r#""code":9007,"error_subcode":2207027"#, Class::NotReady),
        (r#""code":36000,"error_subcode":2207004"#, Class::Reject),
        (r#""code":36001"#, Class::Reject),
        (r#""code":36003"#, Class::Reject),
        (r#""code":36004"#, Class::Reject),
        (r#""code":80001"#, Class::Limited(3600)),
        (r#""code":80002"#, Class::Limited(3600)),
        (r#""code":80006"#, Class::Limited(3600)),
        (r#""code":1609005"#, Class::RetryLater),
        (r#""code":-1,"error_subcode":2207001"#, Class::NewContainer),
        (r#""code":-2,"error_subcode":2207003"#, Class::NewContainer),
        (r#""code":31337,"is_transient":true"#, Class::RetryLater),
        (r#""code":31337"#, Class::Unknown),
    ];
    for (inner, expected) in rows {
        assert_eq!(
            class(&format!(r#"{{"error":{{{inner}}}}}"#)),
            *expected,
            "{inner}"
        );
    }
}

/// meta-common.md 4.2.
#[test]
fn subcodes_of_190() {
    let text = "Error validating access token: something";
    for (sub, expected) in [
        (None, Class::Reauthorise),
        (Some(458), Class::Reauthorise),
        (Some(459), Class::Person),
        (Some(460), Class::Reauthorise),
        (Some(463), Class::Reauthorise),
        (Some(464), Class::Person),
        (Some(467), Class::Reauthorise),
        (Some(492), Class::Person),
    ] {
        let sub = sub.map_or(String::new(), |s| format!(r#","error_subcode":{s}"#));
        let body = format!(r#"{{"error":{{"message":"{text}","code":190{sub}}}}}"#);
        assert_eq!(class(&body), expected, "{body}");
    }
    assert_eq!(
        class(r#"{"error":{"message":"Error validating access token: x"}}"#),
        Class::Reauthorise
    );
    assert_eq!(
        class(r#"{"error":{"message":"REVOKED_ACCESS_TOKEN"}}"#),
        Class::Reauthorise
    );
}

/// meta-common.md 4.5: by name in the message, the user's message or the code.
#[test]
fn threads_names() {
    for (name, expected) in [
        ("THREADS_API__LINK_LIMIT_EXCEEDED", Class::Reject),
        ("THREADS_API__FEATURE_NOT_AVAILABLE", Class::Person),
        ("THREADS_API__GEO_GATING_INVALID_COUNTRY_CODES", Class::Reject),
    ] {
        assert_eq!(
            class(&format!(r#"{{"error":{{"message":"{name}","code":1}}}}"#)),
            expected
        );
        assert_eq!(
            class(&format!(
                r#"{{"error":{{"message":"","error_user_msg":"{name}"}}}}"#
            )),
            expected
        );
        assert_eq!(
            class(&format!(r#"{{"error":{{"message":"","code":"{name}"}}}}"#)),
            expected
        );
    }
    assert_eq!(
        class(r#"{"error":{"message":"x","code":4279013}}"#),
        Class::Person
    );
    assert_eq!(
        class(r#"{"error":{"message":"x","error_subcode":2207051}}"#),
        Class::Suspected(86_400)
    );
}

#[test]
fn five_shapes() {
    let Read::Bad(a) = read(&reply(
        400,
        r#"{"error":{"message":"The image size is too large.","type":"OAuthException","code":36000,"error_subcode":2207004,"is_transient":false,"fbtrace_id":"A6"}}"#,
    )) else {
        panic!()
    };
    assert_eq!(
        (a.code, a.subcode, a.trace.as_deref()),
        (Some(36_000), Some(2_207_004), Some("A6"))
    );
    let Read::Bad(b) = read(&reply(
        400,
        r#"{"error_type":"OAuthException","code":400,"error_message":"Matching code was not found or was already used"}"#,
    )) else {
        panic!()
    };
    assert_eq!(b.message, "Matching code was not found or was already used");
    let Read::Bad(c) = read(&reply(
        400,
        r#"{"debug_info":{"retriable":true,"type":"ProcessingFailedError","message":"{\"success\":false,\"error\":{\"message\":\"unauthorized user request\"}}"}}"#,
    )) else {
        panic!()
    };
    assert_eq!(
        (c.message.as_str(), c.transient),
        ("unauthorized user request", true)
    );
    for body in ["", "<html>Sorry, something went wrong", "nul", "{\"id\":"] {
        assert_eq!(read(&reply(200, body)), Read::NotJson, "{body}");
    }
    let cut = HttpReply {
        truncated: true,
        ..reply(200, r#"{"id":"1"}"#)
    };
    assert_eq!(read(&cut), Read::NotJson);
    assert!(matches!(read(&reply(200, r#"{"id":"1"}"#)), Read::Good(_)));
    assert!(matches!(
        read(&reply(200, r#"{"error":{"code":2}}"#)),
        Read::Bad(_)
    ));
    assert!(matches!(read(&reply(500, "{}")), Read::Bad(_)));
}

#[test]
fn told_waits() {
    let mut r = reply(400, "{}");
    assert_eq!(told_wait(&r), None);
    r.headers.insert("x-business-use-case-usage".to_owned(), r#"{"1":[{"type":"pages","estimated_time_to_regain_access":3},{"estimated_time_to_regain_access":0}]}"#.to_owned());
    assert_eq!(told_wait(&r), Some(180));
    r.headers.insert("retry-after".to_owned(), "600".to_owned());
    assert_eq!(told_wait(&r), Some(600));
    r.headers
        .insert("x-business-use-case-usage".to_owned(), "{]".to_owned());
    assert_eq!(told_wait(&r), Some(600));
}

#[test]
fn ids_are_checked_before_they_go_into_paths() {
    for good in ["17889615691921648", "1_2"] {
        assert!(is_id(good));
    }
    for bad in ["", "../me", "1/2", "a", &"1".repeat(41)] {
        assert!(!is_id(bad), "{bad}");
    }
}

/// A version that has ended waits for a person, and says which line of the config mends it (meta-common.md 1.1).
#[test]
fn an_ended_version_names_its_mend() {
    for body in [
        r#"{"error":{"message":"(#2635) You are calling a deprecated version of the Ads API. Please update to the latest version: v26.0.","type":"OAuthException","code":2635}}"#,
        r#"{"error":{"message":"You are calling a deprecated version of the API.","type":"OAuthException","code":12}}"#,
        r#"{"error":{"message":"(#100) Unsupported API version: v21.0","type":"OAuthException","code":100}}"#,
        r#"{"error":{"message":"Unsupported version","type":"GraphMethodException","code":100,"error_subcode":33}}"#,
        r#"{"error":{"message":"Unknown path components: /v21.0/1784/media","type":"OAuthException","code":2500}}"#,
        r#"{"error":{"message":"This API version is no longer available, use v26.0","type":"OAuthException","code":1}}"#,
        r#"{"error":{"message":"(#12) This API version is deprecated","type":"OAuthException","code":12}}"#,
    ] {
        let reply = HttpReply {
            status: 400,
            body: body.as_bytes().to_vec(),
            ..HttpReply::default()
        };
        let Read::Bad(error) = read(&reply) else {
            panic!("{body} is an error");
        };
        let row = classify(&error);
        assert_eq!(row.class, Class::Person, "{body}");
        assert!(row.advice.contains("api_version"), "{}", row.advice);
        // A version of what, that one does not say: its post waits, the platform goes on.
        assert_eq!(row.ends_version, !body.contains("Unsupported version"), "{body}");
    }
}

/// What a body repeats of a post is no verdict.
#[test]
fn the_words_of_a_post_are_no_verdict() {
    for words in [
        "error validating access token",
        "revoked_access_token",
        "invalid api version",
    ] {
        let body = serde_json::json!({
            "error": {"message": "Invalid parameter", "code": 100, "error_data": {"text": words}},
            "request": {"text": words},
        });
        assert_eq!(class(&body.to_string()), Class::Reject, "{words}");
    }
    assert_eq!(
        class(r#"{"error":{"message":"m","code":"THREADS_API__LINK_LIMIT_EXCEEDED"}}"#),
        Class::Reject
    );
}
