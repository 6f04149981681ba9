#include "parts.h"

#include <string.h>

static const uint8_t versions[] = { CW_VERSION };
enum { FIRST_BACKOFF = 25 };

static void put_clear(struct cw_reader *reader, uint64_t number, struct cw_span message)
{
    struct cw_frame frame = { CW_FRAME_KIND_CLEAR, number, message };
    reader->out.clear_size = cw_frame_encode(&frame, reader->out.clear, sizeof reader->out.clear);
    reader->out.clear_waits = true;
}

void cw_refuse_frame(struct cw_reader *reader, uint64_t number)
{
    static const uint8_t refusal[] = { CW_REFUSAL };
    put_clear(reader, number, cw_span(refusal, sizeof refusal));
}

/* ANCHOR: hello */
/* The highest version that both ends speak, 0 where there is none. */
static uint8_t common_version(const struct cw_hello *hello)
{
    for (size_t i = hello->versions.count; i > 0; i--)
        if (memchr(versions, hello->versions.items[i - 1], sizeof versions) != NULL)
            return hello->versions.items[i - 1];
    return 0;
}

static void write_hello_answer(const struct cw_reader *reader, const struct cw_hello *hello, struct cw_writer *out)
{
    cw_write(out, CW_HELLO_ANSWER, 1);
    cw_write(out, common_version(hello), 1);
    cw_write_span(out, cw_span(versions, sizeof versions), 1);
    cw_write(out, CW_FRAME_MIN, 2);
    cw_write_bytes(out, reader->challenge, sizeof reader->challenge);
    cw_write_span(out, reader->identity->reader_id, 1);
}
/* ANCHOR_END: hello */

/* ANCHOR: backoff */
static void store_failures(const struct cw_reader *reader)
{
    uint8_t record[2];
    cw_put(record, reader->failures, sizeof record);
    (void)cw_board_store(CW_RECORD_FAILURES, record, sizeof record);
}

static void back_off(struct cw_reader *reader)
{
    /* After a reset the count is known to a power of two only: no shorter wait, or resets would gain tries. */
    uint32_t wait = reader->carried ? CW_T_BACKOFF : FIRST_BACKOFF;
    for (unsigned i = 1; i < reader->failures && wait < CW_T_BACKOFF; i++)
        wait *= 2;
    reader->backs_off = true;
    reader->backoff_since = reader->now;
    reader->backoff = wait < CW_T_BACKOFF ? wait : CW_T_BACKOFF;
}

static void count_failure(struct cw_reader *reader)
{
    if (reader->failures < UINT16_MAX)
        reader->failures++;
    /* Written at powers of two only: no attacker wears the storage out. */
    if ((reader->failures & (reader->failures - 1)) == 0)
        store_failures(reader);
    back_off(reader);
}

void cw_load_failures(struct cw_reader *reader)
{
    uint8_t record[2];
    if (cw_board_load(CW_RECORD_FAILURES, record, sizeof record) == sizeof record)
        reader->failures = (uint16_t)cw_get(record, sizeof record);
    reader->carried = reader->failures > 0;
    if (reader->carried)
        back_off(reader);
}
/* ANCHOR_END: backoff */

/* ANCHOR: decide */
/* The security module decides on the first handshake message alone. */
static const struct cw_client *decide(struct cw_reader *reader, const struct cw_connect *connect,
                                      uint8_t second[CW_CLIENT_SECOND], struct cw_keys *keys)
{
    static const char label[] = "cardwire/1 client-reader";
    const struct cw_identity *identity = reader->identity;
    const struct cw_client *client = NULL;
    uint8_t answer[96], ephemeral[CW_KEY], nobody[CW_KEY], lengths[3][2];
    struct cw_writer out = { answer, sizeof answer, 0 };
    struct cw_hello hello;
    struct cw_fault fault;
    if (connect->method != CW_METHOD_NOISE_NNPSK0 || connect->handshake.size != CW_CLIENT_FIRST ||
        !cw_read_hello(connect->hello, &hello, &fault) || common_version(&hello) == 0 ||
        !cw_fresh(reader, ephemeral) || !cw_fresh(reader, nobody))
        return NULL;
    for (size_t i = 0; i < identity->client_count; i++) {
        const struct cw_client *known = &identity->clients[i];
        if (known->generation == connect->generation && known->id.size == connect->client_id.size &&
            memcmp(known->id.bytes, connect->client_id.bytes, known->id.size) == 0)
            client = known;
    }
    /* The connect brings the hello again; the answer to it is made anew. */
    write_hello_answer(reader, &hello, &out);
    cw_put(lengths[0], connect->hello.size, 2);
    cw_put(lengths[1], cw_written(&out), 2);
    cw_put(lengths[2], connect->before.size + connect->behind.size, 2);
    struct cw_span prologue[8] = {
        { (const uint8_t *)label, sizeof label - 1 },
        { lengths[0], 2 },
        connect->hello,
        { lengths[1], 2 },
        { answer, cw_written(&out) },
        { lengths[2], 2 },
        connect->before,
        connect->behind,
    };
    /* An unknown client goes through the same handshake with a key that nobody holds. */
    bool right = cw_client_handshake(client != NULL ? client->psk : nobody, prologue, 8, connect->handshake.bytes,
                                     ephemeral, second, keys);
    cw_wipe(ephemeral, sizeof ephemeral);
    return right ? client : NULL;
}
/* ANCHOR_END: decide */

