#pragma once

/*
 * server_sent_events.h: text/event-stream, what a browser's EventSource reads.
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

/*
 * Take the first event off *stream, whose lines end with \n or \r\n.  One that is only comments has no data.
 * False: it is not whole yet, and *stream is as it was.  Name and id borrow from it.
 */
bool server_sent_event_read(struct arena *arena, str *stream, struct server_sent_event *event);
