//! The table of faults.

/// What a client does wrong. The variants stand in the order of the way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the table says what each does")]
pub enum Fault {
    NoDelimiter,
    ConstantClearNumber,
    TakesAnyClearNumber,
    GarbageIsAnEnd,
    TakesReadsForFrames,
    EmptyLineIsAnEnd,
    WrongChecksum,
    FramesTooLarge,
    DropsLargeFrames,
    UnassignedExtension,
    TrimsVersions,
    VersionNotCompared,
    BrokenHelloAnswerIsAnEnd,
    BrokenConnectAnswerIsAnEnd,
    FailureIsConnected,
    StaticEphemeral,
    IgnoresReaderId,
    IgnoresGeneration,
    RefusalIsNothing,
    NoSecondConnect,
    SecondConnectAtOnce,
    TakesForgedConnectAnswer,
    ForgedConnectAnswerIsAnEnd,
    TakesLowOrder,
    NumbersFromOne,
    SealsUnderZero,
    NeverRepeats,
    NeverRepeatsInClear,
    NewNumberOnRepeat,
    ResealsOnRepeat,
    HangsOnSilence,
    SendsTwoAtOnce,
    TakesAnyNumber,
    TakesClearAnswer,
    UnauthenticAnswerIsAnEnd,
    OneRefusalIsAnEnd,
    RefusalIsSuccess,
    TakesOldEvents,
    TakesUnauthenticEvents,
    EventIsAnEnd,
    UnknownEventIsAnEnd,
    EventDecides,
    ExtensionIsAnEnd,
    TakesBytesBehind,
    TakesAnyAnswer,
    ErrorIsAlwaysMine,
    GoesOnAfterWrongAnswer,
    HeaderVersionNotCompared,
    HeaderReaderNotCompared,
    HeaderClientNotCompared,
    HeaderSessionNotCompared,
    HeaderNotRead,
    ServesWithoutCloud,
    NeedsAnOffer,
    AltersForReader,
    AltersForCloud,
    TrimsZeros,
    RelaysTwice,
    AsksForNoUpdates,
    UpdateIsLocal,
    RelaysShortMessages,
    NeedsNoConfirmation,
    ReaderErrorIsNothing,
    TakesAnyState,
    RepeatsToCloud,
    HangsOnCloud,
    GoesOnOnNewConnection,
    CloudErrorIsNothing,
    ConstantCloudNumber,
    TakesAnyCloudNumber,
    CloudGarbageIsAnEnd,
    TakesAnyCloudAnswer,
    OffersOneFormat,
    DropsEmptyParameters,
    ErrorIsSuccess,
    JobIdsCountUp,
    InstructsAnew,
    TakesRunningForDone,
    TakesInterruptedForDone,
    TakesForgottenForDone,
    StatusOfAnyJob,
    ServiceNotCompared,
    DataOfAnyPart,
    TakesShortData,
    ShowsWhatCame,
    FetchesForEver,
    UnknownOutcomeIsSuccess,
    DoneIsSuccess,
    CancelIsLocal,
    FirstPartOfListOnly,
    TakesAnyList,
    ShowsNoProvisioning,
}

/// A fault, what it breaks, and what catches it.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The fault.
    pub fault: Fault,
    /// Its name on the command line.
    pub name: &'static str,
    /// The requirement that it breaks.
    pub requirement: &'static str,
    /// The case that catches it.
    pub caught_by: &'static str,
    /// What the client does.
    pub does: &'static str,
}

macro_rules! faults {
    ($($fault:ident $name:literal $requirement:literal $case:literal $does:literal)*) => {
        /// All faults.
        pub const FAULTS: &[Entry] = &[$(Entry {
            fault: Fault::$fault,
            name: $name,
            requirement: $requirement,
            caught_by: concat!("client.", $case),
            does: $does,
        }),*];
    };
}

