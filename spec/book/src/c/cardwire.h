/* Names and numbers of the protocol. Made from spec/protocol.toml; do not edit.
 * `cargo run --package cardwire-conformance --example book` makes it anew. */
#ifndef CARDWIRE_H
#define CARDWIRE_H

#define CW_VERSION 1 /* The version of the protocol. */

/* Limits. */
#define CW_FRAME_MIN 512 /* bytes: Every end takes frames of this size, counted decoded from kind to checksum; hello may declare more. */
#define CW_FRAME_MAX 4096 /* bytes: No end declares or sends more. */
#define CW_FRAME_OVERHEAD 13 /* bytes: Kind, number and checksum of a frame. */
#define CW_TAG_SIZE 16 /* bytes: Authentication tag of a sealed payload. */
#define CW_MESSAGE_MAX 483 /* bytes: Largest message in the smallest frame: 512 - 13 - 16. */
#define CW_RELAYED_MAX 463 /* bytes: Largest message between reader and cloud: it travels sealed inside a relay message, 483 - 4 - 16. */
#define CW_FAILURES_MAX 64 /* frames: Sealed frames that are dropped before the session ends. */
#define CW_JOB_MEMORY 4 /* jobs: Ended jobs whose outcome a reader keeps, at least. */
#define CW_JOB_DATA_MAX 1024 /* bytes: Service data that one job may give. */
#define CW_LOGIC_MAX 1024 /* bytes: A service's execution logic, whole. */
#define CW_SOFTWARE_HEADER 512 /* bytes: What stands in front of an image of software. */
#define CW_AUTHENTICATION_MAX 1024 /* bytes: One change of authentication information, whole. */
#define CW_LOGIC_STEPS_MAX 4096 /* instructions: Instructions that one run may execute. */
#define CW_LOOP_DEPTH_MAX 2 /* loops: Loops inside each other. */
#define CW_TPDUS_MAX 8 /* TPDUs: What one command to a contact card leads to, with what the card announces by 61xx and asks for by 6Cxx. */
#define CW_REGISTER_SIZE 256 /* bytes: Capacity of a register of execution logic. */
#define CW_REGISTERS 8 /* registers: Registers of execution logic. */
#define CW_PIN_GUARD 1 /* tries: A secret of the card is not presented where so many tries or fewer are left for it. */
#define CW_DIAGNOSTICS_MIN 64 /* records: Newest diagnostic records that a reader with a certification identity keeps, at least. */

/* Timers, in milliseconds. */
#define CW_T_ANSWER 1000 /* A reader answers every request within this time. */
#define CW_T_REPEAT 1500 /* A client that got no answer from the reader repeats its request, byte for byte, after this time. */
#define CW_T_HANDSHAKE 10000 /* A half-open login is dropped after this time; a client waits no longer for an answer of the cloud, and secrets of a card no longer for their job. */
#define CW_T_IDLE 60000 /* Silence for this time ends a session; a cloud closes a connection that is silent for as long. */
#define CW_T_BACKOFF 1000 /* Upper bound of the wait after failed connects. */
#define CW_T_TRIAL 120000 /* Software on trial that has not confirmed itself after this time is given up: the reader goes back to the software before it. */
#define CW_T_MODULE 5000 /* A service module that has not answered a command after this time has failed. */
#define CW_T_ENTRY 30000 /* A card holder has this time to enter a PIN at the reader's keypad. */

