//! How a core falls asleep without losing a byte.

/// No sleep is longer, so that the watchdog is fed in time.
const LONGEST_MS: u32 = 1_000;

/// Sleeps until `until_ms`, or until an interrupt; not at all where that time has come, or something has come in. `wait` is
/// given the milliseconds: it sets the board's alarm, and waits for an interrupt.
///
/// All of it with interrupts held back: one that comes between the checks and `wfi` still ends `wfi`, and is served when they
/// are let in again. Without, its byte would lie there until the next one.
pub fn sleep(
    now_ms: impl FnOnce() -> u64,
    until_ms: Option<u64>,
    has_input: impl FnOnce() -> bool,
    wait: impl FnOnce(u32),
) {
    cortex_m::interrupt::free(|_| {
        let now = now_ms();
        let until_ms = until_ms.map_or(u64::MAX, |until| until.saturating_sub(now));
        let sleep_ms = u32::try_from(until_ms).map_or(LONGEST_MS, |until_ms| until_ms.min(LONGEST_MS));
        if sleep_ms > 0 && !has_input() {
            wait(sleep_ms);
        }
    });
}
