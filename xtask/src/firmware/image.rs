//! Images of the reader for the board with two slots: built in a version, sealed, and put on the flash of a new board.

use super::{IDENTITIES, READER_MPS2, built};
use crate::toolchain::Toolchain;
use crate::workspace::{self, Workspace};
use anyhow::{Context as _, Result, ensure};
use cardwire_first_stage::{map, package, package::HARDWARE_CLASS, seal};
use ed25519_dalek::{Signer as _, SigningKey};
use object::read::elf::{FileHeader as _, ProgramHeader as _};
use object::{Endianness, elf};
use sha2::{Digest as _, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How an image is made.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The version that it states; that of the package where none is given
    #[arg(long)]
    version: Option<String>,
    /// The file with who seals it, in `[authority]`; the published certification authority where none is given
    #[arg(long, value_name = "FILE")]
    authority: Option<PathBuf>,
    /// Where the image is written [default: target/cardwire-firmware-VERSION.bin]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Builds, seals and writes one.
pub(super) fn make(workspace: &Workspace, options: &Options) -> Result<()> {
    let published = workspace.root.join(IDENTITIES);
    let authority = authority(options.authority.as_deref().unwrap_or(&published))?;
    let image = Image::build(workspace, options.version.as_deref(), &authority)?;
    let default = || workspace.target.join(format!("{}.bin", image.name));
    let file = options.out.clone().unwrap_or_else(default);
    fs::write(&file, &image.bytes).with_context(|| format!("{} can't be written", file.display()))?;
    println!("{} bytes, sealed: {}", image.bytes.len(), file.display());
    println!(
        "to publish it:  cardwire cloud publish software {} --name {} --class reference-cortex-m3 --counter N --db FILE",
        file.display(),
        image.name
    );
    Ok(())
}

/// Builds the reader that is made into an image.
pub(super) fn build(workspace: &Workspace) -> Result<()> {
    workspace::run(&mut reader(workspace)?)
}

fn reader(workspace: &Workspace) -> Result<Command> {
    let mut cargo = Toolchain::find_or_explain()?.cargo_build(workspace);
    cargo.args(["--package", "cardwire-firmware", "--bin", READER_MPS2]);
    Ok(cargo)
}

/// A sealed image.
#[derive(Clone, Debug)]
pub(super) struct Image {
    /// Name and version, as the reader states them.
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

impl Image {
    /// The reader in a version.
    pub(super) fn build(
        workspace: &Workspace,
        version: Option<&str>,
        authority: &SigningKey,
    ) -> Result<Self> {
        let mut cargo = reader(workspace)?;
        if let Some(version) = version {
            cargo.env("CARDWIRE_FIRMWARE_VERSION", version);
        }
        workspace::run(&mut cargo)?;
        let version = version.unwrap_or(env!("CARGO_PKG_VERSION"));
        let file = built(workspace, READER_MPS2);
        let flat = flatten(&fs::read(&file)?).with_context(|| format!("of {}", file.display()))?;
        Ok(Self {
            name: format!("cardwire-firmware-{version}"),
            bytes: sealed(&flat, authority),
        })
    }

    /// The flash of a board that comes from the factory with it.
    pub(super) fn new_flash(&self) -> Result<Vec<u8>> {
        let size = u32::try_from(self.bytes.len())?;
        let header = package::header(&self.name, HARDWARE_CLASS, size);
        let header = header.with_context(|| format!("`{}` is no name of software", self.name))?;
        let mut flash = vec![0xff; map::FLASH as usize];
        let content = [&header[..], &self.bytes].concat();
        ensure!(
            content.len() <= map::SLOT as usize,
            "a slot has no room for the image"
        );
        flash[map::SLOT_A as usize..][..content.len()].copy_from_slice(&content);
        Ok(flash)
    }
}

/// Bytes with a seal behind them.
pub(super) fn sealed(flat: &[u8], authority: &SigningKey) -> Vec<u8> {
    let size = u32::try_from(flat.len()).unwrap_or(u32::MAX);
    let message = seal::signed(HARDWARE_CLASS, size, &Sha256::digest(flat).into());
    let seal = seal::encode(HARDWARE_CLASS, size, &authority.sign(&message).to_bytes());
    [flat, &seal].concat()
}

/// The key of an update authority, from a file with identities.
pub(super) fn authority(file: &Path) -> Result<SigningKey> {
    let text = fs::read_to_string(file).with_context(|| format!("{} can't be read", file.display()))?;
    let identities: toml::Table = text.parse()?;
    let key = identities
        .get("authority")
        .and_then(|authority| authority.get("signing_key"))
        .and_then(toml::Value::as_str)
        .with_context(|| format!("{} has no signing_key in [authority]", file.display()))?;
    let digits = |index: usize| key.get(2 * index..2 * index + 2);
    let bytes: Vec<u8> = (0..key.len() / 2)
        .filter_map(|index| u8::from_str_radix(digits(index)?, 16).ok())
        .collect();
    let bytes: [u8; 32] = bytes
        .try_into()
        .ok()
        .context("a signing key has 64 hexadecimal digits")?;
    Ok(SigningKey::from_bytes(&bytes))
}

/// What the program is in memory before it begins: code, constants and initial values, from the first address on.
fn flatten(file: &[u8]) -> Result<Vec<u8>> {
    let header = elf::FileHeader32::<Endianness>::parse(file)?;
    let endian = header.endian()?;
    let mut flat = Vec::new();
    for segment in header.program_headers(endian, file)? {
        let bytes = segment
            .data(endian, file)
            .ok()
            .context("a segment is not in the file")?;
        if segment.p_type(endian) != elf::PT_LOAD || bytes.is_empty() {
            continue;
        }
        let at = segment.p_paddr(endian);
        let offset = at.checked_sub(map::SOFTWARE.start);
        let end = offset.map(|offset| offset as usize + bytes.len());
        let (Some(offset), Some(end)) = (offset, end.filter(|end| *end <= map::SOFTWARE.size as usize))
        else {
            anyhow::bail!("{} bytes at {at:#x} are not where software runs", bytes.len());
        };
        if flat.len() < end {
            flat.resize(end, 0xff);
        }
        flat[offset as usize..end].copy_from_slice(bytes);
    }
    ensure!(!flat.is_empty(), "it holds nothing to run");
    Ok(flat)
}