faults! {
    NoDelimiter "no-delimiter" "CW-LINK-010" "link.delimiter-first" "sends hello without a delimiter before it"
    ConstantClearNumber "constant-clear-number" "CW-LINK-004" "link.fresh-numbers" "takes one number for all requests in clear"
    TakesAnyClearNumber "takes-any-clear-number" "CW-LINK-004" "link.hello-answer-of-another-number" "takes a clear frame of any number for its answer"
    GarbageIsAnEnd "garbage-is-an-end" "CW-LINK-005" "link.garbage-costs-nothing" "gives up where bytes are no frame"
    TakesReadsForFrames "takes-reads-for-frames" "CW-LINK-001" "link.answers-in-pieces" "takes what one read of the line gives for a whole frame"
    EmptyLineIsAnEnd "empty-line-is-an-end" "CW-LINK-001" "link.delimiters-carry-nothing" "gives up where two delimiters follow each other"
    WrongChecksum "wrong-checksum" "CW-LINK-003" "sanity.the-way-in-and-out" "sends frames with a wrong checksum"
    FramesTooLarge "frames-too-large" "CW-LINK-006" "link.frames-fit-the-reader" "pads its instructions beyond the reader's largest frame"
    DropsLargeFrames "drops-large-frames" "CW-LINK-006" "link.takes-the-largest-frames" "has no room for the largest frames"
    UnassignedExtension "unassigned-extension" "CW-VER-003" "connection.assigned-numbers" "puts an extension of its own into hello, under a number of the specification"
    TrimsVersions "trims-versions" "CW-VER-002" "connection.more-versions" "lists fewer versions after its first hello"
    VersionNotCompared "version-not-compared" "CW-VER-002" "connection.version-none" "connects in whatever version the reader states"
    BrokenHelloAnswerIsAnEnd "broken-hello-answer-is-an-end" "CW-CODEC-001" "connection.hello-answer-of-a-wrong-type" "gives up at the first answer to hello that breaks a rule of the codec"
    BrokenConnectAnswerIsAnEnd "broken-connect-answer-is-an-end" "CW-CODEC-001" "connection.connect-answer-of-a-wrong-type" "gives up at the first answer to connect that breaks a rule of the codec"
    FailureIsConnected "failure-is-connected" "CW-SESS-022" "connection.silence-is-an-end" "says that it is connected where nobody answers, or the link is closed"
    StaticEphemeral "static-ephemeral" "CW-CONN-015" "connection.fresh-ephemeral-keys" "takes the same ephemeral key for every connect"
    IgnoresReaderId "ignores-reader-id" "CW-CONN-004" "connection.derives-the-key" "derives one key for all readers"
    IgnoresGeneration "ignores-generation" "CW-CONN-004" "connection.derives-the-key" "always uses its first key generation"
    RefusalIsNothing "refusal-is-nothing" "CW-CONN-014" "connection.refusal-is-no-answer" "says that it is connected after refusals"
    NoSecondConnect "no-second-connect" "CW-CONN-016" "connection.tries-once-more" "gives up after one refusal"
    SecondConnectAtOnce "second-connect-at-once" "CW-CONN-016" "connection.tries-once-more" "connects again without waiting"
    TakesForgedConnectAnswer "takes-forged-connect-answer" "CW-CONN-014" "connection.forged-answer-is-no-reader" "says that it is connected after any connect_answer"
    ForgedConnectAnswerIsAnEnd "forged-connect-answer-is-an-end" "CW-CONN-014" "connection.forged-answer-is-dropped" "gives up at the first connect_answer that does not open"
    TakesLowOrder "takes-low-order" "CW-CONN-011" "connection.key-of-low-order" "does not look whether Diffie-Hellman gives zero"
    NumbersFromOne "numbers-from-one" "CW-SESS-002" "sanity.the-way-in-and-out" "counts requests from 1"
    SealsUnderZero "seals-under-zero" "CW-SESS-001" "sanity.the-way-in-and-out" "seals every request under the nonce 0"
    NeverRepeats "never-repeats" "CW-SESS-009" "session.repeats-a-lost-answer" "sends each request once"
    NeverRepeatsInClear "never-repeats-in-clear" "CW-SESS-009" "connection.repeats-hello" "sends hello and connect once"
    NewNumberOnRepeat "new-number-on-repeat" "CW-SESS-019" "session.repeats-a-lost-answer" "repeats a request under the next number"
    ResealsOnRepeat "reseals-on-repeat" "CW-SESS-019" "session.repeats-a-lost-answer" "seals another message under a number that it has used"
    HangsOnSilence "hangs-on-silence" "CW-SESS-009" "session.silence-is-an-end" "waits for ever for a reader that is silent"
    SendsTwoAtOnce "sends-two-at-once" "CW-SESS-019" "session.one-request-at-a-time" "asks for the status before the instruction is answered"
    TakesAnyNumber "takes-any-number" "CW-SESS-020" "session.answer-of-another-number" "takes an answer of any number"
    TakesClearAnswer "takes-clear-answer" "CW-SESS-020" "session.clear-answers-for-ever" "takes answers in clear"
    UnauthenticAnswerIsAnEnd "unauthentic-answer-is-an-end" "CW-SESS-020" "session.unauthentic-answer" "gives up at an answer that does not open"
    OneRefusalIsAnEnd "one-refusal-is-an-end" "CW-SESS-020" "session.one-refusal-is-a-hint" "gives the session up at the first refusal"
    RefusalIsSuccess "refusal-is-success" "CW-SESS-020" "session.refusals-are-no-answer" "takes a refused instruction for done"
    TakesOldEvents "takes-old-events" "CW-SESS-013" "session.event-that-comes-again" "does not compare the numbers of events"
    TakesUnauthenticEvents "takes-unauthentic-events" "CW-SESS-013" "session.unauthentic-event" "cuts the tag off an event and does not look at it"
    EventIsAnEnd "event-is-an-end" "CW-SESS-013" "session.events-before-answers" "gives up where an event comes before the answer"
    UnknownEventIsAnEnd "unknown-event-is-an-end" "CW-VER-004" "session.unknown-event" "gives up at an event that it does not know"
    EventDecides "event-decides" "CW-SESS-020" "session.event-is-no-answer" "takes a job for done because an event says so"
    ExtensionIsAnEnd "extension-is-an-end" "CW-CODEC-010" "session.answer-with-an-extension" "gives up at an answer with an extension that it does not know"
    TakesBytesBehind "takes-bytes-behind" "CW-SESS-021" "session.answer-with-more-bytes" "does not look at bytes behind an answer"
    TakesAnyAnswer "takes-any-answer" "CW-SESS-021" "session.answer-to-another-request" "takes any well-formed answer for the acceptance of its job"
    ErrorIsAlwaysMine "error-is-always-mine" "CW-SESS-021" "session.error-for-another-request" "takes an error for its own request, whatever request it names, and goes on"
    GoesOnAfterWrongAnswer "goes-on-after-wrong-answer" "CW-SESS-021" "session.instruct-answer-of-another-job" "asks on in a session whose reader gave a wrong answer"
    HeaderVersionNotCompared "header-version-not-compared" "CW-LOGIN-022" "login.header-of-another-version" "does not compare the header's version"
    HeaderReaderNotCompared "header-reader-not-compared" "CW-LOGIN-022" "login.header-of-another-reader" "does not compare the header's reader"
    HeaderClientNotCompared "header-client-not-compared" "CW-LOGIN-022" "login.header-of-another-client" "does not compare the header's client"
    HeaderSessionNotCompared "header-session-not-compared" "CW-LOGIN-022" "login.header-of-another-session" "does not compare the header's session"
    HeaderNotRead "header-not-read" "CW-LOGIN-022" "login.header-cut-short" "opens a login whose header it can't read"
    ServesWithoutCloud "serves-without-cloud" "CW-SESS-022" "login.without-a-cloud" "says that the reader serves where nobody has logged it in"
    NeedsAnOffer "needs-an-offer" "CW-LOGIN-018" "login.offers-nothing" "logs no reader in without an offer"
    AltersForReader "alters-for-reader" "CW-LOGIN-004" "login.relays-unchanged" "changes a byte of what the cloud says"
    AltersForCloud "alters-for-cloud" "CW-LOGIN-004" "login.relays-unchanged" "changes a byte of what the reader says"
    TrimsZeros "trims-zeros" "CW-LOGIN-004" "login.relays-unchanged" "cuts zeros off the end of what it relays"
    RelaysTwice "relays-twice" "CW-LOGIN-004" "login.relays-unchanged" "relays what the cloud says a second time"
    AsksForNoUpdates "asks-for-no-updates" "CW-LOGIN-004" "login.relays-unchanged" "leaves what the cloud has after the login with the cloud"
    UpdateIsLocal "update-is-local" "CW-SESS-022" "login.asks-again" "says that the cloud has no more, and does not ask it"
    RelaysShortMessages "relays-short-messages" "CW-CODEC-003" "cloud.too-few-bytes" "relays what no relay takes"
    NeedsNoConfirmation "needs-no-confirmation" "CW-SESS-021" "login.no-confirmation" "goes on where the reader has no word for the cloud"
    ReaderErrorIsNothing "reader-error-is-nothing" "CW-SESS-022" "login.denied" "says that the reader is logged in after an error of the reader"
    TakesAnyState "takes-any-state" "CW-SESS-021" "login.not-serving" "is logged in whatever state the reader states"
    RepeatsToCloud "repeats-to-cloud" "CW-LOGIN-023" "cloud.silent-at-open" "repeats a request to a cloud that is silent"
    HangsOnCloud "hangs-on-cloud" "CW-LOGIN-023" "cloud.silent-at-open" "waits for ever for a cloud that is silent"
    GoesOnOnNewConnection "goes-on-on-new-connection" "CW-LOGIN-023" "cloud.closes-at-relay" "sends the request again on a new connection"
    CloudErrorIsNothing "cloud-error-is-nothing" "CW-SESS-022" "cloud.refuses-the-reader" "says that the reader is logged in whatever the cloud says, or does not say"
    ConstantCloudNumber "constant-cloud-number" "CW-LINK-013" "cloud.frames" "takes one number for all requests to the cloud"
    TakesAnyCloudNumber "takes-any-cloud-number" "CW-LINK-004" "cloud.answer-of-another-number" "takes an answer of the cloud of any number"
    CloudGarbageIsAnEnd "cloud-garbage-is-an-end" "CW-LINK-005" "cloud.garbage-costs-nothing" "gives the cloud up where bytes are no frame"
    TakesAnyCloudAnswer "takes-any-cloud-answer" "CW-LOGIN-004" "cloud.answer-to-another-request" "relays the bytes of whatever the cloud answers"
    OffersOneFormat "offers-one-format" "CW-INTF-003" "interfaces.a-format-for-each-service" "offers all services in the format of the first"
    DropsEmptyParameters "drops-empty-parameters" "CW-INTF-009" "interfaces.native-parameters" "leaves parameters out that are empty"
    ErrorIsSuccess "error-is-success" "CW-SESS-022" "interfaces.disabled" "takes an instruction that the reader answers with an error for done"
    JobIdsCountUp "job-ids-count-up" "CW-JOB-002" "jobs.fresh-ids" "counts its jobs"
    InstructsAnew "instructs-anew" "CW-JOB-002" "session.closed-link" "instructs anew, under another id, where the link was closed"
    TakesRunningForDone "takes-running-for-done" "CW-JOB-003" "jobs.waits-for-the-end" "asks once how a job stands"
    TakesInterruptedForDone "takes-interrupted-for-done" "CW-JOB-009" "jobs.interrupted" "takes an interrupted job for done"
    TakesForgottenForDone "takes-forgotten-for-done" "CW-JOB-003" "jobs.forgotten" "takes a job that the reader does not know for done"
    StatusOfAnyJob "status-of-any-job" "CW-SESS-021" "session.status-of-another-job" "does not compare the job of a status"
    ServiceNotCompared "service-not-compared" "CW-JOB-003" "jobs.status-of-another-service" "does not compare the service of a status"
    DataOfAnyPart "data-of-any-part" "CW-SESS-021" "session.data-of-another-part" "takes data out of order"
    TakesShortData "takes-short-data" "CW-JOB-004" "jobs.data-end-early" "does not hold data to their length"
    ShowsWhatCame "shows-what-came" "CW-JOB-004" "jobs.data-cut-off" "shows what it got of data, whole or not, read or not"
    FetchesForEver "fetches-for-ever" "CW-JOB-004" "jobs.data-without-end" "fetches data until a part is the last, however many there are"
    UnknownOutcomeIsSuccess "unknown-outcome-is-success" "CW-JOB-013" "jobs.unknown-outcome" "takes outcomes that it does not know for success"
    DoneIsSuccess "done-is-success" "CW-JOB-013" "jobs.outcome-without-success" "takes every job that is done for a success"
    CancelIsLocal "cancel-is-local" "CW-JOB-005" "jobs.cancels" "cancels a job without a word to the reader"
    FirstPartOfListOnly "first-part-of-list-only" "CW-INTF-004" "interfaces.lists-services" "shows the first part of the list of services"
    TakesAnyList "takes-any-list" "CW-INTF-004" "interfaces.list-out-of-order" "takes a list of services in any order"
    ShowsNoProvisioning "shows-no-provisioning" "CW-CERT-001" "interfaces.status" "says of every reader that it is in production"
}
