/*
 * tenants.c: fair queues: in a standard queue whose messages name groups, a group that keeps many consumers
 * busy does not keep the others waiting.
 *
 * Such a noisy group has more than a tenth of the messages in flight, and at least thirty.  As long as there
 * is one, messages of the other groups, and messages without a group, are received first, and then those of
 * the noisy groups, of the one with the fewest in flight first.  Without a noisy group all are received by
 * age.  A group is noisy until none of its messages waits, or none was sent for five minutes.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues-detailed.html
 *
 * Which groups are noisy is kept in memory, and looked up again every second; so a queue without groups costs
 * one look a second.  A look reads some of the messages in flight, and the next one, soon after, continues:
 * all of them could be 120,000.  Only handlers use the memory.
 */
#include "sqs_internal.h"

#include <stdlib.h>
#include <string.h>

enum {
    REMEMBERED = 256,
    MAX_NOISY = 10,
    MIN_NOISY_IN_FLIGHT = 30,
    NOISY_SHARE = 10, /* a tenth */
    QUIET_AFTER_MS = 5 * 60 * MS_PER_S,
    MAX_GROUP_BYTES = 128,
    GROUPS_LOOKED_AT = 64, /* in one receive */
    TAKEN_LOOKED_AT = 500, /* in one look */
    LOOK_ON_MS = 20,
};

struct name {
    char data[MAX_GROUP_BYTES];
    size_t size;
};

/* A group, and how many of its messages are in flight. */
struct busy {
    struct name group;
    int64_t taken;
};

/* The messages in flight, in the order of their groups: those that were counted. */
struct pass {
    bool under_way;
    int64_t last_id;
    struct busy last;            /* the group of last_id, which may have more */
    struct busy most[MAX_NOISY]; /* of the groups before it */
    size_t count;
};

/* What is known of a queue until look_ms.  Generations share a place; the last one has it. */
static struct tenants {
    int64_t generation_id, look_ms;
    bool grouped; /* some messages may have a group */
    struct name noisy[MAX_NOISY];
    size_t noisy_count;
    struct pass pass;
    struct name turn; /* the quiet group whose messages were looked at last */
} known[REMEMBERED];

static struct tenants *place_of(int64_t generation_id)
{
    return &known[(size_t)generation_id % REMEMBERED];
}

static str text_of(const struct name *name)
{
    return (str){name->data, name->size};
}

static void name_set(struct name *name, str text)
{
    check(text.size <= MAX_GROUP_BYTES);
    name->size = text.size;
    if (text.size > 0)
        memcpy(name->data, text.data, text.size);
}

void sqs_tenant_joins(const struct queue *queue, str group_id)
{
    struct tenants *tenants = place_of(queue->row.generation_id);

    if (str_present(group_id) && !queue->row.fifo && tenants->generation_id == queue->row.generation_id)
        tenants->grouped = true;
}

/* ---- who is noisy ---- */

static bool is_noisy(const struct tenants *tenants, str group_id)
{
    for (size_t i = 0; i < tenants->noisy_count; i++)
        if (str_equal(text_of(&tenants->noisy[i]), group_id))
            return true;
    return false;
}

/* A noisy group stays so while its messages wait, and new ones come. */
static bool stays_noisy(const struct call *call, int64_t generation_id, str group_id)
{
    struct sqs_find_last_of_tenant_row last;

    return sqs_find_last_of_tenant(
               call->txn,
               &(struct sqs_find_last_of_tenant_params){.generation_id = generation_id, .group_id = group_id},
               &last) &&
           last.sent_ms > call->now_ms - QUIET_AFTER_MS;
}

static int by_taken(const void *a, const void *b)
{
    const struct busy *x = a, *y = b;

    return x->taken < y->taken ? -1 : x->taken > y->taken;
}

/* All messages of the pass's last group are counted: keep the group if only few have more. */
static void group_ends(struct pass *pass)
{
    struct busy *least = &pass->most[0];

    if (pass->last.taken < MIN_NOISY_IN_FLIGHT)
        return;
    if (pass->count < MAX_NOISY)
        pass->most[pass->count++] = pass->last;
    else if (pass->last.taken > least->taken)
        *least = pass->last;
    qsort(pass->most, pass->count, sizeof *pass->most, by_taken);
}

