/*
 * url_requests.c: requests to function URLs, by host (<id>.lambda-url.<region>.…) and by path.
 * https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
 *
 * The door lets pages of any origin in: this file refuses those whose origin the URL's Cors does not name.
 */
#include "invocations.h"
#include "lambda_internal.h"
#include "urls.h"

#include "base/limits.h"
#include "base/text.h"
#include "services/tags/tags.h"
#include "wire/cors.h"
#include "wire/json.h"
#include "wire/sigv4.h"
#include "wire/uri.h"

#include <string.h>

enum {
    DELIMITER_BYTES = 8,
    PRELUDE_BYTES = 2 * LIMIT_HTTP_HEAD_BYTES, /* a head is longer as JSON */
};

static const str http_integration = STR_INIT("application/vnd.awslambda.http-integration-response");

/* ---- which URL ---- */

static bool find_function(const struct call *call, struct url_request *url)
{
    struct lambda_function_name_row row;

    return lambda_function_name(call->txn, &(struct lambda_function_name_params){.id = url->row.function_id},
                                &row) &&
           lambda_version_find(call,
                               &(struct function_name){.account = row.account,
                                                       .region = row.region,
                                                       .name = row.name,
                                                       .qualifier = str_empty(url->row.qualifier)
                                                                        ? (str){0}
                                                                        : url->row.qualifier},
                               &url->function);
}

/* False: no function's URL has that id. */
static bool find_by_id(const struct call *call, str id, struct url_request *url)
{
    return lambda_find_url_by_id(call->txn, &(struct lambda_find_url_by_id_params){.url_id = id},
                                 &url->row) &&
           find_function(call, url);
}

static bool find_by_path(const struct call *call, str rest, struct url_request *url)
{
    str id;

    str_next(&rest, '/', &id);
    if (!find_by_id(call, id, url))
        return false;
    url->path = arena_join(call->arena, S("/"), str_present(rest) ? rest : S(""));
    url->domain = arena_concat(call->arena, id, S(".lambda-url."), url->function.row.region, S(".on.aws"));
    return true;
}

/* The host is <id>.lambda-url.<region>.…, in letters of any case. */
static bool find_by_host(const struct call *call, const struct http_request *request, struct url_request *url)
{
    struct uri host = {0};
    str rest, id, mark, region;

    uri_parse_host(http_header(&request->headers, S("Host")), &host);
    url->domain = rest = arena_lower_case(call->arena, host.host);
    url->path = request->path;
    return str_next(&rest, '.', &id) && str_next(&rest, '.', &mark) && str_next(&rest, '.', &region) &&
           find_by_id(call, id, url) && str_equal(region, url->function.row.region);
}

static void read_signature(const struct call *call, const struct http_request *request,
                           struct url_request *url)
{
    struct sigv4 sigv4 = {0};

    if (!lambda_url_is_signed(url) || sigv4_read(call->arena, request, &sigv4) != SIGV4_OK)
        return;
    url->signature.access_key_id = sigv4.access_key_id;
    url->signature.region = sigv4.region;
}

/* Which of the two doors has the request come by? */
static bool is_by_path(const struct visit *visit)
{
    return visit->request->path.size - visit->rest.size == strlen(LAMBDA_URL_PATH);
}

/* False: the request names no URL. */
static bool find_url(const struct call *call, const struct visit *visit, struct url_request *url)
{
    const struct http_request *request = visit->request;

    if (is_by_path(visit) ? !find_by_path(call, visit->rest, url) : !find_by_host(call, request, url))
        return false;
    read_signature(call, request, url);
    url->cors = lambda_url_cors(call, &url->row);
    return true;
}

/* ---- pages of other origins ---- */

static bool names(const struct str_list *list, str text)
{
    for (size_t i = 0; i < list->count; i++)
        if (str_equal(list->items[i], S("*")) || str_equal_nocase(list->items[i], text))
            return true;
    return false;
}

static str joined(const struct call *call, const struct str_list *list)
{
    struct text text = text_in(call->arena);

    for (size_t i = 0; i < list->count; i++) {
        text_add(&text, i ? S(",") : S(""));
        text_add(&text, list->items[i]);
    }
    return text_str(&text);
}

