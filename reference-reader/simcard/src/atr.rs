//! Answer to reset (ETSI TS 102 221, clause 6.3, coded as in its annex D; ISO/IEC 7816-3, clause 8.2).

/// What the card sends after a cold and after a warm reset, 22 bytes.
///
/// | byte | value | meaning |
/// | --- | --- | --- |
/// | TS | `3B` | direct convention |
/// | T0 | `9F` | TA1 and TD1 follow, 15 historical bytes |
/// | TA1 | `96` | Fi = 512, Di = 32: 16 clock cycles per etu after PPS |
/// | TD1 | `80` | TD2 follows, protocol T=0 |
/// | TD2 | `1F` | TA3 follows, global interface bytes (T=15) |
/// | TA3 | `C7` | clock stop in any state, supply classes A, B and C |
/// | T1 | `80` | historical bytes are compact TLV objects |
/// | T2, T3 | `31 E0` | card service data: applications selected by full and by partial name, EF.DIR present, MF present |
/// | T4 to T7 | `73 FE 21 00` | card capabilities: every way to select, SFI, data coding, no extended length, no further logical channel |
/// | T8 to T15 | `67` "CW-SIM1" | pre-issuing data |
/// | TCK | | exclusive or of all bytes from T0 on |
pub const ATR: [u8; 22] = with_tck([
    0x3B, 0x9F, 0x96, 0x80, 0x1F, 0xC7, 0x80, 0x31, 0xE0, 0x73, 0xFE, 0x21, 0x00, 0x67, b'C', b'W', b'-',
    b'S', b'I', b'M', b'1', 0x00,
]);

/// Puts the check byte in the last place.
const fn with_tck(mut atr: [u8; 22]) -> [u8; 22] {
    let mut tck = 0;
    let mut i = 1;
    while i < atr.len() - 1 {
        tck ^= atr[i];
        i += 1;
    }
    atr[atr.len() - 1] = tck;
    atr
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_byte_makes_the_sum_zero() {
        assert_eq!(ATR[1..].iter().fold(0, |sum, byte| sum ^ byte), 0);
    }

    #[test]
    fn check_byte_agrees_with_published_atrs() {
        // sysmoISIM-SJA2, read at smartcard-atr.apdu.fr: "TCK = 0xA9 correct checksum".
        let sysmocom = [
            0x3B, 0x9F, 0x96, 0x80, 0x1F, 0x87, 0x80, 0x31, 0xE0, 0x73, 0xFE, 0x21, 0x1B, 0x67, 0x4A, 0x4C,
            0x75, 0x30, 0x34, 0x05, 0x4B, 0xA9,
        ];
        assert_eq!(with_tck(sysmocom), sysmocom);
    }

    #[test]
    fn historical_bytes_are_as_many_as_t0_says() {
        let interface_bytes = 4; // TA1, TD1, TD2, TA3
        assert_eq!(usize::from(ATR[1] & 0x0F), ATR.len() - 2 - interface_bytes - 1);
        assert!(ATR.len() <= 33);
    }
}
