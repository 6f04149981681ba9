//! Execution logic that the suite installs, all of it for the service `certification.echo`.

use crate::{tester::assemble, verdict::Step};

/// The service of the suite.
pub(crate) const SERVICE: u64 = 0xFF01;
/// `card.identify`.
pub(crate) const IDENTIFY: u64 = 0x0001;
/// `subscriber.read`.
pub(crate) const SUBSCRIBER: u64 = 0x0002;

/// Logic with this policy and these modules that runs `code`.
pub(crate) fn program(policy: &str, modules: &str, budget: u16, code: &str) -> Step<Vec<u8>> {
    with_loss(policy, "abort", modules, budget, code)
}

fn with_loss(policy: &str, loss: &str, modules: &str, budget: u16, code: &str) -> Step<Vec<u8>> {
    let modules = if modules.is_empty() {
        String::new()
    } else {
        format!("modules {modules}\n")
    };
    assemble(&format!(
        "service certification.echo 0xFF01\nversion 1\npolicy {policy}\non-client-loss {loss}\n{modules}\
         budget {budget}\n{code}\n"
    ))
}

/// Logic that takes these parameters, one to a line as `takes` has them, and touches no module.
pub(crate) fn taking(parameters: &[&str], code: &str) -> Step<Vec<u8>> {
    let takes: String = parameters.iter().map(|line| format!("takes {line}\n")).collect();
    assemble(&format!(
        "service certification.echo 0xFF01\nversion 1\npolicy whole-service\non-client-loss abort\n{takes}\
         budget 64\n{code}\n"
    ))
}

/// Presents a secret of the card by this function of `pin`, and gives the tries that are left where it was wrong. The
/// secrets are parameters: what is stored on a reader holds none.
pub(crate) fn presenting(function: &str) -> Step<Vec<u8>> {
    assemble(&format!(
        "service certification.echo 0xFF01\nversion 1\npolicy whole-service\non-client-loss finish\n\
         modules contact-card\ntakes \"first\" text client required 4 8\ntakes \"second\" text client required 4 8\n\
         budget 32\nset r1 01\nparameter \"first\" r2\nparameter \"second\" r3\nreset r0\n\
         apdu 00A4040C07A0000000871002 r0\npin {function} r1 r2 r3 r0\nwhen-empty r0 told\n\
         emit \"tries\" number number r0\ntold:\nend success\n"
    ))
}

/// Gives this text as `echo`, and touches no module.
pub(crate) fn echo(text: &str) -> Step<Vec<u8>> {
    program(
        "whole-service",
        "",
        8,
        &format!("set r0 \"{text}\"\nemit \"echo\" text none r0\nend success"),
    )
}

/// Shows a pattern as often as the largest budget allows: the longest service without a card.
pub(crate) fn long() -> Step<Vec<u8>> {
    long_with_loss("abort")
}

/// The same, with what it does when its client is lost.
pub(crate) fn long_with_loss(loss: &str) -> Step<Vec<u8>> {
    let code = "loop 255\nloop 7\nshow 1\nagain\nagain\nend success";
    with_loss("whole-service", loss, "indicator", 4096, code)
}

/// Asks the card for its status as often as the largest budget allows: slower than [`long`] on a real card.
pub(crate) fn long_with_card() -> Step<Vec<u8>> {
    let code = "reset r0\nloop 255\nloop 7\napdu 80F2000000 r0\nagain\nagain\nend success";
    program("whole-service", "contact-card", 4096, code)
}

/// Ends without success after it has used its modules.
pub(crate) fn failing(policy: &str) -> Step<Vec<u8>> {
    let done = if policy == "per-step" {
        "done indicator\n"
    } else {
        ""
    };
    program(policy, "indicator", 8, &format!("show 1\n{done}end card-status"))
}

/// Uses both modules under `whole-service`, the card between two calls of the indicator. Its `done` instructions mean
/// nothing under this policy, and switch modules off too early under the other one.
pub(crate) fn whole_service() -> Step<Vec<u8>> {
    let code = "show 1\nreset r0\ndone contact-card\nshow 2\nemit \"atr\" bytes none r0\ndone indicator\nend success";
    program("whole-service", "contact-card indicator", 16, code)
}

