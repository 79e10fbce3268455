/*
 * environments.c: the child processes of functions, each with a Runtime API port of its own.
 *
 * Everything here runs on the main loop.  A child's output and its peak memory are taken before each
 * request of its own is dispatched, so the engine hears what was printed before the reply that
 * ends the invocation.  In between a tick looks after the busy ones: it takes their output and
 * kills those that outgrew their memory.  A child with a request in flight is waiting for work, as
 * a frozen one does on AWS, and is looked after only now and then.
 *
 * The engine's events (service "lambda"):
 *   EnvironmentOutput  EnvironmentId, Lines: [{Text, Timestamp}], MaxMemoryBytes
 *   EnvironmentExited  EnvironmentId, Reason, ExitCode or Signal, Message, MaxMemoryBytes
 */
#include "server/server_internal.h"

#include "base/check.h"
#include "base/list.h"
#include "base/log.h"
#include "server/launcher.h"
#include "server/output.h"
#include "wire/json.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    TICK_MS = 25,
    CLOSE_TICK_MS = 5, /* while somebody has used more than half of his memory */
    IDLE_TICK_MS = 1000,
    BYTES_PER_MIB = 1024 * 1024,
    FOLDERS_KEPT = 4,
};

struct environment {
    struct port port; /* first: the port's callbacks get here through it */
    struct environments *environments;
    struct environment *previous, *next;
    struct listener listener;
    struct launched child;
    uv_poll_t end; /* on the child's pid_fd */
    struct output output;
    int status_fd, statm_fd;    /* /proc/<pid>/status and statm */
    int64_t memory_limit_bytes; /* 0: none */
    int64_t memory_peak_bytes, memory_told_bytes;
    unsigned requests; /* in flight */
    uint64_t looked_after_ms;
    const char *reason; /* why it ended, when it was us */
    char *tmp_folder;   /* of its own when it cannot have a private /tmp; or NULL */
    char id[];
};

struct environments {
    struct loop *loop;
    struct environment *first;
    uv_timer_t tick, grace;
    uint64_t tick_ms;                /* how often it runs now */
    struct arena arena;              /* of one event */
    char *folders[2];                /* to stay visible */
    bool no_private_tmp;             /* the kernel has refused */
    void (*done)(struct loop *loop); /* set when everything ends: nobody listens to events then */
};

/* ---- events ---- */

static void post(struct environments *environments, const char *event, const struct json_writer *writer)
{
    if (!environments->done)
        engine_post(environments->loop->engine, S("lambda"), str_of(event), json_written(writer));
}

static struct json_writer begin_event(struct environments *environments, str id)
{
    struct json_writer writer = json_writer_in(&environments->arena);

    json_open_object(&writer);
    json_field(&writer, S("EnvironmentId"), id);
    return writer;
}

static void add_number(struct json_writer *writer, str name, int64_t value)
{
    json_name(writer, name);
    json_i64(writer, value);
}

static void add_lines(struct json_writer *writer, const struct line_list *lines, int64_t now_ms)
{
    json_name(writer, S("Lines"));
    json_open_array(writer);
    for (size_t i = 0; i < lines->count; i++) {
        json_open_object(writer);
        json_field(writer, S("Text"), lines->items[i]);
        add_number(writer, S("Timestamp"), now_ms);
        json_close_object(writer);
    }
    json_close_array(writer);
}

/* A peak that grew by less than a MiB is no news. */
static bool memory_is_news(const struct environment *environment)
{
    return environment->memory_peak_bytes / BYTES_PER_MIB != environment->memory_told_bytes / BYTES_PER_MIB;
}

static void post_output(struct environment *environment, const struct line_list *lines)
{
    struct environments *environments = environment->environments;

    if (lines->count == 0 && !memory_is_news(environment))
        return;
    struct json_writer writer = begin_event(environments, environment->port.listener);
    add_lines(&writer, lines, engine_now_ms(environments->loop->engine));
    add_number(&writer, S("MaxMemoryBytes"), environment->memory_peak_bytes);
    json_close_object(&writer);
    post(environments, "EnvironmentOutput", &writer);
    environment->memory_told_bytes = environment->memory_peak_bytes;
}

