//! What the laboratory says when it starts QEMU: how fast the clock runs.

/// The word before the rate, among the arguments of `-semihosting-config`.
const CLOCK_RATE: &str = "clock-rate=";

/// How many times as fast as others the clock runs; 1 where nobody says.
pub(super) fn clock_rate() -> u16 {
    let Ok(arguments) = semihosting::experimental::env::args::<128>() else {
        return 1;
    };
    let mut rate = 1;
    for argument in &arguments {
        let given = argument.ok().and_then(|given| given.strip_prefix(CLOCK_RATE));
        rate = given.and_then(|given| given.parse().ok()).unwrap_or(rate);
    }
    rate.max(1)
}
