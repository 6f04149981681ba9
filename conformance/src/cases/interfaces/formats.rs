//! Both client formats on every interface: the same data in each, parameters in one form only.

use super::{
    super::programs::{self, IDENTIFY, SERVICE, SUBSCRIBER},
    CBOR, NATIVE, no_parameters_are_taken, nothing_ran,
};
use crate::{
    case::Case,
    tester::{Ended, Login, Start, Tester},
    verdict::Step,
};
use serde_json::json;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case::code(
            "interfaces.cbor-is-spoken",
            &["CW-INTF-007", "CW-INTF-003"],
            "Every interface that was offered with cbor takes an instruction and gives its data in cbor",
            spoken,
        ),
        Case::code(
            "interfaces.cbor-says-what-native-says",
            &["CW-INTF-008"],
            "A service gives the same items in both formats, and cbor has its one form",
            says_the_same,
        ),
        Case::code(
            "interfaces.cbor-parameters-have-one-form",
            &["CW-INTF-009"],
            "Parameters that are not one whole value in the only form of cbor are refused, and nothing runs",
            one_form,
        ),
        Case::code(
            "interfaces.cbor-parameters-of-the-largest-size",
            &["CW-INTF-003", "CW-INTF-006"],
            "As many bytes of parameters in cbor as an instruction carries are taken, also where they are more in native",
            largest_parameters,
        ),
        Case::code(
            "interfaces.data-keep-their-format",
            &["CW-INTF-003"],
            "Data are in the format in which their job was instructed, whatever the client offers later",
            keep_their_format,
        ),
        Case::code(
            "interfaces.size-counts-in-both-formats",
            &["CW-JOB-007"],
            "A job whose data would be too large in one of the formats ends alike in both",
            size_counts_in_both,
        ),
    ]
}

fn login(tester: &mut Tester, format: u64) -> Step {
    tester.login(&Login {
        offers: [IDENTIFY, SUBSCRIBER, SERVICE]
            .map(|service| (service, format))
            .to_vec(),
        ..Login::default()
    })
}

/// Logs in with this format, and runs a service to this outcome.
fn run_in(tester: &mut Tester, format: u64, service: u64, outcome: &str) -> Step<Ended> {
    login(tester, format)?;
    let job = tester.instruct(service)?;
    if format == CBOR {
        tester.finish_in_cbor(&job, outcome)
    } else {
        tester.finish(&job, outcome)
    }
}

fn spoken(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let service = tester.provide(&programs::echo("format")?)?;
    login(tester, CBOR)?;
    for service in [service, IDENTIFY, SUBSCRIBER] {
        tester.check("CW-INTF-007");
        let id = tester.job_id();
        let fields = json!({ "job": id, "service": service, "parameters": "" });
        tester.expect("instruct", fields, "instruct_answer")?;
        // Also without a card there are data, which hold nothing.
        let status = tester.wait_for(&id)?;
        let data = tester.fetch(&id, status.number("data_length")?)?;
        tester.check("CW-INTF-003");
        let is_array = data.first().is_some_and(|head| head >> 5 == 4);
        tester.demand(is_array, "an array of cbor", crate::hex::encode(&data))?;
    }
    Ok(())
}

/// Every kind of value, at every length where a head of `cbor` grows; an order that is none; a name that repeats.
fn every_kind() -> Step<Vec<u8>> {
    let mut code = String::from("emit \"z-no-bytes\" bytes none r3\n");
    for number in [0, 23, 24, 255, 256, 65535, 65536, u32::MAX] {
        code += &format!("set r0 {number:08X}\nemit \"number\" number none r0\n");
    }
    for length in [1, 23, 24, 150] {
        code += &format!(
            "set r1 \"{}\"\nemit \"text\" text none r1\nemit \"bytes\" bytes none r1\n",
            "x".repeat(length)
        );
    }
    // Letters of two, three and four bytes, under the longest name.
    code += &format!(
        "set r2 C3A9E282ACF09D849E\nemit \"{}\" text none r2\n",
        "a".repeat(24)
    );
    code += "loop 12\nemit \"many\" bytes none r3\nagain\nend success";
    programs::program("whole-service", "", 80, &code)
}

fn says_the_same(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let nothing = programs::program("whole-service", "", 8, "end success")?;
    for document in [nothing, programs::echo("one")?, every_kind()?] {
        let service = tester.provide(&document)?;
        let native = run_in(tester, NATIVE, service, "success")?;
        let cbor = run_in(tester, CBOR, service, "success")?;
        tester.check("CW-INTF-008");
        tester.demand(
            cbor.items == native.items,
            format!("the {} of native", native.describe()),
            cbor.describe(),
        )?;
        let job = cbor.status.text("job")?.to_owned();
        let again = tester.fetch(&job, cbor.data.len() as u64)?;
        tester.demand(
            again == cbor.data,
            "the same bytes again",
            crate::hex::encode(&again),
        )?;
    }
    Ok(())
}

