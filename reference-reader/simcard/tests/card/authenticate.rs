//! AUTHENTICATE, on the test sets that 3GPP publishes for Milenage, and the sequence numbers around it
//! (3GPP TS 31.102, 7.1; TS 33.102, 6.3 and annex C; TS 35.208, clause 4).

use cardwire_simcard::{Card, Profile, SubscriberKey};

use super::{bytes, card, exchange, joined, locked_card, run, send};

const USIM: (&str, &str) = ("00A4040C07A0000000871002", "9000");

/// A test set of TS 35.208; what isn't needed here, f1*, f5* and the conversions, aside.
struct Set {
    k: &'static str,
    op: &'static str,
    rand: &'static str,
    sqn: &'static str,
    amf: &'static str,
    f1: &'static str,
    f2: &'static str,
    f3: &'static str,
    f4: &'static str,
    f5: &'static str,
}

#[rustfmt::skip]
const SETS: [Set; 6] = [
    Set { k: "465B5CE8B199B49FAA5F0A2EE238A6BC", op: "CDC202D5123E20F62B6D676AC72CB318", rand: "23553CBE9637A89D218AE64DAE47BF35",
        sqn: "FF9BB4D0B607", amf: "B9B9", f1: "4A9FFAC354DFAFB3", f2: "A54211D5E3BA50BF",
        f3: "B40BA9A3C58B2A05BBF0D987B21BF8CB", f4: "F769BCD751044604127672711C6D3441", f5: "AA689C648370" },
    Set { k: "0396EB317B6D1C36F19C1C84CD6FFD16", op: "FF53BADE17DF5D4E793073CE9D7579FA", rand: "C00D603103DCEE52C4478119494202E8",
        sqn: "FD8EEF40DF7D", amf: "AF17", f1: "5DF5B31807E258B0", f2: "D3A628ED988620F0",
        f3: "58C433FF7A7082ACD424220F2B67C556", f4: "21A8C1F929702ADB3E738488B9F5C5DA", f5: "C47783995F72" },
    Set { k: "FEC86BA6EB707ED08905757B1BB44B8F", op: "DBC59ADCB6F9A0EF735477B7FADF8374", rand: "9F7C8D021ACCF4DB213CCFF0C7F71A6A",
        sqn: "9D0277595FFC", amf: "725C", f1: "9CABC3E99BAF7281", f2: "8011C48C0C214ED2",
        f3: "5DBDBB2954E8F3CDE665B046179A5098", f4: "59A92D3B476A0443487055CF88B2307B", f5: "33484DC2136B" },
    Set { k: "9E5944AEA94B81165C82FBF9F32DB751", op: "223014C5806694C007CA1EEEF57F004F", rand: "CE83DBC54AC0274A157C17F80D017BD6",
        sqn: "0B604A81ECA8", amf: "9E09", f1: "74A58220CBA84C49", f2: "F365CD683CD92E96",
        f3: "E203EDB3971574F5A94B0D61B816345D", f4: "0C4524ADEAC041C4DD830D20854FC46B", f5: "F0B9C08AD02E" },
    Set { k: "4AB1DEB05CA6CEB051FC98E77D026A84", op: "2D16C5CD1FDF6B22383584E3BEF2A8D8", rand: "74B0CD6031A1C8339B2B6CE2B8C4A186",
        sqn: "E880A1B580B6", amf: "9F07", f1: "49E785DD12626EF2", f2: "5860FC1BCE351E7E",
        f3: "7657766B373D1C2138F307E3DE9242F9", f4: "1C42E960D89B8FA99F2744E0708CCB53", f5: "31E11A609118" },
    Set { k: "6C38A116AC280C454F59332EE35C8C4F", op: "1BA00A1A7C6700AC8C3FF3E96AD08725", rand: "EE6466BC96202C5A557ABBEFF8BABF63",
        sqn: "414B98222181", amf: "4464", f1: "078ADFB488241A57", f2: "16C8233F05A0AC28",
        f3: "3F8C7587FE8E4B233AF676AEDE30BA3B", f4: "A7466CC1E6B2A1337D49D3B66E95D7B4", f5: "45B0F69AB06C" },
];

impl Set {
    fn card(&self) -> Card {
        let key = |hex| <[u8; 16]>::try_from(bytes(hex)).unwrap();
        let card = Card::new(&Profile::certification());
        let mut card = card.with_subscription(SubscriberKey::with_op(key(self.k), key(self.op)), 0);
        card.cold_reset();
        card
    }