static void post_not_started(struct environments *environments, str id, const char *reason, str message)
{
    struct json_writer writer = begin_event(environments, id);

    json_field(&writer, S("Reason"), str_of(reason));
    json_field(&writer, S("Message"), message);
    json_close_object(&writer);
    post(environments, "EnvironmentExited", &writer);
    log_info("environment did not start id=%.*s reason=%s message=\"%.*s\"", STR_ARGS(id), reason,
             STR_ARGS(message));
}

static void post_exit(struct environment *environment, int status)
{
    const char *reason = environment->reason ? environment->reason : "Exited";
    struct json_writer writer = begin_event(environment->environments, environment->port.listener);

    json_field(&writer, S("Reason"), str_of(reason));
    if (WIFEXITED(status))
        add_number(&writer, S("ExitCode"), WEXITSTATUS(status));
    else
        add_number(&writer, S("Signal"), WTERMSIG(status));
    add_number(&writer, S("MaxMemoryBytes"), environment->memory_peak_bytes);
    json_close_object(&writer);
    post(environment->environments, "EnvironmentExited", &writer);
    log_debug("environment ended id=%s pid=%d reason=%s status=0x%x", environment->id,
              (int)environment->child.pid, reason, (unsigned)status);
}

/* ---- memory ---- */

/* The peak so far: a line "VmHWM:   12345 kB". */
static void read_peak(struct environment *environment)
{
    char status[4096];
    ssize_t size = pread(environment->status_fd, status, sizeof status - 1, 0);

    if (size <= 0)
        return;
    status[size] = '\0';
    const char *line = strstr(status, "\nVmHWM:");
    if (!line)
        return;
    int64_t peak_bytes = strtoll(line + strlen("\nVmHWM:"), NULL, 10) * 1024;
    if (peak_bytes > environment->memory_peak_bytes)
        environment->memory_peak_bytes = peak_bytes;
}

/* The second number of statm, in pages; 0 when it is gone. */
static int64_t resident_bytes(const struct environment *environment)
{
    char statm[128];
    ssize_t size = pread(environment->statm_fd, statm, sizeof statm - 1, 0);

    if (size <= 0)
        return 0;
    statm[size] = '\0';
    const char *space = strchr(statm, ' ');
    return space ? strtoll(space, NULL, 10) * sysconf(_SC_PAGESIZE) : 0;
}

static int open_proc(pid_t pid, const char *name)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* ---- looking after them ---- */

static void kill_group(const struct environment *environment, int number)
{
    kill(-environment->child.pid, number);
}

static void take_output(struct environment *environment)
{
    struct line_list lines = {0};

    output_take(&environment->output, &environment->environments->arena, &lines);
    post_output(environment, &lines);
    arena_reset(&environment->environments->arena);
}

/* Returns what it uses, in halves of its limit. */
static int64_t watch_memory(struct environment *environment)
{
    int64_t limit = environment->memory_limit_bytes, resident = resident_bytes(environment);

    if (resident > environment->memory_peak_bytes)
        environment->memory_peak_bytes = resident;
    if (limit == 0)
        return 0;
    if (resident > limit && !environment->reason) {
        environment->reason = "OutOfMemory";
        log_info("environment is out of memory id=%s limit_bytes=%lld resident_bytes=%lld", environment->id,
                 (long long)limit, (long long)resident);
        kill_group(environment, SIGKILL);
    }
    return resident / (limit / 2 + 1);
}

static void on_tick(uv_timer_t *tick);

static void tick_every(struct environments *environments, uint64_t ms)
{
    if (environments->tick_ms == ms)
        return;
    environments->tick_ms = ms;
    if (ms)
        uv_timer_start(&environments->tick, on_tick, ms, ms);
    else
        uv_timer_stop(&environments->tick);
}

