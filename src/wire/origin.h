#pragma once

/*
 * origin.h: which host a request was meant for, and whether a page in a browser sent it.
 *
 * Invariant: a page that was not let in by name is never taken for a program.  A page chooses the URL, the
 * method among GET, HEAD and POST, and a body that passes for a form or for text; without asking first (a
 * preflight) it chooses no header.  It cannot choose Host, Origin and Sec-Fetch-Site at all.
 */
#include "wire/http.h"

/* What the user let in besides the names that are always ours. */
struct origin_rules {
    const str *hosts; /* "api.example.com", "*.example.com", "192.0.2.1": without a port */
    size_t host_count;
    const str *origins; /* "https://app.example.com", "http://localhost:3000": as a browser writes them */
    size_t origin_count;
};

enum host_kind {
    HOST_ABSENT,    /* HTTP/1.0 needs none */
    HOST_MALFORMED, /* also when there are several */
    HOST_FOREIGN,
    HOST_OF_AWS, /* "sqs.us-east-1.amazonaws.com": served; but others' names are of that form, too */
    HOST_OURS,   /* may stand in the URLs that we write */
};

enum sender {
    SENDER_PROGRAM,
    SENDER_TYPED_URL,    /* the address bar of a browser, a bookmark; or where that was redirected to */
    SENDER_OWN_PAGE,     /* a page that this host served */
    SENDER_ALLOWED_PAGE, /* a page of an origin that the user let in */
    SENDER_FOREIGN_PAGE,
};

struct visitor {
    enum host_kind host_kind;
    str host; /* the Host header; absent at HOST_ABSENT */
    enum sender sender;
    str origin; /* the Origin header, absent when there is none or it is not well formed */
};

/* local_ip is the address that the connection was made to; it is ours.  "" when it is not known. */
struct visitor origin_visitor(const struct origin_rules *rules, const struct http_request *request,
                              str local_ip);

/* May it stand in origin_rules? */
bool origin_host_valid(str host);
bool origin_valid(str origin);