/* Codes of messages and documents. */
enum cw_code {
    CW_HELLO = 0x01, /* First half of a connection request: what versions and frame sizes the client speaks. */
    CW_HELLO_ANSWER = 0x81, /* What the reader speaks, who it is, and the challenge that the next connect must be made for. */
    CW_CONNECT = 0x02, /* Second half of a connection request: the client's first authentication information. */
    CW_CONNECT_ANSWER = 0x82, /* The client is authenticated; from here on the session is sealed. */
    CW_REFUSAL = 0xFF, /* The one constant answer to everything that is not allowed outside a channel: it says nothing and means that nothing changed. */
    CW_PLATFORM_AUTH = 0x03, /* Begins a login: the client offers service interfaces and asks for the reader's second authentication information. */
    CW_PLATFORM_AUTH_ANSWER = 0x83, /* The login header in clear and the first handshake message for the cloud. */
    CW_RELAY = 0x04, /* Bytes from the cloud that the client passes on without reading them. */
    CW_RELAY_ANSWER = 0x84, /* Bytes for the cloud, and the session state that the relayed bytes led to. */
    CW_SERVICE_LIST = 0x05, /* Asks which services the reader has and whether their interfaces are enabled. */
    CW_SERVICE_LIST_ANSWER = 0x85, /* A part of the list of services, in ascending order of service. */
    CW_INSTRUCT = 0x06, /* The client's instruction: run a service as a job. */
    CW_INSTRUCT_ANSWER = 0x86, /* The job is accepted. */
    CW_JOB_DATA = 0x07, /* Fetches one part of a job's service data. */
    CW_JOB_DATA_ANSWER = 0x87, /* One part of a job's service data; the parts in order make the whole. */
    CW_JOB_STATUS = 0x08, /* Asks how a job stands. */
    CW_JOB_STATUS_ANSWER = 0x88, /* How a job stands; service, logic digest, outcome, status word and length are 0 where they are not known. */
    CW_JOB_ABORT = 0x09, /* Asks that a job end before its next module command. */
    CW_READER_STATUS = 0x0A, /* Asks how the reader stands. */
    CW_READER_STATUS_ANSWER = 0x8A, /* How the reader stands. */
    CW_DIAGNOSTICS = 0x0B, /* Asks for the recorded changes of working states; only with a certification identity. */
    CW_DIAGNOSTICS_ANSWER = 0x8B, /* Recorded changes of working states. */
    CW_DISCONNECT = 0x0C, /* Ends the session. */
    CW_DISCONNECT_ANSWER = 0x8C, /* The session ends with this answer. */
    CW_PROGRESS = 0x41, /* A hint that a job has moved on. */
    CW_CARD_EVENT = 0x42, /* A hint that a card came or went. */
    CW_ERROR = 0xFE, /* The request is refused. Nothing was changed; but relayed bytes may have cost the login that they were for. */
    CW_CLOUD_OPEN = 0x31, /* Brings a reader's login to the cloud. */
    CW_CLOUD_OPEN_ANSWER = 0xB1, /* The cloud's half of the handshake. */
    CW_CLOUD_RELAY = 0x32, /* Bytes from the reader; empty asks whether the cloud has more for it. */
    CW_CLOUD_RELAY_ANSWER = 0xB2, /* Bytes for the reader; empty where the cloud has no more to say. */
    CW_CLOUD_SECRETS = 0x33, /* Asks the cloud to send the reader what a job needs of the secrets of a card; the answer has the bytes for the reader. */
    CW_CLOUD_ERROR = 0xBE, /* The cloud refuses. */
    CW_LOGIN_CONFIRM = 0x51, /* The reader's first transport message: with it the reader has authenticated itself. */
    CW_LOGIN_RESULT = 0xD1, /* The cloud's answer to the login: who may use what, and for how long. */
    CW_UPDATE_OFFER = 0x54, /* Offers an update: its signed manifest. */
    CW_UPDATE_CHUNK = 0x55, /* Bytes of the update. */
    CW_UPDATE_COMMIT = 0x56, /* Puts the received update into force. */
    CW_UPDATE_QUERY = 0x57, /* Asks how far an update has come. */
    CW_JOB_SECRETS = 0x58, /* Secrets of a card for one job that the client is about to instruct. */
    CW_JOB_SECRETS_ANSWER = 0xD8, /* The reader holds them for the job, and no others. */
    CW_UPDATE_STATUS = 0xD4, /* How far an update has come, or why it is refused. */
    CW_UPDATE_RESULT = 0xD6, /* What became of the update. */
    CW_CHANNEL_ERROR = 0xDE, /* The reader understood a message of the channel and refuses it; nothing was changed. */
    CW_LOGIN_HEADER = 0x60, /* What a login is about, in clear; it is the prologue of the handshake with the cloud. */
    CW_SERVICE_DATA = 0x61, /* Parameters or results of a service, format `native`. */
    CW_MANIFEST = 0x62, /* What an update is, for which readers, and how to tell that it arrived whole. */
    CW_LOGIC = 0x63, /* The execution logic of one service. */
    CW_SOFTWARE = 0x64, /* What stands in front of an image of software. */
    CW_AUTHENTICATION = 0x65, /* Changes of authentication information. */
};

/* Kinds of link frame. */
enum cw_frame_kind_value {
    CW_FRAME_KIND_CLEAR = 0x01, /* A message in clear: hello, connect, their answers, the refusal, and client and cloud over TLS. */
    CW_FRAME_KIND_SEALED = 0x02, /* A message under the keys of the session between client and reader. */
};

