//! A reader on its flash, started by its boot loader, with the client and the cloud that update it.

use super::{
    acts::{How, Power},
    board::{Board, Flash, Shared, layout, place},
    packages::{InForce, NEW_CLIENT, NEW_KEY, SERVICES, SPARE_CLIENT, SPARE_KEY, image},
};
use crate::{
    LINE,
    world::{
        encoded,
        ends::{Attempt, ClientEnd, CloudEnd, FIRST_EVENT, Who, hello},
        people::PEOPLE,
        updates::Package,
    },
};
use cardwire_codec::{
    List, Message, Name,
    frame::Deframer,
    message::{
        ConnectAnswer, ErrorCode, Format, FrameKind, Instruct, JobData, JobDataAnswer, LoginConfirm,
        LoginOutcome, LoginResult, Offer, PlatformAuth, PlatformAuthAnswer, Relay, RelayAnswer, ServiceData,
        ServiceId, UpdateChunk, UpdateCommit, UpdateOffer, UpdateQuery, UpdateResult, UpdateState,
        UpdateStatus,
        limits::{SOFTWARE_HEADER, T_BACKOFF_MS, T_TRIAL_MS},
    },
};
use cardwire_core::{Instant, Reader};
use cardwire_peers::link::{OwnedFrame, encode_frame};
use cardwire_store::mock::{Cut, Moment};
use core::cell::RefCell;

/// Bytes in a chunk. No multiple of a word of the flash: what is left of one waits for the next.
const CHUNK: usize = 397;
/// Starts of one execution that a cut is followed by: one, as a cut is used up by coming.
const STARTS_MAX: u32 = 64;

/// Why something goes no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// The power is off.
    Power,
}

/// A reader on its flash.
pub struct OnFlash {
    flash: Shared,
    running: Option<Running>,
    starts: u32,
}

/// A reader that runs, and the session with it.
struct Running {
    reader: Reader<Board>,
    slot: cardwire_core::boot::Slot,
    now: u64,
    client: Option<(ClientEnd, u64)>,
    cloud: Option<CloudEnd>,
    handshakes: u8,
}

impl OnFlash {
    /// A reader that is not started.
    #[must_use]
    pub fn new(flash: Flash) -> Self {
        Self {
            flash: Shared::new(RefCell::new(flash)),
            running: None,
            starts: 0,
        }
    }

    /// The flash as it stands; the reader has ended.
    ///
    /// # Panics
    /// Never: nobody else has the flash.
    #[must_use]
    pub fn into_flash(self) -> Flash {
        drop(self.running);
        Shared::into_inner(self.flash)
            .expect("the reader is gone")
            .into_inner()
    }

    /// The power goes at this operation from now on.
    pub fn cut_at(&mut self, power: Power) {
        let moment = match power.moment {
            0 => Moment::Before,
            1 => Moment::Inside,
            _ => Moment::After,
        };
        if !self.flash.borrow().is_off() {
            self.flash.borrow_mut().power_on(Some(Cut {
                operation: u64::from(power.operation),
                moment,
                seed: u64::from(power.seed),
            }));
        }
    }

    /// No cut is to come any more.
    pub fn stays_on(&mut self) {
        if !self.flash.borrow().is_off() {
            self.flash.borrow_mut().power_on(None);
        }
    }

    /// The power goes; a cut that is to come stays.
    pub fn power_cycle(&mut self) {
        self.running = None;
    }

    /// The reader resets itself.
    pub fn reset(&mut self) {
        self.running = None;
    }

    /// Whether it wants to.
    #[must_use]
    pub fn wants_reset(&self) -> bool {
        self.running
            .as_ref()
            .is_some_and(|running| running.reader.poll_reset())
    }