/* Count some more messages.  True: these were the last. */
static bool count_some(const struct call *call, int64_t generation_id, struct pass *pass)
{
    struct sqs_list_taken_rows rows =
        sqs_list_taken(call->txn, &(struct sqs_list_taken_params){.generation_id = generation_id,
                                                                  .after = text_of(&pass->last.group),
                                                                  .after_id = pass->last_id,
                                                                  .limit = TAKEN_LOOKED_AT});

    for (size_t i = 0; i < rows.count; i++) {
        if (!str_equal(rows.items[i].group_id, text_of(&pass->last.group))) {
            group_ends(pass);
            pass->last.taken = 0;
            name_set(&pass->last.group, rows.items[i].group_id);
        }
        pass->last.taken++;
        pass->last_id = rows.items[i].id;
    }
    pass->under_way = rows.count == TAKEN_LOOKED_AT;
    if (!pass->under_way)
        group_ends(pass);
    return !pass->under_way;
}

static void find_noisy(const struct call *call, const struct queue *queue, struct tenants *tenants)
{
    const struct tenants before = *tenants;
    const struct pass *pass = &before.pass;
    int64_t in_flight = pass->count > 0 ? sqs_counts_read(call, queue).in_flight : 0;

    tenants->noisy_count = 0;
    for (size_t i = 0; i < pass->count; i++) /* the one with the fewest first */
        if (pass->most[i].taken * NOISY_SHARE > in_flight)
            tenants->noisy[tenants->noisy_count++] = pass->most[i].group;
    for (size_t i = 0; i < before.noisy_count && tenants->noisy_count < MAX_NOISY; i++) {
        str group_id = text_of(&before.noisy[i]);
        if (!is_noisy(tenants, group_id) && stays_noisy(call, queue->row.generation_id, group_id))
            tenants->noisy[tenants->noisy_count++] = before.noisy[i];
    }
}

static void look(const struct call *call, const struct queue *queue, struct tenants *tenants)
{
    struct sqs_has_grouped_row any;

    if (!tenants->pass.under_way) {
        tenants->pass = (struct pass){0};
        tenants->grouped = sqs_has_grouped(
            call->txn, &(struct sqs_has_grouped_params){.generation_id = tenants->generation_id}, &any);
        if (!tenants->grouped)
            tenants->noisy_count = 0;
    }
    if (tenants->grouped && count_some(call, tenants->generation_id, &tenants->pass))
        find_noisy(call, queue, tenants);
    tenants->look_ms = call->now_ms + (tenants->pass.under_way ? LOOK_ON_MS : MS_PER_S);
}

static struct tenants *tenants_of(const struct call *call, const struct queue *queue)
{
    int64_t generation_id = queue->row.generation_id;
    struct tenants *tenants = place_of(generation_id);

    if (tenants->generation_id != generation_id)
        *tenants = (struct tenants){.generation_id = generation_id};
    if (call->now_ms >= tenants->look_ms)
        look(call, queue, tenants);
    return tenants;
}

/* ---- messages in their order ---- */

static void add_all(const struct call *call, struct sqs_visible_rows *rows, struct sqs_visible_rows more)
{
    for (size_t i = 0; i < more.count; i++)
        *list_add(call->arena, rows) = more.items[i];
}

