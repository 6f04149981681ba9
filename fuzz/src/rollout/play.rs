//! Does what the input says with a cloud and with the model of it, and compares them after each act.

use super::{
    acts::{Act, Bar, Class, States},
    fleet::{self, FLEET, OTHER_CLASS, READERS},
    line::{Line, confirm},
    model::{Model, course::Course},
    said::{Heard, Said},
    words::{Asked, Word, code},
};
use crate::world::{encoded, log::Log, updates::CLASS};
use cardwire_codec::message::{ErrorCode, JobSecretsAnswer, UpdateState};
use cardwire_peers::{
    Cloud,
    cloud::{CampaignCommand, CampaignId},
};
use std::{collections::BTreeSet, sync::Arc, time::Instant};

/// Messages that one reader may be sent in one act: all updates in chunks of half the size, and more.
const MESSAGES_MAX: usize = 400;

/// An execution.
pub struct Play<'l> {
    cloud: Arc<Cloud>,
    model: Model,
    /// The channels of each reader's last login, and behind them those of the logins before.
    lines: [Option<(Line, Course)>; 2 * READERS],
    now: Instant,
    /// How deliveries and campaigns have stood.
    seen: BTreeSet<&'static str>,
    log: &'l Log<'l>,
}

impl<'l> Play<'l> {
    /// A new cloud, and readers that have not been there.
    #[must_use]
    pub fn new(log: &'l Log<'l>) -> Self {
        Self {
            cloud: fleet::cloud(),
            model: Model::default(),
            lines: Default::default(),
            // Only where an act says so time passes.
            now: Instant::now(),
            seen: BTreeSet::new(),
            log,
        }
    }

    /// Does one thing.
    ///
    /// # Panics
    /// Where the cloud makes something else of it than the model.
    pub fn does(&mut self, act: Act) {
        match act {
            Act::Publish(update, plan) => self.publish(update, plan),
            Act::Steer(campaign, command) => self.steer(campaign, command),
            Act::Bar(reader, bar) => self.bar(usize::from(reader), bar),
            Act::Login(reader, class, states) => self.log_in(usize::from(reader), class, states),
            Act::Half(reader, half) => Line::half(&self.cloud, usize::from(reader), half, self.now),
            Act::Say(channel, word) => {
                self.say(usize::from(channel), word);
            }
            Act::Keep(channel, word) => self.keep(usize::from(channel), word),
            Act::Break(reader) => self.lines[usize::from(reader)] = None,
        }
        self.compare();
        self.tell();
    }

