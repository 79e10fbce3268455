/*
 * expression_choices.c: IN with many values.  A page asks it for each of its items, so the values are found
 * by their hashes.
 *
 * Only short strings, numbers and binaries, which equal no other values: to hash a value of 400 KB costs more
 * than to compare its size.
 */
#include "expression.h"

#include "base/positions.h"

enum { MANY_CHOICES = 8, SHORT_BYTES = 256 };

static bool is_short(const struct dynamodb_attribute_value *value)
{
    return dynamodb_value_is_scalar(value) && value->s.size <= SHORT_BYTES;
}

static uint64_t hash_of(const struct dynamodb_attribute_value *value)
{
    return keyed_hash(value->s) + value->is;
}

/*
 * With an operand that is a path, all are compared one by one.  Equal ones are indexed once: their hashes
 * collide.
 */
void dynamodb_choices_index(struct arena *arena, struct node *in)
{
    if (in->operands.count <= MANY_CHOICES)
        return;
    for (size_t i = 1; i < in->operands.count; i++)
        if (in->operands.items[i]->kind != NODE_VALUE)
            return;

    struct positions *choices = arena_new(arena, struct positions);
    *choices = positions_for(arena, in->operands.count);
    in->choices = choices;
    for (size_t i = 1; i < in->operands.count; i++) {
        const struct dynamodb_attribute_value *value = in->operands.items[i]->value;
        if (is_short(value) && !dynamodb_choice_is_among(in, value))
            positions_add(choices, hash_of(value), i);
    }
}

bool dynamodb_choice_is_indexed(const struct node *in, const struct dynamodb_attribute_value *value)
{
    return in->choices && is_short(value);
}

bool dynamodb_choice_is_among(const struct node *in, const struct dynamodb_attribute_value *value)
{
    uint64_t slot = hash_of(value);

    for (size_t i; positions_next(in->choices, &slot, &i);) {
        const struct dynamodb_attribute_value *choice = in->operands.items[i]->value;
        if (choice->is == value->is && str_equal(choice->s, value->s))
            return true;
    }
    return false;
}
