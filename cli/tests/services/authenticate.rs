//! usim.authenticate against the published test sets of Milenage (3GPP TS 35.207 and 35.208).

use super::{bench::Bench, common::client, common::run, in_both_formats};
use serde_json::json;
use std::{fs, path::Path};

/// A test set of TS 35.208: key and operator's constant, challenge, sequence number, AMF, MAC-A, RES, CK, IK, AK.
struct Set {
    k: &'static str,
    op: &'static str,
    rand: &'static str,
    sqn: &'static str,
    amf: &'static str,
    mac: &'static str,
    res: &'static str,
    keys: [&'static str; 2],
    ak: &'static str,
}

#[rustfmt::skip]
const SETS: [Set; 6] = [
    Set { k: "465b5ce8b199b49faa5f0a2ee238a6bc", op: "cdc202d5123e20f62b6d676ac72cb318", rand: "23553cbe9637a89d218ae64dae47bf35",
        sqn: "ff9bb4d0b607", amf: "b9b9", mac: "4a9ffac354dfafb3", res: "a54211d5e3ba50bf",
        keys: ["b40ba9a3c58b2a05bbf0d987b21bf8cb", "f769bcd751044604127672711c6d3441"], ak: "aa689c648370" },
    Set { k: "0396eb317b6d1c36f19c1c84cd6ffd16", op: "ff53bade17df5d4e793073ce9d7579fa", rand: "c00d603103dcee52c4478119494202e8",
        sqn: "fd8eef40df7d", amf: "af17", mac: "5df5b31807e258b0", res: "d3a628ed988620f0",
        keys: ["58c433ff7a7082acd424220f2b67c556", "21a8c1f929702adb3e738488b9f5c5da"], ak: "c47783995f72" },
    Set { k: "fec86ba6eb707ed08905757b1bb44b8f", op: "dbc59adcb6f9a0ef735477b7fadf8374", rand: "9f7c8d021accf4db213ccff0c7f71a6a",
        sqn: "9d0277595ffc", amf: "725c", mac: "9cabc3e99baf7281", res: "8011c48c0c214ed2",
        keys: ["5dbdbb2954e8f3cde665b046179a5098", "59a92d3b476a0443487055cf88b2307b"], ak: "33484dc2136b" },
    Set { k: "9e5944aea94b81165c82fbf9f32db751", op: "223014c5806694c007ca1eeef57f004f", rand: "ce83dbc54ac0274a157c17f80d017bd6",
        sqn: "0b604a81eca8", amf: "9e09", mac: "74a58220cba84c49", res: "f365cd683cd92e96",
        keys: ["e203edb3971574f5a94b0d61b816345d", "0c4524adeac041c4dd830d20854fc46b"], ak: "f0b9c08ad02e" },
    Set { k: "4ab1deb05ca6ceb051fc98e77d026a84", op: "2d16c5cd1fdf6b22383584e3bef2a8d8", rand: "74b0cd6031a1c8339b2b6ce2b8c4a186",
        sqn: "e880a1b580b6", amf: "9f07", mac: "49e785dd12626ef2", res: "5860fc1bce351e7e",
        keys: ["7657766b373d1c2138f307e3de9242f9", "1c42e960d89b8fa99f2744e0708ccb53"], ak: "31e11a609118" },
    Set { k: "6c38a116ac280c454f59332ee35c8c4f", op: "1ba00a1a7c6700ac8c3ff3e96ad08725", rand: "ee6466bc96202c5a557abbeff8babf63",
        sqn: "414b98222181", amf: "4464", mac: "078adfb488241a57", res: "16c8233f05a0ac28",
        keys: ["3f8c7587fe8e4b233af676aede30ba3b", "a7466cc1e6b2a1337d49d3b66e95d7b4"], ak: "45b0f69ab06c" },
];

impl Set {
    fn rand(&self) -> String {
        format!("rand={}", self.rand)
    }

    /// The sequence number concealed by AK, AMF and MAC-A.
    fn autn(&self) -> String {
        let number = |digits: &str| u64::from_str_radix(digits, 16).unwrap();
        let concealed = number(self.sqn) ^ number(self.ak);
        format!("autn={concealed:012x}{}{}", self.amf, self.mac)
    }

    /// The USIM of the simulated card, with the key and constant of this set.
    fn profile(&self, usim: &str) -> String {
        let lines = usim.lines().map(|line| match line.split_once(" = ") {
            Some(("k", _)) => format!("k = \"{}\"", self.k),
            Some(("opc" | "op", _)) => format!("op = \"{}\"", self.op),
            _ => line.to_owned(),
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

#[test]
fn the_card_answers_the_published_challenges() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../reference-reader/simcard/profiles/usim.toml"
    );
    let usim = fs::read_to_string(Path::new(path)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("usim.toml");
    for set in &SETS {
        fs::write(&path, set.profile(&usim)).unwrap();
        let card = format!("sim:{}", path.display());
        in_both_formats(&["--card", &card], |bench| answers(bench, set));
    }
}

fn answers(bench: &Bench, set: &Set) {
    let authenticate = |autn: &str| bench.run("usim.authenticate", &[&set.rand(), autn]);
    // The MAC of another network: the card refuses, and gives nothing.
    let mut strange = set.autn();
    let last = strange.pop();
    strange.push(if last == Some('0') { '1' } else { '0' });
    authenticate(&strange).card_said("9862", &[]);

    authenticate(&set.autn()).success(&[("res", json!(set.res))]);
    // A challenge that it has seen: it says where it stands, and answers no more.
    let again = authenticate(&set.autn());
    let [(name, auts)] = again.items.as_slice() else {
        panic!("{again:#?}")
    };
    assert_eq!((again.outcome.as_str(), name.as_str()), ("success", "auts"));
    assert_eq!(auts.as_str().map(str::len), Some(28), "AUTS has 14 bytes");

    // What belongs to the air interface stays inside.
    let (rand, autn) = (set.rand(), set.autn());
    let action = ["run", "usim.authenticate", &rand, &autn];
    let told = run(&client(&bench.reader.place, &bench.cloud.place, &action));
    let said = [told.stdout, told.stderr, bench.reader.said().join("\n")].concat();
    for key in set.keys.iter().chain([&set.k, &set.op]) {
        assert!(!said.contains(key), "{said}");
    }
    bench.refused("usim.authenticate", &[&rand], "parameters-refused");
    bench.refused("usim.authenticate", &[&rand, "autn=00"], "parameters-refused");
}
