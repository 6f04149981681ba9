//! Reading and writing flash in its own units.
//!
//! A *word* is what the flash writes at once, `WRITE_SIZE` bytes. Everything here begins on a word, and what does not
//! fill its last one is padded with `0xff`.

use embedded_storage::nor_flash::NorFlash;

/// What erased bytes read as.
pub(crate) const ERASED: u8 = 0xff;
/// Bytes that pass over the stack at once; the largest word.
pub(crate) const CHUNK: usize = 64;

/// The size of a word, in bytes. Flash with others does not compile.
pub(crate) const fn word<F: NorFlash>() -> usize {
    const {
        assert!(
            F::WRITE_SIZE > 0 && CHUNK.is_multiple_of(F::WRITE_SIZE),
            "words of 1, 2, 4, 8, 16, 32 or 64 bytes are supported"
        );
        assert!(
            F::READ_SIZE > 0 && F::WRITE_SIZE.is_multiple_of(F::READ_SIZE),
            "what is read at once has to fit in a word"
        );
        assert!(
            F::ERASE_SIZE.is_multiple_of(F::WRITE_SIZE),
            "pages are of whole words"
        );
    }
    F::WRITE_SIZE
}

/// What this many bytes take, in bytes of whole words. They are at most a slot's.
pub(crate) const fn padded<F: NorFlash>(length: u32) -> u32 {
    length.next_multiple_of(word::<F>() as u32)
}

/// Reads from any offset, also where the flash itself reads in larger units.
pub(crate) fn read<F: NorFlash>(flash: &mut F, at: u32, out: &mut [u8]) -> Result<(), F::Error> {
    let unit = F::READ_SIZE;
    if out.len().is_multiple_of(unit) && (at as usize).is_multiple_of(unit) {
        return flash.read(at, out);
    }
    let mut at = at;
    let mut out = out;
    while !out.is_empty() {
        let mut chunk = [0; CHUNK];
        let skipped = at as usize % CHUNK;
        let taken = out.len().min(CHUNK - skipped);
        let length = (skipped + taken).next_multiple_of(unit);
        flash.read(at - skipped as u32, &mut chunk[..length])?;
        let (front, rest) = out.split_at_mut(taken);
        front.copy_from_slice(&chunk[skipped..skipped + taken]);
        out = rest;
        at += taken as u32;
    }
    Ok(())
}

/// Writes to erased words.
pub(crate) fn program<F: NorFlash>(flash: &mut F, at: u32, bytes: &[u8]) -> Result<(), F::Error> {
    let (whole, rest) = bytes.split_at(bytes.len() - bytes.len() % word::<F>());
    if !whole.is_empty() {
        flash.write(at, whole)?;
    }
    if !rest.is_empty() {
        let mut last = [ERASED; CHUNK];
        last[..rest.len()].copy_from_slice(rest);
        flash.write(at + whole.len() as u32, &last[..word::<F>()])?;
    }
    Ok(())
}

/// Whether these bytes stand there.
pub(crate) fn holds<F: NorFlash>(flash: &mut F, at: u32, bytes: &[u8]) -> Result<bool, F::Error> {
    let mut at = at;
    for expected in bytes.chunks(CHUNK) {
        let mut chunk = [0; CHUNK];
        let chunk = &mut chunk[..expected.len()];
        read(flash, at, chunk)?;
        if chunk != expected {
            return Ok(false);
        }
        at += expected.len() as u32;
    }
    Ok(true)
}

/// Whether all bytes from `from` up to `to` are erased. Both are on words.
pub(crate) fn is_erased<F: NorFlash>(flash: &mut F, from: u32, to: u32) -> Result<bool, F::Error> {
    let mut at = from;
    while at < to {
        let mut chunk = [0; CHUNK];
        let chunk = &mut chunk[..CHUNK.min((to - at) as usize)];
        read(flash, at, chunk)?;
        if chunk.iter().any(|byte| *byte != ERASED) {
            return Ok(false);
        }
        at += chunk.len() as u32;
    }
    Ok(true)
}