static bool is_due(struct environment *environment, uint64_t now_ms)
{
    if (environment->requests > 0 && now_ms < environment->looked_after_ms + IDLE_TICK_MS)
        return false;
    environment->looked_after_ms = now_ms;
    return true;
}

static void on_tick(uv_timer_t *tick)
{
    struct environments *environments = tick->data;
    uint64_t now_ms = uv_now(&environments->loop->uv);
    uint64_t next_ms = environments->first ? IDLE_TICK_MS : 0;

    for (struct environment *environment = environments->first; environment;
         environment = environment->next) {
        if (environment->requests == 0 && next_ms > TICK_MS)
            next_ms = TICK_MS;
        if (!is_due(environment, now_ms))
            continue;
        take_output(environment);
        if (watch_memory(environment) > 0 && environment->requests == 0)
            next_ms = CLOSE_TICK_MS;
    }
    tick_every(environments, next_ms);
}

/* Its own requests are where output and invocation must be told in order. */
static void on_request_arrives(struct port *port)
{
    struct environment *environment = (struct environment *)port;

    environment->requests++;
    read_peak(environment);
    take_output(environment);
}

static void on_request_ended(struct port *port)
{
    struct environment *environment = (struct environment *)port;

    check(environment->requests > 0);
    environment->requests--;
    if (environment->environments->tick_ms > TICK_MS)
        tick_every(environment->environments, TICK_MS);
}

static void on_accepted(struct listener *listener, int fd, const struct address *from)
{
    struct environment *environment = listener->owner;
    struct loop *loop = environment->environments->loop;

    atomic_fetch_add_explicit(&loop->connection_count, 1, memory_order_relaxed);
    connection_open(loop, &environment->port, fd, from);
}

/* ---- the end of one ---- */

static int remove_entry(const char *path, const struct stat *unused, int type, struct FTW *at)
{
    (void)unused, (void)type, (void)at;
    return remove(path);
}

