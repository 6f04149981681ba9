//! Every message, document and structure, in one form.

use super::{
    Book, Table,
    fields::{self, Code, bytes_between},
    prose::grouped,
};
use crate::{
    Place,
    kind::Sizes,
    model::{Channel, Document, ExtensionField, Field, Message, Structure},
};

/// The fragment `messages.md`.
pub(super) fn render(book: Book<'_>) -> String {
    let protocol = book.protocol;
    let mut out = overview(book);
    for place in Place::MESSAGES {
        let messages: Vec<_> = protocol.messages_at(place).collect();
        if messages.is_empty() {
            continue;
        }
        let largest = protocol.channel_size(messages[0].channel);
        out += &format!(
            "## {}

{} With its extensions it has {} bytes at most.

",
            title(place),
            place.about(),
            grouped(largest)
        );
        for message in messages {
            out += &self::message(book, message);
        }
    }
    if !protocol.documents.is_empty() {
        out +=
            "## Documents\n\nEncoded like messages, and signed, hashed, stored or carried inside them.\n\n";
        for document in &protocol.documents {
            out += &self::document(book, document);
        }
    }
    if !protocol.structures.is_empty() {
        out += "## Structures\n\nParts of messages and documents, without a code of their own.\n\n";
        for structure in &protocol.structures {
            out += &self::structure(book, structure);
        }
    }
    out
}

/// All codes: no two messages or documents have the same.
fn overview(book: Book<'_>) -> String {
    let protocol = book.protocol;
    let messages = protocol.messages.iter().map(|message| {
        let way = [
            message.direction.words().to_owned(),
            format!("`{}`", channel(message.channel)),
        ];
        (message.code, &message.name, way, &message.doc)
    });
    let documents = protocol.documents.iter().map(|document| {
        let way = ["document".to_owned(), String::new()];
        (document.code, &document.name, way, &document.doc)
    });
    let mut rows: Vec<_> = messages.chain(documents).collect();
    rows.sort_by_key(|(code, ..)| *code);
    let mut table = Table::new(["code", "name", "direction", "channel", "what it is for"]);
    for (code, name, [direction, channel], doc) in rows {
        let name = book.section(name);
        table.row([format!("`{code:02X}`"), name, direction, channel, book.prose(doc)]);
    }
    table.finish()
}

fn message(book: Book<'_>, message: &Message) -> String {
    let mut facts = Facts::new("code", format!("`{:02X}`", message.code));
    facts.add("direction", message.direction.words().to_owned());
    facts.add("channel", format!("`{}`", channel(message.channel)));
    if message.event {
        facts.add(
            "asked for",
            "no: the reader sends it when it has something to say".to_owned(),
        );
    }
    let asking = requests(book, message);
    if !asking.is_empty() {
        facts.add("answers to", asking);
    }
    if let Some(interface) = &message.interface {
        facts.add("interface", format!("[`{interface}`](interfaces.md)"));
    }
    if !message.states.is_empty() {
        facts.add("states", super::prose::codes(&message.states));
    }
    if !message.answers.is_empty() {
        let answers = message.answers.iter().map(|answer| book.section(answer));
        facts.add("answers", answers.collect::<Vec<_>>().join(" or "));
    }
    if let Some(timer) = &message.timer {
        facts.add("timer", book.quantity(timer));
    }
    if let Some(idempotent) = message.idempotent {
        facts.add("idempotent", if idempotent { "yes" } else { "no" }.to_owned());
    }
    facts.add("size", size(book, &message.fields, &message.extensions));
    facts.add("requirement", book.requirement(&message.requirement));
    facts.add(
        "since, stability",
        fields::standing(message.since, message.stability),
    );
    let fields = fields::table(
        book,
        Some(Code::Message(message.code)),
        &message.fields,
        message.standing(),
    );
    let extensions = extensions(book, message);
    format!(
        "### `{}`\n\n{}\n\n{}{fields}{extensions}",
        message.name,
        book.prose(&message.doc),
        facts.finish()
    )
}

