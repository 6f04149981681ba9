//! The codec alone, linked without std, to be looked at and never to be run.
//!
//! Everything that the codec can do is done here to bytes that the compiler knows nothing about. What can't be reached
//! is not in the linked image: if `reachable::a_panic` is there, some input may lead to it. The same image tells how
//! deep the stack of each entry point is. `cargo xtask step panic-free` builds it and looks.
//!
//! With a test harness or an operating system beneath it there would be panics that are not the codec's. So on a build
//! of all targets of the workspace this is an empty program; `--cfg panic_free_image` makes the image.
#![cfg_attr(panic_free_image, no_std, no_main)]

#[cfg(panic_free_image)]
mod entries;
#[cfg(panic_free_image)]
mod reachable;

#[cfg(not(panic_free_image))]
fn main() {
    println!("this program is an image to look at: cargo xtask step panic-free");
}
