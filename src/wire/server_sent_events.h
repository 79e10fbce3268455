#pragma once

/*
 * server_sent_events.h: writing text/event-stream, what a browser's EventSource reads.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
#include "base/text.h"

struct server_sent_event {
    str name; /* absent: "message", as the browser takes it */
    str id;   /* what the browser says in Last-Event-ID when it comes back; absent: the last one stays */
    str data; /* of any number of lines; UTF-8 */
};

/* Append the event.  Name and id are one line each, and an id has no NUL: whoever writes an event sees to it.
 */
void server_sent_event_write(struct text *text, const struct server_sent_event *event);
/* A comment, which nobody reads: so a connection without events is not taken for dead. */
void server_sent_comment_write(struct text *text);
