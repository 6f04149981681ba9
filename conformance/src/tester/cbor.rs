//! Service data in the format `cbor`, judged with a library for CBOR.

use super::{Ended, Job, Tester};
use crate::{hex, verdict::Step};
use ciborium::Value;

/// An item: name, kind, value.
type Item = (String, String, Vec<u8>);

impl Tester {
    /// Waits for a job that was instructed in `cbor`, demands this outcome, and fetches its data.
    pub(crate) fn finish_in_cbor(&mut self, job: &Job, outcome: &str) -> Step<Ended> {
        let status = self.wait_for(&job.id)?;
        if status.fields["outcome"] != outcome {
            return Err(self.wrong_outcome(&status, outcome));
        }
        let data = self.fetch(&job.id, status.number("data_length")?)?;
        let items = self.read_cbor(&data)?;
        Ok(Ended { status, data, items })
    }

    /// The items of service data in `cbor`, which must stand there in the one form that they have: what the library
    /// has read it writes in the same bytes again.
    fn read_cbor(&mut self, data: &[u8]) -> Step<Vec<Item>> {
        self.under("CW-INTF-003", |tester| {
            // The first byte of the document `service_data` is the head of a text in CBOR.
            let is_array = data.first().is_some_and(|head| head >> 5 == 4);
            tester.demand(is_array, "an array of cbor", hex::encode(data))
        })?;
        self.under("CW-INTF-008", |tester| {
            let mut rest = data;
            let value: Value = ciborium::from_reader(&mut rest)
                .map_err(|fault| tester.failure("one data item of CBOR", format!("{fault}")))?;
            let items = items(&value);
            let expected = "an array of arrays of two, a text and a text, bytes or number of 32 bits";
            let items = items.ok_or_else(|| tester.failure(expected, hex::encode(data)))?;
            let mut written = Vec::new();
            ciborium::into_writer(&value, &mut written)
                .map_err(|fault| tester.failure("data that can be written again", fault))?;
            tester.demand(
                written == data,
                format!("{}, their one form", hex::encode(&written)),
                hex::encode(data),
            )?;
            Ok(items)
        })
    }
}

fn items(value: &Value) -> Option<Vec<Item>> {
    value.as_array()?.iter().map(item).collect()
}

fn item(value: &Value) -> Option<Item> {
    let [Value::Text(name), value] = &value.as_array()?[..] else {
        return None;
    };
    let (kind, value) = match value {
        Value::Text(text) => ("text", text.clone().into_bytes()),
        Value::Bytes(bytes) => ("bytes", bytes.clone()),
        Value::Integer(number) => ("number", u32::try_from(*number).ok()?.to_be_bytes().to_vec()),
        _ => return None,
    };
    Some((name.clone(), kind.to_owned(), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Option<Vec<Item>> {
        items(&ciborium::from_reader(bytes).unwrap())
    }

    #[test]
    fn values_have_the_kind_of_their_type() {
        let items = read(b"\x83\x82\x61a\x61x\x82\x61b\x41\xFF\x82\x61c\x19\x01\x02").unwrap();
        let kinds: Vec<_> = items.iter().map(|(_, kind, _)| kind.as_str()).collect();
        assert_eq!(kinds, ["text", "bytes", "number"]);
        assert_eq!(items[2].2, [0, 0, 1, 2]);
        assert_eq!(read(b"\x80"), Some(Vec::new()));
    }

    #[test]
    fn what_is_no_service_data() {
        for bytes in [
            &b"\xA0"[..],
            b"\x00",
            b"\x81\x00",
            b"\x81\x81\x61n",
            b"\x81\x83\x61n\x00\x00",
            b"\x81\x82\x41n\x00",
            b"\x81\x82\x61n\x20",
            b"\x81\x82\x61n\xF6",
            b"\x81\x82\x61n\x1B\x00\x00\x00\x01\x00\x00\x00\x00",
        ] {
            assert_eq!(read(bytes), None, "{bytes:02X?}");
        }
    }
}