    fn command(&self) -> String {
        let concealed = bytes(self.sqn).into_iter().zip(bytes(self.f5));
        let concealed: Vec<u8> = concealed.map(|(sqn, ak)| sqn ^ ak).collect();
        let Self { rand, amf, f1, .. } = self;
        format!("0088008122 10 {rand} 10 {}{amf}{f1}", super::hex(&concealed))
    }
}

#[test]
fn the_published_test_sets() {
    for set in SETS {
        let mut card = set.card();
        run(&mut card, &[USIM]);
        let Set { f2, f3, f4, .. } = set;
        assert_eq!(
            exchange(&mut card, &set.command()),
            joined(&format!("DB 08 {f2} 10 {f3} 10 {f4} 9000"))
        );
    }
}

/// Kc comes with the service "GSM access", the other context with "GSM security context". The conversions of test set 1
/// are those that TS 35.208 publishes with it.
#[test]
fn gsm_contexts() {
    let [set, ..] = SETS;
    let gsm = format!("0088008011 10 {}", set.rand);
    let mut card = set.card();
    run(
        &mut card,
        &[
            USIM,
            (&gsm, "9864"),
            ("0020000A084341524457495245", "9000"),
            // Services 27 and 38 beside those that are there.
            ("00D6840005 000A140421", "9000"),
        ],
    );
    assert_eq!(
        exchange(&mut card, &gsm),
        joined("04 46F8416A 08 EAE4BE823AF9A08B 9000")
    );
    let answer = exchange(&mut card, &set.command());
    assert!(answer.ends_with("08EAE4BE823AF9A08B9000"), "{answer}");
}

/// What the network sent again, or too late, is answered with where the card stands. The values are made with another
/// implementation of AES.
#[test]
fn sequence_numbers() {
    let [set, ..] = SETS;
    let command = |autn: &str| format!("0088008122 10 {} 10 {autn}", set.rand);
    let (seven, eight, next_seven, old_eight) = (
        command("55F328B43577B9B94A9FFAC354DFAFB3"),
        command("55F328B43578B9B97BCD95436ECECBF8"),
        command("55F328B43557B9B9BD3EC61A69AA80ED"),
        command("55F328B43698B9B9341BB9A8BEEF6EB5"),
    );
    let mut card = set.card();
    run(&mut card, &[USIM]);
    assert!(exchange(&mut card, &seven).starts_with("DB08A54211D5E3BA50BF"));
    let resynchronise = joined("DC 0E BA853F3C123CCF44E93596E355C6 9000");
    assert_eq!(exchange(&mut card, &seven), resynchronise, "sent again");
    assert!(
        exchange(&mut card, &eight).starts_with("DB"),
        "another index, the same sequence number"
    );
    assert!(exchange(&mut card, &next_seven).starts_with("DB"));
    assert!(exchange(&mut card, &old_eight).starts_with("DC0E"), "too late");
    card.cold_reset();
    run(&mut card, &[USIM]);
    assert!(
        exchange(&mut card, &next_seven).starts_with("DC0E"),
        "a reset does not forget"
    );
}

#[test]
fn what_is_refused() {
    let [set, ..] = SETS;
    let right = joined(&set.command());
    let wrong_mac = format!("{}00", &right[..right.len() - 2]);
    let mut locked = locked_card();
    run(&mut locked, &[(&right, "6985"), USIM, (&right, "6982")]);
    run(
        &mut card(),
        &[
            USIM,
            (&wrong_mac, "9862"),
            ("0088008100", "6700"),
            (&format!("0088008111 10 {}", set.rand), "6A80"),
            (&format!("0088008112 10 {} 10", set.rand), "6700"),
            (&format!("0088008112 10 {} 0F", set.rand), "6A80"),
            (&format!("0088008110 {}", set.rand), "6A80"),
            ("00880081", "6700"),
            (&format!("00880181{}", &right[8..]), "6A86"),
            (&format!("00880082{}", &right[8..]), "6A86"),
            (&format!("80880081{}", &right[8..]), "6D00"),
            // The MAC failure changed nothing.
            (&right, "612C"),
        ],
    );
}

#[test]
fn keys_are_not_shown() {
    assert_eq!(format!("{:?}", Profile::SUBSCRIBER_KEY), "SubscriberKey(..)");
    let mut card = card();
    run(&mut card, &[USIM]);
    assert_eq!(send(&mut card, "0088008100"), "6700");
}
