//! Parses options that name a field of a request: `FIELD` and `FIELD=VALUE`.

use crate::cli::suggest::did_you_mean;
use crate::endpoint::Field;

pub(super) fn field_names() -> Vec<String> {
    Field::names().collect()
}

pub(super) fn default_names() -> Vec<String> {
    Field::names().map(|name| format!("{name}=")).collect()
}

pub(super) fn parse_field(text: &str) -> Result<Field, String> {
    text.parse::<Field>().map_err(|error| {
        let names = field_names();
        let of_participant = format!("participant_{text}");
        let whole = names.iter().find(|name| **name == of_participant).map(String::as_str);
        match whole.or_else(|| did_you_mean(text, names.iter().map(String::as_str))) {
            Some(similar) => format!("{error}; did you mean `{similar}`?"),
            None => format!("{error}; the fields are {}", names.join(", ")),
        }
    })
}

pub(super) fn parse_default(text: &str) -> Result<(Field, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as FIELD=VALUE")?;
    if value.is_empty() {
        return Err("the value after `=` is empty; leave the flag out for no default".to_owned());
    }
    Ok((parse_field(name)?, value.to_owned()))
}
