//! Structures: parts of messages.

use super::{
    fields,
    finder::{Finder, Subject, Values},
    kind::kinds,
    pairs::{self, Named, Pairs},
    scope::Types,
    shapes, standing,
};
use crate::{model::Structure, source::At};

kinds! {
    /// What changes in a structure as a whole.
    StructureKind {
        /// There is a new structure.
        Added = "structure-added", None:
            "The structure `{name}` is new.",
            "No field that exists holds it; a field that begins to is told of its own.",
            "";
        /// A structure is gone.
        Removed = "structure-removed", None:
            "The structure `{name}` is gone.",
            "No field holds it any more; a field that did is told of its own.",
            "";
        /// A structure has another name.
        Renamed = "structure-renamed", None:
            "The structure `{old}` is called `{new}`.",
            "Its fields are the same, and no name goes over the wire.",
            "";
    }
}

pub(super) fn compare(finder: &mut Finder<'_>) {
    let pairs = pairs(&finder.scope.types);
    for (old, new) in pairs.both {
        let at = At::top("structure").named(new.index, new.name);
        let stability = finder.scope.promise(old.name, old.item.stability);
        let subject = Subject::new(at, new.name)
            .between(finder.scope.route(old.name))
            .promised(stability);
        if old.name != new.name {
            let values = Values::changed(old.name, new.name);
            finder.tell(StructureKind::Renamed, &subject.key("name"), values);
        }
        standing::compare(finder, &subject, old.item.standing(), new.item.standing());
        standing::doc(finder, &subject, &old.item.doc, &new.item.doc);
        let standings = [old.item.standing(), new.item.standing()];
        fields::compare(
            finder,
            &subject,
            "fields",
            standings,
            [&old.item.fields, &new.item.fields],
        );
    }
    for old in pairs.removed {
        let subject = Subject::new(At::top("structure").named(old.index, old.name), old.name);
        finder.tell(StructureKind::Removed, &subject, Values::removed(old.name));
    }
    for new in pairs.added {
        let subject = Subject::new(At::top("structure").named(new.index, new.name), new.name);
        finder.tell(StructureKind::Added, &subject, Values::added(new.name));
    }
}

/// Which structure is which: a renamed one has fields of the same names and shapes.
pub(super) fn pairs<'p>(types: &Types<'p>) -> Pairs<'p, Structure> {
    let same = |old: &Named<'_, Structure>, new: &Named<'_, Structure>| {
        let (old, new) = (&old.item.fields, &new.item.fields);
        let names = |(old, new): (&crate::model::Field, &crate::model::Field)| old.name == new.name;
        shapes::are_alike(types, old, new) && old.iter().zip(new).all(names)
    };
    pairs::pair(
        pairs::of_list(&types.old.structures, |structure| &structure.name),
        pairs::of_list(&types.new.structures, |structure| &structure.name),
        same,
    )
}