    /// Starts the reader, connects and logs in; where that has put software on trial into force, once more, to see so. The
    /// counters that are in force then.
    ///
    /// # Errors
    /// The power is off: it is to be started again.
    ///
    /// # Panics
    /// Where nothing starts, or nobody is let in.
    pub fn start(&mut self) -> Result<[u32; 3], Gone> {
        self.starts += 1;
        assert!(self.starts < STARTS_MAX, "a reader comes up");
        self.running = None;
        if self.flash.borrow().is_off() {
            self.flash.borrow_mut().power_on(None);
        }
        let board = Board::start(Shared::clone(&self.flash), None);
        self.has_power()?;
        let board = board.expect("a slot holds software that starts");
        let slot = board.started();
        let reader = Reader::new(PEOPLE.identity.clone(), board, Instant::from_millis(0));
        self.has_power()?;
        self.running = Some(Running {
            reader,
            slot,
            now: 0,
            client: None,
            cloud: None,
            handshakes: 0,
        });
        self.log_in()?;
        self.log_in()
    }

    /// Connects and logs in; the counters that the reader states.
    ///
    /// # Errors
    /// The power is off.
    ///
    /// # Panics
    /// Where the client is not let in, or its cloud is not taken.
    pub fn log_in(&mut self) -> Result<[u32; 3], Gone> {
        let Some(running) = &mut self.running else {
            return Err(Gone::Power);
        };
        let identity = &PEOPLE.all.clients[0];
        let connected = running.connect(Who {
            client: &identity.id,
            generation: identity.generation,
            key: &PEOPLE.client_keys[0],
        });
        let off = self.flash.borrow().is_off();
        assert!(connected || off, "the client is let in");
        self.has_power()?;
        let Some(running) = &mut self.running else {
            return Err(Gone::Power);
        };
        let counters = running.log_in();
        self.has_power()?;
        Ok(counters.expect("the cloud is taken"))
    }

    /// Waits, without a login, as long as software on trial may run.
    ///
    /// # Errors
    /// The power is off.
    pub fn trial_ends(&mut self) -> Result<(), Gone> {
        if let Some(running) = &mut self.running {
            running.now += T_TRIAL_MS + T_BACKOFF_MS;
            running.reader.handle_time(Instant::from_millis(running.now));
            running.client = None;
            running.cloud = None;
        }
        self.has_power()
    }

    // --- the cloud ---

    /// Offers an update.
    ///
    /// # Errors
    /// The power is off.
    pub fn offer(&mut self, package: &Package) -> Result<(UpdateState, ErrorCode), Gone> {
        let answer = self.ask(&encoded(&UpdateOffer {
            manifest: &package.manifest,
            signature: &package.signature,
            extensions: Default::default(),
        }))?;
        let status = UpdateStatus::decode(&answer).expect("an offer is answered with update_status");
        Ok((status.state, status.error))
    }

    /// How an update stands, and which byte is missing.
    ///
    /// # Errors
    /// The power is off.
    pub fn query(&mut self, package: &Package) -> Result<(UpdateState, u32), Gone> {
        let answer = self.ask(&encoded(&UpdateQuery {
            digest: &package.digest,
            extensions: Default::default(),
        }))?;
        let status = UpdateStatus::decode(&answer).expect("a query is answered with update_status");
        Ok((status.state, status.next_offset))
    }

    /// Sends bytes of an update.
    ///
    /// # Errors
    /// The power is off.
    pub fn chunk(
        &mut self,
        package: &Package,
        from: usize,
        how: How,
    ) -> Result<(UpdateState, ErrorCode), Gone> {
        let content = &package.content;
        let from = from.min(content.len());
        let to = (from + CHUNK).min(content.len());
        let mut data = content[from..to].to_vec();
        if data.is_empty() {
            data.push(0);
        }
        let offset = match how {
            How::Right => from,
            How::Altered => {
                data[0] ^= 1;
                from
            }
            How::Elsewhere => from + 1,
            How::Long => {
                data.resize(CHUNK, 0x55);
                from
            }
        };
        let answer = self.ask(&encoded(&UpdateChunk {
            digest: &package.digest,
            offset: offset as u32,
            data: &data,
            extensions: Default::default(),
        }))?;
        let status = UpdateStatus::decode(&answer).expect("a chunk is answered with update_status");
        Ok((status.state, status.error))
    }

