//! Switches in one flat JSON object, although they live in two structs: those of the login, those of the product.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Both structs as one object.
pub(crate) fn shown<A: Serialize, B: Serialize>(login: &A, own: &B) -> Value {
    let mut all = object(login);
    all.extend(object(own));
    Value::Object(all)
}

/// Changes whichever struct knows a name; none when one of the changes is wrong.
pub(crate) fn change<A, B>(login: &mut A, own: &mut B, changes: &Map<String, Value>) -> Result<(), String>
where
    A: Serialize + DeserializeOwned,
    B: Serialize + DeserializeOwned,
{
    let (mut first, mut second) = (object(login), object(own));
    for (name, value) in changes {
        if let Some(slot) = first.get_mut(name) {
            *slot = value.clone();
        } else if let Some(slot) = second.get_mut(name) {
            *slot = value.clone();
        } else {
            return Err(format!("there is no switch {name}"));
        }
    }
    let new_login = serde_json::from_value(Value::Object(first)).map_err(|e| e.to_string())?;
    let new_own = serde_json::from_value(Value::Object(second)).map_err(|e| e.to_string())?;
    (*login, *own) = (new_login, new_own);
    Ok(())
}

fn object<T: Serialize>(value: &T) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(map)) => map,
        Ok(_) | Err(_) => Map::new(),
    }
}
