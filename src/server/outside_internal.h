#pragma once

/*
 * outside_internal.h: what the files about requests to the outside share.
 */
#include "server/outside.h"

#include "base/arena.h"
#include "outside_model.h"

#include <curl/curl.h>

/* A request: it waits, and then it is under way. */
struct transfer {
    struct outside *outside;
    struct transfer *next;
    struct arena arena;
    struct outside_send_input in;
    CURL *curl; /* NULL while it waits */
    struct curl_slist *headers, *recipients;
    size_t uploaded;    /* bytes of a mail that libcurl has taken */
    size_t received;    /* bytes of the answer's body, which nobody reads */
    bool out_of_bounds; /* its address may not be reached */
    char error[CURL_ERROR_SIZE];
};

/* outside_request.c */
/* Everything but the handle's start. */
void transfer_prepare(struct transfer *transfer, const struct outside_options *options);
/* What is reported after it has ended so. */
struct outside_sent transfer_result(struct transfer *transfer, CURLcode code);

/* outside_mailbox.c */
/* Store a mail as a file.  False, with errno set, on trouble. */
bool mailbox_put(struct arena *arena, str folder, str recipient, str mail);
