#pragma once

/*
 * server_sent_events.h: text/event-stream, the format that a browser's EventSource reads.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
#include "base/text.h"

struct server_sent_event {
    str name; /* absent: browsers take the event for a "message" */
    str id;   /* a browser that reconnects sends it as Last-Event-ID; absent: the last id remains */
    str data; /* any number of lines of UTF-8 */
};

/* Append the event.  The caller makes sure that name and id are one line each, and that the id has no NUL. */
void server_sent_event_write(struct text *text, const struct server_sent_event *event);
/* A comment, which every reader ignores: it keeps a connection without events alive. */
void server_sent_comment_write(struct text *text);

/*
 * Take the first event off *stream, whose lines end with \n or \r\n.  An event of comments only has no data.
 * False: the event is not complete, and *stream is unchanged.  Name and id borrow from *stream.
 */
bool server_sent_event_read(struct arena *arena, str *stream, struct server_sent_event *event);
