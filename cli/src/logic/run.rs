//! `cardwire logic run`: a run on simulated modules, with the machine of the reference reader.

use super::{
    bench::{Answer, Bench, Slot},
    secret::Secrets,
    source::Source,
    trace::{Called, Executed, Shown},
    verify,
};
use crate::{
    catalogue::declared,
    client::show,
    failure::{Exit, Failure, Outcome},
    parameters::{self, Parameter},
    protocol::protocol,
    terminal::{BOLD, Format, print, print_json},
};
use cardwire_codec::{
    Message,
    message::{
        Format as ClientFormat, Instruction, Logic, ModuleId, Outcome as JobOutcome, ParameterSource,
        ServiceData, limits::REGISTERS,
    },
    wire::Cursor,
};
use cardwire_core::{
    ModuleCommand, ModuleEvent,
    logic::{Happening, Refused, Simulator},
};
use cardwire_host::{Entry, FieldCard, Person};
use cardwire_peers::client::ServiceItem;
use cardwire_spec::logic::{Step, words};
use serde_json::json;
use std::path::PathBuf;

const EXAMPLE: &str = "\
Examples:
  cardwire logic run spec/services/subscriber.read.logic --trace
  cardwire logic run spec/services/phonebook.list.logic --param first=2 --param count=5 --format json
  cardwire logic run spec/services/keypad/pin.verify.logic --keypad 1234
  cardwire logic run spec/services/file.update.admin.logic --param aid=A0000000871002 --param path=6F46 --param data=00 \
      --cloud-param card=8900001010123456783 --cloud-param adm=-
  cardwire logic run spec/services/contactless.identify.logic --contactless 04A1B2C3D4E580:4400:20

It is the machine that the reference reader runs, without power, policies and sessions around it: what the budget allows is done at once.
The trace shows each instruction, what modules were asked and answered, and what registers hold then; never a PIN or a key. With
--format json it is the member `trace` of the result.

Exit codes: 0 the logic ended with success, 1 it did not, or does not verify, 2 wrong usage.";

const CLOUD_HELP: &str =
    "A parameter that the cloud brings, in the same form; a trace does not show it. May be repeated";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Arguments {
    /// The text or the document; `-` is standard input
    file: PathBuf,
    #[arg(long = "param", value_name = "NAME=VALUE", help = parameters::HELP)]
    parameters: Vec<Parameter>,
    #[arg(long = "cloud-param", value_name = "NAME=VALUE", help = CLOUD_HELP)]
    by_cloud: Vec<Parameter>,
    /// What is in the contact slot: sim (the profile usim), sim:PROFILE, sim:FILE or none
    #[arg(long, value_name = "CARD", default_value = "sim")]
    card: Slot,
    /// Digits that are entered when the keypad next asks for some; may be repeated. Nothing is entered without
    #[arg(long, value_name = "DIGITS")]
    keypad: Vec<Entry>,
    /// The card that lies on the reader, of type A: UID:ATQA:SAK or UID:ATQA:SAK:ATS
    #[arg(long, value_name = "HEX")]
    contactless: Option<FieldCard>,
    /// Tell every step
    #[arg(long)]
    trace: bool,
    /// How to tell the result
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) fn run(arguments: &Arguments) -> Outcome {
    act(arguments).map_err(|failure| failure.told_as(arguments.format))
}

fn act(arguments: &Arguments) -> Outcome {
    let source = Source::read(&arguments.file)?;
    let logic = source.logic()?;
    let items = parameters::items(&arguments.parameters, &declared(&logic))?;
    let given = parameters::encode(ClientFormat::NATIVE, &items)?;
    let sealed = parameters::items(&arguments.by_cloud, &declared(&logic))?;
    let sealed = parameters::encode(ClientFormat::NATIVE, &sealed)?;
    let simulator = Simulator::with_secrets(&source.document, &given, &sealed);
    let simulator = simulator.map_err(|refused| match refused {
        Refused::Rule(broken) => verify::failure(&source, broken),
        Refused::Parameters => not_taken(&logic, "these parameters with `parameters-refused`"),
        Refused::Secrets => not_taken(
            &logic,
            "a run with this from the cloud, or nothing, with `secrets-missing`",
        ),
    })?;
    let by_cloud = logic
        .parameters
        .iter()
        .filter(|parameter| parameter.source == ParameterSource::Cloud);
    let by_cloud = by_cloud.map(|parameter| parameter.name.as_str().to_owned());
    let person = Person::new(arguments.keypad.iter().cloned(), arguments.contactless.clone());
    let mut run = Run {
        bench: Bench::new(&arguments.card, person)?,
        uses_card: logic
            .modules
            .iter()
            .any(|module| module == ModuleId::CONTACT_CARD),
        secrets: Secrets::of(&instructions(logic.code), by_cloud),
        steps: source.steps(),
        source: &source,
        code: logic.code,
        simulator,
    };
    let tells = arguments.trace && arguments.format == Format::Text;
    let mut trace = Vec::new();
    let outcome = run.finish(|executed| {
        if tells {
            print(executed.text());
        } else if arguments.trace {
            trace.push(executed.json());
        }
    });
    let items = run.items();
    let (name, status_word) = (logic.name.as_str(), run.simulator.status_word());
    match arguments.format {
        Format::Text => {
            let steps = run.simulator.steps();
            let blank = if arguments.trace { "\n" } else { "" };
            print(format_args!(
                "{blank}{name}: {BOLD}{outcome}{BOLD:#} after {steps} of {} instructions",
                logic.budget
            ));
            show::items(&items);
        }
        Format::Json => {
            let mut document = json!({
                "service": name,
                "outcome": outcome.to_string(),
                "status_word": format!("{status_word:04x}"),
                "steps": run.simulator.steps(),
                "budget": logic.budget,
            });
            show::tell(&items, &mut document);
            if arguments.trace {
                document["trace"] = trace.into();
            }
            print_json(&document);
        }
    }
    show::outcome_of(name, outcome, status_word);
    Ok(if outcome == JobOutcome::SUCCESS {
        Exit::Done
    } else {
        Exit::Failed
    })
}