/// Uses both modules under `per-step`, each twice.
pub(crate) fn per_step() -> Step<Vec<u8>> {
    let code = "show 1\nshow 2\ndone indicator\nreset r0\napdu 00A4000C023F00 r1\ndone contact-card\n\
                emit \"atr\" bytes none r0\nend success";
    program("per-step", "contact-card indicator", 16, code)
}

/// Gives 765 bytes of text and some more in three items: two parts of a job's data.
pub(crate) fn much_data() -> Step<Vec<u8>> {
    let text = "0123456789abcdef".repeat(15);
    let code = format!(
        "set r0 \"{text}\"\nemit \"one\" text none r0\nemit \"two\" bytes none r0\nemit \"three\" text none r0\n\
         end success"
    );
    program("whole-service", "", 8, &code)
}

/// Gives more data than a job may.
pub(crate) fn too_much_data() -> Step<Vec<u8>> {
    let text = "0123456789abcdef".repeat(15);
    let code = format!("set r0 \"{text}\"\nloop 8\nemit \"more\" text none r0\nagain\nend success");
    program("whole-service", "", 32, &code)
}

/// Reads EF.ICCID with a length that the card corrects (6Cxx), and MF's template, which it announces (61xx).
pub(crate) fn transport() -> Step<Vec<u8>> {
    let code = "reset r0\napdu 00A40004023F0000 r0\nemit \"template\" bytes none r0\n\
                apdu 00A4000C022FE2 r1\nexpect FFFF 9000\napdu 00B0000000 r1\nexpect FFFF 9000\n\
                emit \"iccid\" text swapped-digits r1\nend success";
    program("whole-service", "contact-card", 16, code)
}

/// Gives the answer to reset and the bytes of EF.ICCID as they are.
pub(crate) fn raw_iccid() -> Step<Vec<u8>> {
    let code = "reset r0\nemit \"atr\" bytes none r0\napdu 00A4000C023F00 r0\nexpect FFFF 9000\n\
                apdu 00A4000C022FE2 r0\nexpect FFFF 9000\napdu 00B000000A r0\nexpect FFFF 9000\n\
                emit \"iccid\" bytes none r0\nend success";
    program("whole-service", "contact-card", 16, code)
}

/// Gives the bytes of EF.UST as they are.
pub(crate) fn raw_service_table() -> Step<Vec<u8>> {
    let code = "reset r0\napdu 00A4040C07A0000000871002 r0\nexpect FFFF 9000\n\
                apdu 00A4000C026F38 r0\nexpect FFFF 9000\napdu 00B0000000 r0\nexpect FFFF 9000\n\
                emit \"ust\" bytes none r0\nend success";
    program("whole-service", "contact-card", 16, code)
}

/// Gives the bytes of EF.IMSI as they are.
pub(crate) fn raw_imsi() -> Step<Vec<u8>> {
    let code = "reset r0\napdu 00A4040C07A0000000871002 r0\nexpect FFFF 9000\n\
                apdu 00A4000C026F07 r0\nexpect FFFF 9000\napdu 00B0000009 r0\nexpect FFFF 9000\n\
                emit \"imsi\" bytes none r0\nend success";
    program("whole-service", "contact-card", 16, code)
}

/// Selects EF.ICCID and leaves the card.
pub(crate) fn selecting(policy: &str) -> Step<Vec<u8>> {
    let done = if policy == "per-step" {
        "done contact-card\n"
    } else {
        ""
    };
    let code = format!(
        "reset r0\napdu 00A4000C023F00 r0\nexpect FFFF 9000\napdu 00A4000C022FE2 r0\nexpect FFFF 9000\n{done}\
         end success"
    );
    program(policy, "contact-card", 16, &code)
}

/// Reads from whatever file is selected, without a reset of the card.
pub(crate) fn reading_what_is_selected() -> Step<Vec<u8>> {
    let code = "apdu 00B000000A r0\nexpect FFFF 9000\nemit \"file\" bytes none r0\nend success";
    program("whole-service", "contact-card", 16, code)
}

/// Sends UPDATE BINARY over and over with no file selected: each is a writing step, and none changes a card.
pub(crate) fn writing() -> Step<Vec<u8>> {
    let code = "reset r0\nloop 255\nloop 7\napdu 00D600000100 r1\nagain\nagain\nend success";
    program("whole-service", "contact-card", 4096, code)
}
