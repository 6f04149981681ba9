//! Updates: manifests right or wrong, and service logic installed as a whole.

use super::{Answer, Login, Tester, clear::encode};
use crate::{
    embedded::protocol,
    hex,
    verdict::{Step, Stop},
};
use cardwire_peers::identity::{Authority, Key};
use cardwire_spec::{Place, interpret, logic};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Bytes of one chunk.
const CHUNK: usize = 400;

/// A manifest of one component as the tester makes it; a case changes what it wants to be wrong.
#[derive(Clone, Debug)]
pub(crate) struct Manifest {
    pub(crate) kind: u64,
    pub(crate) hardware_class: Value,
    pub(crate) counter: u64,
    pub(crate) service: u64,
    pub(crate) size: u64,
    pub(crate) content_digest: Vec<u8>,
    pub(crate) min_software: u64,
}

impl Manifest {
    pub(crate) fn encode(&self) -> Step<Vec<u8>> {
        Self::encode_together(core::slice::from_ref(self))
    }

    /// The manifest that has the components of all of these, in this order, for the hardware of the first.
    pub(crate) fn encode_together(parts: &[Self]) -> Step<Vec<u8>> {
        let component = |part: &Self| {
            json!({
                "kind": part.kind, "service": part.service, "counter": part.counter, "size": part.size,
                "content_digest": hex::encode(&part.content_digest), "min_software": part.min_software,
            })
        };
        let hardware_class = parts.first().map(|part| part.hardware_class.clone());
        let components: Vec<Value> = parts.iter().map(component).collect();
        encode(
            "manifest",
            &json!({ "hardware_class": hardware_class, "components": components }),
        )
    }
}

/// Whether an update_status or update_result names no error: the number 0 has no name.
pub(crate) fn no_error(answer: &Answer) -> bool {
    answer.fields["error"] == 0
}

/// SHA-256.
pub(crate) fn digest(bytes: &[u8]) -> Vec<u8> {
    Sha256::digest(bytes).to_vec()
}

/// Execution logic from its text form.
pub(crate) fn assemble(text: &str) -> Step<Vec<u8>> {
    logic::assemble(protocol(), "the suite's logic", text)
        .map_err(|problems| Stop::Error(problems.to_string()))
}

impl Tester {
    /// A right manifest for logic of this service: the next counter, this reader's hardware.
    pub(crate) fn manifest(&mut self, service: u64, content: &[u8]) -> Step<Manifest> {
        let hardware_class = self.status()?.fields["hardware_class"].clone();
        Ok(Manifest {
            kind: 0x03,
            hardware_class,
            counter: self.logic_counter() + 1,
            service,
            size: content.len() as u64,
            content_digest: digest(content),
            min_software: 0,
        })
    }

    /// A right manifest for authentication information.
    pub(crate) fn authentication_manifest(&mut self, document: &[u8]) -> Step<Manifest> {
        Ok(Manifest {
            kind: 0x02,
            counter: self.authentication_counter() + 1,
            ..self.manifest(0, document)?
        })
    }

    /// Signs manifests as this authority from now on.
    pub(crate) fn use_authority(&mut self, authority: Authority) {
        self.identities.authority = Some(authority);
    }

    /// Who signs the tester's manifests.
    pub(crate) fn own_authority(&self) -> Step<Authority> {
        let authority = self.identities.authority.clone();
        authority.ok_or_else(|| Stop::Error("there is no certification authority".into()))
    }

    /// Signs a manifest as the update authority.
    pub(crate) fn sign(&self, manifest: &[u8]) -> Step<Vec<u8>> {
        Ok(self.own_authority()?.sign(manifest).to_vec())
    }

    /// Signs a manifest with a key that is not the authority's.
    pub(crate) fn sign_as_stranger(&mut self, manifest: &[u8]) -> Vec<u8> {
        let stranger = Authority {
            signing_key: Key::new(self.random.array()),
        };
        stranger.sign(manifest).to_vec()
    }

    /// Offers a manifest and gives the reader's update_status.
    pub(crate) fn offer(&mut self, manifest: &[u8], signature: &[u8]) -> Step<Answer> {
        let fields = json!({ "manifest": hex::encode(manifest), "signature": hex::encode(signature) });
        self.cloud_expect("update_offer", &fields, "update_status")
    }

    /// Offers a manifest that the reader must accept, and gives its update_status.
    pub(crate) fn offer_accepted(&mut self, manifest: &Manifest) -> Step<Answer> {
        self.offer_bytes_accepted(&manifest.encode()?)
    }

    /// The same of a manifest in bytes.
    pub(crate) fn offer_bytes_accepted(&mut self, encoded: &[u8]) -> Step<Answer> {
        let signature = self.sign(encoded)?;
        let status = self.offer(encoded, &signature)?;
        // Bytes of the same manifest may be there from an earlier time.
        let underway = ["receiving", "received"]
            .iter()
            .any(|state| status.fields["state"] == *state);
        let accepted = no_error(&status) && underway;
        self.demand(accepted, "a right manifest accepted", status.describe())?;
        Ok(status)
    }

