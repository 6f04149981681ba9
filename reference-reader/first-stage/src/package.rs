//! An image as it lies in a slot: behind the header that updates of software have.

use cardwire_core::codec::{
    Extensions, Message, Name,
    message::{HardwareClass, Software, limits::SOFTWARE_HEADER},
};

/// The class of hardware of the board that [`map`](crate::map) is of.
pub const HARDWARE_CLASS: HardwareClass = HardwareClass::REFERENCE_CORTEX_M3;

/// What stands in front of an image; `None` where the name is none, or no image has this size.
#[must_use]
pub fn header(name: &str, hardware_class: HardwareClass, image_size: u32) -> Option<[u8; SOFTWARE_HEADER]> {
    let mut front = [0; SOFTWARE_HEADER];
    let (length, rest) = front.split_first_chunk_mut()?;
    let document = Software {
        name: Name::new(name)?,
        hardware_class,
        image_size,
        extensions: Extensions::NONE,
    };
    *length = u16::try_from(document.encode(rest).ok()?).ok()?.to_be_bytes();
    Some(front)
}

/// The size of the image behind this header, where it is one for this class of hardware.
pub(crate) fn image_size(front: &[u8; SOFTWARE_HEADER], hardware_class: HardwareClass) -> Option<u32> {
    let (length, rest) = front.split_first_chunk()?;
    let (document, padding) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    let software = Software::decode(document).ok()?;
    let right = software.hardware_class == hardware_class && padding.iter().all(|byte| *byte == 0);
    right.then_some(software.image_size)
}

#[cfg(test)]
mod tests {
    use super::{header, image_size};
    use cardwire_core::codec::message::HardwareClass;

    #[test]
    fn a_header_says_what_is_behind_it() {
        let front = header("reader-2.0.0", HardwareClass(9), 1234).unwrap();
        assert_eq!(image_size(&front, HardwareClass(9)), Some(1234));
        assert_eq!(image_size(&front, HardwareClass(8)), None);
        assert_eq!(image_size(&[0xff; 512], HardwareClass(9)), None);
        assert_eq!(header("no name", HardwareClass(9), 1), None);
        assert_eq!(header("reader", HardwareClass(9), 0), None);
    }
}