    /// Commits an update.
    ///
    /// # Errors
    /// The power is off.
    pub fn commit(&mut self, package: &Package) -> Result<(UpdateState, ErrorCode, [u32; 3]), Gone> {
        let answer = self.ask(&encoded(&UpdateCommit {
            digest: &package.digest,
            extensions: Default::default(),
        }))?;
        let result = UpdateResult::decode(&answer).expect("a commit is answered with update_result");
        let counters = [
            result.software_counter,
            result.authentication_counter,
            result.logic_counter,
        ];
        Ok((result.state, result.error, counters))
    }

    /// Sends a message of the cloud; where nobody is logged in any more, after a login.
    fn ask(&mut self, message: &[u8]) -> Result<Vec<u8>, Gone> {
        if self
            .running
            .as_ref()
            .is_none_or(|running| running.cloud.is_none())
        {
            self.log_in()?;
        }
        let Some(running) = &mut self.running else {
            return Err(Gone::Power);
        };
        let answer = running.cloud(message);
        self.has_power()?;
        Ok(answer.expect("the reader answers its cloud"))
    }

    // --- a look at all of it ---

    /// All that is in force, as everybody can see it.
    ///
    /// # Errors
    /// The power is off.
    pub fn look(&mut self) -> Result<InForce, Gone> {
        let counters = self.log_in()?;
        let software = self.software();
        let Some(running) = &mut self.running else {
            return Err(Gone::Power);
        };
        let mut seen = InForce {
            counters,
            software,
            says: [None; SERVICES.len()],
            clients: [false; 2],
        };
        for (job, (says, service)) in seen.says.iter_mut().zip(SERVICES).enumerate() {
            *says = running.says(job as u8 + 1, service);
        }
        for (let_in, (client, key)) in seen
            .clients
            .iter_mut()
            .zip([(NEW_CLIENT, &NEW_KEY), (SPARE_CLIENT, &SPARE_KEY)])
        {
            running.now += T_BACKOFF_MS;
            *let_in = running.connect(Who {
                client,
                generation: 1,
                key,
            });
        }
        running.now += T_BACKOFF_MS;
        self.has_power()?;
        Ok(seen)
    }

    /// The counter that stands in the software of the slot that was started: all of it has to be the same image.
    fn software(&self) -> Option<u32> {
        let slot = self.running.as_ref()?.slot;
        let flash = self.flash.borrow();
        let from = layout(&flash).slot(place(slot)).start as usize;
        let first = flash.bytes()[from + SOFTWARE_HEADER];
        let known = image(u32::from(first));
        let whole = flash.bytes()[from..].starts_with(&known);
        (whole && first != 0xFF).then_some(u32::from(first))
    }

    fn has_power(&self) -> Result<(), Gone> {
        if self.flash.borrow().is_off() {
            Err(Gone::Power)
        } else {
            Ok(())
        }
    }
}

impl Running {
    /// Brings a frame to the reader, and what it says.
    fn say(&mut self, kind: FrameKind, number: u64, payload: &[u8]) -> Vec<OwnedFrame> {
        let now = Instant::from_millis(self.now);
        let line = encode_frame(kind, number, payload);
        let mut bytes = &line[..];
        let mut said = Vec::new();
        while !bytes.is_empty() {
            self.reader.handle_bytes(now, &mut bytes);
            assert!(
                self.reader.poll_module().is_none(),
                "no service here uses a module"
            );
            while let Some(bytes) = self.reader.poll_output() {
                let mut deframer = Deframer::<LINE>::new();
                let frame = deframer.feed(&mut &bytes[..]);
                said.push(
                    frame
                        .and_then(Result::ok)
                        .map(OwnedFrame::from)
                        .expect("a frame goes out"),
                );
            }
        }
        said
    }

