//! Reads LiveKit's messages from proto3's JSON mapping: `null` means absent, an integer may have a
//! decimal point or an exponent, and a duplicate name is an error.
//!
//! Errors are structured values instead of text, so that no message can quote what a client sent.

use std::fmt;

use serde::de::value::StringDeserializer;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, Visitor,
};
use serde_json::Number;

use super::json::{Json, JsonKind, given_twice};

/// An error in a field, without the field's value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` {problem}")]
#[non_exhaustive]
pub struct FieldError {
    /// The path of the field, such as `room_config.agents[0].metadata`.
    pub path: String,
    /// What is wrong with it.
    pub problem: Problem,
}

/// The problem with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// The value has the wrong type.
    WrongType {
        /// The type that was found.
        found: JsonKind,
        /// The type that was expected.
        expected: Expected,
    },
    /// The field is given twice, perhaps in two spellings.
    GivenTwice,
    /// The value is not one of the known names.
    UnknownName {
        /// The known names.
        known: &'static [&'static str],
    },
    /// The value has the right type, but the field cannot hold it.
    Value,
}

/// The type that a field must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expected {
    /// `true` or `false`.
    Boolean,
    /// A list.
    List,
    /// A list of strings.
    Strings,
    /// An object.
    Object,
    /// A point in time, in seconds since the epoch.
    Seconds,
    /// A string.
    String,
    /// A string, or a list of strings.
    StringOrStrings,
    /// The field's type in LiveKit's protocol.
    FieldType,
}

impl fmt::Display for Expected {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Boolean => "true or false",
            Self::List => "a list",
            Self::Strings => "a list of strings",
            Self::Object => "an object",
            Self::Seconds => "a number of seconds",
            Self::String => "a string",
            Self::StringOrStrings => "a string or a list of strings",
            Self::FieldType => "what LiveKit's protocol has there",
        })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongType { found, expected } => {
                write!(formatter, "is {found}, and must be {expected}")
            }
            Self::GivenTwice => formatter.write_str("is given twice"),
            Self::UnknownName { known } => {
                write!(formatter, "must be one of {}", known.join(", "))
            }
            Self::Value => formatter.write_str("has a value that the field cannot hold"),
        }
    }
}

impl FieldError {
    pub(crate) fn new(path: impl Into<String>, problem: Problem) -> Self {
        Self { path: path.into(), problem }
    }

    pub(crate) fn wrong_type(path: impl Into<String>, found: JsonKind, expected: Expected) -> Self {
        Self::new(path, Problem::WrongType { found, expected })
    }

    /// Whether the field takes a string and the value has another type. Applications often forget
    /// to serialize an object.
    pub fn wants_string(&self) -> bool {
        matches!(&self.problem, Problem::WrongType { expected: Expected::String, .. })
    }

    /// How a value of the field's type is written, if it is an object or a list.
    pub fn sample(&self) -> Option<&'static str> {
        let Problem::WrongType { found, expected, .. } = &self.problem else { return None };
        match (expected, found) {
            (Expected::Object, JsonKind::String) => Some("{…}, without quotes around it"),
            (Expected::List, JsonKind::String) => Some("[…], without quotes around it"),
            (Expected::Object, _) => Some("{\"…\": …}"),
            (Expected::List, _) => Some("[…]"),
            _ => None,
        }
    }

    /// Prepends the path of the enclosing object or list.
    pub(super) fn within(mut self, outer: &str) -> Self {
        self.path.insert_str(0, outer);
        self
    }
}

impl Error for FieldError {
    /// Drops serde's message, since it may quote the value.
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::new("", Problem::Value)
    }

    fn invalid_type(found: Unexpected<'_>, _: &dyn serde::de::Expected) -> Self {
        let found = match found {
            Unexpected::Bool(_) => JsonKind::Boolean,
            Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) => {
                JsonKind::Number
            }
            Unexpected::Str(_) => JsonKind::String,
            Unexpected::Seq => JsonKind::List,
            Unexpected::Map => JsonKind::Object,
            _ => JsonKind::Null,
        };
        Self::wrong_type("", found, Expected::FieldType)
    }

    fn unknown_variant(_: &str, known: &'static [&'static str]) -> Self {
        Self::new("", Problem::UnknownName { known })
    }

    fn duplicate_field(name: &'static str) -> Self {
        Self::new(format!(".{name}"), Problem::GivenTwice)
    }
}

/// Reads a message. The paths of errors and of unknown names begin with `root`.
pub(super) fn read<'de, T: Deserialize<'de>>(
    json: Json,
    root: &str,
) -> Result<(T, Vec<String>), FieldError> {
    let mut unknown = Vec::new();
    let mut note = |path: serde_ignored::Path<'_>| unknown.push(format!("{root}{}", dotted(&path)));
    let message = T::deserialize(serde_ignored::Deserializer::new(Reader(json), &mut note));
    message.map(|message| (message, unknown)).map_err(|error| error.within(root))
}

/// Formats a path of serde_ignored, such as `.agents[0].metadata`.
fn dotted(path: &serde_ignored::Path<'_>) -> String {
    use serde_ignored::Path;
    match path {
        Path::Root => String::new(),
        Path::Seq { parent, index } => format!("{}[{index}]", dotted(parent)),
        Path::Map { parent, key } => format!("{}.{key}", dotted(parent)),
        Path::Some { parent }
        | Path::NewtypeStruct { parent }
        | Path::NewtypeVariant { parent } => dotted(parent),
    }
}

struct Reader(Json);

impl Reader {
    fn must_be(&self, kind: JsonKind, expected: Expected) -> Result<(), FieldError> {
        match self.0.kind() {
            found if found == kind => Ok(()),
            found => Err(FieldError::wrong_type("", found, expected)),
        }
    }
}

