//! Faults that a reader may be built with, to prove that the conformance suite catches them.
//!
//! The places where the patched core asks for them are the places where a reader can go wrong. An environment has none
//! of its own accord: [`Env::deviates`](crate::Env::deviates) is `false` for every one of them.

macro_rules! deviations {
    ($($(#[$doc:meta])* $variant:ident breaks $($requirement:literal),+;)+) => {
        /// Every place where a faulty reader may deviate from the specification.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Deviation {
            $($(#[$doc])* $variant,)+
        }

        impl Deviation {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($variant),)+
                }
            }

            /// The requirements that a reader with it breaks.
            #[must_use]
            pub const fn requirements(self) -> &'static [&'static str] {
                match self {
                    $(Self::$variant => &[$($requirement),+],)+
                }
            }
        }
    };
}

deviations! {
    /// Answers a frame with a wrong checksum.
    AnswersBadFrames breaks "CW-LINK-005";
    /// Drops the frame after a bad one.
    LosesFrameAfterGarbage breaks "CW-LINK-005";
    /// Answers clear frames under number 0.
    AnswersUnderNumberZero breaks "CW-LINK-004";
    /// Answers messages that are answers.
    AnswersAnswers breaks "CW-LINK-007";
    /// Takes requests with bytes behind their end.
    TakesTrailingBytes breaks "CW-CODEC-001", "CW-CODEC-002";
    /// Answers malformed requests with `unexpected`.
    HidesCodecRules breaks "CW-CODEC-009";
    /// States a wrong offset with `malformed`.
    StatesWrongOffset breaks "CW-CODEC-009";
    /// States its lowest version in hello.
    StatesLowestVersion breaks "CW-CONN-002";
    /// Answers reader_status in clear while locked.
    AnswersWhileLocked breaks "CW-CONN-003", "CW-SEC-001";
    /// Tells an unknown client from a wrong key.
    TellsUnknownClients breaks "CW-CONN-007";
    /// Ends the session on a refused connect.
    FailedConnectEndsSession breaks "CW-CONN-006";
    /// Keeps the session over a reset of the link, forgets its answers, and so executes a repeat.
    ExecutesAfterLinkReset breaks "CW-SESS-003", "CW-SESS-018", "CW-SESS-007";
    /// Keeps its challenge for ever.
    KeepsChallenge breaks "CW-CONN-008";
    /// Changes its challenge on a refused connect.
    RenewsChallengeOnFailure breaks "CW-CONN-008";
    /// Locks right clients out after failures.
    LocksOut breaks "CW-CONN-009";
    /// Leaves its security module enabled.
    LeavesSecurityModuleOn breaks "CW-CONN-010";
    /// Executes a repeated request again.
    ExecutesRepeats breaks "CW-SESS-003", "CW-SESS-004";
    /// Takes sealed frames with numbers ahead of the next one.
    TakesNumbersAhead breaks "CW-SESS-005", "CW-SESS-002";
    /// Answers sealed frames that fail authentication.
    AnswersForgedFrames breaks "CW-SESS-005";
    /// Keeps the session whatever the number of failures.
    NeverCountsFailures breaks "CW-SESS-006";
    /// Does not end the session on disconnect.
    StaysConnected breaks "CW-SESS-010", "CW-SESS-007";
    /// Answers requests of later states before login.
    ServesBeforeLogin breaks "CW-SESS-012", "CW-INTF-001";
    /// Enables service interfaces without a login result.
    ServesWithoutLoginResult breaks "CW-LOGIN-006";
    /// Takes login results for other readers.
    TakesForeignLoginResult breaks "CW-LOGIN-006", "CW-LOGIN-007";
    /// Enables services that the cloud did not grant.
    IgnoresGrants breaks "CW-LOGIN-006";
    /// Enables services that the client did not offer.
    IgnoresOffers breaks "CW-LOGIN-006";
    /// Never drops an expired grant.
    KeepsExpiredGrants breaks "CW-LOGIN-009";
    /// States another client in the login header.
    StatesWrongClient breaks "CW-LOGIN-002";
    /// Begins a second login without disabling service interfaces.
    KeepsInterfacesOnNewLogin breaks "CW-LOGIN-001";
    /// Lists its services in descending order.
    ListsBackwards breaks "CW-INTF-004";
    /// Runs services with parameters that they do not take.
    TakesAnyParameters breaks "CW-INTF-006";
    /// Forgets jobs, so that an instruction runs again.
    ForgetsJobs breaks "CW-JOB-002";
    /// Answers another instruction under a known id as if it were the same.
    OverlooksJobConflicts breaks "CW-JOB-002";
    /// Ignores aborts.
    IgnoresAborts breaks "CW-JOB-005";
    /// Gives data only once.
    GivesDataOnce breaks "CW-JOB-004";
    /// Leaves its modules enabled after a service.
    LeavesModulesOn breaks "CW-MOD-003";
    /// Leaves its modules enabled after a service that did not succeed.
    LeavesModulesOnAfterFailure breaks "CW-MOD-003";
    /// Runs per-step services as whole-service ones.
    IgnoresPerStep breaks "CW-MOD-005";
    /// Runs whole-service services as per-step ones.
    IgnoresWholeService breaks "CW-MOD-004";
    /// Leaves 6Cxx to the service logic.
    IgnoresWrongLength breaks "CW-MOD-010";
    /// Leaves what a card announces to the service logic.
    FetchesNothing breaks "CW-MOD-010";
    /// Sends GET RESPONSE with the class 00, whatever that of the command was.
    FetchesInClassZero breaks "CW-MOD-010";
    /// Mends the length of commands with data too.
    MendsEveryLength breaks "CW-MOD-010";
    /// Fetches nothing behind a warning.
    IgnoresWarnings breaks "CW-MOD-012";
    /// Fetches behind a warning to a command that expects no response.
    FetchesBehindEveryWarning breaks "CW-MOD-012";
    /// Fetches behind 91xx.
    FetchesProactive breaks "CW-MOD-012";
    /// Follows what a card announces for as long as it does.
    FollowsForever breaks "CW-MOD-012";
    /// Gives a card up one TPDU too early.
    StopsEarly breaks "CW-MOD-012";
    /// Takes a response of one byte for a good one.
    TakesHalfAStatusWord breaks "CW-MOD-012";
    /// Says of a card that does not answer that it is damaged.
    CallsSilenceDamage breaks "CW-MOD-012";
    /// Ends a service at an error of the card that is its logic's to judge.
    EndsAtCardErrors breaks "CW-MOD-012";
    /// Sends a command that is a header alone without a length.
    SendsBareHeaders breaks "CW-MOD-012";
    /// Takes anything for an answer to reset.
    TakesAnyAnswerToReset breaks "CW-MOD-012";
    /// Gives a card up at its first answer to reset that is none.
    GivesUpAtFirstWrongAnswer breaks "CW-MOD-012";
    /// Takes silence behind a wrong answer to reset for that of no card.
    CountsNoSilence breaks "CW-MOD-012";
    /// Refuses cards of the inverse convention.
    RefusesInverse breaks "CW-MOD-012";
    /// Refuses cards that name no protocol.
    WantsNamedProtocol breaks "CW-MOD-012";
    /// Refuses cards that offer another speed.
    RefusesOtherSpeeds breaks "CW-MOD-012";
    /// Refuses cards that offer another protocol first.
    RefusesOtherProtocols breaks "CW-MOD-012";
    /// Goes on in a class of supply that the card does not name.
    IgnoresNamedClasses breaks "CW-MOD-012";
    /// Tries the lowest class of supply and no other.
    KeepsLowestClass breaks "CW-MOD-012";
    /// Gives up a card that does not answer PPS.
    GivesUpBehindPps breaks "CW-MOD-012";
    /// Puts the question for tries again with a length that the card asks for.
    RepeatsQuestion breaks "CW-LOGIC-009";
    /// Asks twice for the tries that are left.
    AsksTriesTwice breaks "CW-LOGIC-009";
    /// Presents a secret that is disabled.
    PresentsWhatIsDisabled breaks "CW-LOGIC-009";
    /// Presents a secret that is to be enabled, whatever the card says.
    EnablesWhatIsBlocked breaks "CW-LOGIC-009";
    /// Presents nothing where the secret was presented before.
    PresentsNothingTwice breaks "CW-LOGIC-009";
    /// Accepts manifests of any authority.
    TakesAnySignature breaks "CW-UPD-001";
    /// Accepts manifests for other hardware.
    TakesForeignHardware breaks "CW-UPD-002";
    /// Accepts old manifests.
    TakesOldCounter breaks "CW-UPD-003";
    /// Takes update bytes at any offset.
    TakesAnyOffset breaks "CW-UPD-004";
    /// Does not check the digest of an update.
    SkipsContentDigest breaks "CW-UPD-004";
    /// Stores logic that does not verify.
    SkipsVerifier breaks "CW-LOGIC-003";
    /// Says that an update is in force and keeps the old logic.
    IgnoresCommit breaks "CW-UPD-005";
    /// Puts those components of an update into force that it can, and says that it has refused all of them.
    InstallsInPart breaks "CW-UPD-017";
    /// Enables services for limited clients that they are not entitled to.
    IgnoresEntitlements breaks "CW-UPD-018";
    /// Keeps keys that an update revokes.
    KeepsRevokedKeys breaks "CW-UPD-018";
    /// Ends no old key, of a client or the cloud, however many logins succeed with it.
    CountsNoLogins breaks "CW-UPD-018";
    /// Keeps the authority that an update replaces.
    KeepsOldAuthority breaks "CW-UPD-018";
    /// Has room for three keys of clients and no more.
    HasRoomForThreeKeys breaks "CW-UPD-018";
    /// Does not raise the counter at commit.
    KeepsCounter breaks "CW-UPD-005";
    /// Records no changes of service interfaces.
    RecordsNoInterfaces breaks "CW-DIAG-001";
    /// Drops a frame in which the line pauses.
    DropsPausedFrames breaks "CW-LINK-008";
    /// Keeps a session open however long the client is silent.
    StaysOpenInSilence breaks "CW-SESS-007";
    /// Keeps a login open that is never finished.
    KeepsUnfinishedLogin breaks "CW-LOGIN-008";
    /// Begins every boot with the same challenge.
    RepeatsChallengeAtBoot breaks "CW-CONN-008", "CW-SESS-014";
    /// Does not answer a repeated connect.
    ForgetsConnectAnswer breaks "CW-SESS-004";
    /// Knows the first of its clients only.
    KnowsOneClient breaks "CW-CONN-004";
    /// States in reader_status that it is connected while it logs in.
    HidesLogin breaks "CW-SESS-011";
    /// States a production identity while it holds the certification one.
    HidesCertification breaks "CW-CERT-001";
    /// Takes relayed bytes without a login as unexpected.
    MistakesRelay breaks "CW-SESS-012";
    /// Tells an unknown service from none.
    MistakesUnknownServices breaks "CW-INTF-002";
    /// Takes one ephemeral key for all logins.
    RepeatsEphemeralKeys breaks "CW-LOGIN-011";
    /// Ends the session when the cloud's channel breaks.
    EndsSessionWithCloud breaks "CW-LOGIN-010";
    /// Keeps the bytes of one manifest for another.
    MixesUpdates breaks "CW-UPD-004", "CW-UPD-012";
    /// Drops received bytes when their manifest is offered again.
    DropsResumedBytes breaks "CW-UPD-004";
    /// Does not count overwritten records.
    HidesOverflow breaks "CW-DIAG-002";
    /// Gives records in descending order.
    RecordsBackwards breaks "CW-DIAG-001";
    /// Gives digits in the order in which a card's bytes show them.
    MixesUpDigits breaks "CW-SVC-001", "CW-SVC-002";
    /// Leaves the extensions of a connect out of what the handshake is bound to.
    LeavesExtensionsUnbound breaks "CW-CONN-004";
    /// Refuses extensions that it does not know, critical or not.
    RefusesExtensions breaks "CW-CODEC-010";
    /// Finishes every service of a client that is lost.
    FinishesWithoutClient breaks "CW-JOB-011";
    /// Aborts every service of a client that is lost.
    AbortsWithoutClient breaks "CW-JOB-011";
    /// Drops the bytes of an update when the session ends.
    DropsBytesWithSession breaks "CW-UPD-010";
    /// Takes logic that declares a module that nobody knows.
    TakesUnknownModules breaks "CW-LOGIC-008";
    /// Ends the channel with the cloud on a message in it that is malformed.
    EndsChannelOnMalformed breaks "CW-LOGIN-012";
    /// Counts forged frames, and no frames under wrong numbers.
    CountsForgeriesOnly breaks "CW-SESS-006";
    /// Takes connects of versions that it does not speak.
    TakesAnyVersion breaks "CW-VER-001";
    /// States that no connect has failed.
    HidesFailures breaks "CW-CONN-013";
    /// Takes a repeated frame as a sign of life.
    LivesOnRepeats breaks "CW-SESS-017";
    /// Answers hello in a session with a challenge of its own.
    AnswersHelloDifferently breaks "CW-CONN-001";
    /// Takes the format of one interface for that of all.
    MixesFormats breaks "CW-INTF-003";
    /// Takes interfaces of unknown formats as native ones.
    TakesAnyFormat breaks "CW-INTF-005";
    /// Takes parameters that do not decode as none.
    TakesMalformedParameters breaks "CW-INTF-009";
    /// Gives data of services whose interface is disabled.
    GivesDataToAnyone breaks "CW-INTF-010";
    /// Answers an instruction when its service has run as far as it can without a module.
    RunsBeforeAnswering breaks "CW-JOB-001";
    /// Answers the status of an unknown job with an error.
    RefusesUnknownJobs breaks "CW-JOB-003";
    /// Gives the data of the job that ended last for those of the jobs before it.
    GivesOtherJobsData breaks "CW-JOB-004";
    /// Keeps one outcome less than it has to while a job runs.
    RemembersTooFew breaks "CW-JOB-006";
    /// Leaves out what is too much for a job's data, and goes on.
    PassesOverLargeData breaks "CW-JOB-007";
    /// Forgets a job that a reset interrupted as soon as another one runs.
    OverwritesInterrupted breaks "CW-JOB-009";
    /// Ends the running job for a new one.
    ReplacesRunningJobs breaks "CW-JOB-010";
    /// Lists the stored logic of a service that has a preset, and runs the preset.
    PrefersPresets breaks "CW-LOGIC-001";
    /// Has room for half of the largest logic.
    StoresHalf breaks "CW-LOGIC-002";
    /// Cuts a slice off at the end of its register.
    SlicesBeyondEnd breaks "CW-LOGIC-004";
    /// Takes an `end` in a loop as if it were reached in the first round.
    CountsOneRound breaks "CW-LOGIC-005", "CW-LOGIC-003";
    /// Takes per-step logic without `done`.
    SkipsDone breaks "CW-LOGIC-006", "CW-LOGIC-003";
    /// Takes every command APDU.
    SkipsFilter breaks "CW-LOGIC-007", "CW-LOGIC-003";
    /// Runs loops once less than they say.
    LosesLastRound breaks "CW-LOGIC-009";
    /// Counts the size of data in the format `native` only.
    CountsNativeOnly breaks "CW-LOGIC-009", "CW-JOB-007";
    /// Reads and writes the GSM default alphabet as if it were ASCII.
    ReadsNamesAsAscii breaks "CW-LOGIC-010";
    /// Looks whose logic it is only when nothing else is wrong with it.
    ComparesServiceLast breaks "CW-LOGIC-011";
    /// Under per-step, calls modules that have not settled.
    CallsUnsettledModules breaks "CW-MOD-001";
    /// Says that a module is disabled, and leaves its supply on.
    KeepsSupply breaks "CW-MOD-002";
    /// Enables all modules that it has, whatever a service declares.
    EnablesEveryModule breaks "CW-MOD-006";
    /// Counts cards that are put in, and none that are pulled out.
    CountsInsertionsOnly breaks "CW-MOD-008";
    /// Goes on with a service whose card is pulled out.
    IgnoresPulledCards breaks "CW-MOD-009";
    /// Enables the contact card's module for an empty slot.
    TriesEmptySlots breaks "CW-SVC-003";
    /// Keeps no more offers than it has room for, whichever services they are of.
    CrowdsOutOffers breaks "CW-LOGIN-021", "CW-LOGIN-017";
    /// Goes by the last of several offers of a service.
    TakesLastOffer breaks "CW-LOGIN-017";
    /// Refuses a login that enables no service interface.
    RefusesEmptyGrants breaks "CW-LOGIN-018";
    /// Aborts a running service when a login begins.
    EndsServiceOnLogin breaks "CW-LOGIN-020";
    /// Names a denied login as one for somebody else.
    MistakesDenial breaks "CW-LOGIN-016";
    /// Tells the client that a login result was malformed.
    NamesMalformedResults breaks "CW-LOGIN-012", "CW-LOGIN-016";
    /// Takes a cloud's handshake message with a payload.
    TakesHandshakePayload breaks "CW-LOGIN-019";
    /// Makes its logins for another cloud than the one that it was provisioned with.
    MistakesCloudKey breaks "CW-LOGIN-015";
    /// States another client in login_confirm.
    ConfirmsWrongClient breaks "CW-LOGIN-005";
    /// Carries out a disconnect that arrives in clear.
    ExecutesInClear breaks "CW-SEC-001";
    /// Has a message that switches its kind of identity.
    HasInstallMode breaks "CW-SEC-004";
    /// Is of no more use after a cloud's handshake message that is too short.
    FailsOnShortHandshakes breaks "CW-SEC-002";
    /// Says that logic is in force for which it has no room.
    HidesFullStorage breaks "CW-UPD-009";
    /// Erases stored logic when an update begins.
    ErasesAtOffer breaks "CW-UPD-010";
    /// Reads a manifest before it looks at the signature.
    ReadsBeforeSignature breaks "CW-UPD-011";
    /// Looks at an update's size before its counter.
    ChecksSizeFirst breaks "CW-UPD-011";
    /// States in login_confirm that nothing was ever updated.
    HidesCounters breaks "CW-UPD-013";
    /// Refuses a commit that comes again.
    RefusesSecondCommit breaks "CW-UPD-014";
    /// Aborts the running service at a commit.
    EndsServiceOnCommit breaks "CW-UPD-016";
    /// Disables its service interfaces when it refuses an update.
    DisablesOnRefusal breaks "CW-UPD-006";
    /// Drops the bytes that it has when it refuses another offer.
    DropsBytesOnRefusal breaks "CW-UPD-004";
    /// Takes manifests of any kind for logic.
    TakesAnyKind breaks "CW-UPD-007";
    /// Gives the newest sixteen records only.
    KeepsFewRecords breaks "CW-DIAG-004";
    /// Names a critical extension, whatever else is wrong before it.
    NamesLastRule breaks "CW-CODEC-011";
    /// Sends extensions under a number that is not assigned.
    UsesUnassignedNumbers breaks "CW-VER-003";
    /// Accepts connects whose Diffie-Hellman result is all zero.
    TakesLowOrderKeys breaks "CW-CONN-011";
    /// Leaves the login of the session before to the next client.
    InheritsLogin breaks "CW-CONN-005", "CW-SESS-007";
    /// Sends large frames as they are, without COBS.
    SendsLargeFramesRaw breaks "CW-LINK-001";
    /// Names lengths and counts that are out of bounds as cut short.
    MistakesBounds breaks "CW-CODEC-003";
    /// Takes any byte for a boolean.
    TakesAnyBoolean breaks "CW-CODEC-004";
    /// Takes names of any characters.
    TakesAnyText breaks "CW-CODEC-005";
    /// Names items that do not ascend as too many.
    MistakesOrder breaks "CW-CODEC-006";
    /// Names extensions that do not ascend as critical.
    MistakesExtensionOrder breaks "CW-CODEC-007";
    /// Takes no requests of more than 256 bytes.
    RefusesLargeRequests breaks "CW-CODEC-008";
    /// Seals with the frame's number the wrong way round.
    SealsUnderOtherNonces breaks "CW-SESS-001";
    /// Answers nobody while a service runs.
    LosesRequestsWhileBusy breaks "CW-SESS-008";
    /// Gives all events one number.
    RepeatsEventNumbers breaks "CW-SESS-013";
    /// Ends a session that has been silent for half of what it may be.
    EndsSessionsEarly breaks "CW-SESS-017";
    /// Tells a client's key.
    TellsSecrets breaks "CW-CERT-002";
    /// Speaks `native` only.
    RefusesCbor breaks "CW-INTF-007";
    /// Gives native data through an interface that was offered with `cbor`.
    GivesNativeForCbor breaks "CW-INTF-003";
    /// Gives data in the format that the interface has now.
    ConvertsAnew breaks "CW-INTF-003";
    /// Gives the items in `cbor` in reverse order.
    ReversesCbor breaks "CW-INTF-008";
    /// Gives text in `cbor` as bytes.
    LosesKindsInCbor breaks "CW-INTF-008";
    /// Writes a head of `cbor` that is longer than it need be.
    WritesLongHeads breaks "CW-INTF-008";
    /// Takes an empty array of `cbor` with a longer head, of indefinite length, as a map or under a tag.
    TakesLooseCbor breaks "CW-INTF-009";
    /// Takes what stands behind an empty array of `cbor`.
    TakesBytesBehindCbor breaks "CW-INTF-009";
    /// Adds to the last byte of a number and to no other.
    LosesCarry breaks "CW-LOGIC-009", "CW-LOGIC-004";
    /// Gives secrets of the card holder in service data.
    EmitsSecrets breaks "CW-LOGIC-004";
    /// Sends every command that stands in a register.
    SendsAnyCommand breaks "CW-LOGIC-009";
    /// Ends a job between writes that belong together.
    TearsWrites breaks "CW-LOGIC-009";
    /// Gives of several items with one name the first only.
    DropsRepeatedNames breaks "CW-SVC-004";
    /// Takes parameters of its services whatever their bounds, and however often they stand there.
    OverlooksBounds breaks "CW-INTF-006";
    /// Gives of all that services give only what tells one card from another.
    LosesItems breaks "CW-SVC-004", "CW-LOGIC-009";
    /// Says of every service that it ended well.
    CallsEveryEndSuccess breaks "CW-LOGIC-009", "CW-SVC-004";
    /// Says of logic that does not decode that it has an unknown instruction.
    MistakesDocuments breaks "CW-LOGIC-011";
    /// Says of every change of keys that it refuses that there is no room for it.
    MistakesKeyRules breaks "CW-UPD-018";
    /// Takes native parameters on an interface that was offered with `cbor`.
    TakesNativeForCbor breaks "CW-INTF-009";
    /// States the software of another reader in reader_status.
    MisstatesSoftware breaks "CW-SESS-011";
    /// States another class of hardware in reader_status than manifests have to be for.
    MisstatesHardware breaks "CW-UPD-002", "CW-SESS-011";
    /// Declares larger frames than it takes.
    DeclaresLargerFrames breaks "CW-LINK-006";
    /// Declares a version of the protocol that it does not speak.
    DeclaresNextVersion breaks "CW-CONN-002";
    /// Leaves the last of its modules out of reader_status.
    HidesAModule breaks "CW-SESS-011";
    /// Lists a module twice in reader_status.
    ListsAModuleTwice breaks "CW-SESS-011";
    /// Lists no card slot in reader_status.
    HidesSlots breaks "CW-SESS-011", "CW-MOD-008";
    /// Leaves one of its services out of service_list.
    HidesAService breaks "CW-INTF-004";
    /// Presents a secret of the card though one try is left for it.
    TakesLastTry breaks "CW-LOGIC-009";
    /// Takes offers of updates of any size.
    TakesAnySize breaks "CW-UPD-011";
    /// Takes from the client what the cloud should bring.
    TakesSecretsInClear breaks "CW-INTF-006";
    /// Gives secrets of the cloud in service data.
    TellsSecretsOfCloud breaks "CW-LOGIC-004";
    /// Gives every job the secrets that the cloud has sent last.
    MixesUpSecretsOfJobs breaks "CW-JOB-014";
    /// Gives a job its secrets whichever service it runs.
    MixesUpSecretsOfServices breaks "CW-JOB-014";
    /// Keeps secrets that a job has used, for jobs to come.
    UsesSecretsAgain breaks "CW-JOB-014";
    /// Runs services that need secrets of the cloud without them.
    GoesWithoutSecrets breaks "CW-JOB-014";
    /// Takes secrets that no service takes.
    TakesAnySecrets breaks "CW-JOB-014";
    /// Keeps the secrets of a login that is over.
    KeepsSecretsOverLogins breaks "CW-JOB-015";
    /// Keeps secrets until they are used.
    KeepsSecretsForever breaks "CW-JOB-015";
    /// Supplies the module for contactless cards during every service, and records nothing of it.
    HidesAModuleAtWork breaks "CW-DIAG-001", "CW-MOD-006";
    /// Records that a module is disabled, and cuts its supply when a module is enabled again.
    CutsSupplyLate breaks "CW-MOD-002", "CW-DIAG-001";
    /// Keeps the session over a reset of the link.
    StaysOpenOverLinkReset breaks "CW-SESS-018", "CW-SESS-007";
    /// Takes what comes after a reset of the link for the rest of the frame that had begun before it.
    KeepsBegunFrames breaks "CW-LINK-009";
    /// Tells nobody that a card was inserted or removed.
    SendsNoCardEvents breaks "CW-MOD-011";
    /// Tells nobody that a job has ended.
    HidesEnds breaks "CW-JOB-008";
    /// Gives diagnostics though it is provisioned for production.
    TellsRecordsInProduction breaks "CW-DIAG-003";
    /// Adds a byte behind the status of a job.
    PadsAnswers breaks "CW-CODEC-001", "CW-CODEC-002";
    /// Answers a message in clear like hello where its fields are those of one, whatever its code.
    TakesAnyCodeForHello breaks "CW-CONN-003";
    /// Makes a new challenge for every hello while it is locked.
    RenewsChallengeOnHello breaks "CW-CONN-008", "CW-CONN-001";
    /// Ends its session when somebody says hello.
    EndsSessionOnHello breaks "CW-CONN-001";
    /// Binds a connect to the hello as it understood it, with no version but its own.
    RebuildsHellos breaks "CW-CONN-004";
    /// States the highest version of the client, whether it speaks it or not.
    StatesHighestVersion breaks "CW-CONN-002";
    /// Gives records and services from the first one on where those behind the last one are asked for.
    BeginsAnewBehindTheEnd breaks "CW-DIAG-001", "CW-INTF-004";
    /// Lists every service with the policy `per-step`.
    MisstatesPolicies breaks "CW-INTF-004";
    /// Makes an empty text of what a conversion can't make a value of.
    ConvertsAnything breaks "CW-LOGIC-010", "CW-LOGIC-004";
    /// Answers a handshake that does not authenticate with `login-mismatch`.
    MistakesForgedHandshakes breaks "CW-LOGIN-016";
    /// Stays in the login that has failed.
    KeepsFailedLogins breaks "CW-LOGIN-007";
    /// Answers under the last seven bits of the request's number.
    CountsInSevenBits breaks "CW-SESS-002";
    /// Gives an answer to reset without its last byte.
    CutsAnswersToReset breaks "CW-SVC-001";
    /// Enables every module for a `per-step` service, from its first step to its last.
    EnablesAllForSteps breaks "CW-MOD-006", "CW-MOD-005";
    /// Gives logic the first parameter of an instruction, whichever it asks for.
    GivesFirstParameter breaks "CW-LOGIC-009", "CW-SVC-004";
    /// Enables the last of the interfaces that a login grants, and no other.
    EnablesOneService breaks "CW-LOGIN-021";
    /// Takes up the login of a session that has ended in the next one.
    RemembersLogin breaks "CW-CONN-005", "CW-SESS-007";
    /// Forgets a job when it has ended.
    ForgetsEndedJobs breaks "CW-JOB-006";
    /// Answers bytes for a manifest that was not offered as if it had taken them.
    TakesBytesOfNothing breaks "CW-UPD-004";
    /// Answers a query for an update that it does not know with an error.
    RefusesUnknownQueries breaks "CW-UPD-004";
    /// Answers a commit of what was never offered with success.
    CommitsNothing breaks "CW-UPD-004", "CW-UPD-006";
    /// Says of a second login_result that it is malformed.
    MistakesSecondResults breaks "CW-LOGIN-012";
    /// Refuses a kind of update with `update-order`.
    MistakesKinds breaks "CW-UPD-007";
    /// Waits for a module that does not answer for as long as it takes.
    WaitsForSilentModules breaks "CW-MOD-007";
    /// Says of a module that did not answer that it has failed.
    MistakesSilence breaks "CW-MOD-007";
    /// Takes no notice of a module that says that it has failed.
    OverlooksModuleFailures breaks "CW-MOD-007";
    /// Raises the counter of software when it is put on trial.
    RaisesCounterAtTrial breaks "CW-UPD-005";
    /// Forgets an update of software when it has come into force, and takes the same offer for an old one.
    ForgetsPassedTrial breaks "CW-UPD-014";
    /// Takes a login that the cloud denies for one that confirms software.
    ConfirmsWhenDenied breaks "CW-UPD-010";
    /// Tries software that was not confirmed again and again.
    TriesForEver breaks "CW-UPD-010";
    /// Leaves software on trial for as long as it takes.
    TrialNeverEnds breaks "CW-UPD-010";
    /// Puts software for other hardware on trial.
    TriesForeignSoftware breaks "CW-UPD-004", "CW-UPD-006";
    /// Takes an offer while software waits for its trial.
    TakesOffersOnTrial breaks "CW-UPD-011";
    /// Resets itself for software in the middle of a service.
    ResetsUnderAService breaks "CW-UPD-016";
}
