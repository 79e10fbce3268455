#pragma once

/*
 * toy_steps.h: what the files of the toy service share.
 */
#include "toy.h"
#include "toy_model.h"

/* The next word, or number, of a step. */
str toy_word(str *rest);
int64_t toy_number(str *rest);
/* Steps within a step. */
struct toy_script toy_inner(const struct call *call, str rest);
enum outcome toy_run_steps(const struct call *call, str steps);

/* toy_post.c */
enum outcome toy_post(const struct call *call, str rest);
enum outcome toy_post_many(const struct call *call, str rest);
enum outcome toy_post_ended(const struct call *call, str rest);
enum outcome toy_settle(const struct call *call, str rest);
enum outcome toy_settle_as(const struct call *call, str rest);
enum outcome toy_settle_later(const struct call *call, str rest);
enum outcome toy_note(const struct call *call, str rest);
enum outcome toy_stamp(const struct call *call, str rest);
enum outcome toy_read(const struct call *call, str rest);
enum outcome toy_drop(const struct call *call, str rest);

/* toy_count.c */
enum outcome toy_count_value(const struct call *call, str rest);
enum outcome toy_count_value_at_once(const struct call *call, str rest);
enum outcome toy_count_alone(const struct call *call, str rest);
enum outcome toy_count_operation(const struct call *call, str rest);
enum outcome toy_count_two(const struct call *call, str rest);
enum outcome toy_count_time(const struct call *call, str rest);
enum outcome toy_count_times_at_once(const struct call *call, str rest);
void toy_keep_counted(struct txn *txn, struct arena *arena, const struct counted_minute *counted);