/* The URL's Cors for that request.  False: it does not let the request's origin in. */
static bool read_cors(const struct call *call, const struct url_request *url,
                      const struct http_request *request, struct cors *cors)
{
    const struct lambda_cors *own = url->cors;
    str origin = http_header(&request->headers, S("Origin"));
    str method = http_header(&request->headers, S("Access-Control-Request-Method"));

    if (!own || !names(&own->allow_origins, str_present(origin) ? origin : S("null")))
        return false;
    *cors = (struct cors){
        .origin = origin,
        .methods = names(&own->allow_methods, S("*")) ? method : joined(call, &own->allow_methods),
        .headers = names(&own->allow_headers, S("*")) ? (str){0} : joined(call, &own->allow_headers),
        .expose_headers = own->expose_headers.count ? joined(call, &own->expose_headers) : (str){0},
        .max_age_s = own->max_age ? *own->max_age : 0,
        .credentials = own->allow_credentials && *own->allow_credentials,
    };
    return true;
}

static void add_cors(const struct call *call, const struct url_request *url, const struct visit *visit,
                     struct http_reply *reply)
{
    struct cors cors;

    if (!visit->from_allowed_page && str_present(http_header(&visit->request->headers, S("Origin"))) &&
        read_cors(call, url, visit->request, &cors))
        cors_add(call->arena, &cors, reply);
}

/*
 * By path, the reply has the origin of the console and of all operations.  A page that a function writes must
 * not be of that origin: a browser gives it one of its own, whatever else the function's own policy says.
 */
static void add_headers(const struct call *call, const struct url_request *url, const struct visit *visit,
                        struct http_reply *reply)
{
    add_cors(call, url, visit, reply);
    if (is_by_path(visit))
        http_header_add(call->arena, &reply->headers, S("Content-Security-Policy"),
                        S("sandbox allow-downloads allow-forms allow-modals allow-popups "
                          "allow-popups-to-escape-sandbox allow-scripts"));
}

/* ---- replies of our own ---- */

static enum outcome say(const struct call *call, struct http_reply *reply, int status, str message)
{
    struct json_writer writer = json_writer_in(call->arena);

    json_open_object(&writer);
    json_field(&writer, S("Message"), message);
    json_close_object(&writer);
    *reply = (struct http_reply){
        .status = status, .content_type = S("application/json"), .body = json_written(&writer)};
    return DONE;
}

/* The message is JSON. */
static enum outcome deny(const struct call *call, struct http_reply *reply, const char *message)
{
    *reply = (struct http_reply){.status = 403,
                                 .content_type = S("application/json"),
                                 .body = arena_format(call->arena, "{\"Message\":%s}", message)};
    http_header_add(call->arena, &reply->headers, S("x-amzn-ErrorType"), S("AccessDeniedException"));
    return DONE;
}

/* AWS verifies signatures in front of Lambda, and its answer there writes "message" in small letters. */
static enum outcome refuse_signature(const struct call *call, struct http_reply *reply, int status,
                                     const char *type, str message)
{
    struct json_writer writer = json_writer_in(call->arena);

    json_open_object(&writer);
    json_field(&writer, S("message"), message);
    json_close_object(&writer);
    *reply = (struct http_reply){
        .status = status, .content_type = S("application/json"), .body = json_written(&writer)};
    http_header_add(call->arena, &reply->headers, S("x-amzn-ErrorType"), str_of(type));
    return DONE;
}

static enum outcome say_failed(const struct call *call, struct http_reply *reply)
{
    (void)call;
    *reply = (struct http_reply){
        .status = 502, .content_type = S("application/json"), .body = S("Internal Server Error")};
    return DONE;
}

/* ---- permission ---- */

static void add_context(const struct call *call, const struct resource *resource,
                        struct context_list *context)
{
    const struct url_request *url = resource->row;

    tags_in_context(call, url->function.arn, context);
    context_add(call, context, S("lambda:FunctionUrlAuthType"), url->row.auth_type);
    context_add(call, context, S("lambda:InvokedViaFunctionUrl"), S("true"));
}

bool lambda_url_is_signed(const struct url_request *url)
{
    return lambda_function_url_auth_type_of(url->row.auth_type) == LAMBDA_FUNCTION_URL_AUTH_TYPE_AWS_IAM;
}

