//! The document is true: what the routes answer fits the schemas that it names, field by field.

use serde_json::Value;

use super::*;

/// What does not fit, as `path: why`.
fn misfits(document: &Value, schema: &Value, value: &Value, at: &str, told: &mut Vec<String>) {
    if let Some(target) = schema["$ref"].as_str() {
        let name = target.rsplit('/').next().unwrap();
        return misfits(
            document,
            &document["components"]["schemas"][name],
            value,
            at,
            told,
        );
    }
    if let Some(choices) = schema["oneOf"].as_array().or(schema["anyOf"].as_array()) {
        let fits = choices.iter().any(|choice| {
            let mut wrong = Vec::new();
            misfits(document, choice, value, at, &mut wrong);
            wrong.is_empty()
        });
        if !fits {
            told.push(format!("{at}: {value} fits none of {}", schema));
        }
        return;
    }
    if let Some(parts) = schema["allOf"].as_array() {
        return parts
            .iter()
            .for_each(|part| misfits(document, part, value, at, told));
    }
    if !type_fits(&schema["type"], value) {
        told.push(format!("{at}: {value} is no {}", schema["type"]));
        return;
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        told.push(format!("{at}: {value} is none of {}", schema["enum"]));
    }
    match value {
        Value::Object(map) => object_misfits(document, schema, map, at, told),
        Value::Array(list) => {
            for (n, item) in list.iter().enumerate() {
                misfits(document, &schema["items"], item, &format!("{at}[{n}]"), told);
            }
        }
        _plain => {}
    }
}

fn object_misfits(
    document: &Value,
    schema: &Value,
    map: &serde_json::Map<String, Value>,
    at: &str,
    told: &mut Vec<String>,
) {
    for name in schema["required"].as_array().into_iter().flatten() {
        if !map.contains_key(name.as_str().unwrap()) {
            told.push(format!("{at}: {name} is missing"));
        }
    }
    for (name, value) in map {
        let own = &schema["properties"][name];
        let any = &schema["additionalProperties"];
        let place = format!("{at}.{name}");
        if own.is_object() {
            misfits(document, own, value, &place, told);
        } else if any.is_object() {
            misfits(document, any, value, &place, told);
        } else {
            told.push(format!("{place}: the document does not know it"));
        }
    }
}

fn type_fits(kind: &Value, value: &Value) -> bool {
    match kind {
        Value::String(kind) => match kind.as_str() {
            "null" => value.is_null(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "string" => value.is_string(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            _other => false,
        },
        Value::Array(kinds) => kinds.iter().any(|kind| type_fits(kind, value)),
        _none => true,
    }
}

#[tokio::test]
async fn every_answer_fits_its_schema() {
    let document = serde_json::to_value(document(&routes())).unwrap();
    let mut checked = 0;
    for route in routes() {
        let method = route.method_name();
        let (query, body) = body_of(&method, route.path);
        let path = format!("{}{query}", example(route.path));
        let json = [("content-type", "application/json")];
        let (status, text) = ask(&Fake::new(), Some(Role::All), &method, &path, &json, body).await;
        let operation = &document["paths"][route.path][method.to_lowercase()];
        let (answer, kind) = if status == 200 {
            (&operation["responses"]["200"], "application/json")
        } else {
            (&operation["responses"]["default"], "application/problem+json")
        };
        let Ok(value) = serde_json::from_str::<Value>(&text) else {
            continue;
        };
        let schema = &answer["content"][kind]["schema"];
        if schema.is_null() {
            continue;
        }
        let mut told = Vec::new();
        misfits(
            &document,
            schema,
            &value,
            &format!("{method} {}", route.path),
            &mut told,
        );
        assert_eq!(told, Vec::<String>::new());
        checked += 1;
    }
    assert!(checked > 28, "{checked}");
}

#[tokio::test]
async fn bodies_that_the_document_allows_are_taken() {
    let document = serde_json::to_value(document(&routes())).unwrap();
    for route in routes() {
        let method = route.method_name();
        let (_, body) = body_of(&method, route.path);
        let operation = &document["paths"][route.path][method.to_lowercase()];
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        if schema.is_null() {
            continue;
        }
        let value: Value = serde_json::from_str(if body.is_empty() { "{}" } else { body }).unwrap();
        let mut told = Vec::new();
        misfits(&document, schema, &value, route.path, &mut told);
        assert_eq!(told, Vec::<String>::new());
    }
}

#[test]
fn the_judge_of_schemas_sees_misfits() {
    let document = serde_json::to_value(document(&routes())).unwrap();
    let schema = serde_json::json!({ "$ref": "#/components/schemas/PostView" });
    let mut post = serde_json::to_value(super::fake::post()).unwrap();
    post["surprise"] = 1.into();
    post["id"] = 5.into();
    post.as_object_mut().unwrap().remove("queue");
    post["deliveries"][0]["phase"] = "lost".into();
    let mut told = Vec::new();
    misfits(&document, &schema, &post, "post", &mut told);
    assert_eq!(told.len(), 4, "{told:#?}");
}