fn document(book: Book<'_>, document: &Document) -> String {
    let mut facts = Facts::new("code", format!("`{:02X}`", document.code));
    let Sizes { min, max } = book.protocol.sizes(&document.fields);
    let most = max.saturating_add(1).min(document.max_size);
    facts.add("size", bytes_between(min + 1, most));
    let with_extensions = bytes_between(document.max_size, document.max_size);
    facts.add("at most", format!("{with_extensions}, extensions included"));
    facts.add("requirement", book.requirement(&document.requirement));
    facts.add(
        "since, stability",
        fields::standing(document.since, document.stability),
    );
    let code = Some(Code::Document(document.code));
    let fields = fields::table(book, code, &document.fields, document.standing());
    format!(
        "### `{}`\n\n{}\n\n{}{fields}",
        document.name,
        book.prose(&document.doc),
        facts.finish()
    )
}

fn structure(book: Book<'_>, structure: &Structure) -> String {
    let Sizes { min, max } = book.protocol.sizes(&structure.fields);
    let mut facts = Facts::new("size", bytes_between(min, max));
    facts.add("requirement", book.requirement(&structure.requirement));
    facts.add(
        "since, stability",
        fields::standing(structure.since, structure.stability),
    );
    let fields = fields::table(book, None, &structure.fields, structure.standing());
    format!(
        "### `{}`\n\n{}\n\n{}{fields}",
        structure.name,
        book.prose(&structure.doc),
        facts.finish()
    )
}

/// What is said of a message before its fields.
struct Facts(Table);

impl Facts {
    /// The first fact is the head of the table.
    fn new(what: &str, is: String) -> Self {
        Self(Table::of(vec![what.to_owned(), is]))
    }

    fn add(&mut self, what: &str, is: String) {
        self.0.row([what.to_owned(), is]);
    }

    fn finish(self) -> String {
        self.0.finish()
    }
}

/// The extensions that a receiver of this version knows.
fn extensions(book: Book<'_>, message: &Message) -> String {
    if message.extensions.is_empty() {
        return String::new();
    }
    let mut table = Table::new([
        "tag",
        "critical",
        "extension",
        "bytes",
        "type",
        "bounds",
        "where absent",
        "meaning",
    ]);
    for ExtensionField { tag, critical, field } in &message.extensions {
        table.row([
            format!("`{tag:04X}`"),
            if *critical { "yes" } else { "no" }.to_owned(),
            format!("`{}`", field.name),
            fields::bytes(book, field),
            fields::type_of(book, field),
            fields::bounds(field),
            fields::default(field),
            fields::meaning(book, field, message.standing()),
        ]);
    }
    format!("Extensions, behind the fields:\n\n{}", table.finish())
}

fn size(book: Book<'_>, fields: &[Field], extensions: &[ExtensionField]) -> String {
    let Sizes { min, max } = book.protocol.sizes(fields);
    let more = if extensions.is_empty() {
        ""
    } else {
        ", without its extensions"
    };
    bytes_between(min + 1, max + 1) + more
}

/// The requests that a message answers.
fn requests(book: Book<'_>, answer: &Message) -> String {
    let requests = book.protocol.messages.iter();
    let asking: Vec<_> = requests
        .filter(|request| request.answers.contains(&answer.name))
        .map(|request| book.section(&request.name))
        .collect();
    asking.join(", ")
}

const fn channel(channel: Channel) -> &'static str {
    match channel {
        Channel::Clear => "clear",
        Channel::Sealed => "sealed",
        Channel::Tls => "tls",
        Channel::Relayed => "relayed",
    }
}

const fn title(place: Place<'_>) -> &'static str {
    match place {
        Place::ClearRequest => "Client to reader, in clear",
        Place::ClearAnswer => "Reader to client, in clear",
        Place::Request => "Client to reader, sealed",
        Place::Answer => "Reader to client, sealed",
        Place::Event => "Reader to client, unasked",
        Place::CloudRequest => "Client to cloud",
        Place::CloudAnswer => "Cloud to client",
        Place::ChannelRequest => "Cloud to reader, relayed",
        Place::ChannelAnswer => "Reader to cloud, relayed",
        Place::Document(_) => "Documents",
        Place::Any => "Messages and documents",
    }
}
