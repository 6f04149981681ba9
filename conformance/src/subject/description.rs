//! What a program tells of the client or codec that is behind it: the answer to `describe`.

use super::{Kind, Parts as _};
use crate::{
    client,
    program::{Answer, shown},
};
use serde_json::{Value, json};

/// What a program tells of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    kind: Kind,
    /// The name of the client or codec.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What the program can do, or have done.
    pub ops: Vec<&'static str>,
    /// The formats in which a client offers services; of a codec none.
    pub formats: Vec<String>,
    /// A client that multiplies the specification's timers as it is told.
    pub scales: bool,
}

impl Description {
    /// From the answer to `describe`; else what is wrong with that.
    pub(crate) fn of(kind: Kind, answer: &Answer) -> Result<Self, String> {
        let told = Told(answer);
        if answer.contains_key("error") {
            return Err(told.wrong("an error"));
        }
        let (name, version) = (told.text("name")?, told.text("version")?);
        let ops = told.ops(kind)?;
        let formats = match kind {
            Kind::Client => told.formats()?,
            Kind::Codec | Kind::Reader => Vec::new(),
        };
        if kind == Kind::Client
            && let Some(missing) = client::Op::MANDATORY.iter().find(|op| !ops.contains(&op.name()))
        {
            let what = format!("no `{missing}` in `ops`, without which there is nothing to test");
            return Err(told.wrong(&what));
        }
        Ok(Self {
            kind,
            name,
            version,
            ops,
            formats,
            scales: answer.get("scales").and_then(Value::as_bool).unwrap_or(false),
        })
    }

    /// What the program does not declare.
    #[must_use]
    pub fn undeclared(&self) -> Vec<&'static str> {
        let mut ops = self.kind.ops();
        ops.retain(|op| !self.ops.contains(op));
        ops
    }

    /// The description as `report.json` holds it.
    pub(crate) fn to_json(&self) -> Value {
        let mut json = json!({
            "name": self.name, "version": self.version, "ops": self.ops, "undeclared": self.undeclared(),
        });
        if self.kind == Kind::Client {
            json["formats"] = json!(self.formats);
            json["scales"] = json!(self.scales);
        }
        json
    }
}

/// An answer, of which nothing is taken for granted.
struct Told<'a>(&'a Answer);

impl Told<'_> {
    fn wrong(&self, what: &str) -> String {
        format!("{what}: {}", shown(&Value::Object(self.0.clone()).to_string()))
    }

    fn text(&self, name: &str) -> Result<String, String> {
        let text = self.0.get(name).and_then(Value::as_str);
        let text = text.filter(|text| !text.is_empty()).map(shown);
        text.ok_or_else(|| self.wrong(&format!("no `{name}`")))
    }

    fn ops(&self, kind: Kind) -> Result<Vec<&'static str>, String> {
        let known = kind.ops();
        let given = self.0.get("ops").and_then(Value::as_array);
        let given = given.ok_or_else(|| self.wrong("no list `ops`"))?;
        let op = |op: &Value| {
            // A slip in a name must not leave out all the cases of what was meant.
            let known = known.iter().find(|known| op.as_str() == Some(**known));
            known
                .copied()
                .ok_or_else(|| self.wrong(&format!("an op that there is not, {op}")))
        };
        given.iter().map(op).collect()
    }

    fn formats(&self) -> Result<Vec<String>, String> {
        let given = self.0.get("formats").and_then(Value::as_array);
        let formats: Option<Vec<_>> = given.and_then(|list| {
            list.iter()
                .map(|format| format.as_str().map(str::to_owned))
                .collect()
        });
        formats
            .filter(|formats| {
                !formats.is_empty()
                    && formats
                        .iter()
                        .all(|format| ["native", "cbor"].contains(&format.as_str()))
            })
            .ok_or_else(|| self.wrong("no list `formats`, or others in it than native and cbor"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: Kind, answer: Value) -> Result<Description, String> {
        let Value::Object(answer) = answer else {
            panic!("{answer}")
        };
        Description::of(kind, &answer)
    }

    #[test]
    fn what_is_no_description_is_told() {
        let codec = json!({ "name": "a", "version": "1", "ops": ["decode"] });
        assert_eq!(of(Kind::Codec, codec.clone()).unwrap().undeclared().len(), 4);
        let client =
            json!({ "name": "a", "version": "1", "ops": ["open", "run", "close"], "formats": ["cbor"] });
        assert!(!of(Kind::Client, client.clone()).unwrap().scales);
        for (kind, right, member, wrong, why) in [
            (Kind::Codec, &codec, "name", json!(""), "no `name`"),
            (Kind::Codec, &codec, "version", json!(1), "no `version`"),
            (
                Kind::Codec,
                &codec,
                "ops",
                json!(["decod"]),
                "an op that there is not",
            ),
            (Kind::Codec, &codec, "ops", json!("decode"), "no list `ops`"),
            (Kind::Codec, &codec, "error", json!("x"), "an error"),
            (Kind::Client, &client, "ops", json!(["open", "run"]), "no `close`"),
            (Kind::Client, &client, "formats", json!([]), "formats"),
            (Kind::Client, &client, "formats", json!(["xml"]), "formats"),
            (Kind::Client, &client, "formats", json!([7]), "formats"),
        ] {
            let mut answer = right.clone();
            answer[member] = wrong;
            let seen = of(kind, answer).unwrap_err();
            assert!(seen.contains(why), "{seen}");
        }
    }
}
