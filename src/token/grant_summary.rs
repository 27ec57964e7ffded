//! The grants of a token in one line, for a log.

use serde_json::Value;

use super::{Claims, GRANTS, Grant};

impl Claims {
    /// Returns the grants in short: those that are set, as [`Grant::path`] writes them, with their values
    /// where they are not `true`. For example `roomJoin canPublish=false sip.call`. The room is left out.
    pub fn grants_in_short(&self) -> String {
        // Claims are always JSON: an error, which cannot be, would give an empty text.
        let claims = serde_json::to_value(self).unwrap_or_default();
        let value = |grant: &Grant| claims.get(grant.claim)?.get(grant.name);
        let named = GRANTS.iter().filter(|grant| (grant.claim, grant.name) != ("video", "room"));
        let set = named.filter_map(|grant| Some(in_short(&grant.path(), value(grant)?)));
        set.collect::<Vec<_>>().join(" ")
    }
}

fn in_short(path: &str, value: &Value) -> String {
    match value {
        Value::Bool(true) => path.to_owned(),
        Value::String(text) => format!("{path}={text}"),
        Value::Array(list) => {
            let texts = list.iter().filter_map(Value::as_str).collect::<Vec<_>>();
            format!("{path}={}", texts.join(","))
        }
        other => format!("{path}={other}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::token::GrantValue;

    #[test]
    fn every_grant_is_in_it() {
        for grant in GRANTS.iter().filter(|grant| grant.path() != "room") {
            let (value, expected) = match grant.value {
                GrantValue::Flag => (json!(true), grant.path()),
                GrantValue::OptionalFlag => (json!(false), format!("{}=false", grant.path())),
                GrantValue::Text => (json!("x y"), format!("{}=x y", grant.path())),
                GrantValue::List if grant.name == "canPublishSources" => (
                    json!(["camera", "screen_share"]),
                    "canPublishSources=camera,screen_share".to_owned(),
                ),
                GrantValue::List => (json!(["a", "b"]), format!("{}=a,b", grant.path())),
            };
            let claims = Claims::default().with_grants([(grant, &value)]).expect("claims");
            assert_eq!(claims.grants_in_short(), expected);
            if grant.value == GrantValue::OptionalFlag {
                let claims = Claims::default().with_grants([(grant, &Value::Bool(true))]);
                assert_eq!(claims.expect("claims").grants_in_short(), grant.path());
            }
        }
    }

    #[test]
    fn grants_stand_side_by_side() {
        let mut claims = Claims::default();
        assert_eq!(claims.grants_in_short(), "");
        claims.video.room = "den".to_owned();
        claims.video.room_join = true;
        claims.video.can_publish = Some(false);
        claims.sip.call = true;
        assert_eq!(claims.grants_in_short(), "roomJoin canPublish=false sip.call");
    }
}
