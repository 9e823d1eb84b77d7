//! `fields=a,b{c,d}`, and lists with cursors (meta-common.md 2).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::refusal::{Answer, Refusal};
use super::{Call, GRAPH, times};

/// One wished field: `messages.limit(10){id,text}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    name: String,
    limit: Option<usize>,
    sub: Vec<Field>,
}

/// Reads the value of `fields`.
pub(crate) fn parse(text: &str) -> Answer<Vec<Field>> {
    let mut rest = text;
    let fields = list(&mut rest, 0)?;
    if rest.is_empty() {
        Ok(fields)
    } else {
        Err(syntax(text))
    }
}

fn syntax(text: &str) -> Refusal {
    Refusal::code(2500, format!("Syntax error in the fields \"{text}\""))
}

fn list(rest: &mut &str, depth: u8) -> Answer<Vec<Field>> {
    let mut fields = Vec::new();
    if depth > 4 {
        return Err(syntax(rest));
    }
    loop {
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        let (name, tail) = rest.split_at(end);
        *rest = tail;
        let mut field = Field {
            name: name.to_owned(),
            limit: None,
            sub: Vec::new(),
        };
        while let Some(tail) = rest.strip_prefix('.') {
            let (call, tail) = tail.split_once(')').ok_or_else(|| syntax(tail))?;
            let (what, argument) = call.split_once('(').ok_or_else(|| syntax(call))?;
            if what == "limit" {
                field.limit = argument.parse().ok();
            }
            *rest = tail;
        }
        if let Some(tail) = rest.strip_prefix('{') {
            *rest = tail;
            field.sub = list(rest, depth + 1)?;
            *rest = rest.strip_prefix('}').ok_or_else(|| syntax(rest))?;
        }
        if !field.name.is_empty() {
            fields.push(field);
        }
        match rest.strip_prefix(',') {
            Some(tail) => *rest = tail,
            None => return Ok(fields),
        }
    }
}

/// Picks the wished fields of a node in which `null` means "known, but without a value": those are left out, as
/// Meta does. The id always comes.
pub(crate) fn pick(full: &Value, fields: &[Field], node: &str) -> Answer {
    let mut out = Map::new();
    for field in fields {
        let value = full
            .get(&field.name)
            .ok_or_else(|| Refusal::no_field(&field.name, node))?;
        if !value.is_null() {
            out.insert(field.name.clone(), expand(value, field, node)?);
        }
    }
    if let Some(id) = full.get("id") {
        out.insert("id".to_owned(), id.clone());
    }
    Ok(Value::Object(out))
}

fn expand(value: &Value, field: &Field, node: &str) -> Answer {
    let Some(items) = value.get("data").and_then(Value::as_array) else {
        let nested = value.is_object() && !field.sub.is_empty();
        // `picture{url}` is of what lies in its `data`.
        if let Some(inner) = value.get("data").filter(|data| nested && data.is_object()) {
            return Ok(json!({ "data": pick(inner, &field.sub, node)? }));
        }
        return if nested {
            pick(value, &field.sub, node)
        } else {
            Ok(value.clone())
        };
    };
    let items = items.iter().take(field.limit.unwrap_or(usize::MAX));
    let items: Answer<Vec<Value>> = items
        .map(|item| {
            if field.sub.is_empty() {
                Ok(item.clone())
            } else {
                pick(item, &field.sub, node)
            }
        })
        .collect();
    Ok(json!({ "data": items? }))
}

/// The node with the fields that the call wishes, or these.
pub(crate) fn node(full: &Value, call: &Call<'_>, default: &str, node: &str) -> Answer {
    let fields = parse(call.params.get("fields").unwrap_or(default))?;
    pick(full, &fields, node)
}

