/*
 * extensions.c: the Extensions API: extensions register, ask for events, and report errors.
 *
 * An external extension is a program of a layer, which the sandbox has started; its row exists before it
 * registers.  Any other name is that of an internal extension, a part of the function's program.  Refusals
 * are those of the program that serves this API on AWS, word by word.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
 */
#include "lambda_internal.h"
#include "sandboxes.h"

#include "base/hash.h"
#include "runtime_model.h"
#include "wire/json.h"

enum { MOST_BODY_BYTES = 64 * 1024, UUID_BYTES = 36 };

/* ---- states ---- */

str lambda_extension_state_name(enum lambda_extension_state state)
{
    static const char *const names[] = {
        [LAMBDA_EXTENSION_STATE_STARTED] = "Started",
        [LAMBDA_EXTENSION_STATE_REGISTERED] = "Registered",
        [LAMBDA_EXTENSION_STATE_READY] = "Ready",
        [LAMBDA_EXTENSION_STATE_RUNNING] = "Running",
        [LAMBDA_EXTENSION_STATE_INIT_ERROR] = "InitError",
        [LAMBDA_EXTENSION_STATE_EXIT_ERROR] = "ExitError",
        [LAMBDA_EXTENSION_STATE_LAUNCH_ERROR] = "LaunchError",
        [LAMBDA_EXTENSION_STATE_EXITED] = "Exited",
    };

    return str_of(names[state]);
}

static enum outcome refuse_transition(const struct call *call, const struct lambda_extension_row *extension,
                                      const char *to, str named)
{
    return fail(call, &RUNTIME_INVALID_EXTENSION_STATE,
                "State transition from %.*s to %s failed for extension %.*s. Error: State transition is not "
                "allowed",
                STR_ARGS(lambda_extension_state_name(extension->state)), to, STR_ARGS(named));
}

/* ---- who calls ---- */

static bool is_uuid(str text)
{
    if (text.size != UUID_BYTES)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        char c = text.data[i];
        bool is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (is_dash ? c != '-' : !is_hex)
            return false;
    }
    return true;
}

bool lambda_extension_find(const struct call *call, str identifier, struct lambda_extension_row *extension)
{
    if (!str_present(identifier) || str_empty(identifier))
        fail(call, &RUNTIME_MISSING_EXTENSION_IDENTIFIER, "Missing Lambda-Extension-Identifier header");
    else if (!is_uuid(identifier))
        fail(call, &RUNTIME_INVALID_EXTENSION_IDENTIFIER, "Invalid Lambda-Extension-Identifier");
    else if (lambda_get_extension(
                 call->txn,
                 &(struct lambda_get_extension_params){.id = identifier, .sandbox_id = call->caller->id},
                 extension) &&
             extension->state != LAMBDA_EXTENSION_STATE_STARTED)
        return true;
    else
        fail(call, &RUNTIME_UNKNOWN_EXTENSION_IDENTIFIER, "Unknown extension %.*s", STR_ARGS(identifier));
    return false;
}

/* ---- registration ---- */

/* The body of a registration, with the events that the extension wants. */
struct registration {
    bool takes_invoke, takes_shutdown;
};

static bool refuse_format(const struct call *call, const char *why)
{
    fail(call, &RUNTIME_INVALID_REQUEST_FORMAT, "%s", why);
    return false;
}

static bool read_event(const struct call *call, const struct json *event, bool external,
                       struct registration *registration)
{
    str name = json_is(event, JSON_STRING) ? event->text : S("");

    if (!json_is(event, JSON_STRING))
        return refuse_format(call, "events must be strings");
    if (str_equal(name, S("INVOKE"))) {
        registration->takes_invoke = true;
        return true;
    }
    if (external && str_equal(name, S("SHUTDOWN"))) {
        registration->takes_shutdown = true;
        return true;
    }
    fail(call, &RUNTIME_INVALID_EVENT_TYPE, "%.*s: %s", STR_ARGS(name),
         str_equal(name, S("SHUTDOWN")) ? "ShutdownEventNotSupportedForInternalExtension"
                                        : "ErrorInvalidEventType");
    return false;
}