/* Who has signed for another region has not signed. */
static bool has_signed(const struct call *call, const struct url_request *url)
{
    return call->caller->kind != PRINCIPAL_ANONYMOUS &&
           str_equal(url->signature.region, url->function.row.region);
}

/* https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html: both permissions are needed. */
static bool is_permitted(const struct call *call, const struct url_request *url)
{
    static const struct principal nobody = {.kind = PRINCIPAL_ANONYMOUS};
    bool is_signed = lambda_url_is_signed(url);
    const struct principal *caller = is_signed ? call->caller : &nobody;
    const struct resource resource = {.arn = lambda_function_asked_arn(call->arena, &url->function),
                                      .policy = lambda_function_policy(&url->function),
                                      .row = url,
                                      .add_context = add_context};

    return (!is_signed || has_signed(call, url)) &&
           may_do_to(call, caller, S("lambda:InvokeFunctionUrl"), &resource) &&
           may_do_to(call, caller, S("lambda:InvokeFunction"), &resource);
}

/* ---- the answer ---- */

/* What a worker does for a request. */
struct url_work {
    enum { EVENT_IS_WANTED, EVENT_IS_WRITTEN, ANSWER_IS_THERE } state;
    str event;
    str payload; /* the function's answer; the invocation is over */
    bool failed;
};

static enum outcome write_answer(const struct call *call, const struct url_request *url,
                                 const struct visit *visit, const struct url_work *answer,
                                 struct http_reply *reply)
{
    if (answer->failed || !lambda_url_reply(call, answer->payload, reply))
        say_failed(call, reply);
    add_headers(call, url, visit, reply);
    return DONE;
}

static void leave_work(const struct call *call, struct url_work work)
{
    struct url_work *left = arena_new(call->arena, struct url_work);

    *left = work;
    leave_prepared(call, left);
}

/* A worker reads a large answer. */
static enum outcome answer_whole(const struct call *call, const struct url_request *url,
                                 const struct visit *visit, const struct lambda_find_by_request_row *row,
                                 struct http_reply *reply)
{
    struct url_work answer = {.state = ANSWER_IS_THERE,
                              .payload = str_present(row->result) ? row->result : handed_over(call),
                              .failed = str_present(row->error)};

    lambda_invocation_remove(call, row->id);
    if (answer.failed || !lambda_answer_is_large(answer.payload) || !may_move_to_worker(call))
        return write_answer(call, url, visit, &answer, reply);
    leave_work(call, answer);
    return move_to_worker(call);
}

static void begin_reply(const struct call *call, const struct url_request *url, const struct visit *visit,
                        const struct lambda_find_by_request_row *row, struct http_reply *reply)
{
    add_headers(call, url, visit, reply);
    lambda_set_prelude(call->txn, &(struct lambda_set_prelude_params){.id = row->id, .prelude = S("")});
}

/*
 * The bytes before the delimiter are the head, as JSON.  False: more must come.  *head is NULL when they are
 * too many, or no JSON.
 */
static bool find_head(const struct call *call, str text, const struct json **head, str *body)
{
    static const char delimiter[DELIMITER_BYTES];
    ptrdiff_t end =
        str_find(str_head(text, PRELUDE_BYTES + DELIMITER_BYTES), (str){delimiter, DELIMITER_BYTES});

    if (end < 0 && text.size < PRELUDE_BYTES + DELIMITER_BYTES)
        return false;
    *head = end < 0 ? NULL : json_parse(call->arena, str_head(text, (size_t)end), NULL);
    *body = end < 0 ? (str){0} : str_from(text, (size_t)end + DELIMITER_BYTES);
    return true;
}

static enum outcome read_prelude(const struct call *call, const struct url_request *url,
                                 const struct visit *visit, const struct lambda_find_by_request_row *row,
                                 str piece, struct http_reply *reply)
{
    str text = arena_join(call->arena, str_present(row->prelude) ? row->prelude : S(""), piece);
    const struct json *head;
    str body;

    if (!find_head(call, text, &head, &body)) {
        lambda_set_prelude(call->txn, &(struct lambda_set_prelude_params){.id = row->id, .prelude = text});
        return lambda_stream_wait(call);
    }
    reply->status = 200;
    reply->content_type = S("application/octet-stream");
    if (!json_is(head, JSON_OBJECT) || !lambda_url_head(call, head, reply)) {
        lambda_stream_leave(call, row);
        say_failed(call, reply);
        add_headers(call, url, visit, reply);
        return DONE;
    }
    begin_reply(call, url, visit, row, reply);
    return stream_send(call, body);
}

