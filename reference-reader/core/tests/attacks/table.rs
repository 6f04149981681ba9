//! The table: which attack is on which threat, where it is logged, and which weakness lets it through.

use super::{
    authors, capture, clouds, ended, guesses, handshakes, jobs, modules, readers, scene::Scene, sealed, shut,
    staged, updates,
};
use crate::hostile::{Fallen, Held, board::Weakness};
use cardwire_core::env::Record;
use core::{fmt::Write, panic::AssertUnwindSafe};
use std::panic::catch_unwind;

/// One attack.
pub struct Attack {
    pub name: &'static str,
    /// The threats of the book that it is.
    pub threats: &'static [&'static str],
    /// Where an attempt is seen afterwards, or why it is not.
    pub logged: &'static str,
    /// What lets it through, one after the other.
    pub falls: &'static [Weakness],
    /// Why there is no weakness to show it with.
    pub cannot_fall: &'static str,
    pub run: fn(&mut Scene) -> Held,
}

impl Attack {
    /// Runs it; a panic of the reader is a breach like any other. How often it was tried is given too.
    pub fn on(&self, weakness: Option<Weakness>) -> (u64, Held) {
        let mut scene = Scene::new(weakness);
        let ended = catch_unwind(AssertUnwindSafe(|| (self.run)(&mut scene)));
        let ended = ended.unwrap_or_else(|_| Err(Fallen::Breach("the reader has stopped".to_owned())));
        (scene.attempts(), ended)
    }
}

/// Shows every attack on readers that are weak in a way in which `counts`, and how many there were; what did not work is
/// given.
pub fn show_weak(counts: impl Fn(&Weakness) -> bool) -> (usize, Vec<String>) {
    let (mut shown, mut wrong) = (0, Vec::new());
    for attack in ATTACKS {
        for weakness in attack.falls.iter().filter(|weakness| counts(weakness)) {
            shown += 1;
            match attack.on(Some(*weakness)).1 {
                Err(Fallen::Breach(what)) => println!("{:<28} {:<28} {what}", attack.name, weakness.name()),
                other => wrong.push(format!(
                    "{} on a reader with {}: {other:?}",
                    attack.name,
                    weakness.name()
                )),
            }
        }
    }
    (shown, wrong)
}

/// Why a threat has no attack, or what its attacks don't show.
pub const REASONS: &[(&str, &str)] = &[
    (
        "T-7",
        "that nobody relays over a distance is not promised; what is: who relays reads and changes nothing",
    ),
    (
        "T-19",
        "how long a computation takes is not seen in virtual time; that the same work is done is",
    ),
    (
        "U-5",
        "cuts inside a flash operation are the sweep of the store; here the power goes between its records",
    ),
];

const COUNTED: &str = "reader_status counts failed connects, diagnostics show the security module";
const DROPPED: &str = "not logged: whoever holds the line could fill a log; counted until the session ends";
const NAMED: &str = "the client gets the error by name, inside the channel";
const CLOUD: &str = "the cloud answers with an error and counts no login";
const TO_CLOUD: &str = "the cloud gets the error by name, inside its channel";
const OUTCOME: &str = "the job's outcome, and diagnostics of each module";
const UNSEEN: &str = "nothing to log: who listens is not seen";

/// What only a faulty reader's core has; the tests of `reference-reader/faulty` show the attack on it.
const fn core(fault: &'static str) -> Weakness {
    Weakness::Core(fault)
}

macro_rules! attacks {
    ($($name:literal on $($threat:literal),+ => $run:path, $logged:expr, $falls:expr $(, because $why:literal)?;)+) => {
        &[$(Attack {
            name: $name,
            threats: &[$($threat),+],
            logged: $logged,
            falls: &$falls,
            cannot_fall: concat!($($why)?),
            run: $run,
        }),+]
    };
}