/* Rules of the codec, as an error `malformed` names them. */
enum cw_codec_rule_value {
    CW_CODEC_RULE_MESSAGE_TYPE = 0x01, /* The first byte names a message of this place. */
    CW_CODEC_RULE_TRUNCATED = 0x02, /* Every part of a message is there in full. */
    CW_CODEC_RULE_RANGE = 0x03, /* A number lies in its range. */
    CW_CODEC_RULE_LENGTH = 0x04, /* A length lies in its bounds. */
    CW_CODEC_RULE_VALUE = 0x05, /* A value of a closed registry is registered. */
    CW_CODEC_RULE_BOOLEAN = 0x06, /* A boolean is 00 or 01. */
    CW_CODEC_RULE_TEXT = 0x07, /* Text is of its character set. */
    CW_CODEC_RULE_COUNT = 0x08, /* The number of items lies in its bounds. */
    CW_CODEC_RULE_ORDER = 0x09, /* Items of an ordered list ascend strictly. */
    CW_CODEC_RULE_EXTENSION_ORDER = 0x0A, /* Extension tags ascend strictly. */
    CW_CODEC_RULE_EXTENSION_CRITICAL = 0x0B, /* An unknown extension is not critical. */
    CW_CODEC_RULE_EXTENSION_BIT = 0x0C, /* A known extension carries the critical bit that the schema states. */
    CW_CODEC_RULE_EXTENSION_TAIL = 0x0D, /* A known extension holds its value and nothing after it. */
    CW_CODEC_RULE_MESSAGE_SIZE = 0x0E, /* A message is no larger than its place allows. */
    CW_CODEC_RULE_CBOR_HEAD = 0x20, /* In CBOR, a head is the shortest for its number, and none of the reserved ones. */
    CW_CODEC_RULE_CBOR_INDEFINITE = 0x21, /* In CBOR, every string, array and map states its length. */
    CW_CODEC_RULE_CBOR_TYPE = 0x22, /* In CBOR, a data item is of the type that its place wants. */
    CW_CODEC_RULE_CBOR_KEY_ORDER = 0x23, /* In CBOR, keys ascend. */
    CW_CODEC_RULE_CBOR_KEY_DUPLICATE = 0x24, /* In CBOR, no key stands twice. */
    CW_CODEC_RULE_CBOR_KEY_UNKNOWN = 0x25, /* In CBOR, a key is the code's, a field's or an extension's. */
    CW_CODEC_RULE_CBOR_KEY_MISSING = 0x26, /* In CBOR, the code and every field of the message are there. */
    CW_CODEC_RULE_CBOR_TAIL = 0x27, /* In CBOR, the message is one data item, and nothing stands behind it. */
    CW_CODEC_RULE_CBOR_KIND = 0x28, /* Service data that are to become CBOR hold values of their kinds, and no extensions. */
};

/* Errors, named only inside a channel. */
enum cw_error_value {
    CW_ERROR_MALFORMED = 0x0001, /* The message breaks a rule of the codec; `detail` is the rule, `offset` the place. */
    CW_ERROR_UNEXPECTED = 0x0002, /* The message has no place in this state. */
    CW_ERROR_NOT_LOGGED_IN = 0x0003, /* Services are open only after the cloud has answered the login. */
    CW_ERROR_UNKNOWN_SERVICE = 0x0004, /* The reader has no such service. */
    CW_ERROR_INTERFACE_DISABLED = 0x0005, /* The interface of this service is disabled: not offered by this client, or not granted by the cloud. */
    CW_ERROR_BUSY = 0x0006, /* Another job is running. */
    CW_ERROR_JOB_CONFLICT = 0x0007, /* This job id was used for another instruction. */
    CW_ERROR_UNKNOWN_JOB = 0x0008, /* The reader knows no job of this id. */
    CW_ERROR_NO_SUCH_PART = 0x0009, /* The job's data has no such part, or not yet. */
    CW_ERROR_NOT_SUPPORTED = 0x000A, /* The reader does not do this, or the cloud does not. */
    CW_ERROR_FORMAT_NOT_SUPPORTED = 0x000B, /* The service interface does not speak this client format. */
    CW_ERROR_NOT_PERMITTED = 0x000C, /* The identity of this client or reader does not permit it. */
    CW_ERROR_CLOUD_NOT_AUTHENTICATED = 0x000D, /* The relayed bytes do not come from the reader's cloud, or are not what it says at this point of a login. */
    CW_ERROR_LOGIN_EXPIRED = 0x000E, /* There is no open login that these bytes could belong to. */
    CW_ERROR_LOGIN_MISMATCH = 0x000F, /* The login result names another reader or client. */
    CW_ERROR_LOGIN_DENIED = 0x0010, /* The cloud knows this reader and denies the login. */
    CW_ERROR_PARAMETERS_REFUSED = 0x0011, /* The parameters are not those of the service. */
    CW_ERROR_STORAGE_FAILED = 0x0012, /* The reader could not store what it must keep. */
    CW_ERROR_READER_UNKNOWN = 0x0013, /* The cloud's registry has no such reader, or another key for it. */
    CW_ERROR_CLIENT_MISMATCH = 0x0014, /* Client and reader name different clients or sessions. */
    CW_ERROR_UNREACHABLE = 0x0015, /* The cloud can't serve the request now. */
    CW_ERROR_SECRETS_MISSING = 0x0016, /* The service needs secrets of the card from the cloud, and the reader holds none for this job. */
    CW_ERROR_SECRETS_REFUSED = 0x0017, /* The cloud has no secrets of this card for this service, or none for this client. */
    CW_ERROR_UPDATE_SIGNATURE = 0x0020, /* The manifest is not signed by the reader's update authority. */
    CW_ERROR_UPDATE_HARDWARE = 0x0021, /* The manifest is for another hardware class. */
    CW_ERROR_UPDATE_COUNTER = 0x0022, /* The manifest's counter is not above the reader's. */
    CW_ERROR_UPDATE_SIZE = 0x0023, /* The update's size is not the stated one, or too large. */
    CW_ERROR_UPDATE_DIGEST = 0x0024, /* The bytes received are not those of the manifest. */
    CW_ERROR_UPDATE_ORDER = 0x0025, /* No manifest has been accepted that this message belongs to. */
    CW_ERROR_UPDATE_LOGIC = 0x0026, /* The service logic does not verify; `detail` is the rule. */
    CW_ERROR_UPDATE_AUTHENTICATION = 0x0027, /* The authentication information can't be put into force; `detail` is the rule. */
    CW_ERROR_UPDATE_SOFTWARE = 0x0028, /* The content is no software for this reader. */
    CW_ERROR_UPDATE_PRECURSOR = 0x0029, /* The update needs newer software than the reader has. */
    CW_ERROR_UPDATE_TRIAL = 0x002A, /* New software waits for the reset or is on trial; no other update is taken until that is decided. */
};

