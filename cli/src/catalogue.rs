//! The services of the specification, as far as a command line has to know them: what they take.

use crate::parameters::Declared;
use cardwire_codec::{
    Message,
    message::{Logic, ServiceId},
};

macro_rules! services {
    ($($name:literal)*) => {
        [$(include_bytes!(concat!("../../vectors/logic/", $name, ".bin"))),*]
    };
}

const SERVICES: [&[u8]; 18] = services![
    "card.identify"
    "subscriber.read"
    "service.table.read"
    "phonebook.list"
    "phonebook.update"
    "sms.center.read"
    "sms.center.write"
    "pin.verify"
    "pin.change"
    "pin.unblock"
    "pin.enable"
    "pin.disable"
    "usim.authenticate"
    "file.read"
    "file.update"
    "file.update.admin"
    "contactless.identify"
    "apdu.exchange"
];

/// What a service of the specification takes; nothing is known of others.
pub(crate) fn parameters(service: ServiceId) -> Vec<Declared> {
    let known = SERVICES
        .iter()
        .filter_map(|document| Logic::decode(document).ok());
    known
        .filter(|logic| logic.service == service)
        .flat_map(|logic| declared(&logic))
        .collect()
}

/// What logic declares that it takes.
pub(crate) fn declared(logic: &Logic<'_>) -> Vec<Declared> {
    let declared = logic.parameters.iter();
    declared
        .map(|parameter| Declared {
            name: parameter.name.as_str().to_owned(),
            kind: parameter.kind,
            source: parameter.source,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cardwire_codec::message::ItemKind;

    #[test]
    fn every_registered_service_is_known() {
        for service in ServiceId::ALL {
            let known = SERVICES
                .iter()
                .any(|document| Logic::decode(document).unwrap().service == *service);
            // What the conformance suite installs takes what each case says.
            assert_eq!(known, *service != ServiceId::CERTIFICATION_ECHO, "{service}");
        }
    }

    #[test]
    fn the_kinds_of_parameters_are_known() {
        let of = |service, name: &str| {
            let declared = parameters(service);
            declared
                .into_iter()
                .find(|declared| declared.name == name)
                .map(|declared| declared.kind)
        };
        assert_eq!(of(ServiceId::PHONEBOOK_UPDATE, "index"), Some(ItemKind::Number));
        assert_eq!(of(ServiceId::FILE_READ, "path"), Some(ItemKind::Bytes));
        assert_eq!(of(ServiceId::PIN_CHANGE, "pin"), Some(ItemKind::Text));
        assert_eq!(of(ServiceId::CARD_IDENTIFY, "pin"), None);
        assert!(parameters(ServiceId(0xF001)).is_empty());
    }
}