fn not_taken(logic: &Logic<'_>, what: &str) -> Failure {
    let declared: Vec<_> = logic
        .parameters
        .iter()
        .map(|parameter| {
            let (name, kind) = (parameter.name.as_str(), parameter.kind.name());
            let (minimum, maximum) = (parameter.minimum, parameter.maximum);
            let (source, occurrence) = (parameter.source.name(), parameter.occurrence.name());
            format!("{name} ({kind} of {minimum} to {maximum}, {occurrence}, from the {source})")
        })
        .collect();
    let what = format!("a reader would refuse {what}");
    let next = if declared.is_empty() {
        String::from("Give none: the logic takes no parameters.")
    } else {
        format!("Give what the logic takes: {}.", declared.join("; "))
    };
    Failure::new(Exit::Usage, what, next)
}

fn instructions(code: &[u8]) -> Vec<Instruction<'_>> {
    let mut cursor = Cursor::new(code);
    let next = || (!cursor.rest().is_empty()).then(|| Instruction::read(&mut cursor).ok())?;
    core::iter::from_fn(next).collect()
}

/// A run on its way.
struct Run<'a> {
    simulator: Simulator,
    bench: Bench,
    /// Whether the slot is looked at: a service on an empty one does not come to its first call of the card.
    uses_card: bool,
    secrets: Secrets,
    source: &'a Source,
    code: &'a [u8],
    steps: Vec<Step<'static>>,
}

/// What a step has led to, apart from the simulator.
enum Told {
    Went,
    Asked(Option<(Called, Answer)>),
    CardAbsent,
    Ended(JobOutcome),
}

impl Run<'_> {
    fn finish(&mut self, mut tell: impl FnMut(&Executed)) -> JobOutcome {
        loop {
            let (executed, ended) = self.step();
            if let Some(executed) = executed {
                tell(&executed);
            }
            if let Some(outcome) = ended {
                return outcome;
            }
        }
    }

    /// Executes one instruction, with all that modules do for it.
    fn step(&mut self) -> (Option<Executed>, Option<JobOutcome>) {
        let offset = self.simulator.place();
        let before: Vec<_> = (0..REGISTERS as u8).map(|number| self.register(number)).collect();
        let status_word = self.simulator.status_word();
        let code = self.code;
        let instruction = Instruction::read(&mut Cursor::new(code.get(offset..).unwrap_or_default())).ok();
        let hidden = instruction
            .as_ref()
            .is_some_and(|known| self.secrets.hides_command(known));

        let mut called = Vec::new();
        let mut sent = Vec::new();
        let mut told = look(
            self.simulator.step(),
            &mut self.bench,
            self.uses_card,
            hidden,
            &mut sent,
        );
        let ended = loop {
            match told {
                Told::Went => break None,
                Told::CardAbsent => break Some(JobOutcome::CARD_ABSENT),
                Told::Ended(outcome) => break Some(outcome),
                // Logic asks nothing else of a module; a simulator that did would ask for ever.
                Told::Asked(None) => break Some(JobOutcome::MODULE_FAILED),
                Told::Asked(Some((call, answer))) => {
                    called.push(call);
                    let next = self.simulator.answer(event(&answer));
                    told = look(next, &mut self.bench, self.uses_card, hidden, &mut sent);
                }
            }
        };
        let Some(instruction) = instruction else {
            return (None, ended);
        };
        self.secrets.executed(&instruction, &sent);
        let registers = (0..REGISTERS as u8).filter_map(|number| {
            let (now, known) = (self.register(number), before.get(usize::from(number)));
            (Some(&now) != known).then(|| (number, self.shown(number, now)))
        });
        let step = self.steps.iter().find(|step| step.offset == offset);
        let executed = Executed {
            step: self.simulator.steps(),
            line: self.source.line(offset),
            offset,
            words: step.map(|step| words(protocol(), step)).unwrap_or_default(),
            called,
            registers: registers.collect(),
            status_word: Some(self.simulator.status_word()).filter(|now| *now != status_word),
        };
        (Some(executed), ended)
    }

    fn register(&self, number: u8) -> Vec<u8> {
        self.simulator.register(number).unwrap_or_default().to_vec()
    }

    fn shown(&self, number: u8, bytes: Vec<u8>) -> Shown {
        let secret = self.secrets.hides(number) || self.simulator.is_secret(number);
        if secret && !bytes.is_empty() {
            Shown::Begins(Vec::new())
        } else {
            Shown::Whole(bytes)
        }
    }

    fn items(&self) -> Vec<ServiceItem> {
        let data = ServiceData::decode(self.simulator.data());
        data.map(|data| data.items.iter().map(ServiceItem::from).collect())
            .unwrap_or_default()
    }
}

