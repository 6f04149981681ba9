//! Copying and filling memory, in a tenth of the flash that the compiler's own functions take.
//!
//! The names are those that compiled code calls: of C, and of the ARM run-time ABI (IHI 0043, 5.3.4). The compiler's library
//! has them too, in 1,100 bytes that copy misaligned words by shifting aligned ones. A Cortex-M3 reads and writes
//! a misaligned word of memory as it does any other (ARM DDI 0403, A3.2), so that words and then bytes are enough. They are
//! built for cores of this kind only (`own_memory` in `build.rs`); a board that has such accesses trapped goes without.

#[allow(
    unsafe_code,
    reason = "a function that copies can't be written in Rust: the compiler makes a call of itself out of the loop"
)]
mod assembly {
    // One entry serves the names of both kinds: those of the ABI return nothing, those of C what they were given first.
    core::arch::global_asm!(
        ".syntax unified",
        ".section .text.memory, \"ax\", %progbits",
        ".p2align 1",
        ".macro entry name",
        ".global \\name",
        ".type \\name, %function",
        ".thumb_func",
        "\\name:",
        ".endm",
        // To r0 from r1, r2 bytes.
        "entry memcpy",
        "entry memmove",
        "entry __aeabi_memcpy",
        "entry __aeabi_memcpy4",
        "entry __aeabi_memcpy8",
        "entry __aeabi_memmove",
        "entry __aeabi_memmove4",
        "entry __aeabi_memmove8",
        "    subs    r3, r0, r1",
        "    cmp     r3, r2",
        // What begins within what is copied is written from its end.
        "    blo     5f",
        "    mov     ip, r0",
        "1:  subs    r2, #4",
        "    blo     2f",
        "    ldr     r3, [r1], #4",
        "    str     r3, [ip], #4",
        "    b       1b",
        "2:  adds    r2, #4",
        "3:  subs    r2, #1",
        "    blo     4f",
        "    ldrb    r3, [r1], #1",
        "    strb    r3, [ip], #1",
        "    b       3b",
        "4:  bx      lr",
        "5:  subs    r2, #1",
        "    blo     4b",
        "    ldrb    r3, [r1, r2]",
        "    strb    r3, [r0, r2]",
        "    b       5b",
        // From r0 on r1 bytes that are 0.
        "entry __aeabi_memclr",
        "entry __aeabi_memclr4",
        "entry __aeabi_memclr8",
        "    movs    r2, #0",
        // From r0 on r1 bytes that are the lowest of r2.
        "entry __aeabi_memset",
        "entry __aeabi_memset4",
        "entry __aeabi_memset8",
        "    uxtb    r2, r2",
        "    orr     r2, r2, r2, lsl #8",
        "    orr     r2, r2, r2, lsl #16",
        "    mov     r3, r0",
        "1:  subs    r1, #4",
        "    blo     2f",
        "    str     r2, [r3], #4",
        "    b       1b",
        "2:  adds    r1, #4",
        "3:  subs    r1, #1",
        "    blo     4f",
        "    strb    r2, [r3], #1",
        "    b       3b",
        "4:  bx      lr",
        // From r0 on r2 bytes that are the lowest of r1.
        "entry memset",
        "    mov     ip, r1",
        "    mov     r1, r2",
        "    mov     r2, ip",
        "    b       __aeabi_memset",
        ".purgem entry",
    );
}