/* The body of a registration.  NULL: it is malformed, and fail() has been called. */
static const struct json *read_body(const struct call *call, str body)
{
    const struct json *object = NULL;

    if (str_present(body) && body.size <= MOST_BODY_BYTES)
        object = json_parse(call->arena, body, NULL);
    const struct json *keys = json_get(object, S("configurationKeys"));
    const char *problem = NULL;
    if (!json_is(object, JSON_OBJECT))
        problem = "the body is not a JSON object";
    else if (json_is(keys, JSON_ARRAY) && keys->count > 0)
        problem = "configurationKeys are deprecated; use environment variables instead";
    if (problem)
        refuse_format(call, problem);
    return problem ? NULL : object;
}

static bool read_events(const struct call *call, const struct json *body, bool external,
                        struct registration *registration)
{
    const struct json *events = json_get(body, S("events"));

    *registration = (struct registration){0};
    if (!events || json_is(events, JSON_NULL))
        return true;
    if (!json_is(events, JSON_ARRAY))
        return refuse_format(call, "events must be an array");
    for (size_t i = 0; i < events->count; i++)
        if (!read_event(call, &events->items[i], external, registration))
            return false;
    return true;
}

static const struct lambda_extension_row *named(const struct lambda_extension_rows *extensions, str name)
{
    for (size_t i = 0; i < extensions->count; i++)
        if (str_equal(extensions->items[i].name, name))
            return &extensions->items[i];
    return NULL;
}

/* The function's program starts when all external extensions have registered. */
static bool register_external(const struct call *call, struct lambda_extension_rows *extensions,
                              const struct lambda_extension_row *extension,
                              const struct registration *registration)
{
    bool awaits_others = false;

    if (extension->state != LAMBDA_EXTENSION_STATE_STARTED) {
        refuse_transition(call, extension, "Registered", extension->name);
        return false;
    }
    lambda_register_extension(call->txn, &(struct lambda_register_extension_params){
                                             .id = extension->id,
                                             .takes_invoke = registration->takes_invoke,
                                             .takes_shutdown = registration->takes_shutdown});
    for (size_t i = 0; i < extensions->count; i++)
        awaits_others |= &extensions->items[i] != extension &&
                         extensions->items[i].state == LAMBDA_EXTENSION_STATE_STARTED;
    if (!awaits_others)
        lambda_phase_run(call, call->caller->id);
    return true;
}

/* Registers an internal extension, of a name that no other one has; *id is its identifier. */
static bool register_internal(const struct call *call, const struct lambda_asker *asker, str name,
                              const struct registration *registration, str *id)
{
    const struct lambda_get_sandbox_row *sandbox = &asker->sandbox;

    if (!lambda_phase_takes_extensions(call, sandbox)) {
        fail(call, &RUNTIME_REGISTRATION_CLOSED, "Extension registration closed already");
        return false;
    }
    if (sandbox->extensions >= MOST_EXTENSIONS) {
        fail(call, &RUNTIME_TOO_MANY_EXTENSIONS, "Extension limit (%d) reached", MOST_EXTENSIONS);
        return false;
    }
    *id = random_uuid(call->arena);
    lambda_add_extension(call->txn,
                         &(struct lambda_add_extension_params){.id = *id,
                                                               .sandbox_id = sandbox->id,
                                                               .name = name,
                                                               .state = LAMBDA_EXTENSION_STATE_REGISTERED,
                                                               .takes_invoke = registration->takes_invoke});
    lambda_add_phase(call->txn,
                     &(struct lambda_add_phase_params){.sandbox_id = sandbox->id, .runtime_runs = 1});
    lambda_set_extensions(call->txn, &(struct lambda_set_extensions_params){
                                         .id = sandbox->id, .extensions = sandbox->extensions + 1});
    return true;
}