/* Services that a reader may have. */
enum cw_service_value {
    CW_SERVICE_CARD_IDENTIFY = 0x0001, /* Answer to reset and ICCID of the card in the slot. */
    CW_SERVICE_SUBSCRIBER_READ = 0x0002, /* IMSI, and service provider name and number where present. */
    CW_SERVICE_SERVICE_TABLE_READ = 0x0003, /* Which services the subscription has: EF.UST, and EF.EST where present. */
    CW_SERVICE_PHONEBOOK_LIST = 0x0004, /* Entries of the phone book, part by part. */
    CW_SERVICE_PHONEBOOK_UPDATE = 0x0005, /* Writes, changes or frees an entry of the phone book. */
    CW_SERVICE_SMS_CENTER_READ = 0x0006, /* By which service centre the card sends short messages. */
    CW_SERVICE_SMS_CENTER_WRITE = 0x0007, /* Sets by which service centre the card sends short messages. */
    CW_SERVICE_PIN_VERIFY = 0x0008, /* Presents the PIN, to see whether it is right. */
    CW_SERVICE_PIN_CHANGE = 0x0009, /* Changes the PIN. */
    CW_SERVICE_PIN_UNBLOCK = 0x000A, /* Unblocks the PIN by its PUK. */
    CW_SERVICE_PIN_ENABLE = 0x000B, /* Has the card ask for its PIN. */
    CW_SERVICE_PIN_DISABLE = 0x000C, /* Has the card ask for its PIN no more. */
    CW_SERVICE_USIM_AUTHENTICATE = 0x000D, /* Has the USIM answer a challenge of its network. */
    CW_SERVICE_FILE_READ = 0x000E, /* Reads a file of the card. */
    CW_SERVICE_FILE_UPDATE = 0x000F, /* Writes into a file of the card. */
    CW_SERVICE_CONTACTLESS_IDENTIFY = 0x0010, /* Tells what card lies on the reader. */
    CW_SERVICE_APDU_EXCHANGE = 0x0011, /* Sends commands of the client to the card. */
    CW_SERVICE_FILE_UPDATE_ADMIN = 0x0012, /* Writes into a file of the card that asks for an administrative key. */
    CW_SERVICE_CERTIFICATION_ECHO = 0xFF01, /* A service that the conformance suite installs to see that stored logic runs. */
};

/* Modules of a reader whose working state the main control drives. */
enum cw_module_value {
    CW_MODULE_SECURITY = 0x01, /* Authenticates the client; not a service module. */
    CW_MODULE_CONTACT_CARD = 0x02, /* The slot for a contact UICC. */
    CW_MODULE_CONTACTLESS_CARD = 0x03, /* The contactless (NFC) interface. */
    CW_MODULE_INDICATOR = 0x04, /* Lights or sounds for the agent. */
    CW_MODULE_PIN_PAD = 0x05, /* Keypad for the card holder. */
    CW_MODULE_SECURE_STORAGE = 0x06, /* Storage for card secrets. */
};

