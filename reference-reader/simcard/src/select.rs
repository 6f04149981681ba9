//! Which file is current, and the commands that change it or tell it: SELECT and STATUS
//! (ETSI TS 102 221, clauses 8.4, 11.1.1 and 11.1.2).

use crate::{
    answer::{Reply, Response},
    command::Command,
    fcp,
    files::{APPLICATION, Layout, MASTER, MASTER_FILE},
    pin::Pins,
    sw::StatusWord,
};

/// What the card remembers of a logical channel from one command to the next; a reset forgets it.
#[derive(Clone, Copy)]
pub(crate) struct Session {
    /// Directories and files by their places in the layout.
    directory: u8,
    file: Option<u8>,
    /// The current record, counted from 1; `None` while it is undefined.
    record: Option<u8>,
    /// The active application.
    application: Option<u8>,
}

/// A file of either sort.
#[derive(Clone, Copy)]
pub(crate) enum Found {
    Directory(u8),
    Elementary(u8),
}

impl Session {
    /// After a reset the master file is current (8.4).
    pub(crate) const fn new() -> Self {
        Self {
            directory: MASTER,
            file: None,
            record: None,
            application: None,
        }
    }

    /// The EF that a command without short file identifier is for.
    pub(crate) fn current_file(&self) -> Result<u8, StatusWord> {
        self.file.ok_or(StatusWord::NO_EF_SELECTED)
    }

    /// The EF of the current directory that a short file identifier names; 0 and 31 name none (8.4.3).
    pub(crate) fn file_by_sfi(&self, layout: Layout<'_>, sfi: u8) -> Result<u8, StatusWord> {
        match sfi {
            1..=30 => layout
                .child_by_sfi(self.directory, sfi)
                .ok_or(StatusWord::FILE_NOT_FOUND),
            _ => Err(StatusWord::WRONG_P1_P2),
        }
    }

    pub(crate) fn current_record(&self) -> Option<u8> {
        self.record
    }

    #[cfg(feature = "full")]
    pub(crate) fn current_directory(&self) -> u8 {
        self.directory
    }

    #[cfg(feature = "full")]
    pub(crate) fn active_application(&self) -> Option<u8> {
        self.application
    }

    /// What a successful command does that reached `ef`, perhaps by its short file identifier.
    pub(crate) fn make_current(&mut self, ef: u8, record: Option<u8>) {
        self.file = Some(ef);
        self.record = record;
    }

    /// SELECT (11.1.1).
    pub(crate) fn select(
        &mut self,
        command: &Command<'_>,
        layout: Layout<'_>,
        pins: &Pins,
        response: &mut Response,
    ) -> Result<(), StatusWord> {
        let data = command.data()?;
        // Table 11.2; ending an application session (P2 = 44 or 4C) is not supported.
        let wants_template = match command.p2 & 0xFC {
            0x04 => true,
            0x0C => false,
            _ => return Err(StatusWord::WRONG_P1_P2),
        };
        let occurrence = command.p2 & 0x03;
        if occurrence != 0 && command.p1 != 0x04 {
            return Err(StatusWord::WRONG_P1_P2);
        }
        // Table 11.1.
        let found = match (command.p1, data) {
            (0x00, []) if !wants_template => Some(Found::Directory(MASTER)),
            (0x00, [high, low]) => self.by_identifier(layout, u16::from_be_bytes([*high, *low])),
            (0x01, [high, low]) => {
                let fid = u16::from_be_bytes([*high, *low]);
                layout.child_directory(self.directory, fid).map(Found::Directory)
            }
            (0x03, []) => layout.parent(self.directory).map(Found::Directory),
            (0x04, name) if (5..=16).contains(&name.len()) => self.by_name(layout, name, occurrence),
            (0x08, path @ [_, _, ..]) if path.len() % 2 == 0 => self.by_path(layout, MASTER, path),
            (0x09, path @ [_, _, ..]) if path.len() % 2 == 0 => self.by_path(layout, self.directory, path),
            (0x00 | 0x01 | 0x03 | 0x04 | 0x08 | 0x09, _) => return Err(StatusWord::LC_INCONSISTENT),
            _ => return Err(StatusWord::WRONG_P1_P2),
        };
        let file = found.ok_or(StatusWord::FILE_NOT_FOUND)?;
        self.enter(layout, file);
        if wants_template {
            *response = match file {
                Found::Directory(df) => fcp::of_directory(df, layout, pins),
                Found::Elementary(ef) => fcp::of_file(layout.file(ef).ok_or(StatusWord::FILE_NOT_FOUND)?),
            };
        }
        Ok(())
    }

