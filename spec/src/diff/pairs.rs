//! What of the old schema is what of the new one: by name, and where the name is gone, by what it is.

use indexmap::IndexMap;

/// Something with a name, and where it stands in its list.
#[derive(Debug)]
pub(super) struct Named<'p, T> {
    pub(super) index: usize,
    pub(super) name: &'p str,
    pub(super) item: &'p T,
}

impl<T> Clone for Named<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Named<'_, T> {}

/// Who belongs to whom.
pub(super) struct Pairs<'p, T> {
    /// In both schemas, in the order of the old one; by two names where it was renamed.
    pub(super) both: Vec<(Named<'p, T>, Named<'p, T>)>,
    /// In the old schema alone.
    pub(super) removed: Vec<Named<'p, T>>,
    /// In the new schema alone.
    pub(super) added: Vec<Named<'p, T>>,
}

impl<'p, T> Pairs<'p, T> {
    /// The new name of what had this name; none where it is gone.
    pub(super) fn renamed(&self, name: &str) -> Option<&'p str> {
        let pair = self.both.iter().find(|(old, _)| old.name == name);
        pair.map(|(_, new)| new.name)
    }
}

/// The items of a table.
pub(super) fn of_map<T>(map: &IndexMap<String, T>) -> Vec<Named<'_, T>> {
    let named = map.iter().enumerate();
    named
        .map(|(index, (name, item))| Named { index, name, item })
        .collect()
}

/// The items of a list.
pub(super) fn of_list<T>(list: &[T], name: fn(&T) -> &str) -> Vec<Named<'_, T>> {
    let named = list.iter().enumerate();
    named
        .map(|(index, item)| Named {
            index,
            name: name(item),
            item,
        })
        .collect()
}

/// Pairs what has the same name, and then, in order, what is the `same` under another one.
pub(super) fn pair<'p, T>(
    old: Vec<Named<'p, T>>,
    new: Vec<Named<'p, T>>,
    same: impl Fn(&Named<'p, T>, &Named<'p, T>) -> bool,
) -> Pairs<'p, T> {
    let is_kept = |item: &Named<'p, T>| old.iter().any(|old| old.name == item.name);
    let (kept, mut added): (Vec<_>, Vec<_>) = new.into_iter().partition(is_kept);
    let mut both = Vec::new();
    let mut removed = Vec::new();
    for old in old {
        if let Some(new) = kept.iter().find(|new| new.name == old.name) {
            both.push((old, *new));
        } else {
            removed.push(old);
        }
    }
    removed.retain(|old| {
        let place = added.iter().position(|new| same(old, new));
        if let Some(place) = place {
            both.push((*old, added.remove(place)));
        }
        place.is_none()
    });
    both.sort_by_key(|(old, _)| old.index);
    Pairs { both, removed, added }
}
