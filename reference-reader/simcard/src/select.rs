//! Which file is current, and the commands that change it or tell it: SELECT and STATUS
//! (ETSI TS 102 221, clauses 8.4, 11.1.1 and 11.1.2).

use crate::{
    answer::{Reply, Response},
    command::Command,
    fcp,
    files::{Df, Ef, USIM_AID},
    pin::Pins,
    sw::StatusWord,
};

/// What the card remembers from one command to the next; a reset forgets it.
#[derive(Clone)]
pub(crate) struct Session {
    directory: Df,
    file: Option<Ef>,
    /// The current record, counted from 1; `None` while it is undefined.
    record: Option<u8>,
    application_is_active: bool,
}

/// A file of either sort.
#[derive(Clone, Copy)]
enum File {
    Directory(Df),
    Elementary(Ef),
}

impl Session {
    /// After a reset the master file is current (8.4).
    pub(crate) const fn new() -> Self {
        Self {
            directory: Df::Mf,
            file: None,
            record: None,
            application_is_active: false,
        }
    }

    /// The EF that a command without short file identifier is for.
    pub(crate) fn current_file(&self) -> Result<Ef, StatusWord> {
        self.file.ok_or(StatusWord::NO_EF_SELECTED)
    }

    /// The EF of the current directory that a short file identifier names; 0 and 31 name none (8.4.3).
    pub(crate) fn file_by_sfi(&self, sfi: u8) -> Result<Ef, StatusWord> {
        match sfi {
            1..=30 => self.directory.child_by_sfi(sfi).ok_or(StatusWord::FILE_NOT_FOUND),
            _ => Err(StatusWord::WRONG_P1_P2),
        }
    }

    pub(crate) fn current_record(&self) -> Option<u8> {
        self.record
    }

    /// What a successful command does that reached `ef`, perhaps by its short file identifier.
    pub(crate) fn make_current(&mut self, ef: Ef, record: Option<u8>) {
        self.file = Some(ef);
        self.record = record;
    }

    /// SELECT (11.1.1).
    pub(crate) fn select(
        &mut self,
        command: &Command<'_>,
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
            (0x00, []) if !wants_template => Some(File::Directory(Df::Mf)),
            (0x00, [high, low]) => self.by_identifier(u16::from_be_bytes([*high, *low])),
            (0x01, [high, low]) => {
                let fid = u16::from_be_bytes([*high, *low]);
                self.directory.child_directory(fid).map(File::Directory)
            }
            (0x03, []) => self.directory.parent().map(File::Directory),
            (0x04, name) if (5..=16).contains(&name.len()) => self.by_name(name, occurrence),
            (0x08, path @ [_, _, ..]) if path.len() % 2 == 0 => self.by_path(Df::Mf, path),
            (0x09, path @ [_, _, ..]) if path.len() % 2 == 0 => self.by_path(self.directory, path),
            (0x00 | 0x01 | 0x03 | 0x04 | 0x08 | 0x09, _) => return Err(StatusWord::LC_INCONSISTENT),
            _ => return Err(StatusWord::WRONG_P1_P2),
        };
        let file = found.ok_or(StatusWord::FILE_NOT_FOUND)?;
        self.enter(file);
        if wants_template {
            *response = match file {
                File::Directory(df) => fcp::of_directory(df, pins),
                File::Elementary(ef) => fcp::of_file(ef),
            };
        }
        Ok(())
    }

    /// STATUS (11.1.2).
    pub(crate) fn status(
        &self,
        command: &Command<'_>,
        pins: &Pins,
        reply: &mut Reply<'_>,
    ) -> Result<(), StatusWord> {
        // Table 11.8: what the terminal says of the application, which this card only takes note of.
        if command.p1 > 0x02 {
            return Err(StatusWord::WRONG_P1_P2);
        }
        // Table 11.9.
        let response = match command.p2 {
            0x00 => fcp::of_directory(self.directory, pins),
            0x01 if self.application_is_active => fcp::name(),
            0x01 => return Err(StatusWord::REFERENCE_NOT_FOUND),
            0x0C => return command.data().map(|_| ()),
            _ => return Err(StatusWord::WRONG_P1_P2),
        };
        reply.exactly(response.rest(), command.expected_length()?)
    }

    /// By file identifier, in the order of 11.1.1.2: children, parent, children of the parent.
    fn by_identifier(&self, fid: u16) -> Option<File> {
        if let Some(root) = self.root(fid) {
            return Some(File::Directory(root));
        }
        if fid == self.directory.fid() {
            return Some(File::Directory(self.directory));
        }
        child(self.directory, fid)
            .or_else(|| self.directory.parent()?.child_directory(fid).map(File::Directory))
    }

    /// The directories that can be reached from everywhere: the master file and the active application.
    fn root(&self, fid: u16) -> Option<Df> {
        match fid {
            fid if fid == Df::Mf.fid() => Some(Df::Mf),
            fid if fid == Df::Usim.fid() && self.application_is_active => Some(Df::Usim),
            _ => None,
        }
    }

    /// By a path from `start`, which is not part of it (8.4.2); from the master file it may begin with `7FFF`.
    fn by_path(&self, start: Df, path: &[u8]) -> Option<File> {
        let mut file = File::Directory(start);
        for step in path.as_chunks().0 {
            let fid = u16::from_be_bytes(*step);
            let File::Directory(directory) = file else {
                return None;
            };
            file = match self.root(fid) {
                Some(Df::Usim) if directory == Df::Mf => File::Directory(Df::Usim),
                _ => child(directory, fid)?,
            };
        }
        Some(file)
    }

    /// By a name that may be cut off at its right end (8.5.1); there is one application, so it is first and last.
    fn by_name(&self, name: &[u8], occurrence: u8) -> Option<File> {
        let first_or_last = occurrence <= 0x01;
        (first_or_last && USIM_AID.starts_with(name)).then_some(File::Directory(Df::Usim))
    }

    fn enter(&mut self, file: File) {
        self.record = None;
        match file {
            File::Directory(directory) => {
                self.directory = directory;
                self.file = None;
                // The application stays active while the terminal looks elsewhere (8.5).
                self.application_is_active |= directory == Df::Usim;
            }
            File::Elementary(ef) => {
                self.directory = ef.directory();
                self.file = Some(ef);
            }
        }
    }
}

fn child(directory: Df, fid: u16) -> Option<File> {
    let file = directory.child_file(fid).map(File::Elementary);
    file.or_else(|| directory.child_directory(fid).map(File::Directory))
}
