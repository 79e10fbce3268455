/*
 * toy_count.c: the toy service counts, and keeps what was counted in a minute as items: "Values Thing=a" is
 * "2 Count, sum 4, 1 to 3;" after a minute, and has one more part after each further minute.  Times have
 * their values, too: "3 Milliseconds, sum 7, 2 to 3: 2*2 3*1;".
 */
#include "toy_steps.h"

#include "engine/call.h"
#include "engine/count.h"
#include "toy_sql.h"

static const struct metric values = {"Toy", "Values", "Thing", "Count"};

enum outcome toy_count_value(const struct call *call, str rest)
{
    str thing = toy_word(&rest);

    count(call, &values, thing, (double)toy_number(&rest));
    return DONE;
}

enum outcome toy_count_value_at_once(const struct call *call, str rest)
{
    str thing = toy_word(&rest);

    count_at_once(call, &values, thing, (double)toy_number(&rest));
    return DONE;
}

enum outcome toy_count_alone(const struct call *call, str rest)
{
    static const struct metric metric = {"Toy", "Alone", NULL, "Count"};

    count(call, &metric, (str){0}, (double)toy_number(&rest));
    return DONE;
}

enum outcome toy_count_operation(const struct call *call, str rest)
{
    static const struct metric metric = {"Toy", "Operations", "Thing,Operation", "Count"};
    str thing = toy_word(&rest);

    count(call, &metric, thing, (double)toy_number(&rest));
    return DONE;
}

enum outcome toy_count_two(const struct call *call, str rest)
{
    static const struct metric metric = {"Toy", "Two", "Thing,Part", "Count"};
    str both = toy_word(&rest);

    count(call, &metric, both, (double)toy_number(&rest));
    return DONE;
}

static const struct metric times = {"Toy", "Times", "Thing", "Milliseconds"};

enum outcome toy_count_time(const struct call *call, str rest)
{
    str thing = toy_word(&rest);

    count(call, &times, thing, (double)toy_number(&rest) / 100);
    return DONE;
}

enum outcome toy_count_times_at_once(const struct call *call, str rest)
{
    str thing = toy_word(&rest);
    int64_t from = toy_number(&rest), to = toy_number(&rest);

    for (int64_t i = from; i <= to; i++)
        count_at_once(call, &times, thing, (double)i);
    return DONE;
}

void toy_keep_counted(struct txn *txn, struct arena *arena, const struct counted_minute *counted)
{
    struct text key = text_in(arena), value = text_in(arena);

    text_add(&key, counted->name);
    for (size_t i = 0; i < counted->dimension_count; i++)
        text_format(&key, " %.*s=%.*s", STR_ARGS(counted->dimensions[i].name),
                    STR_ARGS(counted->dimensions[i].value));
    text_format(&value, "%ld %.*s, sum %g, %g to %g", (long)counted->count, STR_ARGS(counted->unit),
                counted->sum, counted->least, counted->most);
    for (size_t i = 0; i < counted->value_count; i++)
        text_format(&value, "%s%.17g*%g", i == 0 ? ": " : " ", counted->values[i].value,
                    counted->values[i].weight);
    text_add_char(&value, ';');
    toy_add_to_item(txn, &(struct toy_add_to_item_params){.key = text_str(&key), .value = text_str(&value)});
}