static void remove_tmp_folder(struct environment *environment)
{
    enum { OPEN_FOLDERS = 16 };

    if (environment->tmp_folder)
        nftw(environment->tmp_folder, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
    free(environment->tmp_folder);
}

static void free_environment(uv_handle_t *poll)
{
    struct listener *listener = poll->data;

    free(listener->owner);
}

static void on_end_closed(uv_handle_t *end)
{
    struct environment *environment = end->data;

    listener_close(&environment->listener, free_environment);
}

static void unlink_environment(struct environment *environment)
{
    if (environment->previous)
        environment->previous->next = environment->next;
    else
        environment->environments->first = environment->next;
    if (environment->next)
        environment->next->previous = environment->previous;
}

static void finish_when_all_ended(struct environments *environments)
{
    if (!environments->done || environments->first || uv_is_closing((uv_handle_t *)&environments->tick))
        return;
    uv_close((uv_handle_t *)&environments->tick, NULL);
    uv_close((uv_handle_t *)&environments->grace, NULL);
    environments->done(environments->loop);
}

static void discard(struct environment *environment)
{
    struct environments *environments = environment->environments;

    connections_close(environments->loop, &environment->port);
    unlink_environment(environment);
    output_close(&environment->output);
    close(environment->status_fd);
    close(environment->statm_fd);
    close(environment->child.pid_fd);
    remove_tmp_folder(environment);
    uv_close((uv_handle_t *)&environment->end, on_end_closed);
    finish_when_all_ended(environments);
}

static void on_ended(uv_poll_t *end, int unused, int events)
{
    struct environment *environment = end->data;
    struct environments *environments = environment->environments;
    struct line_list lines = {0};
    int status = 0;

    (void)unused, (void)events;
    uv_poll_stop(end);
    kill_group(environment,
               SIGKILL); /* what it left behind; nobody can have its number before we wait for it */
    waitpid(environment->child.pid, &status, 0);
    output_take_last(&environment->output, &environments->arena, &lines);
    post_output(environment, &lines);
    post_exit(environment, status);
    arena_reset(&environments->arena);
    discard(environment);
}

/* ---- the beginning of one ---- */

struct text_list {
    const char **items;
    size_t count;
};

static void add_text(struct arena *arena, struct text_list *list, const char *text)
{
    const char **added = list_add(arena, list);

    *added = text;
}

static bool is_below(const char *path, const char *folder)
{
    size_t size = strlen(folder);

    return strncmp(path, folder, size) == 0 && (path[size] == '/' || path[size] == '\0');
}

/* A folder below /tmp that must stay visible, unless one above it is kept already. */
static void keep_folder(struct arena *arena, struct text_list *kept, const char *folder)
{
    if (!folder || !is_below(folder, "/tmp"))
        return;
    for (size_t i = 0; i < kept->count; i++)
        if (is_below(folder, kept->items[i]))
            return;
    add_text(arena, kept, folder);
}

static const char *folder_of(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? arena_cstr(arena, (str){path, (size_t)(slash - path)}) : NULL;
}

static struct text_list kept_folders(struct environments *environments, const struct launch *launch)
{
    struct arena *arena = &environments->arena;
    struct text_list kept = {0};

    keep_folder(arena, &kept, environments->folders[0]);
    keep_folder(arena, &kept, environments->folders[1]);
    keep_folder(arena, &kept, launch->folder);
    keep_folder(arena, &kept, folder_of(arena, launch->argv[0]));
    check(kept.count <= FOLDERS_KEPT);
    add_text(arena, &kept, NULL);
    return kept;
}

static str scalar_text(const struct json *value)
{
    return json_is(value, JSON_STRING) || json_is(value, JSON_NUMBER) ? value->text : S("");
}

static const char **command_of(struct arena *arena, const struct json *payload)
{
    const struct json *command = json_get(payload, S("command"));
    struct text_list argv = {0};

    if (!json_is(command, JSON_ARRAY) || command->count == 0)
        return NULL;
    for (uint32_t i = 0; i < command->count; i++)
        add_text(arena, &argv, arena_cstr(arena, scalar_text(&command->items[i])));
    add_text(arena, &argv, NULL);
    return argv.items;
}

static struct text_list variables_of(struct environment *environment, const struct json *payload)
{
    struct arena *arena = &environment->environments->arena;
    const struct json *variables = json_get(payload, S("environment"));
    struct text_list list = {0};

    for (uint32_t i = 0; json_is(variables, JSON_OBJECT) && i < variables->count; i++) {
        const struct json_member *member = &variables->members[i];
        str value = scalar_text(&member->value);
        add_text(arena, &list,
                 arena_format(arena, "%.*s=%.*s", STR_ARGS(member->name), STR_ARGS(value)).data);
    }
    add_text(arena, &list,
             arena_format(arena, "AWS_LAMBDA_RUNTIME_API=127.0.0.1:%d", listener_port(&environment->listener))
                 .data);
    return list;
}

/* Without namespaces a folder of its own must do. */
static bool use_tmp_folder(struct environment *environment, struct text_list *variables)
{
    struct arena *arena = &environment->environments->arena;
    char folder[] = "/tmp/orderly-XXXXXX";

    if (!mkdtemp(folder))
        return false;
    environment->tmp_folder = strdup(folder);
    add_text(arena, variables, arena_format(arena, "TMPDIR=%s", folder).data);
    return true;
}

static bool may_cover_tmp(const struct environments *environments, const struct launch *launch)
{
    if (environments->no_private_tmp)
        return false;
    for (size_t i = 0; launch->kept[i]; i++)
        if (strcmp(launch->kept[i], "/tmp") == 0)
            return false;
    return true;
}

static bool launch_child(struct environment *environment, struct launch *request, struct text_list *variables,
                         struct launch_failure *failure)
{
    struct environments *environments = environment->environments;

    add_text(&environments->arena, variables, NULL);
    request->environment = variables->items;
    request->private_tmp = may_cover_tmp(environments, request);
    if (request->private_tmp) {
        if (launch(request, &environment->child, failure))
            return true;
        if (!failure->of_private_tmp)
            return false;
        log_debug("no private /tmp for functions: cannot %s error=\"%s\"", failure->step,
                  strerror(failure->error));
        environments->no_private_tmp = true;
    }
    variables->count--;
    if (!use_tmp_folder(environment, variables)) {
        *failure = (struct launch_failure){.step = "make a folder in /tmp", .error = errno};
        return false;
    }
    add_text(&environments->arena, variables, NULL);
    request->environment = variables->items;
    request->private_tmp = false;
    return launch(request, &environment->child, failure);
}

static bool start_child(struct environment *environment, const struct json *payload, str *message)
{
    struct arena *arena = &environment->environments->arena;
    str folder = json_get_str(payload, S("workingDirectory"));
    struct launch request = {.argv = command_of(arena, payload),
                             .folder = str_present(folder) ? arena_cstr(arena, folder) : "/"};
    struct text_list variables = variables_of(environment, payload);
    struct launch_failure failure;
    int child_fd;

    if (!request.argv) {
        *message = S("the payload has no command");
        return false;
    }
    request.kept = kept_folders(environment->environments, &request).items;
    if (!output_open(&environment->output, &child_fd)) {
        *message = arena_format(arena, "cannot make a pipe: %s", strerror(errno));
        return false;
    }
    request.output_fd = child_fd;
    bool started = launch_child(environment, &request, &variables, &failure);
    close(child_fd);
    if (!started) {
        *message =
            arena_format(arena, "cannot %s %s: %s", failure.step, request.argv[0], strerror(failure.error));
        output_close(&environment->output);
    }
    return started;
}

static struct environment *environment_new(struct environments *environments, str id)
{
    struct environment *environment = calloc(1, sizeof *environment + id.size + 1);

    check(environment != NULL);
    memcpy(environment->id, id.data, id.size);
    environment->environments = environments;
    environment->port = (struct port){{environment->id, id.size}, on_request_arrives, on_request_ended};
    environment->listener.owner = environment;
    environment->listener.accepted = on_accepted;
    return environment;
}

static void add_environment(struct environment *environment)
{
    struct environments *environments = environment->environments;

    environment->status_fd = open_proc(environment->child.pid, "status");
    environment->statm_fd = open_proc(environment->child.pid, "statm");
    environment->end.data = environment;
    check(uv_poll_init(&environments->loop->uv, &environment->end, environment->child.pid_fd) == 0);
    uv_poll_start(&environment->end, UV_READABLE, on_ended);
    environment->next = environments->first;
    if (environments->first)
        environments->first->previous = environment;
    environments->first = environment;
    tick_every(environments, TICK_MS);
}

static void begin(struct environments *environments, str id, const struct json *payload)
{
    struct environment *environment = environment_new(environments, id);
    const struct json *limit = json_get(payload, S("memoryBytes"));
    str message;

    if (json_is(limit, JSON_NUMBER))
        str_to_i64(limit->text, &environment->memory_limit_bytes);
    if (!listener_open(&environment->listener, environments->loop, "127.0.0.1", 0, &environments->arena,
                       &message)) {
        post_not_started(environments, id, "StartFailed", message);
        free(environment);
        return;
    }
    if (!start_child(environment, payload, &message)) {
        post_not_started(environments, id, "StartFailed", message);
        remove_tmp_folder(environment);
        listener_close(&environment->listener, free_environment);
        return;
    }
    add_environment(environment);
    log_debug("environment started id=%s function=%.*s pid=%d port=%d", environment->id,
              STR_ARGS(json_get_str(payload, S("functionName"))), (int)environment->child.pid,
              listener_port(&environment->listener));
}

/* ---- effects ---- */

struct order {
    struct task task;
    struct environments *environments;
    size_t payload_size;
    char payload[];
};

static struct environment *find(struct environments *environments, str id)
{
    for (struct environment *environment = environments->first; environment; environment = environment->next)
        if (str_equal(environment->port.listener, id))
            return environment;
    return NULL;
}

/* The payload of an order, and whom it is about; NULL when there is nothing to do any more. */
static const struct json *read_order(const struct order *order, str *id)
{
    struct arena *arena = &order->environments->arena;
    const struct json *payload = json_parse(arena, (str){order->payload, order->payload_size}, NULL);

    *id = json_get_str(payload, S("environmentId"));
    if (!str_present(*id)) {
        log_error("an environment's effect has no environmentId");
        return NULL;
    }
    return order->environments->done ? NULL : payload;
}

/* An effect may be started twice; the second time changes nothing. */
static void carry_out_start(struct loop *loop, struct task *task)
{
    struct order *order = (struct order *)task;
    str id;
    const struct json *payload = read_order(order, &id);

    (void)loop;
    if (payload && !find(order->environments, id))
        begin(order->environments, id, payload);
    arena_reset(&order->environments->arena);
    free(order);
}

static void carry_out_stop(struct loop *loop, struct task *task)
{
    struct order *order = (struct order *)task;
    str id;
    const struct json *payload = read_order(order, &id);
    struct environment *environment = payload ? find(order->environments, id) : NULL;

    (void)loop;
    if (environment) {
        if (!environment->reason)
            environment->reason = "Stopped";
        kill_group(environment, SIGKILL);
    } else if (payload) {
        post_not_started(order->environments, id, "NotRunning", (str){0});
    }
    arena_reset(&order->environments->arena);
    free(order);
}

static void give_order(struct environments *environments, str payload,
                       void (*run)(struct loop *, struct task *))
{
    struct order *order = malloc(sizeof *order + payload.size);

    check(order != NULL);
    order->task.run = run;
    order->environments = environments;
    order->payload_size = payload.size;
    memcpy(order->payload, payload.data, payload.size);
    loop_post(environments->loop, &order->task);
}

void environments_start_effect(void *environments, str id, str payload)
{
    (void)id;
    give_order(environments, payload, carry_out_start);
}

void environments_stop_effect(void *environments, str id, str payload)
{
    (void)id;
    give_order(environments, payload, carry_out_stop);
}

/* ---- life ---- */

struct environments *environments_new(struct loop *loop, const struct server_options *options)
{
    struct environments *environments = calloc(1, sizeof *environments);

    check(environments != NULL);
    environments->loop = loop;
    environments->folders[0] = options->functions_folder ? realpath(options->functions_folder, NULL) : NULL;
    environments->folders[1] = options->runtimes_folder ? realpath(options->runtimes_folder, NULL) : NULL;
    uv_timer_init(&loop->uv, &environments->tick);
    uv_timer_init(&loop->uv, &environments->grace);
    environments->tick.data = environments->grace.data = environments;
    return environments;
}

void environments_free(struct environments *environments)
{
    free(environments->folders[0]);
    free(environments->folders[1]);
    arena_free(&environments->arena);
    free(environments);
}

static void kill_all(struct environments *environments, int number)
{
    for (struct environment *environment = environments->first; environment; environment = environment->next)
        kill_group(environment, number);
}

static void on_grace_over(uv_timer_t *grace)
{
    kill_all(grace->data, SIGKILL);
}

void environments_end(struct environments *environments, void (*done)(struct loop *loop))
{
    environments->done = done;
    kill_all(environments, SIGTERM);
    uv_timer_start(&environments->grace, on_grace_over, STOP_GRACE_MS, 0);
    finish_when_all_ended(environments);
}
