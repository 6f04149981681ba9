//! The first stage of `mps2-an385`: starts the software that may run.
//!
//! What it trusts is the published certification authority. **Its key is public.** A product has one of its own here.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(all(target_arch = "arm", target_os = "none"))]
mod image {
    use cardwire_firmware::board::mps2;
    use cardwire_firmware::identity::AUTHORITY_PUBLIC_KEY;
    use cardwire_first_stage::map::SOFTWARE;
    use cardwire_first_stage::package::HARDWARE_CLASS;
    use cardwire_first_stage::{FirstStage, STORAGE, Trust};
    use cardwire_store::Layout;
    use core::panic::PanicInfo;
    use cortex_m::peripheral::SCB;
    use semihosting::io::Write as _;

    const TRUST: Trust = Trust {
        authority: AUTHORITY_PUBLIC_KEY,
        hardware_class: HARDWARE_CLASS,
        runs_at: SOFTWARE,
    };

    // None is let in; the linker script wants a table all the same.
    cardwire_firmware::interrupts!([never], 1);

    extern "C" fn never() {
        SCB::sys_reset()
    }

    #[cortex_m_rt::entry]
    fn main() -> ! {
        if prepare() {
            start();
        }
        say(b"first stage: neither slot holds software that may run\n");
        // The watchdog starts the chip again: a flash that could not be read may be read then.
        loop {
            cortex_m::asm::wfi();
        }
    }

    /// Puts the software that starts now where it runs; false where there is none. Everything that this took is given back
    /// before the software begins, the flash's file too.
    #[inline(never)]
    fn prepare() -> bool {
        let mut flash = mps2::start_first_stage();
        let Ok(layout) = Layout::new(&flash, STORAGE) else {
            return false;
        };
        let mut stage = FirstStage::new(&mut flash, layout, TRUST);
        let Some(software) = stage.choose() else {
            return false;
        };
        let start = core::ptr::with_exposed_provenance_mut::<u8>(SOFTWARE.start as usize);
        #[allow(unsafe_code)]
        // SAFETY: the memory for software is memory, no object of this image lies there (the linker script has other regions
        // for them), and this is the one place that makes a slice of it.
        let place = unsafe { core::slice::from_raw_parts_mut(start, SOFTWARE.size as usize) };
        stage.load(&software, place).is_ok()
    }

    fn start() -> ! {
        #[allow(unsafe_code)]
        // SAFETY: `prepare` has put software there whose seal is right, its vectors first; they are where it was linked to. No
        // interrupt is let in yet. What this image has in RAM is used no more.
        unsafe {
            (*SCB::PTR).vtor.write(SOFTWARE.start);
            cortex_m::asm::bootload(core::ptr::with_exposed_provenance(SOFTWARE.start as usize))
        }
    }

    fn say(text: &[u8]) {
        if let Ok(mut console) = semihosting::io::stderr() {
            // A console that is gone is no reason to do something else.
            let _ = console.write_all(text);
        }
    }

    #[panic_handler]
    fn panic(_info: &PanicInfo<'_>) -> ! {
        SCB::sys_reset()
    }
}

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("This is an image for a Cortex-M: build it with `cargo xtask firmware build`.");
    std::process::exit(2);
}
