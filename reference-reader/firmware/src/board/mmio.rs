//! Registers of a chip, the only place where an address becomes a memory access.

/// A 32-bit register of a peripheral.
#[derive(Debug, Clone, Copy)]
pub struct Register(usize);

impl Register {
    /// The register at an address.
    ///
    /// # Panics
    /// It is no word among the chip's peripherals.
    #[must_use]
    pub const fn at(address: usize) -> Self {
        assert!(
            address >= 0x4000_0000 && address < 0x6000_0000,
            "this is no address of a peripheral"
        );
        assert!(address.is_multiple_of(4), "registers are words");
        Self(address)
    }

    /// What it holds.
    #[must_use]
    pub fn read(self) -> u32 {
        #[allow(unsafe_code)]
        // SAFETY: `at` admits aligned addresses of the peripherals only. No Rust object lives there, and every bit
        // pattern is a `u32`.
        unsafe {
            core::ptr::with_exposed_provenance::<u32>(self.0).read_volatile()
        }
    }

    /// Has it hold this.
    pub fn write(self, value: u32) {
        #[allow(unsafe_code)]
        // SAFETY: as for `read`. A peripheral could reach into RAM only by DMA: no board here has a controller for
        // that, or gives it a clock.
        unsafe {
            core::ptr::with_exposed_provenance_mut::<u32>(self.0).write_volatile(value);
        }
    }

    /// Sets bits and leaves the others. An interrupt in between that changes the same register would be undone.
    pub fn set(self, bits: u32) {
        self.write(self.read() | bits);
    }
}
