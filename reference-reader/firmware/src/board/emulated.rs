//! What an emulator gives in the place of chips that it does not model, the same on every board: flash in a file, random
//! bytes of the host, the way out of a panic. **Not for production.**

pub mod entropy;
pub mod flash;

use core::panic::Location;
use cortex_m::peripheral::SCB;
use semihosting::io::Write as _;

/// The way out of a panic: says on the host's console where it was, and resets. The message stays unsaid, as
/// it may hold values, and as formatting costs more flash than the drivers.
pub fn fail(location: Option<&Location<'_>>) -> ! {
    if let (Some(at), Ok(mut console)) = (location, semihosting::io::stderr()) {
        let mut digits = [0; 10];
        for text in [
            b"reset after a panic in ",
            at.file().as_bytes(),
            b":",
            decimal(at.line(), &mut digits),
            b"\n",
        ] {
            // A console that is gone is no reason not to reset.
            let _ = console.write_all(text);
        }
    }
    SCB::sys_reset()
}

/// The digits of a number.
fn decimal(mut number: u32, digits: &mut [u8; 10]) -> &[u8] {
    let mut first = digits.len();
    loop {
        first -= 1;
        digits[first] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return &digits[first..];
        }
    }
}
