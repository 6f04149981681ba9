//! The project's own client behind an upper tester.

use cardwire_client_adapter::{Reference, serve};

fn main() -> std::io::Result<()> {
    serve(&mut Reference::default())
}
