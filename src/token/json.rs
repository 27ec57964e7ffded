//! JSON as proto3's mapping reads it, with one thing that `serde_json::Value` lets pass refused.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Any JSON, except that a name given twice in one object is an error, and that members that are
/// `null` are dropped: proto3's JSON mapping says that `null` means absent. An element of a list is
/// never dropped.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StrictValue(pub Value);

impl<'de> Deserialize<'de> for StrictValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        if let Some(integer) = as_integer(value) {
            return Ok(Value::Number(integer.into()));
        }
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(StrictValue(value)) = list.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = object.next_key::<String>()? {
            let StrictValue(value) = object.next_value()?;
            if members.contains_key(&name) {
                return Err(A::Error::custom(format_args!("`{name}` is given twice")));
            }
            members.insert(name, value);
        }
        // Only now, so that a `null` and a value under one name are two as well.
        members.retain(|_, value| !value.is_null());
        Ok(Value::Object(members))
    }
}

/// `5.0` and `5e0` are 5 in proto3's JSON mapping, for a field that takes integers.
fn as_integer(value: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let whole = value.fract() == 0.0 && value.abs() <= EXACT;
    // By way of text, since a cast could lose something without a word.
    whole.then(|| format!("{value:.0}").parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Value, serde_json::Error> {
        serde_json::from_str(text).map(|StrictValue(value)| value)
    }

    #[test]
    fn null_members_are_absent_and_list_entries_stay() {
        let value = parse(r#"{"a":null,"b":[{},{"c":null},null],"d":{"e":-1,"f":1.5}}"#);
        let expected = serde_json::json!({"b": [{}, {}, null], "d": {"e": -1, "f": 1.5}});
        assert_eq!(value.expect("valid JSON"), expected);
    }

    #[test]
    fn an_integer_may_be_written_with_a_point_or_an_exponent() {
        let value = parse("[5.0, -1e3, -0.0, 1e300, 0.5]").expect("valid JSON");
        assert_eq!(value, serde_json::json!([5, -1000, 0, 1e300, 0.5]));
    }

    #[test]
    fn a_name_given_twice_is_refused() {
        for text in [r#"{"a":1,"a":1}"#, r#"{"x":[{"a":null,"a":1}]}"#] {
            let message = parse(text).expect_err(text).to_string();
            assert!(message.contains("`a` is given twice"), "{message}");
        }
    }
}
