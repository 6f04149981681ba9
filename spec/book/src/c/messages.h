/* What a reader receives, decoded. Spans point into the message. */
#ifndef CW_MESSAGES_H
#define CW_MESSAGES_H

#include "codec.h"

struct cw_hello {
    struct cw_list versions;
    uint16_t max_frame;
};

struct cw_connect {
    struct cw_span hello;
    uint8_t method;
    struct cw_span client_id;
    uint32_t generation;
    struct cw_span handshake;
    /* What the prologue covers of the connect: everything before the handshake field, everything behind it. */
    struct cw_span before, behind;
};

/* A request inside a session. Which members are set follows from the code. */
struct cw_request {
    uint8_t code;
    struct cw_list offers;   /* platform_auth: service (2 bytes) and format (1) */
    struct cw_span payload;  /* relay; instruct: the parameters */
    const uint8_t *job;      /* instruct, job_data, job_status, job_abort: 16 bytes */
    uint16_t service;        /* instruct */
    uint16_t part;           /* job_data */
    uint32_t from;           /* service_list, diagnostics */
};

struct cw_login_result {
    uint8_t outcome;
    struct cw_span reader_id, client_id;
    bool all_services;
    struct cw_list services; /* 2 bytes each */
    uint32_t lifetime;
};

/* A message of the cloud about an update. */
struct cw_update_request {
    uint8_t code;
    struct cw_span manifest;  /* update_offer */
    const uint8_t *signature; /* update_offer: 64 bytes */
    const uint8_t *digest;    /* all others: 32 bytes */
    uint32_t offset;          /* update_chunk */
    struct cw_span data;      /* update_chunk */
};

enum { CW_COMPONENTS = 4 };

struct cw_component {
    uint8_t kind;
    uint16_t service;
    uint32_t counter, size;
    const uint8_t *content_digest;
    uint32_t min_software;
};

struct cw_manifest {
    uint16_t hardware_class;
    size_t count;
    struct cw_component components[CW_COMPONENTS];
};

enum { CW_PARAMETERS = 8 };
struct cw_parameter {
    struct cw_span name;
    uint8_t kind, source, occurrence;
    uint16_t minimum, maximum;
};

struct cw_logic {
    uint16_t service;
    struct cw_span name;
    uint16_t version;
    uint8_t policy, on_client_loss;
    struct cw_list modules; /* 1 byte each */
    struct cw_parameter parameters[CW_PARAMETERS];
    size_t parameter_count;
    uint16_t budget;
    struct cw_span code;
};

bool cw_read_hello(struct cw_span message, struct cw_hello *out, struct cw_fault *fault);
bool cw_read_connect(struct cw_span message, struct cw_connect *out, struct cw_fault *fault);
bool cw_read_request(struct cw_span message, struct cw_request *out, struct cw_fault *fault);
bool cw_read_login_result(struct cw_span message, struct cw_login_result *out, struct cw_fault *fault);
bool cw_read_update_request(struct cw_span message, struct cw_update_request *out, struct cw_fault *fault);
bool cw_read_manifest(struct cw_span message, struct cw_manifest *out, struct cw_fault *fault);
bool cw_read_logic(struct cw_span message, struct cw_logic *out, struct cw_fault *fault);
/* Service data as parameters: how many items it has. */
bool cw_read_service_data(struct cw_span message, size_t *items, struct cw_fault *fault);

#endif
