#pragma once

/*
 * uri.h: percent encoding as AWS's signatures need it, and the parts of a request target.
 */
#include "base/text.h"

/* Everything but A-Z a-z 0-9 - . _ ~ (and '/' when keep_slash) becomes %XX, upper case. */
void uri_encode(struct text *text, str value, bool keep_slash);
/* False on a bad escape.  '+' remains '+'. */
bool uri_decode(struct arena *arena, str text, str *decoded);

struct uri {
    str scheme, userinfo, host; /* host without port or brackets; absent when not given */
    int port;                   /* 0 when not given */
    str path, query;            /* still encoded; query without '?'; a fragment is dropped */
};

/* An absolute URL or an origin-form target ("/path?query"); false for anything else. */
bool uri_parse(str text, struct uri *uri);
/* Split "host", "host:80" or "[::1]:80" into host and port (0 when not given).  False for any other form. */
bool uri_parse_host(str text, struct uri *uri);