impl<'de> Deserializer<'de> for Reader {
    type Error = FieldError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        match self.0 {
            Json::Null => visitor.visit_unit(),
            Json::Boolean(value) => visitor.visit_bool(value),
            Json::Number(number) => visit_number(&number, visitor),
            Json::String(text) => visitor.visit_string(text),
            Json::List(list) => visitor.visit_seq(Elements { list: list.into_iter(), index: 0 }),
            Json::Object(members) => match given_twice(&members) {
                Some(name) => Err(FieldError::new(format!(".{name}"), Problem::GivenTwice)),
                None => visitor.visit_map(Members { members: members.into_iter(), value: None }),
            },
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        match self.0 {
            Json::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, FieldError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        self.must_be(JsonKind::Boolean, Expected::Boolean)?;
        self.deserialize_any(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        self.must_be(JsonKind::String, Expected::String)?;
        self.deserialize_any(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        self.must_be(JsonKind::List, Expected::List)?;
        self.deserialize_any(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        self.must_be(JsonKind::Object, Expected::Object)?;
        self.deserialize_any(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, FieldError> {
        self.deserialize_map(visitor)
    }

    serde::forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct tuple
        tuple_struct enum identifier ignored_any
    }
}

/// Visits a whole number as an integer: in proto3's JSON mapping, `5.0` and `5e0` are 5 for a field
/// that takes integers.
fn visit_number<'de, V: Visitor<'de>>(number: &Number, visitor: V) -> Result<V::Value, FieldError> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if let Some(integer) = number.as_u64() {
        return visitor.visit_u64(integer);
    }
    if let Some(integer) = number.as_i64() {
        return visitor.visit_i64(integer);
    }
    let float = number.as_f64().unwrap_or_default();
    let whole = float.fract() == 0.0 && float.abs() <= EXACT;
    // Converts by way of text, since a cast could silently change the value.
    match whole.then(|| format!("{float:.0}").parse()) {
        Some(Ok(integer)) => visitor.visit_i64(integer),
        _ => visitor.visit_f64(float),
    }
}

/// The members of an object that are not `null`.
struct Members {
    members: std::vec::IntoIter<(String, Json)>,
    value: Option<(String, Json)>,
}

impl<'de> MapAccess<'de> for Members {
    type Error = FieldError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, FieldError> {
        self.value = self.members.find(|(_, value)| *value != Json::Null);
        let Some((name, _)) = &self.value else { return Ok(None) };
        let name: StringDeserializer<FieldError> = name.clone().into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<T::Value, FieldError> {
        let (name, value) = self.value.take().unwrap_or_default();
        seed.deserialize(Reader(value)).map_err(|error| error.within(&format!(".{name}")))
    }
}

struct Elements {
    list: std::vec::IntoIter<Json>,
    index: usize,
}

impl<'de> SeqAccess<'de> for Elements {
    type Error = FieldError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, FieldError> {
        let Some(value) = self.list.next() else { return Ok(None) };
        let index = self.index;
        self.index += 1;
        let element = seed.deserialize(Reader(value));
        element.map(Some).map_err(|error| error.within(&format!("[{index}]")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<serde_json::Value, FieldError> {
        let json = serde_json::from_str(text).expect("JSON");
        read(json, "root").map(|(value, _)| value)
    }

    #[test]
    fn null_members_are_absent_and_list_entries_stay() {
        let value = parse(r#"{"a":null,"b":[{},{"c":null},null],"d":{"e":-1,"f":1.5}}"#);
        let expected = serde_json::json!({"b": [{}, {}, null], "d": {"e": -1, "f": 1.5}});
        assert_eq!(value, Ok(expected));
    }

    #[test]
    fn a_null_that_stands_alone_is_no_value() {
        let read = |text| read::<Option<u8>>(serde_json::from_str(text).expect("JSON"), "root");
        assert_eq!(read("null"), Ok((None, Vec::new())));
        assert_eq!(read("5"), Ok((Some(5), Vec::new())));
    }

    #[test]
    fn the_type_that_was_found_is_named() {
        for (text, found) in [
            ("null", JsonKind::Null),
            ("true", JsonKind::Boolean),
            ("5", JsonKind::Number),
            ("-5", JsonKind::Number),
            ("0.5", JsonKind::Number),
            ("{}", JsonKind::Object),
            ("[]", JsonKind::List),
        ] {
            let json = serde_json::from_str(text).expect("JSON");
            let read = read::<char>(json, "root").map(|(value, _)| value);
            let error = FieldError::wrong_type("root", found, Expected::FieldType);
            assert_eq!(read, Err(error), "{text}");
        }
        let text = Json::String("x".to_owned());
        let error = FieldError::wrong_type("root", JsonKind::String, Expected::FieldType);
        assert_eq!(read::<u8>(text, "root").map(|(value, _)| value), Err(error));
    }

    #[test]
    fn an_integer_may_be_written_with_a_point_or_an_exponent() {
        let value = parse("[5.0, -1e3, -0.0, 1e300, 0.5, 9007199254740993]");
        assert_eq!(
            value,
            Ok(serde_json::json!([5, -1000, 0, 1e300, 0.5, 9_007_199_254_740_993_u64]))
        );
    }

    #[test]
    fn a_name_given_twice_is_refused_where_it_stands() {
        for (text, path) in
            [(r#"{"a":1,"a":1}"#, "root.a"), (r#"{"x":[{},{"a":null,"a":1}]}"#, "root.x[1].a")]
        {
            assert_eq!(parse(text), Err(FieldError::new(path, Problem::GivenTwice)));
        }
    }
}