/* Working states of modules and interfaces. */
enum cw_working_state_value {
    CW_WORKING_STATE_DISABLED = 0x00, /* No supply, no field, no commands. */
    CW_WORKING_STATE_ENABLED = 0x01, /* Supplied and ready. */
    CW_WORKING_STATE_BUSY = 0x02, /* At work on a command. */
    CW_WORKING_STATE_FAILED = 0x03, /* Did not power up, did not answer, or vanished. */
};

/* What a diagnostic record is about. */
enum cw_subject_value {
    CW_SUBJECT_MODULE = 0x01, /* A module; the number is its registry value. */
    CW_SUBJECT_PLATFORM_INTERFACE = 0x02, /* The platform interface; the number is 0. */
    CW_SUBJECT_SERVICE_INTERFACE = 0x03, /* A service interface; the number is the service. */
};

/* Client formats of a service interface. */
enum cw_format_value {
    CW_FORMAT_NATIVE = 0x01, /* The encoding of this specification. */
    CW_FORMAT_CBOR = 0x02, /* Deterministic CBOR (RFC 8949, 4.2.1). */
};

/* Methods of client authentication. */
enum cw_method_value {
    CW_METHOD_NOISE_NNPSK0 = 0x01, /* Noise_NNpsk0_25519_ChaChaPoly_SHA256; mandatory. */
};

/* Suites of the channel between reader and cloud. */
enum cw_suite_value {
    CW_SUITE_NOISE_IK = 0x01, /* Noise_IK_25519_ChaChaPoly_SHA256. */
};

/* Classes of hardware that share software. */
enum cw_hardware_class_value {
    CW_HARDWARE_CLASS_REFERENCE_HOST = 0x0001, /* The reference reader as a process of a host. */
    CW_HARDWARE_CLASS_REFERENCE_CORTEX_M3 = 0x0002, /* The reference reader on a Cortex-M3. */
};

/* States of the session between client and reader. */
enum cw_session_state_value {
    CW_SESSION_STATE_LOCKED = 0x00, /* No client is authenticated: hello and connect only. */
    CW_SESSION_STATE_CONNECTED = 0x01, /* The client is authenticated, the platform interface enabled. */
    CW_SESSION_STATE_LOGIN = 0x02, /* A login with the cloud is under way. */
    CW_SESSION_STATE_SERVING = 0x03, /* The cloud's login result is in: service interfaces are enabled. */
};

/* What kind of identity a reader holds. */
enum cw_provisioning_value {
    CW_PROVISIONING_PRODUCTION = 0x00, /* An identity of its own. */
    CW_PROVISIONING_CERTIFICATION = 0x01, /* The published certification identity: diagnostics are open. */
};

/* What is known of a card slot. */
enum cw_card_state_value {
    CW_CARD_STATE_ABSENT = 0x00, /* The contact-detect switch is open. */
    CW_CARD_STATE_PRESENT = 0x01, /* The contact-detect switch is closed. */
    CW_CARD_STATE_UNKNOWN = 0x02, /* Presence is known only while the module is enabled. */
};

/* Module policies of a service. */
enum cw_policy_value {
    CW_POLICY_WHOLE_SERVICE = 0x01, /* All modules are enabled first, called in order, and disabled when the service is done. */
    CW_POLICY_PER_STEP = 0x02, /* Each module is enabled when first called and disabled as soon as its own part is done. */
};

/* What a running service does when its client is lost. */
enum cw_client_loss_value {
    CW_CLIENT_LOSS_ABORT = 0x01, /* It ends before its next module command. */
    CW_CLIENT_LOSS_FINISH = 0x02, /* It runs to its end and the outcome is kept. */
};

/* States of a job. */
enum cw_job_state_value {
    CW_JOB_STATE_UNKNOWN = 0x00, /* The reader knows no job of this id. */
    CW_JOB_STATE_RUNNING = 0x01, /* The job has been accepted and has not ended. */
    CW_JOB_STATE_INTERRUPTED = 0x02, /* A reset came between the first writing step and the outcome. */
    CW_JOB_STATE_DONE = 0x03, /* The job has ended; its outcome tells how. */
};