    /// The log of what was decided is whole; gives how deliveries and campaigns have stood.
    ///
    /// # Panics
    /// Where it is not.
    pub fn ends(self) -> BTreeSet<&'static str> {
        let verified = self.cloud.registry().verify_audit(None);
        assert!(verified.is_ok(), "the audit log is whole: {verified:?}");
        self.seen
    }

    fn compare(&mut self) {
        self.model.compare(self.cloud.registry());
        for campaign in &self.model.campaigns {
            self.seen.insert(campaign.state.name());
            let states = campaign.deliveries.values().map(|to| to.state.name());
            self.seen.extend(states);
        }
    }

    fn tell(&self) {
        for (place, campaign) in self.model.campaigns.iter().enumerate() {
            self.log.line(|| {
                let to = campaign.deliveries.iter();
                let to: Vec<_> = to
                    .map(|(reader, to)| format!("{reader} {}", to.state.name()))
                    .collect();
                let (state, stage) = (campaign.state, campaign.stage);
                format!("  campaign {place}: {state}, stage {stage}: {}", to.join(", "))
            });
        }
    }

    // --- the operator ---

    fn publish(&mut self, update: u8, plan: u8) {
        let (update, plan) = (fleet::update(update), fleet::plan(plan));
        let only = plan.only.as_ref();
        let only = only.and_then(|only| FLEET.iter().position(|reader| reader.id == *only));
        let published = self.cloud.registry().publish_in_stages(&update.update, &plan);
        let may_be = self.model.publish(update, plan, only);
        assert_eq!(
            published.is_ok(),
            may_be,
            "a counter is taken once: {published:?}"
        );
    }

    fn steer(&mut self, campaign: u8, command: CampaignCommand) {
        // One that is not there is among them.
        let campaign = usize::from(campaign) % (self.model.campaigns.len() + 1);
        let id = campaign as CampaignId + 1;
        let steered = self.cloud.registry().steer(id, command);
        let may_be = self.model.steer(campaign, command);
        assert_eq!(steered.is_ok(), may_be, "what a campaign can do: {steered:?}");
        if let Ok(state) = steered {
            assert_eq!(state, self.model.campaigns[campaign].state, "and what it does");
        }
    }

    fn bar(&mut self, reader: usize, bar: Bar) {
        let (registry, id) = (self.cloud.registry(), &*FLEET[reader].id);
        let done = match bar {
            Bar::Revoke => registry.revoke_reader(id).map(drop),
            Bar::Deny => registry.admit(id, false),
            Bar::Admit => registry.admit(id, true),
        };
        done.expect("a registered reader can be let in or not");
        self.model.bar(reader, bar);
    }

    // --- readers ---

    fn log_in(&mut self, reader: usize, class: Class, states: States) {
        let class = match class {
            Class::Usual => CLASS,
            Class::Other => OTHER_CLASS,
        };
        let counters = self.counters(reader, states);
        self.log.line(|| format!("  it states {class} and {counters:?}"));
        let login = Line::log_in(&self.cloud, reader, class, counters, self.now);
        assert_eq!(
            login.line.is_some(),
            self.model.readers[reader].admitted,
            "who is admitted is let in"
        );
        self.model.arrives(reader, class, counters);
        self.compare();
        self.model.latest(reader, login.latest);
        self.lines[reader + READERS] = self.lines[reader].take();
        self.lines[reader] = login.line.map(|line| (line, Course::of(reader)));
    }

    fn counters(&self, reader: usize, states: States) -> [u32; 3] {
        let mut counters = self.model.readers[reader].counters;
        let campaigns = &self.model.campaigns;
        let (place, stated): (u8, fn(u32) -> u32) = match states {
            States::Own => return counters,
            States::Zero => return [0; 3],
            States::These(these) => return these.map(u32::from),
            States::Of(place) | States::First(place) => (place, |counter| counter),
            States::Above(place) => (place, |counter| counter + 1),
            States::Below(place) => (place, |counter| counter - 1),
        };
        let Some(campaign) = campaigns.get(usize::from(place) % campaigns.len().max(1)) else {
            return counters;
        };
        let highest = campaign.update.highest().into_iter().enumerate();
        let raised = highest.filter_map(|(kind, counter)| Some((kind, counter?)));
        let most = if matches!(states, States::First(_)) { 1 } else { 3 };
        for (kind, counter) in raised.take(most) {
            counters[kind] = stated(counter);
        }
        counters
    }

    /// It says the same until there is no more for it: that has to end, whatever it says.
    fn keep(&mut self, channel: usize, word: Word) {
        for _ in 0..MESSAGES_MAX {
            if !self.say(channel, word) {
                return;
            }
        }
        panic!("a cloud does not send for ever");
    }

    /// A reader says something; whether its cloud had something for it.
    fn say(&mut self, channel: usize, word: Word) -> bool {
        let Some((mut line, mut course)) = self.lines[channel].take() else {
            return false;
        };
        let is_barred = !self.model.readers[course.reader].admitted;
        let told = course.told;
        let (sealed, said) = self.seals(&mut line, &course, word);
        let answer = line.relay(&sealed, self.now);
        self.log.line(|| match &answer {
            Ok(heard) => format!("  {said:?}: {}", heard.words()),
            Err(code) => format!("  {said:?}: {code}"),
        });
        let expected = match (&said, told) {
            _ if is_barred => Err(ErrorCode::LOGIN_EXPIRED),
            (Spoken::Altered, _) => Err(ErrorCode::LOGIN_EXPIRED),
            (Spoken::Garbage, _) => Err(ErrorCode::MALFORMED),
            // What it was told can't be sealed again.
            (Spoken::Nothing, Some(_)) => Err(ErrorCode::UNEXPECTED),
            (Spoken::Nothing, None) | (Spoken::This(_), _) => Ok(()),
        };
        assert_eq!(
            answer.as_ref().map(drop).map_err(|code| *code),
            expected,
            "{said:?}"
        );
        let Ok(heard) = answer else {
            let stays = expected == Err(ErrorCode::UNEXPECTED);
            assert_eq!(
                line.is_logged_in(),
                stays,
                "what does not authenticate ends the login"
            );
            self.lines[channel] = stays.then_some((line, course));
            return false;
        };
        if let Spoken::This(said) = &said {
            self.model.takes(&mut course, said);
        }
        self.model.hears(&mut course, &heard);
        self.lines[channel] = Some((line, course));
        // A chunk changes nothing but how far it is.
        if !matches!(heard, Heard::Chunk { .. }) {
            self.compare();
        }
        heard != Heard::Nothing
    }

    /// What goes into the channel for a word.
    fn seals(&self, line: &mut Line, course: &Course, word: Word) -> (Vec<u8>, Spoken) {
        let asked = Asked::of(&self.model, course.told);
        let counters = self.model.readers[course.reader].counters;
        let said = match word {
            Word::Nothing => return (Vec::new(), Spoken::Nothing),
            // A reader that was told nothing has nothing to say; its client asks what there is.
            Word::Right | Word::Tries if course.told.is_none() => return (Vec::new(), Spoken::Nothing),
            Word::Garbage(byte) => return (line.seal_bytes(&[0xFF, byte]), Spoken::Garbage),
            Word::Damaged(at, with) => {
                let right = asked.right(UpdateState::Installed);
                let mut sealed = line.seal(&right, &asked.digest, counters);
                let at = usize::from(at) % sealed.len();
                sealed[at] ^= with.max(1);
                return (sealed, Spoken::Altered);
            }
            Word::Right => asked.right(UpdateState::Installed),
            Word::Tries => asked.right(UpdateState::Trial),
            Word::Status {
                right,
                state,
                offset,
                code: place,
            } => Said::Status {
                right,
                state,
                offset: asked.offset(offset),
                error: code(place),
            },
            Word::Result {
                right,
                state,
                code: place,
            } => Said::Result {
                right,
                state,
                error: code(place),
            },
            // A refusal without a reason is none.
            Word::Refuses(place) => Said::Refusal(match code(place) {
                ErrorCode(0) => ErrorCode::MALFORMED,
                error => error,
            }),
            Word::Confirms => Said::Other(confirm(&FLEET[course.reader], fleet::CLIENT, counters)),
            Word::Secrets => Said::Other(encoded(&JobSecretsAnswer {
                job: &[7; 16],
                extensions: Default::default(),
            })),
        };
        (line.seal(&said, &asked.digest, counters), Spoken::This(said))
    }
}

/// What came through the channel.
#[derive(Debug)]
enum Spoken {
    Nothing,
    Altered,
    Garbage,
    This(Said),
}
