//! What a card with a profile holds.

use cardwire_simcard::{Directory, File, Generation, Layout, Memory};

/// Files and their bytes; see [`Layout`].
#[derive(Clone)]
pub(crate) struct ProfileMemory {
    pub(super) atr: Vec<u8>,
    pub(super) generation: Generation,
    pub(super) channels: u8,
    pub(super) directories: Vec<Directory>,
    pub(super) files: Vec<File>,
    pub(super) content: Vec<u8>,
}

impl Memory for ProfileMemory {
    fn layout(&self) -> Layout<'_> {
        Layout {
            atr: &self.atr,
            generation: self.generation,
            channels: self.channels,
            directories: &self.directories,
            files: &self.files,
        }
    }

    fn content(&self) -> &[u8] {
        &self.content
    }

    fn content_mut(&mut self) -> &mut [u8] {
        &mut self.content
    }
}