static bool enter(const struct call *call, const struct lambda_asker *asker,
                  const struct runtime_register_extension_request *in, str *id)
{
    struct lambda_extension_rows extensions = lambda_list_extensions(
        call->txn, &(struct lambda_list_extensions_params){.sandbox_id = asker->sandbox.id});
    const struct lambda_extension_row *extension = named(&extensions, in->extension_name);
    const struct json *body = read_body(call, in->registration);
    bool external = extension && extension->external;
    struct registration registration;

    if (!body || !read_events(call, body, external, &registration))
        return false;
    if (external) {
        *id = extension->id;
        return register_external(call, &extensions, extension, &registration);
    }
    if (extension && lambda_phase_takes_extensions(call, &asker->sandbox)) {
        fail(call, &RUNTIME_INVALID_EXTENSION_STATE, "Extension with this name already registered");
        return false;
    }
    return register_internal(call, asker, in->extension_name, &registration, id);
}

static bool has_feature(str features, str feature)
{
    str part;

    while (str_present(features) && str_next(&features, ',', &part))
        if (str_equal(str_trim(part), feature))
            return true;
    return false;
}

enum outcome runtime_register_extension(const struct call *call,
                                        const struct runtime_register_extension_request *in,
                                        struct runtime_register_extension_response *out)
{
    struct lambda_asker asker;

    answer_unsynced(call);
    if (!lambda_asker_find(call, &asker))
        return lambda_asker_leave(call);
    if (!str_present(in->extension_name) || str_empty(in->extension_name))
        return fail(call, &RUNTIME_INVALID_EXTENSION_NAME, "Empty extension name");
    if (!enter(call, &asker, in, &out->extension_identifier))
        return FAILED;
    out->function_name = asker.function.row.name;
    out->function_version = lambda_version_text(call->arena, asker.function.row.number);
    out->handler = asker.function.row.handler;
    if (has_feature(in->accept_feature, S("accountId")))
        out->account_id = asker.function.row.account;
    return DONE;
}

/* ---- events ---- */

static str event_name(const struct call *call, str extension_id)
{
    return arena_concat(call->arena, S("lambda/extension/"), extension_id);
}

void lambda_extension_notify(const struct call *call, const struct lambda_extension_row *extension,
                             enum lambda_extension_event event)
{
    lambda_set_extension_event(
        call->txn, &(struct lambda_set_extension_event_params){.id = extension->id, .event = event});
    wake(call, event_name(call, extension->id));
}

static str invoke_event(const struct call *call, const struct lambda_get_phase_row *phase)
{
    struct json_writer writer = json_writer_in(call->arena);

    json_open_object(&writer);
    json_field(&writer, S("eventType"), S("INVOKE"));
    json_i64_field(&writer, S("deadlineMs"), phase->deadline_ms ? *phase->deadline_ms : 0);
    json_field(&writer, S("requestId"), phase->request_id);
    json_field(&writer, S("invokedFunctionArn"), phase->function_arn);
    json_name(&writer, S("tracing"));
    json_open_object(&writer);
    json_field(&writer, S("type"), S("X-Amzn-Trace-Id"));
    json_field(&writer, S("value"), phase->tracing);
    json_close_object(&writer);
    json_close_object(&writer);
    return json_written(&writer);
}

static str shutdown_event(const struct call *call, const struct lambda_get_phase_row *phase)
{
    struct json_writer writer = json_writer_in(call->arena);

    json_open_object(&writer);
    json_field(&writer, S("eventType"), S("SHUTDOWN"));
    json_i64_field(&writer, S("deadlineMs"), phase->deadline_ms ? *phase->deadline_ms : 0);
    json_field(&writer, S("shutdownReason"), phase->shutdown_reason);
    json_close_object(&writer);
    return json_written(&writer);
}

static enum outcome give_event(const struct call *call, const struct lambda_extension_row *extension,
                               struct runtime_next_extension_event_response *out)
{
    struct lambda_get_phase_row phase;

