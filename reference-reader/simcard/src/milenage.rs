//! Milenage, the functions of an operator's network and of its cards (3GPP TS 35.206), on AES-128.

use aes::Aes128;
use aes::cipher::{BlockCipherEncrypt as _, KeyInit as _};

/// The functions for one key.
pub(crate) struct Milenage {
    cipher: Aes128,
    opc: u128,
}

/// What the card shows to the network, and what both make of the challenge.
pub(crate) struct Vector {
    /// f2: the response.
    pub(crate) res: [u8; 8],
    /// f3: the key for ciphering.
    pub(crate) ck: [u8; 16],
    /// f4: the key for integrity.
    pub(crate) ik: [u8; 16],
    /// f5: what hides the sequence number.
    pub(crate) ak: [u8; 6],
}

impl Milenage {
    pub(crate) fn with_opc(k: [u8; 16], opc: [u8; 16]) -> Self {
        Self {
            cipher: Aes128::new(&k.into()),
            opc: u128::from_be_bytes(opc),
        }
    }

    /// OPc, from the key and the operator's constant.
    pub(crate) fn opc(k: [u8; 16], op: [u8; 16]) -> [u8; 16] {
        let op = u128::from_be_bytes(op);
        let keyed = Self::with_opc(k, [0; 16]);
        (keyed.encrypt(op) ^ op).to_be_bytes()
    }

    /// f1 and f1*: what authenticates the network, and the card where their sequence numbers have parted.
    pub(crate) fn f1(&self, rand: [u8; 16], sqn: [u8; 6], amf: [u8; 2]) -> ([u8; 8], [u8; 8]) {
        let [a, b, c, d, e, f] = sqn;
        let [g, h] = amf;
        let half = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
        let twice = u128::from(half) << 64 | u128::from(half);
        let block = self.temp(rand) ^ (twice ^ self.opc).rotate_left(64);
        let out = self.encrypt(block) ^ self.opc;
        (((out >> 64) as u64).to_be_bytes(), (out as u64).to_be_bytes())
    }

    /// f2, f3, f4 and f5.
    pub(crate) fn f2345(&self, rand: [u8; 16]) -> Vector {
        let temp = self.temp(rand);
        let out2 = self.out(temp, 0, 1);
        Vector {
            res: (out2 as u64).to_be_bytes(),
            ck: self.out(temp, 32, 2).to_be_bytes(),
            ik: self.out(temp, 64, 4).to_be_bytes(),
            ak: first_six(out2),
        }
    }

    /// f5*: what hides the card's own sequence number.
    pub(crate) fn f5star(&self, rand: [u8; 16]) -> [u8; 6] {
        first_six(self.out(self.temp(rand), 96, 8))
    }

    fn temp(&self, rand: [u8; 16]) -> u128 {
        self.encrypt(u128::from_be_bytes(rand) ^ self.opc)
    }

    fn out(&self, temp: u128, rotation: u32, constant: u128) -> u128 {
        self.encrypt((temp ^ self.opc).rotate_left(rotation) ^ constant) ^ self.opc
    }

    fn encrypt(&self, block: u128) -> u128 {
        let mut block = block.to_be_bytes().into();
        self.cipher.encrypt_block(&mut block);
        u128::from_be_bytes(block.into())
    }
}

fn first_six(block: u128) -> [u8; 6] {
    let [a, b, c, d, e, f, ..] = block.to_be_bytes();
    [a, b, c, d, e, f]
}

#[cfg(test)]
mod tests {
    use super::Milenage;

    /// Against somebody else's implementation, on many inputs; test set 1 of TS 35.208 is among what the card's own tests use.
    #[test]
    fn agrees_with_another_implementation() {
        let mut state = 0x465B_5CE8_B199_B49F_AA5F_0A2E_E238_A6BC_u128;
        let mut draw = || {
            state = state
                .wrapping_mul(0x2360_ED05_1FC6_5DA4_4385_DF64_9FCC_F645)
                .wrapping_add(1);
            (state ^ state >> 64).to_be_bytes()
        };
        for _ in 0..200 {
            let (k, op, rand, more) = (draw(), draw(), draw(), draw());
            let [a, b, c, d, e, f, g, h, ..] = more;
            let (sqn, amf) = ([a, b, c, d, e, f], [g, h]);
            let mut theirs = milenage::Milenage::new_with_op(k, op);
            let opc = Milenage::opc(k, op);
            assert_eq!(opc, *theirs.opc());
            let ours = Milenage::with_opc(k, opc);
            assert_eq!(ours.f1(rand, sqn, amf).0, theirs.f1(&rand, &sqn, &amf));
            assert_eq!(ours.f1(rand, sqn, amf).1, theirs.f1star(&rand, &sqn, &amf));
            let vector = ours.f2345(rand);
            assert_eq!((vector.res, vector.ck, vector.ik, vector.ak), theirs.f2345(&rand));
            assert_eq!(ours.f5star(rand), theirs.f5star(&rand));
        }
    }
}