    /// STATUS (11.1.2).
    pub(crate) fn status(
        &self,
        command: &Command<'_>,
        layout: Layout<'_>,
        pins: &Pins,
        reply: &mut Reply<'_>,
    ) -> Result<(), StatusWord> {
        // Table 11.8: what the terminal says of the application, which this card only takes note of.
        if command.p1 > 0x02 {
            return Err(StatusWord::WRONG_P1_P2);
        }
        // Table 11.9.
        let response = match (
            command.p2,
            self.application.and_then(|df| layout.directory(df).name.as_ref()),
        ) {
            (0x00, _) => fcp::of_directory(self.directory, layout, pins),
            (0x01, Some(name)) => fcp::name(name),
            (0x01, None) => return Err(StatusWord::REFERENCE_NOT_FOUND),
            (0x0C, _) => return command.data().map(|_| ()),
            _ => return Err(StatusWord::WRONG_P1_P2),
        };
        reply.exactly(response.rest(), command.expected_length()?)
    }

    /// By file identifier, in the order of 11.1.1.2: children, parent, children of the parent.
    pub(crate) fn by_identifier(&self, layout: Layout<'_>, fid: u16) -> Option<Found> {
        if let Some(root) = self.root(fid) {
            return Some(Found::Directory(root));
        }
        if fid == layout.directory(self.directory).fid {
            return Some(Found::Directory(self.directory));
        }
        child(layout, self.directory, fid).or_else(|| {
            let parent = layout.parent(self.directory)?;
            if fid == layout.directory(parent).fid {
                return Some(Found::Directory(parent));
            }
            layout.child_directory(parent, fid).map(Found::Directory)
        })
    }

    /// The directories that can be reached from everywhere: the master file and the active application.
    fn root(&self, fid: u16) -> Option<u8> {
        match fid {
            MASTER_FILE => Some(MASTER),
            APPLICATION => self.application,
            _ => None,
        }
    }

    /// By a path from `start`, which is not part of it (8.4.2); from the master file it may begin with `7FFF`.
    fn by_path(&self, layout: Layout<'_>, start: u8, path: &[u8]) -> Option<Found> {
        let mut file = Found::Directory(start);
        for step in path.as_chunks().0 {
            let fid = u16::from_be_bytes(*step);
            let Found::Directory(directory) = file else {
                return None;
            };
            file = match self.application {
                Some(application) if fid == APPLICATION && directory == MASTER => {
                    Found::Directory(application)
                }
                _ => child(layout, directory, fid)?,
            };
        }
        Some(file)
    }

    /// By a name that may be cut off at its right end (8.5.1): the first of those that begin so, the last, or the one
    /// after or before the active one.
    fn by_name(&self, layout: Layout<'_>, name: &[u8], occurrence: u8) -> Option<Found> {
        let mut last = None;
        let mut is_behind_active = false;
        for (place, directory) in (MASTER..).zip(layout.directories) {
            if directory
                .name
                .is_none_or(|full| !full.as_bytes().starts_with(name))
            {
                continue;
            }
            let is_active = self.application == Some(place);
            match occurrence {
                0x03 if is_active => return last,
                0x02 if is_behind_active => return Some(Found::Directory(place)),
                0x00 => return Some(Found::Directory(place)),
                _ => last = Some(Found::Directory(place)),
            }
            is_behind_active |= is_active;
        }
        last.filter(|_| occurrence == 0x01)
    }

    pub(crate) fn enter(&mut self, layout: Layout<'_>, file: Found) {
        self.record = None;
        match file {
            Found::Directory(directory) => {
                self.directory = directory;
                self.file = None;
                // The application stays active while the terminal looks elsewhere (8.5).
                if layout.directory(directory).name.is_some() {
                    self.application = Some(directory);
                }
            }
            Found::Elementary(ef) => {
                self.directory = layout.file(ef).map_or(MASTER, |file| file.directory);
                self.file = Some(ef);
            }
        }
    }
}

fn child(layout: Layout<'_>, directory: u8, fid: u16) -> Option<Found> {
    let file = layout.child_file(directory, fid).map(Found::Elementary);
    file.or_else(|| layout.child_directory(directory, fid).map(Found::Directory))
}
