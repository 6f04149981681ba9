//! Makes inputs: values from the schema, on and beside their bounds; the same, changed in every way, natively and in
//! CBOR; frames; and noise.

mod cbor;
mod change;
mod draft;
mod line;

use crate::{
    input::{Input, Subject, places},
    random::Random,
};
use cardwire_spec::{
    Place, Protocol,
    model::{ExtensionField, Field},
};
use draft::{Author, Draft};

/// Inputs that are made in one go, from one stream of random choices: the smallest part of a run.
pub const BLOCK: u64 = 4096;

/// A message or document that inputs are made of.
#[derive(Clone)]
struct Sort<'p> {
    name: &'p str,
    place: Place<'p>,
    code: u8,
    fields: &'p [Field],
    extensions: &'p [ExtensionField],
    max_size: usize,
}

/// Makes the inputs of a schema.
pub struct Corpus<'p> {
    protocol: &'p Protocol,
    /// Those with extensions stand more than once: few have any, and their rules want to be tried too.
    sorts: Vec<Sort<'p>>,
    places: Vec<Place<'p>>,
    /// The same schema with kinds of frames that there are not: what makes frames of them.
    with_strange_kinds: Protocol,
}

impl<'p> Corpus<'p> {
    /// Of all messages, documents and frames of this schema.
    #[must_use]
    pub fn new(protocol: &'p Protocol) -> Self {
        // Validation has refused messages without a place.
        let messages = protocol.messages.iter().filter_map(|message| {
            Some(Sort {
                name: &message.name,
                place: message.place()?,
                code: message.code,
                fields: &message.fields,
                extensions: &message.extensions,
                max_size: usize::try_from(protocol.channel_size(message.channel)).ok()?,
            })
        });
        let documents = protocol.documents.iter().filter_map(|document| {
            Some(Sort {
                name: &document.name,
                place: Place::Document(&document.name),
                code: document.code,
                fields: &document.fields,
                extensions: &[],
                max_size: usize::try_from(document.max_size).ok()?,
            })
        });
        Self {
            protocol,
            sorts: messages
                .chain(documents)
                .flat_map(|sort| {
                    let times = if sort.extensions.is_empty() { 1 } else { 4 };
                    core::iter::repeat_n(sort, times)
                })
                .collect(),
            places: places(protocol).collect(),
            with_strange_kinds: line::with_strange_kinds(protocol),
        }
    }

    /// The inputs of a block: the same for the same seed, whoever makes them and when.
    pub fn block(&self, seed: u64, number: u64) -> impl Iterator<Item = Input<'p>> {
        let mut random = Random::new(seed, number);
        core::iter::repeat_with(move || self.input(&mut random)).take(BLOCK as usize)
    }

    fn input(&self, random: &mut Random) -> Input<'p> {
        match random.below(100) {
            0..=3 => line::line(self, random),
            4 => line::stream(self, random),
            5..=8 => self.noise(random),
            9..=18 => cbor::message(self, random),
            _ => self.message(random),
        }
    }

    /// Bytes of no sort, sometimes behind a code that there is.
    fn noise(&self, random: &mut Random) -> Input<'p> {
        let size = random.below(40);
        let mut bytes = Vec::new();
        random.append(&mut bytes, size);
        let sort = random.pick(&self.sorts);
        let mut place = *random.pick(&self.places);
        if random.percent(60) && !bytes.is_empty() {
            bytes[0] = sort.code;
            place = sort.place;
        }
        Input {
            subject: Subject::Message(place),
            bytes,
        }
    }

    fn message(&self, random: &mut Random) -> Input<'p> {
        let sort = random.pick(&self.sorts);
        let mut draft = self.draft(sort, random);
        // A third is left as it is; of the rest, most is changed once, so that all but one of its parts are right.
        let changes = [0, 0, 0, 1, 1, 1, 1, 2, 3][random.below(9)];
        for _ in 0..changes {
            change::change(&mut draft, self, random);
        }
        let place = if random.percent(2) {
            *random.pick(&self.places)
        } else {
            sort.place
        };
        Input {
            subject: Subject::Message(place),
            bytes: draft.bytes,
        }
    }

    fn draft(&self, sort: &Sort<'_>, random: &mut Random) -> Draft {
        // A value with a bound broken somewhere is as likely as one that keeps them all.
        let bold = random.percent(45);
        self.written(sort, bold, random)
    }

    fn written(&self, sort: &Sort<'_>, bold: bool, random: &mut Random) -> Draft {
        Author {
            protocol: self.protocol,
            random,
            bold,
        }
        .message(sort)
    }
}
