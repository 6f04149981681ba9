//! The answer to reset (ISO/IEC 7816-3, clause 8.2): what a card says of itself before anybody asks.
//!
//! | part | what it is |
//! | --- | --- |
//! | [`Atr`] | a whole answer, checked: lengths, check byte, and what its interface bytes say |
//! | [`Line`] | how the line is to be set after it |
//! | [`Capabilities`] | what the historical bytes say of the commands that the card takes |

/// Bytes of the longest answer to reset: TS and 32 more.
pub const ATR_MAX: usize = 33;

/// An answer to reset that holds together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Atr<'a> {
    /// Whether TS announces the inverse convention (3F). The board has turned the bytes round already.
    pub inverse: bool,
    /// TA1: Fi in the high half, Di in the low one. `None` where it is absent.
    pub fi_di: Option<u8>,
    /// TC1: extra guard time, in elementary time units; 255 is the least that the protocol allows.
    pub extra_guard: u8,
    /// TA2: the card is in specific mode, where nothing is negotiated.
    pub specific: Option<u8>,
    /// TC2: waiting integer WI of T=0.
    pub waiting_integer: u8,
    /// The protocol offered first; T=0 where none is named.
    pub first_protocol: u8,
    /// All protocols offered, bit n for T=n.
    pub protocols: u16,
    /// The first TA behind T=15: clock stop in the two high bits, supply classes in the others. `None` where absent.
    pub clock_and_class: Option<u8>,
    /// What the card's maker put there.
    pub historical: &'a [u8],
}

/// Why bytes are no answer to reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtrError {
    /// It has fewer than 2 bytes or more than 33.
    Length,
    /// It begins with neither 3B nor 3F.
    Convention,
    /// It ends before the bytes that it announces.
    Truncated,
    /// Bytes follow behind those that it announces.
    Trailing,
    /// The exclusive or of all bytes from T0 to TCK is not zero.
    CheckByte,
}

impl<'a> Atr<'a> {
    /// Reads an answer to reset, from TS to TCK.
    ///
    /// # Errors
    /// What is wrong with it: the card is damaged, or its contacts are dirty.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, AtrError> {
        if !(2..=ATR_MAX).contains(&bytes.len()) {
            return Err(AtrError::Length);
        }
        let mut rest = bytes;
        let mut next = || {
            let (byte, behind) = rest.split_first().ok_or(AtrError::Truncated)?;
            rest = behind;
            Ok(*byte)
        };
        let inverse = match next()? {
            0x3B => false,
            0x3F => true,
            _ => return Err(AtrError::Convention),
        };
        let t0 = next()?;
        let mut atr = Self {
            inverse,
            fi_di: None,
            extra_guard: 0,
            specific: None,
            waiting_integer: WAITING_INTEGER,
            first_protocol: 0,
            protocols: 0,
            clock_and_class: None,
            historical: &[],
        };
        // TA1, TB1, TC1 and TD1 are the first group; TD of a group says what the next one holds, and for which protocol.
        let (mut holds, mut protocol) = (t0, 0);
        let mut group = 1_u8;
        loop {
            if holds & 0x10 != 0 {
                let ta = next()?;
                match (group, protocol) {
                    (1, _) => atr.fi_di = Some(ta),
                    (2, _) => atr.specific = Some(ta),
                    (_, GLOBAL) => atr.clock_and_class = atr.clock_and_class.or(Some(ta)),
                    _ => {}
                }
            }
            if holds & 0x20 != 0 {
                // Programming voltage, or what T=1 and others need: nothing that is of use here.
                next()?;
            }
            if holds & 0x40 != 0 {
                let tc = next()?;
                match group {
                    1 => atr.extra_guard = tc,
                    2 => atr.waiting_integer = tc,
                    _ => {}
                }
            }
            if holds & 0x80 == 0 {
                break;
            }
            let td = next()?;
            (holds, protocol) = (td, td & 0x0F);
            if group == 1 {
                atr.first_protocol = protocol;
            }
            atr.protocols |= 1 << protocol;
            // An answer of 33 bytes has no room for more than 31 groups.
            group = group.saturating_add(1);
        }
        let check = atr.protocols & !1 != 0;
        if atr.protocols & !(1 << GLOBAL) == 0 {
            // None is named but for global bytes: T=0.
            atr.protocols |= 1;
        }
        let length = usize::from(t0 & 0x0F);
        let (historical, behind) = rest.split_at_checked(length).ok_or(AtrError::Truncated)?;
        atr.historical = historical;
        match (check, behind) {
            (false, []) => Ok(atr),
            (true, []) => Err(AtrError::Truncated),
            (true, [_]) if bytes[1..].iter().fold(0, |sum, byte| sum ^ byte) == 0 => Ok(atr),
            (true, [_]) => Err(AtrError::CheckByte),
            (_, _) => Err(AtrError::Trailing),
        }
    }

    /// Whether the card offers a protocol.
    #[must_use]
    pub fn offers(&self, protocol: u8) -> bool {
        protocol < 16 && self.protocols & 1 << protocol != 0
    }

    /// The supply classes that the card names, bit 0 for A (5 V), 1 for B (3 V), 2 for C (1.8 V); `None` where it
    /// names none.
    #[must_use]
    pub fn classes(&self) -> Option<u8> {
        self.clock_and_class
            .map(|byte| byte & 0x3F)
            .filter(|classes| *classes != 0)
    }

    /// What the historical bytes say of commands.
    #[must_use]
    pub fn capabilities(&self) -> Capabilities {
        Capabilities::of(self.historical)
    }

    /// How long a card may be silent between two characters, in milliseconds at a clock of `hertz` (WT of T=0:
    /// WI × 960 × Fi / f). 60 asks for it once more.
    #[must_use]
    pub fn waiting_millis(&self, line: &Line, hertz: u32) -> u64 {
        let (fi, _) = factors(line.fi_di).unwrap_or(DEFAULT_FACTORS);
        let cycles = u64::from(self.waiting_integer) * 960 * u64::from(fi);
        (cycles * 1000).div_ceil(u64::from(hertz.max(1)))
    }
}