    lambda_set_extension_running(call->txn,
                                 &(struct lambda_set_extension_running_params){.id = extension->id});
    if (!lambda_get_phase(call->txn, &(struct lambda_get_phase_params){.sandbox_id = call->caller->id},
                          &phase))
        return lambda_asker_leave(call);
    out->extension_identifier = extension->id;
    out->extension_event_identifier = random_uuid(call->arena);
    out->content_type = S("application/json");
    out->event = extension->event == LAMBDA_EXTENSION_EVENT_INVOKE ? invoke_event(call, &phase)
                                                                   : shutdown_event(call, &phase);
    return DONE;
}

/* May the extension wait for its next event with this request?  False: fail() has been called. */
static bool become_ready(const struct call *call, struct lambda_asker *asker,
                         const struct lambda_extension_row *extension)
{
    bool is_ready = extension->state == LAMBDA_EXTENSION_STATE_READY;

    if (is_ready && str_equal(extension->next_request, call->request_id))
        return true;
    bool waits_already = is_ready && awaited(call, event_name(call, extension->id));
    if (waits_already || (!is_ready && extension->state != LAMBDA_EXTENSION_STATE_REGISTERED &&
                          extension->state != LAMBDA_EXTENSION_STATE_RUNNING)) {
        refuse_transition(call, extension, "Ready", extension->id);
        return false;
    }
    lambda_set_extension_ready(call->txn, &(struct lambda_set_extension_ready_params){
                                              .id = extension->id, .next_request = call->request_id});
    lambda_phase_check(&asker->call, &asker->function, &asker->sandbox);
    return true;
}

enum outcome runtime_next_extension_event(const struct call *call,
                                          const struct runtime_next_extension_event_request *in,
                                          struct runtime_next_extension_event_response *out)
{
    struct lambda_extension_row extension;
    struct lambda_asker asker;

    answer_unsynced(call);
    if (!lambda_asker_find(call, &asker) || call->last_run)
        return lambda_asker_leave(call);
    if (!lambda_extension_find(call, in->extension_identifier, &extension) ||
        !become_ready(call, &asker, &extension))
        return FAILED;
    if (extension.event)
        return give_event(call, &extension, out);
    return park(call, event_name(call, extension.id), INT64_MAX);
}

/* ---- errors ---- */

/* The extension reports an error, and should exit: its end then fails what the sandbox does. */
static enum outcome take_error(const struct call *call, const struct runtime_extension_error_request *in,
                               enum lambda_extension_state state,
                               struct runtime_extension_status_response *out)
{
    struct lambda_extension_row extension;
    struct lambda_asker asker;

    answer_unsynced(call);
    if (!lambda_asker_find(call, &asker))
        return lambda_asker_leave(call);
    if (!lambda_extension_find(call, in->extension_identifier, &extension))
        return FAILED;
    if (!str_present(in->error_type) || str_empty(in->error_type))
        return fail(call, &RUNTIME_MISSING_HEADER, "Lambda-Extension-Function-Error-Type not found");
    bool is_told = extension.state == state;
    bool may_tell =
        extension.state == LAMBDA_EXTENSION_STATE_REGISTERED ||
        (state == LAMBDA_EXTENSION_STATE_EXIT_ERROR && (extension.state == LAMBDA_EXTENSION_STATE_READY ||
                                                        extension.state == LAMBDA_EXTENSION_STATE_RUNNING));
    if (!is_told && !may_tell)
        return refuse_transition(call, &extension, lambda_extension_state_name(state).data, extension.id);
    if (!is_told)
        lambda_set_extension_failed(call->txn,
                                    &(struct lambda_set_extension_failed_params){
                                        .id = extension.id, .state = state, .error_type = in->error_type});
    out->extension_identifier = extension.id;
    out->status = S("OK");
    return DONE;
}

enum outcome runtime_extension_init_error(const struct call *call,
                                          const struct runtime_extension_error_request *in,
                                          struct runtime_extension_status_response *out)
{
    return take_error(call, in, LAMBDA_EXTENSION_STATE_INIT_ERROR, out);
}

enum outcome runtime_extension_exit_error(const struct call *call,
                                          const struct runtime_extension_error_request *in,
                                          struct runtime_extension_status_response *out)
{
    return take_error(call, in, LAMBDA_EXTENSION_STATE_EXIT_ERROR, out);
}