pub const ATTACKS: &[Attack] = attacks! {
    "connect, each bit flipped" on "T-5", "T-14", "T-18" => handshakes::flipped_connect, COUNTED, [
        core("TellsUnknownClients"), core("RenewsChallengeOnFailure"), core("FailedConnectEndsSession"),
        core("LeavesSecurityModuleOn"), core("HidesFailures")
    ];
    "connect_answer, each bit flipped" on "T-3", "T-5", "T-8" => handshakes::flipped_connect_answer, UNSEEN, [],
        because "the client decides; the answer as it was is taken";
    "connect with an extension" on "T-5", "T-9" => handshakes::extended_connect, COUNTED, [core("LeavesExtensionsUnbound")];
    "recorded connect" on "T-1", "T-10", "T-11" => handshakes::replayed_connect, COUNTED, [
        core("KeepsChallenge"), core("RepeatsChallengeAtBoot"), Weakness::Loses(Record::BootCounter)
    ];
    "connect under others' names" on "T-5", "T-15", "T-18" => handshakes::borrowed_names, COUNTED, [
        core("TellsUnknownClients"), core("FailedConnectEndsSession")
    ];
    "hello and its answer, changed" on "T-9" => handshakes::trimmed_hello, COUNTED, [
        core("TakesAnyVersion"), core("StatesLowestVersion")
    ];
    "connect, points of low order" on "T-13" => handshakes::low_order_connect, COUNTED, [core("TakesLowOrderKeys")];
    "connect_answer, points of low order" on "T-13" => handshakes::low_order_answer, UNSEEN, [],
        because "the client decides; the answer as it was is taken";
    "connect, handshakes of other lengths" on "T-14" => handshakes::short_connects, COUNTED, [
        core("RenewsChallengeOnFailure")
    ];
    "guessing across resets" on "T-15" => guesses::flood_across_resets, COUNTED, [
        Weakness::Loses(Record::FailedConnects), core("LocksOut"), core("HidesFailures")
    ];
    "guessing from a list" on "T-15" => guesses::list_of_secrets, COUNTED, [Weakness::HasGuessableSecret];
    "which clients are known" on "T-15", "T-18", "T-19" => guesses::oracle, COUNTED, [core("TellsUnknownClients")];
    "dismissed client" on "T-20" => guesses::dismissed_client, CLOUD, [Weakness::AdmitsForEver, core("IgnoresGrants")];
    "request, each bit flipped" on "T-7", "T-11" => sealed::flipped_requests, DROPPED, [core("AnswersForgedFrames")];
    "request, cut off" on "T-12" => sealed::truncated_requests, DROPPED, [core("AnswersForgedFrames")];
    "request, again and again" on "T-11", "T-27" => sealed::replayed_requests, DROPPED, [core("ExecutesRepeats")];
    "requests out of order" on "T-11" => sealed::reordered_requests, DROPPED, [core("TakesNumbersAhead")];
    "frames sent back" on "T-8" => sealed::reflected_frames, DROPPED, [core("AnswersAnswers")];
    "login sent back" on "T-8" => sealed::reflected_login, NAMED, [core("ServesWithoutLoginResult")];
    "forged frames without end" on "T-11", "T-14" => ended::exhausted_session,
        "the session ends, diagnostics show its interfaces", [
        core("NeverCountsFailures"), core("CountsForgeriesOnly")
    ];
    "frames of another session" on "T-6", "T-11" => sealed::spliced_frames, DROPPED, [core("AnswersForgedFrames")];
    "recorded session after resets" on "T-10", "T-21" => ended::replayed_after_reset, COUNTED, [
        core("RepeatsChallengeAtBoot"), core("RepeatsEphemeralKeys"), Weakness::Loses(Record::BootCounter)
    ];
    "session kept alive" on "T-11", "T-21" => ended::kept_alive, DROPPED, [core("LivesOnRepeats"), core("StaysOpenInSilence")];
    "no encryption" on "T-9", "T-12", "T-21" => sealed::without_encryption, DROPPED, [
        core("ExecutesInClear"), core("AnswersWhileLocked")
    ];
    "answers, each bit flipped, and old ones" on "T-7", "T-25" => sealed::forged_answers, UNSEEN, [],
        because "the client decides; the answers as they were are taken";
    "cloud's handshake, each bit flipped" on "T-3", "T-5" => clouds::flipped_second, NAMED, [],
        because "the library's tag decides; the message as it was is taken";
    "login_result, each bit flipped" on "T-6", "T-21", "T-25" => clouds::flipped_result, NAMED, [
        core("ServesWithoutLoginResult"), core("ServesBeforeLogin")
    ];
    "false cloud" on "T-3" => clouds::false_cloud, NAMED, [Weakness::PinsAttackersCloud];
    "recorded cloud" on "T-1", "T-10", "T-25" => clouds::replayed_cloud, NAMED, [
        core("RepeatsEphemeralKeys")
    ];
    "recorded reader" on "T-1" => readers::replayed_first, CLOUD, [],
        because "the cloud decides, and has no switch; the login as it was is counted";
    "false reader" on "T-4" => readers::false_reader, CLOUD, [Weakness::RegistersAttackersReader];
    "login header and message, each bit flipped" on "T-4", "T-5", "T-9" => readers::flipped_open, CLOUD, [],
        because "the cloud decides, and has no switch; the login as it was is answered";
    "spliced logins" on "T-6" => readers::spliced_logins, CLOUD, [core("ServesBeforeLogin")];
    "login_result for others" on "T-6", "T-20" => clouds::foreign_result, NAMED, [core("TakesForeignLoginResult")];
    "client hidden from the cloud" on "T-6", "T-7" => readers::hidden_client, CLOUD, [
        core("StatesWrongClient"), core("ConfirmsWrongClient")
    ];
    "impersonation with the cloud's key" on "T-17" => readers::impersonated_reader, CLOUD, [],
        because "the cloud decides, and has no switch; the reader itself is let in";
    "first message opened later" on "T-2" => clouds::opened_later, NAMED, [core("TakesHandshakePayload")];
    "cloud's handshake, points of low order" on "T-13" => clouds::low_order_cloud, NAMED, [],
        because "the check has no switch on this side; the message with a right point is taken";
    "relayed bytes of every length" on "T-14" => clouds::relayed_lengths, NAMED, [
        core("FailsOnShortHandshakes"), core("EndsSessionWithCloud")
    ];
    "grants out of date" on "T-20", "T-21" => clouds::stale_grants, NAMED, [
        core("KeepsExpiredGrants"), core("KeepsInterfacesOnNewLogin"), core("KeepsUnfinishedLogin"), core("IgnoresGrants"),
        core("IgnoresOffers"), core("InheritsLogin")
    ];
    "interfaces that are shut" on "T-21" => shut::interfaces, NAMED, [
        core("ServesBeforeLogin"), core("ServesWithoutLoginResult"), core("StaysConnected"), core("InheritsLogin"),
        core("StaysOpenInSilence")
    ];
    "install mode" on "T-16" => shut::install_mode, NAMED, [core("HasInstallMode"), core("HidesCertification")];
    "published keys in the field" on "T-16" => shut::production_reader, COUNTED, [core("RenewsChallengeOnFailure")];
    "garbage" on "T-14" => shut::garbage, DROPPED, [core("LosesFrameAfterGarbage")];
    "malformed requests" on "T-14", "T-23" => shut::malformed_requests, NAMED, [
        core("TakesTrailingBytes"), core("HidesCodecRules")
    ];
    "services ended anywhere" on "T-22" => modules::left_on, OUTCOME, [
        core("LeavesModulesOn"), core("LeavesModulesOnAfterFailure"), core("KeepsSupply")
    ];
    "swapped card" on "T-24" => modules::swapped_card, "the job's outcome, and the slot's generation", [
        core("IgnoresPulledCards"), core("CountsInsertionsOnly")
    ];
    "hostile card" on "T-14", "T-22" => modules::hostile_card, OUTCOME, [core("LeavesModulesOnAfterFailure")];
    "done twice" on "T-27" => jobs::done_twice, "job_status tells of the first run", [
        core("ForgetsJobs"), Weakness::Loses(Record::Journal)
    ];
    "another job under a known id" on "T-25", "T-27" => jobs::borrowed_job, NAMED, [core("OverlooksJobConflicts")];
    "others' data" on "T-21", "T-25" => jobs::others_data, NAMED, [core("GivesOtherJobsData"), core("GivesDataToAnyone")];
    "secrets as parameters" on "T-26" => jobs::refused_parameters, NAMED, [core("TakesAnyParameters")];
    "line overheard" on "T-7", "T-18", "T-26" => capture::overheard, UNSEEN, [core("TellsSecrets")];
    "locked reader questioned" on "T-18" => capture::asked_while_locked, COUNTED, [core("AnswersWhileLocked")];
    "manifest, each bit flipped" on "U-1" => updates::flipped_manifest, TO_CLOUD, [
        core("TakesAnySignature"), core("ReadsBeforeSignature")
    ];
    "foreign authority" on "U-1", "U-12" => updates::foreign_authority, TO_CLOUD, [
        core("TakesAnySignature"), Weakness::TrustsAttackersAuthority
    ];
    "old update" on "U-2", "T-23" => updates::old_update, TO_CLOUD, [core("TakesOldCounter"), core("KeepsCounter")];
    "update for something else" on "U-3", "U-9" => updates::update_for_others, TO_CLOUD, [
        core("TakesForeignHardware"), core("DisablesOnRefusal")
    ];
    "update of other bytes" on "U-4", "T-12" => staged::other_bytes, TO_CLOUD, [core("SkipsContentDigest")];
    "update in disorder" on "U-7" => staged::disorder, TO_CLOUD, [
        core("TakesAnyOffset"), core("DropsResumedBytes")
    ];
    "storage cut" on "U-5" => staged::power_cut, TO_CLOUD, [core("ErasesAtOffer"), core("HidesFullStorage")];
    "hostile logic" on "T-23", "T-26", "U-6" => authors::hostile_logic, TO_CLOUD, [
        core("SkipsVerifier"), core("SkipsFilter"), core("TakesUnknownModules"), core("CountsOneRound")
    ];
    "stored logic, each bit flipped" on "U-6", "U-8" => authors::changed_at_rest,
        "not logged: service_list shows the digest of what runs", [],
        because "what is stored is looked at by the same verifier as above, which has its switches there";
    "changed after the check" on "U-8" => staged::changed_after_check, TO_CLOUD, [core("IgnoresCommit")];
    "update during a run" on "U-9", "T-23" => staged::during_a_run, TO_CLOUD, [core("EndsServiceOnCommit")];
    "kept from updates" on "U-10" => updates::kept_from_updates, "the cloud's registry has the reader's counters", [
        core("HidesCounters")
    ];
    "keys lost in their change" on "U-11" => updates::keys_lost, TO_CLOUD, [core("DisablesOnRefusal")];
};

/// The table as text: threat, attacks, attempts; and where each is logged.
pub fn render(rows: &[(&Attack, u64)]) -> String {
    let mut out = String::from(
        "\nattack                                      threats            attempts  weak readers  logged\n",
    );
    let mut attempts = 0;
    let mut weak = 0;
    for (attack, tried) in rows {
        attempts += tried;
        weak += attack.falls.len();
        let threats = attack.threats.join(" ");
        let falls = attack.falls.len();
        let name = attack.name;
        let _ = writeln!(
            out,
            "{name:<43} {threats:<18} {tried:>8}  {falls:>12}  {}",
            attack.logged
        );
    }
    let _ = writeln!(
        out,
        "{} attacks, {attempts} attempts, all refused; {weak} weak readers to show them on",
        rows.len()
    );
    for (threat, reason) in REASONS {
        let _ = writeln!(out, "{threat}: {reason}");
    }
    out
}
