//! Class `A0`: the status words and lengths of 3GPP TS 51.011, 9.4, on the files of the certification card.

use cardwire_simcard::{Card, Generation};

use super::{Changed, changed, run};

fn card() -> Card<Changed> {
    let mut card = changed(1, Generation::Sim);
    card.cold_reset();
    card
}

#[test]
fn headers_and_lengths() {
    run(
        &mut card(),
        &[
            ("", "6700"),
            ("A0A40000", "6700"),
            ("A0A4000002 3F", "6700"),
            ("A0A4000001 3F", "6702"),
            ("A0A40004023F00", "6B00"),
            ("A0A40400023F00", "6B00"),
            // Classes of a UICC, and one with a channel.
            ("00A40004023F00", "6E00"),
            ("80F2000000", "6E00"),
            ("A1A40000023F00", "6E00"),
            // Instructions that came later, or that this card doesn't have.
            ("A0AA000002A900", "6D00"),
            ("A0A2000001 FF", "6D00"),
            ("A070000001", "6D00"),
            ("A0FE000000", "6D00"),
        ],
    );
}

#[test]
fn files_and_responses() {
    run(
        &mut card(),
        &[
            ("A0B0000001", "9400"),
            ("A0C0000000", "6F00"),
            ("A0A40000022FE2", "9F0F"),
            ("A0C0000010", "670F"),
            ("A0C000000F", "00000 00A2FE204000FFFFF01020000 9000"),
            ("A0C000000F", "6F00"),
            ("A0B0000000", "670A"),
            ("A0B0000004", "98000001 9000"),
            ("A0B000090 1", "F3 9000"),
            ("A0B0000A01", "9402"),
            ("A0B0820001", "9402"),
            ("A0D6000001 00", "9804"),
            ("A0A40000027F10", "9F17"),
            ("A0A40000026F3A", "9F0F"),
            ("A0B201041C", "9804"),
            ("A020000108 31323334FFFFFFFF", "9000"),
            ("A0B2010404", "671C"),
            ("A0B20B041C", "9402"),
            ("A0B2010C1C", "6B00"),
            ("A0B201011C", "6B00"),
            ("A0B0000001", "9408"),
            ("A0A4000002DEAD", "9404"),
            // The file that was current still is.
            (
                "A0B2030 41C",
                "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF 9000",
            ),
            ("A0F2000005", "0000000 07F 9000"),
            ("A0F2000018", "6717"),
            ("A0F2010005", "6B00"),
        ],
    );
}

#[test]
fn chvs() {
    let (right, wrong) = ("31323334FFFFFFFF", "30303030FFFFFFFF");
    run(
        &mut card(),
        &[
            (&format!("A020000108{wrong}"), "9804"),
            (&format!("A020000108{wrong}"), "9804"),
            (&format!("A020000108{wrong}"), "9840"),
            (&format!("A020000108{right}"), "9840"),
            (
                "A0F2000017",
                "0000 0000 3F00 01 0000000000 0A 31 02 05 04 00 80 8A 83 8A 00 9000",
            ),
            ("A02C000010 3132333435363738 31323334FFFFFFFF", "9000"),
            ("A02C000010 3030303030303030 31323334FFFFFFFF", "9804"),
            ("A02C000110 3132333435363738 31323334FFFFFFFF", "6B00"),
            // CHV1 can be disabled, and is then not to be verified; CHV2 can't.
            (&format!("A026000108{right}"), "9000"),
            (&format!("A026000108{right}"), "9808"),
            (&format!("A020000108{right}"), "9808"),
            (&format!("A028000108{right}"), "9000"),
            (&format!("A028000108{right}"), "9808"),
            ("A026000208 35363738FFFFFFFF", "6B00"),
            (&format!("A024000110{right}{wrong}"), "9000"),
            (&format!("A024000110{right}{wrong}"), "9804"),
            ("A020000300", "6B00"),
            ("A020000100", "6708"),
            ("A020000107 31323334FFFFFF", "6708"),
            ("A020000A08 4341524457495245", "9000"),
        ],
    );
}

/// RUN GSM ALGORITHM needs DF.GSM, which the certification card doesn't have.
#[test]
fn the_algorithm_needs_its_directory() {
    let rand = "23553CBE9637A89D218AE64DAE47BF35";
    run(
        &mut card(),
        &[
            (&format!("A088000010{rand}"), "9808"),
            ("A08800000F 23553CBE9637A89D218AE64DAE47BF", "6710"),
            (&format!("A088000110{rand}"), "6B00"),
        ],
    );
}