static bool has_begun(const struct lambda_find_by_request_row *row)
{
    return row->prelude.data && row->prelude.size == 0;
}

static enum outcome send_piece(const struct call *call, const struct url_request *url,
                               const struct visit *visit, const struct lambda_find_by_request_row *row,
                               str piece, struct http_reply *reply)
{
    lambda_stream_keep(call, piece.size);
    if (has_begun(row))
        return stream_send(call, piece);
    if (str_equal(row->content_type, http_integration))
        return read_prelude(call, url, visit, row, piece, reply);
    reply->status = 200;
    reply->content_type = str_present(row->content_type) ? row->content_type : S("application/json");
    begin_reply(call, url, visit, row, reply);
    return stream_send(call, piece);
}

static enum outcome end_stream(const struct call *call, const struct url_request *url,
                               const struct visit *visit, const struct lambda_find_by_request_row *row,
                               struct http_reply *reply)
{
    bool failed = str_present(row->error), begun = has_begun(row);

    lambda_invocation_remove(call, row->id);
    if (begun)
        return failed ? fail(call, &LAMBDA_SERVICE_EXCEPTION, "The function failed.") : DONE;
    if (failed)
        say_failed(call, reply);
    else
        *reply = (struct http_reply){.status = 200, .body = S("")};
    add_headers(call, url, visit, reply);
    return DONE;
}

static enum outcome go_on(const struct call *call, const struct url_request *url, const struct visit *visit,
                          const struct lambda_find_by_request_row *row, struct http_reply *reply)
{
    str piece;

    if (stream_left(call))
        return lambda_stream_leave(call, row);
    if (!row->stream)
        return row->state == LAMBDA_INVOCATION_STATE_DONE ? answer_whole(call, url, visit, row, reply)
                                                          : lambda_stream_wait(call);
    if (lambda_stream_next(call, &piece))
        return send_piece(call, url, visit, row, piece, reply);
    if (row->state == LAMBDA_INVOCATION_STATE_DONE)
        return end_stream(call, url, visit, row, reply);
    return lambda_stream_wait(call);
}

/* ---- the request ---- */

/* A worker writes a large event. */
static bool event_is_missing(const struct call *call, const struct visit *visit)
{
    return lambda_answer_is_large(visit->request->body) && !prepared(call) && may_move_to_worker(call);
}

static str event_of(const struct call *call, const struct url_request *url, const struct visit *visit)
{
    const struct url_work *work = prepared(call);

    return work ? work->event : lambda_url_event(call, url, visit->request);
}

static enum outcome begin(const struct call *call, const struct url_request *url, const struct visit *visit,
                          struct http_reply *reply)
{
    const struct lambda_invocation_request request = {.payload = event_of(call, url, visit)};
    bool streams = lambda_invoke_mode_of(url->row.invoke_mode) == LAMBDA_INVOKE_MODE_RESPONSE_STREAM;

    if (lambda_invocation_begin(call, &request, &url->function, streams) == PARKED)
        return PARKED;
    struct failure failure = take_failure(call);
    say(call, reply, failure.error->status, failure.message);
    add_headers(call, url, visit, reply);
    return DONE;
}

static enum outcome refuse_page(const struct call *call, struct http_reply *reply)
{
    return say(call, reply, 403, S("The Cors of this function URL does not let pages of that origin in."));
}

/* To a URL that asks for a signature, with one that is not good: what is wrong with it. */
static enum outcome deny_caller(const struct call *call, const struct url_request *url,
                                struct http_reply *reply)
{
    const struct failure *fault = lambda_url_is_signed(url) ? call->bad_signature : NULL;