/// Takes what a step led to, and has the module do what it asks; `sent` is the first command of the instruction.
fn look(
    happening: Happening<'_>,
    bench: &mut Bench,
    uses_card: bool,
    hidden: bool,
    sent: &mut Vec<u8>,
) -> Told {
    const AUTHENTICATE: u8 = 0x88;
    let command = match happening {
        Happening::Stepped | Happening::Done(_) | Happening::Progress(_) => return Told::Went,
        Happening::Ended(outcome) => return Told::Ended(outcome),
        Happening::Command(command) => command,
    };
    let to_card = matches!(
        command,
        ModuleCommand::CardReset(_) | ModuleCommand::CardTransmit(_)
    );
    if to_card && uses_card && !bench.has_card() {
        return Told::CardAbsent;
    }
    let tpdu = match command {
        ModuleCommand::CardTransmit(tpdu) => Some(tpdu),
        _ => None,
    };
    if let Some(tpdu) = tpdu
        && sent.is_empty()
    {
        sent.extend_from_slice(tpdu);
    }
    let asked = match command {
        ModuleCommand::CardReset(_) => String::from("reset"),
        ModuleCommand::CardLine(_) => String::from("line"),
        ModuleCommand::CardTransmit(_) => String::from("card"),
        ModuleCommand::Show(pattern) => format!("pattern {pattern}"),
        ModuleCommand::Ask(prompt) => format!("asked {prompt}"),
        ModuleCommand::Poll => String::from("field"),
        _ => return Told::Asked(None),
    };
    let Some(answer) = bench.carry_out(&command) else {
        return Told::Asked(None);
    };
    // A header says which secret is meant, and its length what kind of one.
    const HEAD: usize = 5;
    let shown = tpdu.map(|tpdu| match tpdu.get(..HEAD) {
        Some(head) if hidden && tpdu.len() > HEAD => Shown::Begins(head.to_vec()),
        _ => Shown::Whole(tpdu.to_vec()),
    });
    let keys = sent.get(1) == Some(&AUTHENTICATE);
    let answered = match &answer {
        Answer::Atr(bytes) | Answer::Polled(bytes) => Some(Shown::Whole(bytes.clone())),
        Answer::Response(bytes) if keys && bytes.len() > 2 => {
            Some(Shown::Ends(bytes[bytes.len() - 2..].to_vec()))
        }
        Answer::Response(bytes) => Some(Shown::Whole(bytes.clone())),
        Answer::Entered(digits) if digits.is_empty() => Some(Shown::Whole(Vec::new())),
        Answer::Entered(_) => Some(Shown::Begins(Vec::new())),
        Answer::Mute | Answer::LineSet | Answer::Shown => None,
    };
    let called = Called {
        asked,
        sent: shown,
        answered,
    };
    Told::Asked(Some((called, answer)))
}

fn event(answer: &Answer) -> ModuleEvent<'_> {
    match answer {
        Answer::Atr(atr) => ModuleEvent::Atr(atr),
        Answer::Response(response) => ModuleEvent::CardResponse(response),
        Answer::Mute => ModuleEvent::CardMute,
        Answer::LineSet => ModuleEvent::CardLineSet,
        Answer::Shown => ModuleEvent::Shown,
        Answer::Entered(digits) => ModuleEvent::Entered(digits),
        Answer::Polled(card) => ModuleEvent::Polled(card),
    }
}
