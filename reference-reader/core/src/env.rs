//! What a reader needs from its board: randomness and storage.

/// The board beneath a reader. Host and firmware implement it; the core owns no clock, socket or flash itself.
pub trait Env {
    /// Fills `out` with random bytes.
    ///
    /// # Errors
    /// [`RandomFailed`] where the source's health test fails; the reader then accepts no client.
    fn random(&mut self, out: &mut [u8]) -> Result<(), RandomFailed>;

    /// Reads a record into the front of `out` and returns its length in bytes; `None` where it was never stored,
    /// can't be read, or is larger than `out`.
    fn load(&mut self, record: Record, out: &mut [u8]) -> Option<usize>;

    /// Stores a record whole: after a power cut the old or the new one is there, never neither.
    ///
    /// # Errors
    /// [`StoreFailed`] where the record may not be there after a reset.
    fn store(&mut self, record: Record, data: &[u8]) -> Result<(), StoreFailed>;

    /// Whether this reader has a certain fault. Production environments leave this as it is, so that it costs
    /// nothing; readers that prove the conformance suite have one fault each.
    fn deviates(&self, _deviation: Deviation) -> bool {
        false
    }
}

/// The random source's health test failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RandomFailed;

/// A record could not be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreFailed;

/// What a reader keeps across resets; each record is read and written whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Record {
    /// How often the reader has booted; 4 bytes.
    BootCounter,
    /// Failed connects since the last accepted one; 2 bytes. Written at powers of two only.
    FailedConnects,
    /// The last job that began to write to a card; 89 bytes.
    Journal,
    /// An update counter and the execution logic that it came with, by slot from 0; at most 4 + 1024 bytes.
    Logic(u8),
}

/// Every place where a faulty reader may deviate from the specification, with the requirement that it then breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Deviation {
    /// Answers a frame with a wrong checksum (CW-LINK-005).
    AnswersBadFrames,
    /// Drops the frame after a bad one (CW-LINK-005).
    LosesFrameAfterGarbage,
    /// Answers clear frames under number 0 (CW-LINK-004).
    AnswersUnderNumberZero,
    /// Answers messages that are answers (CW-LINK-007).
    AnswersAnswers,
    /// Takes requests with bytes behind their end (CW-CODEC-001, CW-CODEC-002).
    TakesTrailingBytes,
    /// Answers malformed requests with `unexpected` (CW-CODEC-009).
    HidesCodecRules,
    /// States a wrong offset with `malformed` (CW-CODEC-009).
    StatesWrongOffset,
    /// States its lowest version in hello (CW-CONN-002).
    StatesLowestVersion,
    /// Answers reader_status in clear while locked (CW-CONN-003).
    AnswersWhileLocked,
    /// Tells an unknown client from a wrong key (CW-CONN-007).
    TellsUnknownClients,
    /// Ends the session on a refused connect (CW-CONN-006).
    FailedConnectEndsSession,
    /// Keeps its challenge for ever (CW-CONN-008).
    KeepsChallenge,
    /// Changes its challenge on a refused connect (CW-CONN-008).
    RenewsChallengeOnFailure,
    /// Locks right clients out after failures (CW-CONN-009).
    LocksOut,
    /// Leaves its security module enabled (CW-CONN-010).
    LeavesSecurityModuleOn,
    /// Executes a repeated request again (CW-SESS-003, CW-SESS-004).
    ExecutesRepeats,
    /// Takes sealed frames with numbers ahead of the next one (CW-SESS-005).
    TakesNumbersAhead,
    /// Answers sealed frames that fail authentication (CW-SESS-005).
    AnswersForgedFrames,
    /// Keeps the session whatever the number of failures (CW-SESS-006).
    NeverCountsFailures,
    /// Does not end the session on disconnect (CW-SESS-010, CW-SESS-007).
    StaysConnected,
    /// Answers requests of later states before login (CW-SESS-012, CW-INTF-001).
    ServesBeforeLogin,
    /// Enables service interfaces without a login result (CW-LOGIN-006).
    ServesWithoutLoginResult,
    /// Takes login results for other readers (CW-LOGIN-006, CW-LOGIN-007).
    TakesForeignLoginResult,
    /// Enables services that the cloud did not grant (CW-LOGIN-006).
    IgnoresGrants,
    /// Enables services that the client did not offer (CW-LOGIN-006).
    IgnoresOffers,
    /// Never drops an expired grant (CW-LOGIN-009).
    KeepsExpiredGrants,
    /// States another client in the login header (CW-LOGIN-002).
    StatesWrongClient,
    /// Begins a second login without disabling service interfaces (CW-LOGIN-001).
    KeepsInterfacesOnNewLogin,
    /// Lists its services in descending order (CW-INTF-004).
    ListsBackwards,
    /// Runs services with parameters that they do not take (CW-INTF-006).
    TakesAnyParameters,
    /// Forgets jobs, so that an instruction runs again (CW-JOB-002).
    ForgetsJobs,
    /// Answers another instruction under a known id as if it were the same (CW-JOB-002).
    OverlooksJobConflicts,
    /// Ignores aborts (CW-JOB-005).
    IgnoresAborts,
    /// Gives data only once (CW-JOB-004).
    GivesDataOnce,
    /// Leaves its modules enabled after a service (CW-MOD-003).
    LeavesModulesOn,
    /// Leaves its modules enabled after a service that did not succeed (CW-MOD-003).
    LeavesModulesOnAfterFailure,
    /// Runs per-step services as whole-service ones (CW-MOD-005).
    IgnoresPerStep,
    /// Runs whole-service services as per-step ones (CW-MOD-004).
    IgnoresWholeService,
    /// Leaves 6Cxx to the service logic (CW-MOD-010).
    IgnoresWrongLength,
    /// Accepts manifests of any authority (CW-UPD-001).
    TakesAnySignature,
    /// Accepts manifests for other hardware (CW-UPD-002).
    TakesForeignHardware,
    /// Accepts old manifests (CW-UPD-003).
    TakesOldCounter,
    /// Takes update bytes at any offset (CW-UPD-004).
    TakesAnyOffset,
    /// Does not check the digest of an update (CW-UPD-004).
    SkipsContentDigest,
    /// Stores logic that does not verify (CW-LOGIC-003).
    SkipsVerifier,
    /// Says that an update is in force and keeps the old logic (CW-UPD-005).
    IgnoresCommit,
    /// Does not raise the counter at commit (CW-UPD-005).
    KeepsCounter,
    /// Records no changes of service interfaces (CW-DIAG-001).
    RecordsNoInterfaces,
}
