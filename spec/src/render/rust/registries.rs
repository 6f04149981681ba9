//! Registries: closed ones become enums, open ones numbers with names.

use super::{
    File, doc,
    names::{constant, registry_type, type_name},
};
use crate::model::{Protocol, Registry, Width};

pub(super) fn closed(protocol: &Protocol) -> File {
    File {
        module: "closed",
        about: "Closed registries: the codec refuses a value that is not registered.",
        public: false,
        ..registries(protocol, false)
    }
}

pub(super) fn open(protocol: &Protocol) -> File {
    File {
        module: "open",
        about: "Open registries: the codec keeps a value that is not registered; what it means is judged later.",
        public: false,
        ..registries(protocol, true)
    }
}

fn registries(protocol: &Protocol, open: bool) -> File {
    let chosen = || {
        protocol
            .registries
            .iter()
            .filter(|(_, registry)| registry.open == open)
    };
    let parts: Vec<String> = chosen()
        .map(|(name, registry)| registry_source(name, registry))
        .collect();
    let exports = chosen().map(|(name, _)| registry_type(name)).collect();
    File {
        module: "",
        about: "",
        public: false,
        exports,
        body: parts.join("\n"),
    }
}

fn registry_source(name: &str, registry: &Registry) -> String {
    let type_name_ = registry_type(name);
    let (call, keyword) = if registry.open {
        ("open_registry", "struct")
    } else {
        ("closed_registry", "enum")
    };
    let width = match registry.width {
        Width::U8 => "u8",
        Width::U16 => "u16",
    };
    // rustfmt leaves the inside of such a macro alone, so that it is laid out here.
    let mut out = format!("{call}! {{\n{}", indent(&doc(&about(name, registry)), 1));
    out += &format!("    pub {keyword} {type_name_}: {width} {{\n");
    for value in &registry.values {
        let variant = if registry.open {
            constant(&value.name)
        } else {
            type_name(&value.name)
        };
        let digits = 2 * registry.width.bytes();
        out += &indent(&doc(&value.doc), 2);
        out += &format!(
            "        {variant} = 0x{:0digits$X} \"{}\",\n",
            value.value, value.name
        );
    }
    out += "    }\n}\n";
    if registry.values.iter().any(|value| value.remedy.is_some()) {
        out += &remedies(&type_name_, registry);
    }
    out
}

fn about(name: &str, registry: &Registry) -> String {
    let digits = 2 * registry.width.bytes();
    let mut about = format!("{} Registry `{name}`.", registry.doc);
    let reserved = [
        ("vendors", registry.private),
        ("the conformance suite", registry.certification),
    ];
    let reserved: Vec<String> = reserved
        .into_iter()
        .filter_map(|(whom, range)| {
            range.map(|[first, last]| format!("`{first:0digits$X}` to `{last:0digits$X}` are for {whom}"))
        })
        .collect();
    if !reserved.is_empty() {
        about += &format!("\n\n{}.", reserved.join(", "));
    }
    about
}

fn remedies(type_name: &str, registry: &Registry) -> String {
    let mut out = format!("\nimpl {type_name} {{\n");
    out += &indent(&doc("What a person who meets this value can do."), 1);
    out += "    #[must_use]\n    pub const fn remedy(self) -> Option<&'static str> {\n        match self {\n";
    for value in &registry.values {
        if let Some(remedy) = &value.remedy {
            let variant = if registry.open {
                constant(&value.name)
            } else {
                self::type_name(&value.name)
            };
            out += &format!("Self::{variant} => Some({remedy:?}),\n");
        }
    }
    if registry.open || registry.values.iter().any(|value| value.remedy.is_none()) {
        out += "_ => None,\n";
    }
    out + "}\n}\n}\n"
}

fn indent(text: &str, level: usize) -> String {
    text.lines()
        .map(|line| format!("{:width$}{line}\n", "", width = 4 * level))
        .collect()
}
