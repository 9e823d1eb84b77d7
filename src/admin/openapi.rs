//! The OpenAPI document, made from the table.

use std::collections::BTreeMap;

use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::{
    HttpMethod, Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem, PathsBuilder,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{
    ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder, RefOr, Required, ResponseBuilder, Schema,
};

use super::respond::{PROBLEM, VERSION};
use super::route::{Permission, Route, reference};
use super::types::{Problem, ProblemKind};

/// The document of these routes.
pub fn document(routes: &[Route]) -> OpenApi {
    let mut schemas: Vec<(String, RefOr<Schema>)> = Vec::new();
    let problem = reference::<Problem>(&mut schemas);
    let mut items: BTreeMap<&str, PathItem> = BTreeMap::new();
    for route in routes {
        schemas.extend(route.shape.schemas.iter().cloned());
        let item = PathItem::new(route.method.clone(), operation(route, &problem));
        match items.remove(route.path) {
            None => items.insert(route.path, item),
            Some(mut had) => {
                had.merge_operations(item);
                items.insert(route.path, had)
            }
        };
    }
    let paths = items
        .into_iter()
        .fold(PathsBuilder::new(), |paths, (path, item)| paths.path(path, item));
    let components = schemas
        .into_iter()
        .fold(ComponentsBuilder::new(), |c, (name, schema)| {
            c.schema(name, schema)
        });
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("crier admin API")
                .version(VERSION)
                .description(Some(describe()))
                .build(),
        )
        .paths(paths.build())
        .components(Some(components.build()))
        .build()
}

fn describe() -> String {
    use std::fmt::Write as _;
    let mut text = "HTTP/1.1 and JSON over the Unix socket of crierd (`curl --unix-socket`). Rights come from the \
                    kernel (`SO_PEERCRED`); `x-crier-permission` of each operation says which role it needs. Every \
                    answer carries `Crier-Version` and `Crier-Now`. Errors are problem documents (RFC 9457) of \
                    these types:\n"
        .to_owned();
    for kind in ProblemKind::ALL {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n- `{}` ({}): {}", kind.uri(), kind.status(), kind.title());
    }
    text
}

fn operation(route: &Route, problem: &RefOr<Schema>) -> Operation {
    let mut operation = OperationBuilder::new()
        .tag(tag(route.path))
        .summary(Some(route.doc))
        .operation_id(Some(operation_id(route)))
        .extensions(Some(
            Extensions::builder()
                .add("x-crier-permission", permission(route.permission))
                .build(),
        ));
    for parameter in path_parameters(route.path)
        .into_iter()
        .chain(route.shape.query.iter().cloned())
        .chain(route.shape.if_match.then(if_match))
    {
        operation = operation.parameter(parameter);
    }
    if !route.shape.bodies.is_empty() {
        let body = route
            .shape
            .bodies
            .iter()
            .fold(RequestBodyBuilder::new(), |body, (kind, schema)| {
                body.content(*kind, ContentBuilder::new().schema(schema.clone()).build())
            });
        operation = operation.request_body(Some(body.build()));
    }
    if let Some((kind, schema)) = &route.shape.answer {
        operation = operation.response(
            "200",
            ResponseBuilder::new()
                .description("As asked.")
                .content(*kind, ContentBuilder::new().schema(schema.clone()).build())
                .build(),
        );
    }
    operation
        .response(
            "default",
            ResponseBuilder::new()
                .description("A problem.")
                .content(
                    PROBLEM,
                    ContentBuilder::new().schema(Some(problem.clone())).build(),
                )
                .build(),
        )
        .build()
}

fn permission(permission: Permission) -> &'static str {
    match permission {
        Permission::Anyone => "anyone",
        Permission::Role(role) => role.word(),
    }
}

/// `accounts` of `/v1/accounts/{name}`.
fn tag(path: &str) -> &str {
    path.trim_start_matches("/v1")
        .trim_start_matches('/')
        .split('/')
        .next()
        .unwrap_or("daemon")
}

/// `post_v1_accounts_name_connect`
fn operation_id(route: &Route) -> String {
    let path: String = route
        .path
        .chars()
        .filter(|c| !matches!(c, '{' | '}'))
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    format!("{}{path}", method_word(&route.method))
}

/// `get`
pub(super) fn method_word(method: &HttpMethod) -> &'static str {
    match method {
        HttpMethod::Get => "get",
        HttpMethod::Post => "post",
        HttpMethod::Put => "put",
        HttpMethod::Delete => "delete",
        HttpMethod::Options => "options",
        HttpMethod::Head => "head",
        HttpMethod::Patch => "patch",
        HttpMethod::Trace => "trace",
    }
}

fn path_parameters(path: &str) -> Vec<Parameter> {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| text_parameter(name, ParameterIn::Path, Required::True, None))
        .collect()
}

fn if_match() -> Parameter {
    text_parameter(
        "If-Match",
        ParameterIn::Header,
        Required::False,
        Some("The revision that the delivery had when you looked; with another one the answer is `moved`."),
    )
}

fn text_parameter(name: &str, place: ParameterIn, required: Required, words: Option<&str>) -> Parameter {
    let text = ObjectBuilder::new()
        .schema_type(SchemaType::new(Type::String))
        .build();
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(required)
        .description(words)
        .schema(Some(text))
        .build()
}