fn one_form(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let service = tester.provide(&programs::echo("parameters")?)?;
    login(tester, CBOR)?;
    let mark = tester.mark()?;
    for (parameters, what) in [
        ("9800", "an overlong count, in two bytes where one does"),
        ("990000", "an overlong count, in three bytes where one does"),
        ("9a00000000", "an overlong count, in five bytes where one does"),
        ("9b0000000000000000", "a count of 64 bits"),
        ("9fff", "an array of indefinite length"),
        ("8000", "a byte behind the array"),
        ("8080", "a second array behind the array"),
        ("81", "an array without its element"),
        ("9f", "an array that does not end"),
        ("9c", "a reserved head"),
        ("a0", "a map"),
        ("c680", "an array under a tag"),
        ("00", "a number"),
        ("40", "bytes"),
        ("60", "text"),
        ("f6", "null"),
        ("f7", "undefined"),
        ("f4", "a boolean"),
        ("6100", "service data of native"),
        ("8180", "an item of no elements"),
        ("81826100", "an item without its value"),
        ("8182616e1817", "a number in two bytes that needs one"),
        ("8182616e5f4100ff", "a value of indefinite length"),
        ("8182416e00", "a name of bytes"),
        ("8182616e20", "a negative number"),
        ("8182616ef90000", "a float"),
        ("8182616e61ff", "text that is no UTF-8"),
        ("8182602000", "a name without characters"),
    ] {
        let id = tester.job_id();
        let fields = json!({ "job": id, "service": service, "parameters": parameters });
        tester.check("CW-INTF-009");
        let answer = tester.ask("instruct", fields)?;
        tester.demand_error(&answer, &["parameters-refused"], &format!("{what}, {parameters}"))?;
        let status = tester.job_status(&id)?;
        let unknown = status.fields["state"] == "unknown";
        tester.demand(
            unknown,
            "a refused instruction that leaves no job",
            status.describe(),
        )?;
    }
    nothing_ran(tester, mark)?;
    no_parameters_are_taken(tester, service, "80")
}

fn keep_their_format(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let service = tester.provide(&programs::much_data()?)?;
    for (format, later) in [(NATIVE, CBOR), (CBOR, NATIVE)] {
        let ended = run_in(tester, format, service, "success")?;
        let id = ended.status.text("job")?.to_owned();
        for new_session in [false, true] {
            if new_session {
                tester.disconnect()?;
                tester.reach(Start::Connected)?;
            }
            login(tester, later)?;
            tester.check("CW-INTF-003");
            let status = tester.job_status(&id)?;
            tester.demand(
                status.fields == ended.status.fields,
                ended.status.describe(),
                status.describe(),
            )?;
            let data = tester.fetch(&id, ended.data.len() as u64)?;
            tester.demand(
                data == ended.data,
                "the data in the format of their instruction",
                crate::hex::encode(&data),
            )?;
        }
    }
    Ok(())
}

fn size_counts_in_both(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    // 63 bytes in native and 65 in cbor, sixteen times: 1010 and 1041.
    let larger_in_cbor = format!(
        "set r0 \"{}\"\nloop 16\nemit \"{}\" bytes none r0\nagain\nend success",
        "v".repeat(36),
        "n".repeat(24)
    );
    // 247 bytes in native and 248 in cbor, three times; then 11 and 7, 29 times: 1062 and 949.
    let larger_in_native = format!(
        "set r0 \"{}\"\nset r1 00000000\nloop 3\nemit \"nn\" bytes none r0\nagain\nloop 29\n\
         emit \"nnnn\" number none r1\nagain\nend success",
        "v".repeat(242)
    );
    for code in [larger_in_cbor, larger_in_native] {
        let service = tester.provide(&programs::program("whole-service", "", 128, &code)?)?;
        tester.check("CW-JOB-007");
        let native = run_in(tester, NATIVE, service, "data-too-large")?;
        let cbor = run_in(tester, CBOR, service, "data-too-large")?;
        tester.check("CW-JOB-007");
        tester.demand(
            cbor.items == native.items,
            format!("the {} of native", native.describe()),
            cbor.describe(),
        )?;
    }
    Ok(())
}

/// Parameters of 400 bytes in `cbor`, as many as an instruction carries: two of bytes, and six numbers, which are longer
/// in the reader's own form.
fn largest_parameters(tester: &mut Tester) -> Step {
    tester.reach(Start::Serving)?;
    let takes: Vec<String> = ["a", "b"]
        .map(|name| format!("\"{name}\" bytes client required 0 255"))
        .into_iter()
        .chain(["c", "d", "e", "f", "g", "h"].map(|name| format!("\"{name}\" number client required 0 255")))
        .collect();
    let takes: Vec<&str> = takes.iter().map(String::as_str).collect();
    let gives: String = ["a", "b"]
        .map(|name| format!("parameter \"{name}\" r0\nemit \"{name}\" bytes none r0\n"))
        .concat();
    let last = "parameter \"h\" r0\nemit \"h\" number number r0\nend success";
    let service = tester.provide(&programs::taking(&takes, &format!("{gives}{last}"))?)?;
    login(tester, CBOR)?;
    // The head of the array; name and head of the bytes; name and number.
    let [first, second] = [250, 400 - 1 - 6 * 4 - 2 * 5 - 250].map(|size| tester.random.bytes(size));
    let bytes = |name: &str, value: &[u8]| {
        format!(
            "8261{}58{:02x}{}",
            crate::hex::encode(name.as_bytes()),
            value.len(),
            crate::hex::encode(value)
        )
    };
    let numbers: String = (b'c'..=b'h')
        .map(|name| format!("8261{name:02x}{:02x}", name - b'c'))
        .collect();
    let parameters = format!("88{}{}{numbers}", bytes("a", &first), bytes("b", &second));
    tester.check("CW-INTF-003");
    let job = tester.instruct_with(service, &parameters)?;
    let ended = tester.finish_in_cbor(&job, "success")?;
    tester.check("CW-INTF-003");
    for (name, value) in [("a", first), ("b", second)] {
        let seen = ended.item(name, "bytes").map(crate::hex::encode);
        let expected = crate::hex::encode(&value);
        tester.demand(seen.as_deref() == Some(&expected), expected, format!("{seen:?}"))?;
    }
    Ok(())
}