/* ANCHOR: accept */
static void accept(struct cw_reader *reader, const struct cw_frame *frame, const struct cw_client *client,
                   const uint8_t second[CW_CLIENT_SECOND], const struct cw_keys *keys)
{
    struct cw_session *session = &reader->session;
    uint8_t message[2 + CW_CLIENT_SECOND], fresh[CW_KEY];
    struct cw_writer out = { message, sizeof message, 0 };
    uint16_t failed = reader->failures;
    cw_end_session(reader);
    memset(session, 0, sizeof *session);
    session->open = true;
    session->state = CW_SESSION_STATE_CONNECTED;
    session->client = client;
    session->heard = reader->now;
    session->failed_before = failed;
    memcpy(session->hash, keys->hash, CW_HASH);
    cw_channel_begin(&session->channel, keys);
    cw_record_change(reader, CW_SUBJECT_PLATFORM_INTERFACE, 0, CW_WORKING_STATE_ENABLED);
    reader->failures = 0;
    reader->carried = false;
    reader->backs_off = false;
    if (failed > 0)
        store_failures(reader);
    /* A new challenge: the connect that was just accepted is of no use again. */
    reader->has_challenge = cw_fresh(reader, fresh);
    if (reader->has_challenge)
        memcpy(reader->challenge, fresh, sizeof reader->challenge);

    cw_write(&out, CW_CONNECT_ANSWER, 1);
    cw_write_span(&out, cw_span(second, CW_CLIENT_SECOND), 1);
    struct cw_frame answer = { CW_FRAME_KIND_CLEAR, frame->number, { message, cw_written(&out) } };
    reader->out.answer_size = cw_frame_encode(&answer, reader->out.answer, sizeof reader->out.answer);
    reader->out.answer_waits = true;
    reader->has_connect = true;
    reader->connect_number = frame->number;
    cw_sha256(&frame->payload, 1, reader->connect_digest);
}

static void handle_connect(struct cw_reader *reader, const struct cw_frame *frame, const struct cw_connect *connect)
{
    struct cw_module *security = &reader->modules[CW_AT_SECURITY];
    uint8_t digest[CW_HASH], second[CW_CLIENT_SECOND];
    struct cw_keys keys;
    cw_sha256(&frame->payload, 1, digest);
    if (reader->has_connect && reader->session.open && reader->session.channel.next == 0 &&
        reader->connect_number == frame->number && cw_same(digest, reader->connect_digest, CW_HASH)) {
        reader->out.answer_waits = true; /* a repeat gets the same bytes */
        return;
    }
    if (!reader->has_challenge || reader->backs_off) {
        cw_refuse_frame(reader, frame->number);
        return;
    }
    cw_module_set(reader, security, CW_WORKING_STATE_ENABLED);
    const struct cw_client *client = decide(reader, connect, second, &keys);
    cw_module_set(reader, security, CW_WORKING_STATE_DISABLED);
    if (client != NULL) {
        accept(reader, frame, client, second, &keys);
    } else {
        count_failure(reader);
        cw_refuse_frame(reader, frame->number);
    }
    cw_wipe(&keys, sizeof keys);
}
/* ANCHOR_END: accept */

/* ANCHOR: clear */
void cw_clear_frame(struct cw_reader *reader, const struct cw_frame *frame)
{
    uint8_t message[96], code = frame->payload.size > 0 ? frame->payload.bytes[0] : 0;
    struct cw_writer out = { message, sizeof message, 0 };
    struct cw_hello hello;
    struct cw_connect connect;
    struct cw_fault fault;
    if ((code & 0x80) != 0)
        return; /* an answer, or an echo of one */
    if (code == CW_HELLO && reader->has_challenge && cw_read_hello(frame->payload, &hello, &fault)) {
        write_hello_answer(reader, &hello, &out);
        put_clear(reader, frame->number, cw_span(message, cw_written(&out)));
    } else if (code == CW_CONNECT && cw_read_connect(frame->payload, &connect, &fault)) {
        handle_connect(reader, frame, &connect);
    } else {
        cw_refuse_frame(reader, frame->number);
    }
}
/* ANCHOR_END: clear */