/// How the line between slot and card is to be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// The transmission protocol: 0 for T=0.
    pub protocol: u8,
    /// Fi in the high half, Di in the low one, coded as in TA1: the line's speed.
    pub fi_di: u8,
    /// Whether the card has to be asked (PPS). Otherwise it takes this for granted.
    pub by_pps: bool,
    /// Extra guard time between characters to the card (TC1).
    pub extra_guard: u8,
    /// Waiting integer of T=0 (TC2).
    pub waiting_integer: u8,
}

impl Line {
    /// What to set after this answer to reset. Without `negotiate` no speed is proposed.
    #[must_use]
    pub fn after(atr: &Atr<'_>, negotiate: bool) -> Self {
        let known = atr
            .fi_di
            .filter(|fi_di| factors(*fi_di).is_some())
            .unwrap_or(FI_DI);
        let line = |protocol, fi_di, by_pps| Self {
            protocol,
            fi_di,
            by_pps,
            extra_guard: atr.extra_guard,
            waiting_integer: atr.waiting_integer,
        };
        match atr.specific {
            // Bit 5: the speed is one that is known from elsewhere.
            Some(specific) => line(
                specific & 0x0F,
                if specific & 0x10 == 0 { known } else { FI_DI },
                false,
            ),
            None => {
                let protocol = if atr.offers(0) { 0 } else { atr.first_protocol };
                let fi_di = if negotiate { known } else { FI_DI };
                let differs = fi_di != FI_DI || protocol != atr.first_protocol;
                if negotiate && differs {
                    line(protocol, fi_di, true)
                } else {
                    line(atr.first_protocol, FI_DI, false)
                }
            }
        }
    }

    /// Whether this is how every line stands after a reset, so that nothing is to be set.
    #[must_use]
    pub fn is_default(&self) -> bool {
        let timing = (self.extra_guard, self.waiting_integer);
        (self.protocol, self.fi_di, self.by_pps) == (0, FI_DI, false) && timing == (0, WAITING_INTEGER)
    }
}

/// What a card says in its historical bytes (ISO/IEC 7816-4, third table of software functions). A card that says
/// nothing has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// It takes commands in pieces, by bit 5 of the class byte.
    pub chaining: bool,
    /// It takes lengths of three bytes.
    pub extended: bool,
    /// Logical channels, the basic one included; 8 stands for 8 or more.
    pub channels: u8,
}

impl Capabilities {
    fn of(historical: &[u8]) -> Self {
        let mut objects = match historical {
            [0x80, objects @ ..] => objects,
            // The status indicator at the end is no object.
            [0x00, objects @ .., _, _, _] => objects,
            _ => &[],
        };
        while let [tag, behind @ ..] = objects {
            let Some((value, behind)) = behind.split_at_checked(usize::from(tag & 0x0F)) else {
                break;
            };
            if let (0x73, [_, _, third]) = (tag, value) {
                return Self {
                    chaining: third & 0x80 != 0,
                    extended: third & 0x40 != 0,
                    channels: 1 + (third & 0x07),
                };
            }
            objects = behind;
        }
        Self {
            channels: 1,
            ..Self::default()
        }
    }
}

/// Fi and Di of a TA1; `None` where a half is reserved.
#[must_use]
pub fn factors(fi_di: u8) -> Option<(u16, u8)> {
    let fi = *[
        372, 372, 558, 744, 1116, 1488, 1860, 0, 0, 512, 768, 1024, 1536, 2048, 0, 0,
    ]
    .get(usize::from(fi_di >> 4))?;
    let di = *[0, 1, 2, 4, 8, 16, 32, 64, 12, 20, 0, 0, 0, 0, 0, 0].get(usize::from(fi_di & 0x0F))?;
    (fi != 0 && di != 0).then_some((fi, di))
}

/// T=15 marks bytes that are no protocol's.
const GLOBAL: u8 = 15;
/// Fi 372 and Di 1: after every reset, until something else is agreed.
const FI_DI: u8 = 0x11;
const DEFAULT_FACTORS: (u16, u8) = (372, 1);
/// WI of a card that does not state one.
const WAITING_INTEGER: u8 = 10;

#[cfg(test)]
mod tests;