static int by_age(const void *a, const void *b)
{
    const struct sqs_visible_row *x = a, *y = b;

    if (x->visible_ms != y->visible_ms)
        return x->visible_ms < y->visible_ms ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

static void keep_oldest(struct sqs_visible_rows *rows, int64_t limit)
{
    if (rows->count > 0)
        qsort(rows->items, rows->count, sizeof *rows->items, by_age);
    if (rows->count > (size_t)limit)
        rows->count = (size_t)limit;
}

static struct sqs_visible_rows without_group(const struct call *call, int64_t generation_id, int64_t limit)
{
    return sqs_find_visible(call->txn, &(struct sqs_find_visible_params){.generation_id = generation_id,
                                                                         .visible_ms = call->now_ms,
                                                                         .limit = limit});
}

static struct sqs_visible_rows of_all(const struct call *call, int64_t generation_id, int64_t limit)
{
    struct sqs_visible_rows rows = {0};

    add_all(call, &rows, without_group(call, generation_id, limit));
    add_all(call, &rows,
            sqs_find_visible_grouped(
                call->txn, &(struct sqs_find_visible_grouped_params){
                               .generation_id = generation_id, .visible_ms = call->now_ms, .limit = limit}));
    keep_oldest(&rows, limit);
    return rows;
}

static struct sqs_visible_rows of_tenant(const struct call *call, int64_t generation_id, str group_id,
                                         int64_t limit)
{
    return sqs_list_tenant(call->txn, &(struct sqs_list_tenant_params){.generation_id = generation_id,
                                                                       .group_id = group_id,
                                                                       .visible_ms = call->now_ms,
                                                                       .limit = limit});
}

/* Some messages of quiet groups, which take turns. */
static void add_quiet(const struct call *call, struct tenants *tenants, int64_t limit,
                      struct sqs_visible_rows *rows)
{
    struct name first = {0};
    struct sqs_find_tenant_after_row next;
    size_t found = rows->count + (size_t)limit;

    for (int looked = 0; looked < GROUPS_LOOKED_AT && rows->count < found; looked++) {
        if (!sqs_find_tenant_after(
                call->txn,
                &(struct sqs_find_tenant_after_params){.generation_id = tenants->generation_id,
                                                       .after = text_of(&tenants->turn)},
                &next)) {
            if (tenants->turn.size == 0)
                return; /* there are no groups */
            tenants->turn.size = 0;
            continue;
        }
        if (first.size > 0 && str_equal(text_of(&first), next.group_id))
            return; /* all have had their turn */
        if (first.size == 0)
            name_set(&first, next.group_id);
        name_set(&tenants->turn, next.group_id);
        if (!is_noisy(tenants, next.group_id))
            add_all(call, rows, of_tenant(call, tenants->generation_id, next.group_id, limit));
    }
}

static void forget_noisy(struct tenants *tenants, size_t index)
{
    tenants->noisy_count--;
    memmove(&tenants->noisy[index], &tenants->noisy[index + 1],
            (tenants->noisy_count - index) * sizeof *tenants->noisy);
}

static struct sqs_visible_rows quiet_first(const struct call *call, struct tenants *tenants, int64_t limit)
{
    struct sqs_visible_rows rows = {0};

    add_all(call, &rows, without_group(call, tenants->generation_id, limit));
    add_quiet(call, tenants, limit, &rows);
    keep_oldest(&rows, limit);
    for (size_t i = 0; i < tenants->noisy_count && (int64_t)rows.count < limit;) {
        int64_t room = limit - (int64_t)rows.count;
        struct sqs_visible_rows some =
            of_tenant(call, tenants->generation_id, text_of(&tenants->noisy[i]), room + 1);
        add_all(call, &rows, some);
        if ((int64_t)some.count <= room)
            forget_noisy(tenants, i); /* none of its messages will wait */
        else
            i++;
    }
    if (rows.count > (size_t)limit)
        rows.count = (size_t)limit;
    return rows;
}

struct sqs_visible_rows sqs_visible_list(const struct call *call, const struct queue *queue, int64_t limit)
{
    sqs_timed_out_return(call, queue);
    struct tenants *tenants = tenants_of(call, queue);
    if (!tenants->grouped)
        return without_group(call, queue->row.generation_id, limit);
    if (tenants->noisy_count == 0)
        return of_all(call, queue->row.generation_id, limit);
    return quiet_first(call, tenants, limit);
}

/* ---- for metrics ---- */

static int by_name(const void *a, const void *b)
{
    return str_compare(*(const str *)a, *(const str *)b);
}

bool sqs_noisy_groups(const struct call *call, const struct queue *queue, struct str_list *groups)
{
    const struct tenants *tenants = tenants_of(call, queue);

    list_make_empty(call->arena, groups);
    for (size_t i = 0; i < tenants->noisy_count; i++)
        *list_add(call->arena, groups) = arena_copy(call->arena, text_of(&tenants->noisy[i]));
    qsort(groups->items, groups->count, sizeof *groups->items, by_name);
    return tenants->grouped;
}