/* How a job ended. */
enum cw_outcome_value {
    CW_OUTCOME_SUCCESS = 0x0000, /* The service did what it is for. */
    CW_OUTCOME_CARD_ABSENT = 0x0001, /* No card is in the slot. */
    CW_OUTCOME_CARD_MUTE = 0x0002, /* The card gave no answer, to a reset or to a command. */
    CW_OUTCOME_CARD_STATUS = 0x0003, /* The card answered with a status word that the service does not expect. */
    CW_OUTCOME_CARD_REMOVED = 0x0004, /* The card was pulled out. */
    CW_OUTCOME_MODULE_FAILED = 0x0005, /* A module did not power up or vanished. */
    CW_OUTCOME_MODULE_TIMEOUT = 0x0006, /* A module did not answer in time. */
    CW_OUTCOME_ABORTED = 0x0007, /* The client aborted the job. */
    CW_OUTCOME_CLIENT_LOST = 0x0008, /* The client was lost and the service's logic says that it then ends. */
    CW_OUTCOME_LOGIC_FAULT = 0x0009, /* The execution logic met data that it can't work on. */
    CW_OUTCOME_DATA_TOO_LARGE = 0x000A, /* The service data is larger than a job may give. */
    CW_OUTCOME_CARD_DAMAGED = 0x000B, /* The card's answer is none that the standard allows. */
    CW_OUTCOME_STORAGE_FAILED = 0x000C, /* The reader could not store what it must keep before a card is written. */
    CW_OUTCOME_COMMAND_REFUSED = 0x000D, /* A command for the card is malformed, or not of those that may be sent. */
    CW_OUTCOME_PIN_TRIES_LOW = 0x000E, /* So few tries are left for a PIN or PUK that the reader presents none; the status word 63Cx says how many. */
    CW_OUTCOME_CARD_INCONSISTENT = 0x000F, /* The service ended between writes that belong together: the card may hold a part of them. */
    CW_OUTCOME_DOES_NOT_FIT = 0x0010, /* What was to be written is larger than its place on the card. */
    CW_OUTCOME_NOT_FOUND = 0x0011, /* What was asked for is not on the card. */
    CW_OUTCOME_CANCELLED = 0x0012, /* The card holder entered nothing, or a new PIN that is another one the second time. */
    CW_OUTCOME_NOT_CONFIRMED = 0x0013, /* The card does not give back what was written. */
    CW_OUTCOME_CARD_MISMATCH = 0x0014, /* The card in the slot is not the one that the cloud's secrets are for. */
};

/* Kinds of value in service data. */
enum cw_item_kind_value {
    CW_ITEM_KIND_TEXT = 0x01, /* UTF-8. */
    CW_ITEM_KIND_BYTES = 0x02, /* Bytes, shown in hexadecimal. */
    CW_ITEM_KIND_NUMBER = 0x03, /* An unsigned number, four bytes. */
};

/* Where the value of a parameter comes from. */
enum cw_parameter_source_value {
    CW_PARAMETER_SOURCE_CLIENT = 0x01, /* From the client, in its instruction. */
    CW_PARAMETER_SOURCE_CLOUD = 0x02, /* From the cloud, sealed for the reader; the client does not see it. */
};

/* How often a parameter may stand in an instruction. */
enum cw_occurrence_value {
    CW_OCCURRENCE_REQUIRED = 0x01, /* Exactly once. */
    CW_OCCURRENCE_OPTIONAL = 0x02, /* Once, or not at all. */
    CW_OCCURRENCE_SEVERAL = 0x03, /* Once or more often. */
    CW_OCCURRENCE_ANY = 0x04, /* As often as the client likes, or not at all. */
};

/* The cloud's answer to a login. */
enum cw_login_outcome_value {
    CW_LOGIN_OUTCOME_SUCCESS = 0x00, /* The reader is logged in. */
    CW_LOGIN_OUTCOME_DENIED = 0x01, /* The reader is known and not admitted. */
};

/* Kinds of update. */
enum cw_update_kind_value {
    CW_UPDATE_KIND_SOFTWARE = 0x01, /* The reader's software. */
    CW_UPDATE_KIND_AUTHENTICATION = 0x02, /* Authentication information. */
    CW_UPDATE_KIND_LOGIC = 0x03, /* The execution logic of one service. */
};

/* How far an update has come. */
enum cw_update_state_value {
    CW_UPDATE_STATE_NONE = 0x00, /* No manifest is accepted. */
    CW_UPDATE_STATE_RECEIVING = 0x01, /* The manifest is accepted, bytes are missing. */
    CW_UPDATE_STATE_RECEIVED = 0x02, /* All bytes are there and match the manifest's digest. */
    CW_UPDATE_STATE_INSTALLED = 0x03, /* The update is in force. */
    CW_UPDATE_STATE_TRIAL = 0x04, /* The update is committed, and its software waits for the reset or is on trial. */
};

/* Rules of authentication information, as `update-authentication` names them. */
enum cw_authentication_rule_value {
    CW_AUTHENTICATION_RULE_DOCUMENT = 0x01, /* The document decodes, changes something, and names no client or key twice, and entitlements only of clients in it that are limited. */
    CW_AUTHENTICATION_RULE_CLIENT = 0x02, /* The reader has the client whose key is rotated, and client and generation that are revoked. */
    CW_AUTHENTICATION_RULE_GENERATION = 0x03, /* A client's new key has a generation above those that the reader has of it. */
    CW_AUTHENTICATION_RULE_ROOM = 0x04, /* The reader has room for all keys. */
    CW_AUTHENTICATION_RULE_LAST_CLIENT = 0x05, /* One client at least is left. */
    CW_AUTHENTICATION_RULE_KEY = 0x06, /* A key of the cloud or of the authority is a point that a key can be. */
};

