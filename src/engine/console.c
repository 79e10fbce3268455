/*
 * console.c: doors to the web console, which is a client of this server like any other.
 *
 *     GET  /                            for a browser: leads to the console
 *     GET  /_orderly/console/           the console's page; also for every path below without a file,
 *                                       because the page shows its screens by the path
 *     GET  /_orderly/console/assets/…   its scripts and styles, or 404
 *
 * The page may load nothing from elsewhere, runs no inline script, and cannot be framed: what
 * somebody else has stored (a message, an item, a log line) is never taken for a part of the page.
 */
#include "engine/console.h"
#include "engine/engine_internal.h"

static const struct http_header headers_of_all[] = {
    {STR_INIT("Content-Security-Policy"),
     STR_INIT(
         "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
         "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; "
         "frame-ancestors 'none'")},
    {STR_INIT("X-Content-Type-Options"), STR_INIT("nosniff")},
    {STR_INIT("Referrer-Policy"), STR_INIT("no-referrer")},
    {STR_INIT("Cross-Origin-Opener-Policy"), STR_INIT("same-origin")},
    {STR_INIT("Cross-Origin-Resource-Policy"), STR_INIT("same-origin")},
    {STR_INIT("Vary"), STR_INIT("Accept-Encoding")},
};

static const struct console_file *file_of_path(const struct engine_options *options, str path)
{
    for (const struct console_file *file = options->console; file && str_present(file->path); file++)
        if (str_equal(file->path, path))
            return file;
    return str_starts_with(path, S("assets/")) ? NULL : options->console;
}

/* The weak comparison of RFC 9110: the packed file has the same tag, and * is any tag. */
static bool is_known(const struct http_request *request, const struct console_file *file)
{
    str known = http_header(&request->headers, S("If-None-Match"));

    return str_equal(str_trim(known), S("*")) || str_find(known, file->etag) >= 0;
}

static void add_headers(struct arena *arena, struct http_headers *headers, const struct console_file *file)
{
    for (size_t i = 0; i < sizeof headers_of_all / sizeof *headers_of_all; i++)
        http_header_add(arena, headers, headers_of_all[i].name, headers_of_all[i].value);
    http_header_add(arena, headers, S("ETag"), arena_join(arena, S("W/"), file->etag));
    http_header_add(arena, headers, S("Cache-Control"),
                    file->fixed ? S("public, max-age=31536000, immutable") : S("no-cache"));
}

/*
 * A link of another site may lead here: the page is the same for everybody and does nothing by itself.  Only
 * a whole window may show it, not a frame, and no script of that site may read it.
 */
static bool is_followed_link(const struct http_request *request)
{
    return str_equal(http_header(&request->headers, S("Sec-Fetch-Mode")), S("navigate")) &&
           str_equal(http_header(&request->headers, S("Sec-Fetch-Dest")), S("document"));
}

enum outcome console_show(const struct call *call, const struct visit *visit, struct http_reply *reply)
{
    const struct console_file *file = file_of_path(&call->engine->options, visit->rest);
    const struct http_headers *asked = &visit->request->headers;

    if (visit->from_foreign_page && !is_followed_link(visit->request))
        return door_refuse(
            call, reply, 403,
            S("Pages of another origin may not load the console. --allowed-origin lets one in."));
    if (!file)
        return door_refuse(call, reply, 404, S("The console has no such file."));
    *reply = (struct http_reply){.status = 200, .content_type = file->content_type, .body = file->plain};
    add_headers(call->arena, &reply->headers, file);
    if (is_known(visit->request, file)) {
        *reply = (struct http_reply){.status = 304, .headers = reply->headers, .body = S("")};
    } else if (str_present(file->packed) && http_accepts_gzip(asked)) {
        reply->body = file->packed;
        http_header_add(call->arena, &reply->headers, S("Content-Encoding"), S("gzip"));
    }
    return DONE;
}

enum outcome console_redirect(const struct call *call, const struct visit *visit, struct http_reply *reply)
{
    (void)visit;
    *reply = (struct http_reply){.status = 302, .body = S("")};
    http_header_add(call->arena, &reply->headers, S("Location"), S("/_orderly/console/"));
    return DONE;
}
