//! Weighs the images of `codec/benches/flash`.

use crate::toolchain::{TARGET, Toolchain};
use crate::workspace::{self, Workspace};
use anyhow::{Context as _, Result, ensure};
use object::{Object as _, ObjectSection as _};
use std::fs;

/// What each codec takes of flash.
#[derive(Debug)]
pub(crate) struct Weights {
    pub(crate) ours: Weight,
    /// postcard by plain derive.
    pub(crate) plain: Weight,
    /// postcard by `serde_bytes`.
    pub(crate) byte_strings: Weight,
}

/// Bytes of code, constants and initial values, over an image without a codec.
#[derive(Debug)]
pub(crate) struct Weight {
    pub(crate) decode: u64,
    pub(crate) encode: u64,
    pub(crate) both: u64,
}

pub(crate) fn weigh(workspace: &Workspace) -> Result<Weights> {
    let mut cargo = Toolchain::find_or_explain()?.cargo_build(workspace);
    workspace::run(cargo.args(["--package", "cardwire-codec-flash"]))?;
    let nothing = size(workspace, "nothing")?;
    let over = |name: &str| -> Result<u64> {
        let size = size(workspace, name)?;
        ensure!(size > nothing, "the image {name} holds no codec");
        Ok(size - nothing)
    };
    let weight = |codec: &str| -> Result<Weight> {
        Ok(Weight {
            decode: over(&format!("{codec}-decode"))?,
            encode: over(&format!("{codec}-encode"))?,
            both: over(&format!("{codec}-both"))?,
        })
    };
    Ok(Weights {
        ours: weight("ours")?,
        plain: weight("postcard")?,
        byte_strings: weight("postcard-bytes")?,
    })
}

/// What goes into flash. Tables for unwinding do not: `panic = "abort"` has no use for them, and the linker scripts of
/// Cortex-M drop them.
fn size(workspace: &Workspace, name: &str) -> Result<u64> {
    let file = workspace
        .target
        .join(TARGET)
        .join("release")
        .join(format!("flash-{name}"));
    let bytes = fs::read(&file).with_context(|| format!("{} can't be read", file.display()))?;
    let image = object::File::parse(&*bytes)?;
    let mut size = 0;
    for section in image.sections() {
        if [".text", ".rodata", ".data"].contains(&section.name()?) {
            size += section.size();
        }
    }
    Ok(size)
}