/* How a client's new key comes into force. */
enum cw_key_change_value {
    CW_KEY_CHANGE_REPLACE = 0x00, /* At commit, in the place of all that the reader has of this client. */
    CW_KEY_CHANGE_ROTATE = 0x01, /* Beside the key that the reader has, which ends when the new one has been used or its logins are used up. */
};

/* How an instruction turns a card's bytes into a value. */
enum cw_conversion_value {
    CW_CONVERSION_NONE = 0x00, /* The bytes as they are. */
    CW_CONVERSION_SWAPPED_DIGITS = 0x01, /* Digits in swapped nibbles, F fills (EF.ICCID, ETSI TS 102 221, 13.2). */
    CW_CONVERSION_IMSI = 0x02, /* Length, parity nibble, digits in swapped nibbles (EF.IMSI, 3GPP TS 31.102, 4.2.2). */
    CW_CONVERSION_SPN = 0x03, /* Display condition, then text filled with FF (EF.SPN, 3GPP TS 31.102, 4.2.12). */
    CW_CONVERSION_DIALLING_NUMBER = 0x04, /* The dialling number of a record with alpha identifier (EF.MSISDN, 3GPP TS 31.102, 4.2.26). */
    CW_CONVERSION_ALPHA = 0x05, /* Text filled with FF (an alpha identifier, ETSI TS 102 221, annex A). */
    CW_CONVERSION_SC_ADDRESS = 0x06, /* The address of a service centre (TS-Service Centre Address of EF.SMSP, 3GPP TS 31.102, 4.2.27). */
    CW_CONVERSION_NUMBER = 0x07, /* One to four bytes, big-endian, as a number of four bytes. */
    CW_CONVERSION_TO_ALPHA = 0x08, /* Text, made to an alpha identifier without filling. */
    CW_CONVERSION_TO_DIALLING_NUMBER = 0x09, /* Text, made to the last 14 bytes of a record with alpha identifier. */
    CW_CONVERSION_TO_SC_ADDRESS = 0x0A, /* Text, made to the twelve bytes of a service centre's address. */
};

/* What `pin` does with a secret of the card (ETSI TS 102 221, 11.1.9 to 11.1.13). */
enum cw_pin_function_value {
    CW_PIN_FUNCTION_VERIFY = 0x01, /* VERIFY PIN: presents it. */
    CW_PIN_FUNCTION_CHANGE = 0x02, /* CHANGE PIN: presents it and sets another. */
    CW_PIN_FUNCTION_DISABLE = 0x03, /* DISABLE PIN: the card asks for it no more. */
    CW_PIN_FUNCTION_ENABLE = 0x04, /* ENABLE PIN: the card asks for it. */
    CW_PIN_FUNCTION_UNBLOCK = 0x05, /* UNBLOCK PIN: presents the PUK and sets a PIN. */
};

/* What the reader's keypad asks the card holder for. */
enum cw_prompt_value {
    CW_PROMPT_PIN = 0x01, /* The PIN. */
    CW_PROMPT_NEW_PIN = 0x02, /* A new PIN. */
    CW_PROMPT_REPEAT_PIN = 0x03, /* The new PIN once more. */
    CW_PROMPT_PUK = 0x04, /* The PUK. */
};

/* Rules that the verifier of execution logic holds a program to. */
enum cw_logic_rule_value {
    CW_LOGIC_RULE_DOCUMENT = 0x01, /* The document decodes, and is for the service of the manifest. */
    CW_LOGIC_RULE_OPCODE = 0x02, /* Every instruction is one of this version. */
    CW_LOGIC_RULE_OPERAND = 0x03, /* Every operand is whole and in its range. */
    CW_LOGIC_RULE_TARGET = 0x04, /* Every label is an instruction ahead, in the same loop body, and every instruction is reached. */
    CW_LOGIC_RULE_LOOP = 0x05, /* Loops nest, end, and are no deeper than allowed. */
    CW_LOGIC_RULE_END = 0x06, /* Every path ends in `end`. */
    CW_LOGIC_RULE_BUDGET = 0x07, /* No path executes more instructions than the budget. */
    CW_LOGIC_RULE_MODULE = 0x08, /* A module is used only where it is declared and known. */
    CW_LOGIC_RULE_DONE = 0x09, /* Under `per-step` every path that uses a module has exactly one `done` for it, and no use after it. */
    CW_LOGIC_RULE_FILTER = 0x0A, /* Every command APDU is well formed, and of an instruction and class that execution logic may send. */
    CW_LOGIC_RULE_PARAMETER = 0x0B, /* Parameters are declared once, with bounds that a value can meet, and none is used that is not declared. */
    CW_LOGIC_RULE_CRITICAL = 0x0C, /* `critical` and `settled` take turns on every path and in every loop body, and no path ends between them. */
};

