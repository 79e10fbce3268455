#pragma once

/*
 * origin.h: which host a request was meant for, and whether a page in a browser sent it.
 *
 * Invariant: a page that the user did not let in by name is never taken for a program.  A page chooses the
 * URL, the method among GET, HEAD and POST, and a body that looks like a form or text.  It chooses no header
 * without a preflight, and never Host, Origin and Sec-Fetch-Site.
 */
#include "wire/http.h"

/* What the user lets in besides our own names. */
struct origin_rules {
    const str *hosts; /* "api.example.com", "*.example.com", "192.0.2.1": without a port */
    size_t host_count;
    const str *origins; /* "https://app.example.com", "http://localhost:3000": as a browser writes them */
    size_t origin_count;
};

enum host_kind {
    HOST_ABSENT,    /* allowed in HTTP/1.0 */
    HOST_MALFORMED, /* also for several Host headers */
    HOST_FOREIGN,
    HOST_OF_AWS, /* "sqs.us-east-1.amazonaws.com": served; but other hosts' names have that form, too */
    HOST_OURS,   /* a name that our URLs may contain */
};

enum sender {
    SENDER_PROGRAM,
    SENDER_TYPED_URL,    /* the address bar of a browser or a bookmark, or a redirect from there */
    SENDER_OWN_PAGE,     /* a page that this host served */
    SENDER_ALLOWED_PAGE, /* a page of an origin that the user let in */
    SENDER_FOREIGN_PAGE,
};

struct visitor {
    enum host_kind host_kind;
    str host; /* the Host header; absent at HOST_ABSENT */
    enum sender sender;
    str origin; /* the Origin header, absent when missing or malformed */
};

/* local_ip is the address that the connection was made to, which is ours; "" when unknown. */
struct visitor origin_visitor(const struct origin_rules *rules, const struct http_request *request,
                              str local_ip);

/* Is it valid in origin_rules? */
bool origin_host_valid(str host);
bool origin_valid(str origin);
