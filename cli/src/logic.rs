//! `cardwire logic`: execution logic of services, as text and as the document that readers store.

mod bench;
mod run;
mod secret;
mod source;
mod trace;
mod verify;

use crate::{
    cloud::assemble,
    failure::{Exit, Failure, Outcome},
    protocol::protocol,
    terminal::{hex, print, read, write},
};
use cardwire_spec::logic;
use clap::Subcommand;
use std::path::{Path, PathBuf};

const ASM: &str = "\
Example:
  cardwire logic asm spec/services/card.identify.logic --out card.identify.bin";
const DISASM: &str = "\
Example:
  cardwire logic disasm vectors/logic/card.identify.bin";

#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Make the document from the text
    #[command(after_help = ASM)]
    Asm {
        /// The text; `-` is standard input
        file: PathBuf,
        /// Where the document goes; without it hexadecimal digits are printed
        #[arg(long, short, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Make the text from the document
    #[command(after_help = DISASM)]
    Disasm {
        /// The document; `-` is standard input
        file: PathBuf,
    },
    /// Say whether readers would store it, and if not which rule it breaks, and where
    Verify(verify::Arguments),
    /// Run it on a simulated card, step by step
    Run(run::Arguments),
}

pub(crate) fn run(action: &Action) -> Outcome {
    match action {
        Action::Asm { file, out } => asm(file, out.as_deref()),
        Action::Disasm { file } => disasm(file),
        Action::Verify(arguments) => verify::run(arguments),
        Action::Run(arguments) => run::run(arguments),
    }
}

fn asm(file: &Path, out: Option<&Path>) -> Outcome {
    let document = assemble(file)?;
    match out {
        Some(out) => write(out, &document)?,
        None => print(hex(&document)),
    }
    Ok(Exit::Done)
}

fn disasm(file: &Path) -> Outcome {
    let text = logic::disassemble(protocol(), &read(file)?).map_err(|fault| {
        let what = format!("{} is no execution logic: {fault}", file.display());
        Failure::new(
            Exit::Failed,
            what,
            "Give the document that `cardwire logic asm --out` writes.",
        )
    })?;
    print(text.trim_end());
    Ok(Exit::Done)
}
