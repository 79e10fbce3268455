#pragma once

/*
 * outside_internal.h: what the files about requests to the outside share.
 */
#include "server/outside.h"

#include "base/arena.h"
#include "outside_model.h"

#include <curl/curl.h>

/* Where requests wait, and whose places they take: see outside_lanes.c. */
enum lane { LANE_PROMPT, LANE_SLOW, LANES };

/* A request: it waits, and then it is under way. */
struct transfer {
    struct outside *outside;
    struct transfer *next;
    uint64_t endpoint; /* its hash */
    enum lane lane;
    int64_t began_us;
    struct arena arena;
    struct outside_send_input in;
    CURL *curl; /* NULL while it waits */
    struct curl_slist *headers, *recipients;
    size_t uploaded;    /* bytes of a mail that libcurl has taken */
    size_t received;    /* bytes of the answer's body, which nobody reads */
    bool out_of_bounds; /* its address may not be reached */
    char error[CURL_ERROR_SIZE];
};

enum { MAX_SLOW_ENDPOINTS = 4096 };

/* All zero, but for the ends, at first: lanes_begin(). */
struct lanes {
    struct lane_queue {
        struct transfer *first, **end;
        size_t waiting, waiting_bytes;
    } queues[LANES];
    uint64_t slow[MAX_SLOW_ENDPOINTS]; /* each at the place that its hash says; a later one takes it over */
};

/* outside_lanes.c */
void lanes_begin(struct lanes *lanes);
bool lanes_are_empty(const struct lanes *lanes);
/* Choose the transfer's lane and append it.  False: too many wait there, unless `always`. */
bool lanes_push(struct lanes *lanes, struct transfer *transfer, bool always);
/* The first one of a lane, or NULL. */
struct transfer *lanes_pop(struct lanes *lanes, enum lane lane);
/* An endpoint has taken long for a request, or not. */
void lanes_note(struct lanes *lanes, const struct transfer *transfer, bool is_slow);

/* outside_request.c */
/* Everything but the handle's start. */
void transfer_prepare(struct transfer *transfer, const struct outside_options *options);
/* What is reported after it has ended so. */
struct outside_sent transfer_result(struct transfer *transfer, CURLcode code);

/* outside_mailbox.c */
/* Store a mail as a file.  False, with errno set, on trouble. */
bool mailbox_put(struct arena *arena, str folder, str recipient, str mail);
