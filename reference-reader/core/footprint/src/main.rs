//! The reader's core alone, linked without std, to be looked at and never to be run.
//!
//! Every call that a board makes is an entry point here, on a board that the compiler knows nothing about. The image
//! tells what the core takes of a chip: its one static variable is the reader, and the deepest sum of stack frames below
//! each entry point is a bound of the stack that holds for every input. `cargo xtask footprint` builds it and looks.
//!
//! On a build of all targets of the workspace this is an empty program; `--cfg footprint_image` makes the image.
#![cfg_attr(footprint_image, no_std, no_main)]

#[cfg(footprint_image)]
mod board;
#[cfg(footprint_image)]
mod entries;
#[cfg(footprint_image)]
mod image;

#[cfg(not(footprint_image))]
fn main() {
    println!("this program is an image to look at: cargo xtask footprint");
}