/// `since` and `until` of a list, in milliseconds.
pub(crate) fn bounds(call: &Call<'_>) -> Answer<(i64, i64)> {
    let read = |name: &str, open: i64| match call.params.get(name) {
        Some(text) => times::parse(text)
            .ok_or_else(|| Refusal::parameter(format!("(#100) Param {name} is not a valid time"))),
        None => Ok(open),
    };
    Ok((read("since", i64::MIN)?, read("until", i64::MAX)?))
}

/// One page of a list of full nodes, the first ones first, with cursors and the address of the next page.
pub(crate) fn list_page(items: &[Value], call: &Call<'_>, default: &str, node: &str, most: usize) -> Answer {
    let fields = parse(call.params.get("fields").unwrap_or(default))?;
    let limit = call.params.get("limit").map_or(Ok(25), str::parse::<usize>);
    let limit = limit.map_err(|_| Refusal::parameter("(#100) Param limit must be an integer"))?;
    let limit = limit.clamp(1, 100).min(most.max(1));
    let place = |name: &str| {
        call.params
            .get(name)
            .map(|cursor| position(items, cursor))
            .transpose()
    };
    let from = match (place("after")?, place("before")?) {
        (Some(after), _) => after + 1,
        (None, Some(before)) => before.saturating_sub(limit),
        (None, None) => 0,
    };
    let shown: Vec<&Value> = items.iter().skip(from).take(limit).collect();
    let data: Answer<Vec<Value>> = shown.iter().map(|item| pick(item, &fields, node)).collect();
    let mut answer = json!({ "data": data? });
    if let (Some(first), Some(last)) = (shown.first(), shown.last()) {
        answer["paging"] = json!({"cursors": {"before": cursor(first), "after": cursor(last)}});
        if from + shown.len() < items.len() {
            answer["paging"]["next"] = json!(next(call, &cursor(last)));
        }
    }
    Ok(answer)
}

fn cursor(item: &Value) -> String {
    STANDARD.encode(item["id"].as_str().unwrap_or(""))
}

fn position(items: &[Value], text: &str) -> Answer<usize> {
    let id = STANDARD
        .decode(text)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok());
    let place = id.and_then(|id| items.iter().position(|item| item["id"] == id.as_str()));
    place.ok_or_else(|| Refusal::parameter("(#100) Invalid cursor"))
}

/// The full address of the next page; as Meta's, it contains the token (meta-common.md 2).
fn next(call: &Call<'_>, after: &str) -> String {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    if let Some(token) = super::token::token_of(call.req) {
        form.append_pair("access_token", &token);
    }
    for name in ["fields", "limit", "since", "until", "platform", "user_id"] {
        if let Some(value) = call.params.get(name) {
            form.append_pair(name, value);
        }
    }
    form.append_pair("after", after);
    format!(
        "{GRAPH}/{}/{}?{}",
        call.path.version_text(),
        call.path.segments.join("/"),
        form.finish()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_nest_and_leave_out_what_has_no_value() {
        let full = json!({"id": "1", "a": null, "b": {"data": [{"id": "2", "c": 3, "d": 4}, {"id": "5", "c": 6, "d": 7}]}});
        let picked = |text: &str| pick(&full, &parse(text)?, "Page");
        assert_eq!(picked("a").unwrap(), json!({"id": "1"}));
        assert_eq!(
            picked("id,b.limit(1){c}").unwrap(),
            json!({"id": "1", "b": {"data": [{"id": "2", "c": 3}]}})
        );
        let full = json!({"id": "1", "picture": {"data": {"url": "https://", "height": 50}}});
        assert_eq!(
            pick(&full, &parse("picture{url}").unwrap(), "Page").unwrap(),
            json!({"id": "1", "picture": {"data": {"url": "https://"}}})
        );
        assert_eq!(picked("x"), Err(Refusal::no_field("x", "Page")));
        for broken in ["a{b", "a}", "a.limit", "b{a{b{c{d{e{f}}}}}}"] {
            assert!(parse(broken).is_err(), "{broken}");
        }
    }
}