    /// Asks how far an update has come.
    pub(crate) fn query(&mut self, manifest: &[u8]) -> Step<Answer> {
        let fields = json!({ "digest": hex::encode(&digest(manifest)) });
        self.cloud_expect("update_query", &fields, "update_status")
    }

    /// Sends one chunk and gives the reader's update_status.
    pub(crate) fn chunk(&mut self, manifest: &[u8], offset: usize, data: &[u8]) -> Step<Answer> {
        let fields = json!({
            "digest": hex::encode(&digest(manifest)), "offset": offset, "data": hex::encode(data),
        });
        self.cloud_expect("update_chunk", &fields, "update_status")
    }

    /// Sends all bytes of an update from `from` on, and gives the last update_status. A chunk in the middle must be
    /// taken; what the last one leads to is the case's matter.
    pub(crate) fn send_content(&mut self, manifest: &[u8], content: &[u8], from: usize) -> Step<Answer> {
        let mut last = None;
        for (index, data) in content.get(from..).unwrap_or_default().chunks(CHUNK).enumerate() {
            if let Some(status) = &last {
                self.took(status, from + index * CHUNK)?;
            }
            last = Some(self.chunk(manifest, from + index * CHUNK, data)?);
        }
        last.ok_or_else(|| self.failure(format!("an offset below {}", content.len()), from))
    }

    fn took(&self, status: &Answer, next: usize) -> Step {
        let right = no_error(status) && status.number("next_offset")? == next as u64;
        self.demand(right, format!("bytes up to {next} taken"), status.describe())
    }

    /// Commits an update and gives the reader's update_result.
    pub(crate) fn commit(&mut self, manifest: &[u8]) -> Step<Answer> {
        let fields = json!({ "digest": hex::encode(&digest(manifest)) });
        let result = self.cloud_expect("update_commit", &fields, "update_result")?;
        if no_error(&result) {
            self.logic_counter = self.logic_counter.max(result.number("logic_counter")?);
            let counter = result.number("authentication_counter")?;
            self.authentication_counter = self.authentication_counter.max(counter);
        }
        Ok(result)
    }

    /// Installs execution logic, which the reader must take.
    pub(crate) fn install(&mut self, service: u64, document: &[u8]) -> Step<Manifest> {
        self.under("CW-UPD-005", |tester| {
            let manifest = tester.manifest(service, document)?;
            let mut status = tester.offer_accepted(&manifest)?;
            let encoded = manifest.encode()?;
            if status.fields["state"] == "receiving" {
                let from = status.number("next_offset")? as usize;
                status = tester.send_content(&encoded, document, from)?;
            }
            let received = no_error(&status) && status.fields["state"] == "received";
            tester.demand(received, "all bytes received", status.describe())?;
            let result = tester.commit(&encoded)?;
            let right = no_error(&result) && result.number("logic_counter")? == manifest.counter;
            tester.demand(
                right,
                format!("success with the counter {}", manifest.counter),
                result.describe(),
            )?;
            Ok(manifest)
        })
    }

    /// Makes sure that a service runs this logic, and that its interface is enabled. Logic that is there already is
    /// left, so that a device is not worn out.
    pub(crate) fn provide(&mut self, document: &[u8]) -> Step<u64> {
        let tree = interpret::decode(protocol(), Place::Document("logic"), document)
            .map_err(|fault| Stop::Error(format!("the suite's own logic: {fault}")))?;
        let service = tree.field("service").and_then(interpret::Data::number);
        let service = service.ok_or_else(|| Stop::Error("the suite's own logic is for no service".into()))?;
        let there = self.service(service)?;
        if there.is_none_or(|entry| entry["logic_digest"] != hex::encode(&digest(document))) {
            self.install(service, document)?;
            // The interface of a service that is new is enabled by a login that offers it.
            self.login(&Login::default())?;
        }
        Ok(service)
    }

    /// A service's entry in the reader's list.
    pub(crate) fn service(&mut self, service: u64) -> Step<Option<Value>> {
        let all = self.services()?;
        Ok(all
            .into_iter()
            .find(|entry| service_number(&entry["service"]) == Some(service)))
    }

    /// The reader's list of services, whole.
    pub(crate) fn services(&mut self) -> Step<Vec<Value>> {
        self.under("CW-INTF-004", |tester| {
            let mut all = Vec::new();
            loop {
                let answer = tester.expect(
                    "service_list",
                    json!({ "from": all.len() }),
                    "service_list_answer",
                )?;
                let (total, part) = (answer.number("total")?, answer.items("services")?);
                let done = all.len() + part.len();
                let right = done as u64 <= total && (!part.is_empty() || done as u64 == total);
                tester.demand(right, format!("the rest of {total} services"), answer.describe())?;
                all.extend_from_slice(part);
                if all.len() as u64 == total {
                    return Ok(all);
                }
            }
        })
    }
}

/// The number of a service, from its name or number in JSON.
pub(crate) fn service_number(value: &Value) -> Option<u64> {
    value
        .as_u64()
        .or_else(|| crate::embedded::registered("service", value.as_str()?))
}