    fn connect(&mut self, who: Who<'_>) -> bool {
        (self.client, self.cloud) = (None, None);
        self.handshakes += 1;
        let hello = hello();
        let said = self.say(FrameKind::Clear, 1, &hello);
        let Some(hello_answer) = said
            .first()
            .map(|answer| &answer.payload)
            .filter(|answer| answer.len() > 1)
        else {
            return false;
        };
        let attempt = Attempt::new(&hello, hello_answer, who, [self.handshakes; 32]);
        let said = self.say(FrameKind::Clear, 2, &attempt.connect);
        let answer = said.first().map_or(&[][..], |answer| &answer.payload);
        let Ok(answer) = ConnectAnswer::decode(answer) else {
            return false;
        };
        let end = attempt.finish(answer.handshake);
        self.client = Some((end.expect("both ends have the same keys"), 0));
        true
    }

    /// A request and its answer.
    fn request<'a>(&mut self, message: &impl Message<'a>) -> Option<Vec<u8>> {
        let (end, number) = self.client.as_mut()?;
        let (end, at) = (end.clone(), *number);
        *number += 1;
        let said = self.say(FrameKind::Sealed, at, &end.seal(at, &encoded(message)));
        let answer = said
            .iter()
            .find(|said| said.kind == FrameKind::Sealed && said.number < FIRST_EVENT)?;
        end.open(at, &answer.payload)
    }

    /// Logs in with everything granted; the counters that the reader states.
    fn log_in(&mut self) -> Option<[u32; 3]> {
        let offers = SERVICES.map(|service| Offer {
            service,
            format: Format::NATIVE,
        });
        let answer = self.request(&PlatformAuth {
            offers: List::from_items(&offers),
            extensions: Default::default(),
        })?;
        let begun = PlatformAuthAnswer::decode(&answer).ok()?;
        let (second, mut cloud) =
            CloudEnd::answer(&PEOPLE.cloud_key, begun.header, begun.handshake, [0x77; 32])?;
        let confirm = self.relay(&second)?;
        let confirm = cloud.open(&confirm)?;
        let confirm = LoginConfirm::decode(&confirm).ok()?;
        let counters = [
            confirm.software_counter,
            confirm.authentication_counter,
            confirm.logic_counter,
        ];
        let result = encoded(&LoginResult {
            outcome: LoginOutcome::Success,
            reader_id: Name::from_text(&PEOPLE.reader_id),
            client_id: Name::from_text(&PEOPLE.all.clients[0].id),
            all_services: true,
            services: List::default(),
            lifetime: 3600,
            software_latest: 0,
            authentication_latest: 0,
            logic_latest: 0,
            extensions: Default::default(),
        });
        let sealed = cloud.seal(&result);
        cloud.sent += 1;
        self.relay(&sealed)?;
        self.cloud = Some(cloud);
        Some(counters)
    }

    fn relay(&mut self, payload: &[u8]) -> Option<Vec<u8>> {
        let answer = self.request(&Relay {
            payload,
            extensions: Default::default(),
        })?;
        Some(RelayAnswer::decode(&answer).ok()?.payload.to_vec())
    }

    fn cloud(&mut self, message: &[u8]) -> Option<Vec<u8>> {
        let mut cloud = self.cloud.clone()?;
        let sealed = cloud.seal(message);
        cloud.sent += 1;
        let answer = self.relay(&sealed)?;
        let answer = cloud.open(&answer);
        self.cloud = Some(cloud);
        answer
    }

    /// The counter that stands in what a service says.
    fn says(&mut self, job: u8, service: ServiceId) -> Option<u32> {
        let job = [job; 16];
        self.request(&Instruct {
            job: &job,
            service,
            parameters: &[],
            extensions: Default::default(),
        })?;
        let answer = self.request(&JobData {
            job: &job,
            part: 0,
            extensions: Default::default(),
        })?;
        let part = JobDataAnswer::decode(&answer).ok()?;
        let data = ServiceData::decode(part.data).ok()?;
        let said = data.items.iter().next()?.value.to_vec();
        let text = String::from_utf8(said).expect("a service says a text");
        let counter = text
            .strip_prefix("said by ")
            .and_then(|counter| counter.parse().ok());
        Some(counter.expect("a service says what it was brought with"))
    }
}