/* Opcodes of execution logic. */
enum cw_opcode {
    CW_OP_RESET = 0x10, /* Resets the card; its answer to reset goes into the register. */
    CW_OP_APDU = 0x11, /* Sends a command APDU; response data goes into the register, the status word becomes the current one. */
    CW_OP_SHOW = 0x12, /* Shows a pattern: 0 off, 1 working, 2 success, 3 failure. */
    CW_OP_COMMAND = 0x13, /* Sends a command APDU of this header; a register gives P1 or P1 and P2 where it is not empty, another one the data. */
    CW_OP_EXCHANGE = 0x14, /* Sends the command APDU that stands in a register; ends the job with `command-refused` where it may not be sent. */
    CW_OP_PIN = 0x15, /* Presents a secret to the card, unless few tries are left for it; the tries that are left then go into the register. */
    CW_OP_ASK = 0x16, /* Has the card holder enter digits at the reader's keypad; none where it is cancelled. */
    CW_OP_POLL = 0x17, /* Looks for a card in the field; what it tells goes into the register, nothing where there is none. */
    CW_OP_DONE = 0x18, /* The module's part is done. Under `per-step` the module is disabled here. */
    CW_OP_WHEN_STATUS = 0x20, /* Goes on at the label where the current status word, masked, equals the value. Labels lie ahead. */
    CW_OP_WHEN_EMPTY = 0x21, /* Goes on at the label where the register is empty. Labels lie ahead. */
    CW_OP_GO = 0x22, /* Goes on at the label, which lies ahead. */
    CW_OP_LOOP = 0x23, /* Begins a loop that runs this many times. */
    CW_OP_AGAIN = 0x24, /* Ends the innermost loop's body. */
    CW_OP_WHEN_EQUAL = 0x25, /* Goes on at the label where two registers hold the same. Labels lie ahead. */
    CW_OP_WHEN_LONGER = 0x26, /* Goes on at the label where the register holds more bytes than the other one. Labels lie ahead. */
    CW_OP_WHEN_BYTE = 0x27, /* Goes on at the label where a byte of the register, masked, equals the value; a logic fault where it is shorter. Labels lie ahead. */
    CW_OP_CRITICAL = 0x28, /* Begins writes that belong together: an abort waits until `settled`. */
    CW_OP_SETTLED = 0x29, /* Ends writes that belong together. */
    CW_OP_SET = 0x30, /* Sets a register. */
    CW_OP_SLICE = 0x31, /* Keeps part of a register; a logic fault where it is shorter. */
    CW_OP_COPY = 0x32, /* Copies a register. */
    CW_OP_JOIN = 0x33, /* Appends what a register holds; a logic fault where it does not fit. */
    CW_OP_SPLIT = 0x34, /* Moves the last bytes of a register to another one; a logic fault where it is shorter. */
    CW_OP_FILL = 0x35, /* Gives every byte of a register this value. */
    CW_OP_PATCH = 0x36, /* Writes what a register holds over a part of another one; a logic fault where it is shorter. */
    CW_OP_PUT = 0x37, /* Sets the masked bits of a byte of a register; a logic fault where it is shorter. */
    CW_OP_EMIT = 0x38, /* Adds a named value to the service data; a logic fault where the conversion can't be done. */
    CW_OP_EXPECT = 0x39, /* Ends the job with outcome `card-status` where the current status word, masked, is another one. */
    CW_OP_PROGRESS = 0x3A, /* Says how much of the job is done. */
    CW_OP_PARAMETER = 0x3B, /* Takes the next value of a parameter; nothing where none is left. */
    CW_OP_STATUS = 0x3C, /* Puts the current status word into a register. */
    CW_OP_END = 0x3F, /* Ends the job with this outcome. */
    CW_OP_ADD = 0x40, /* Adds to the number that a register holds; a logic fault where it is empty or its bytes do not hold the sum. */
    CW_OP_FIND = 0x41, /* Takes the value of the first data object with this tag; nothing where there is none. */
    CW_OP_TAKE = 0x42, /* Takes the bytes that a length byte at the beginning of a register counts, and removes both; a logic fault where it is shorter. */
    CW_OP_CONVERT = 0x43, /* Converts what a register holds; a logic fault where the conversion can't be done. */
};

#endif
