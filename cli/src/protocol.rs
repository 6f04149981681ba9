//! The schema that this command was built with.

use cardwire_spec::Protocol;
use std::sync::LazyLock;

static PROTOCOL: LazyLock<Protocol> =
    LazyLock::new(
        || match cardwire_spec::parse("protocol.toml", include_str!("../../spec/protocol.toml")) {
            Ok(protocol) => protocol,
            // It is part of this program, and a test loads it.
            Err(problems) => panic!("the embedded schema does not load: {problems}"),
        },
    );

pub(crate) fn protocol() -> &'static Protocol {
    &PROTOCOL
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_schema_loads() {
        assert_eq!(protocol().about.name, "cardwire");
    }
}