    if (fault)
        return refuse_signature(call, reply, fault->error->status, fault->error->name, fault->message);
    if (lambda_url_is_signed(url) && call->caller->kind != PRINCIPAL_ANONYMOUS && !has_signed(call, url))
        return refuse_signature(call, reply, 403, "InvalidSignatureException",
                                arena_format(call->arena,
                                             "Credential should be scoped to a valid region, not '%.*s'.",
                                             STR_ARGS(url->signature.region)));
    return deny(call, reply,
                "\"Forbidden. For troubleshooting Function URL authorization issues, see: "
                "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html\"");
}

static enum outcome enter(const struct call *call, const struct url_request *url, const struct visit *visit,
                          struct http_reply *reply)
{
    struct cors cors;
    bool allowed = read_cors(call, url, visit->request, &cors);

    if (visit->from_foreign_page && !allowed)
        return refuse_page(call, reply);
    if (allowed && cors_is_preflight(visit->request)) {
        cors_answer_preflight(call->arena, visit->request, &cors, reply);
        reply->status = 200;
        return DONE;
    }
    if (!is_permitted(call, url)) {
        deny_caller(call, url, reply);
        add_headers(call, url, visit, reply);
        return DONE;
    }
    if (!event_is_missing(call, visit))
        return begin(call, url, visit, reply);
    leave_work(call, (struct url_work){.state = EVENT_IS_WANTED});
    return move_to_worker(call);
}

/* The invocation that the request has begun in an earlier run.  False: it has begun none. */
static bool find_begun(const struct call *call, struct lambda_find_by_request_row *row)
{
    return lambda_find_by_request(
        call->txn, &(struct lambda_find_by_request_params){.request_id = call->request_id}, row);
}

static enum outcome run(const struct call *call, const struct url_request *url, const struct visit *visit,
                        struct http_reply *reply)
{
    struct lambda_find_by_request_row row;

    if (!find_begun(call, &row))
        return stream_left(call) ? DONE : enter(call, url, visit, reply);
    if (row.state == LAMBDA_INVOCATION_STATE_QUEUED && !stream_left(call))
        return lambda_invocation_wait(
            call, &(struct lambda_invocation_request){.payload = event_of(call, url, visit)});
    return go_on(call, url, visit, &row, reply);
}

static enum outcome write_event(const struct call *call, const struct url_request *url,
                                const struct visit *visit)
{
    leave_work(call, (struct url_work){.state = EVENT_IS_WRITTEN,
                                       .event = lambda_url_event(call, url, visit->request)});
    return move_to_engine(call);
}

/* Not 404: AWS tells nobody which URLs exist. */
static enum outcome refuse_unknown(const struct call *call, const struct visit *visit,
                                   struct http_reply *reply)
{
    return visit->from_foreign_page ? refuse_page(call, reply) : deny(call, reply, "null");
}

/*
 * The request names no URL, or no longer: one that is deleted while its function runs still answers, and a
 * reply that has begun is seen to be incomplete when the function is deleted, too.
 */
static enum outcome run_without_url(const struct call *call, const struct url_request *url,
                                    const struct visit *visit, struct http_reply *reply)
{
    struct lambda_find_by_request_row row;

    bool is_begun = find_begun(call, &row);
    bool exists = is_begun && row.number; /* the function's version */
    if (is_begun && row.state != LAMBDA_INVOCATION_STATE_QUEUED &&
        (exists || row.state == LAMBDA_INVOCATION_STATE_DONE))
        return go_on(call, url, visit, &row, reply);
    if (!str_empty(stream_place(call)))
        return fail(call, &LAMBDA_SERVICE_EXCEPTION, "The function was deleted.");
    return refuse_unknown(call, visit, reply);
}

enum outcome lambda_url_answer(const struct call *call, const struct visit *visit, struct http_reply *reply)
{
    const struct url_work *work = prepared(call);
    bool on_engine = !work || work->state == EVENT_IS_WRITTEN;
    struct url_request url = {0};

    if (on_engine)
        answer_unsynced(call);
    bool known = find_url(call, visit, &url);
    if (!on_engine && work->state == ANSWER_IS_THERE)
        return write_answer(call, &url, visit, work, reply);
    if (!known)
        return on_engine ? run_without_url(call, &url, visit, reply) : refuse_unknown(call, visit, reply);
    struct call there = lambda_call_of_function(call, &url.function);
    return on_engine ? run(&there, &url, visit, reply) : write_event(&there, &url, visit);
}
