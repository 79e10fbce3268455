/*
 * number_calculator.c: number.h as a program, for the comparison with Python's decimal
 * (tests/sdk/dynamodb/test_dynamodb_numbers.py).
 *
 * Each line of the input has two numbers; the output has, for each, in one line and separated by spaces: both
 * numbers' texts, their sum, their difference, how they compare, and how their keys compare.  A text that is
 * not a number is shown as the name of its fault.
 */
#include "services/dynamodb/number.h"

#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>

enum { LINE_BYTES = 1024 };

static const char *const faults[] = {
    [NUMBER_INVALID] = "invalid",
    [NUMBER_OVERFLOW] = "overflow",
    [NUMBER_UNDERFLOW] = "underflow",
    [NUMBER_TOO_PRECISE] = "too-precise",
};

static void show(struct arena *arena, enum number_result result, const struct number *number)
{
    str text = result == NUMBER_OK ? dynamodb_number_text(arena, number) : str_of(faults[result]);

    printf("%.*s ", STR_ARGS(text));
}

static int sign(int order)
{
    return (order > 0) - (order < 0);
}

static void show_sums(struct arena *arena, const struct number *a, const struct number *b)
{
    struct number sum = {0}, opposite = *b;

    show(arena, dynamodb_number_add(a, b, &sum), &sum);
    opposite.negative = !opposite.negative && opposite.count > 0;
    sum = (struct number){0};
    show(arena, dynamodb_number_add(a, &opposite, &sum), &sum);
    printf("%d %d", sign(dynamodb_number_compare(a, b)),
           sign(str_compare(dynamodb_number_key(arena, a), dynamodb_number_key(arena, b))));
}

static void calculate(struct arena *arena, str first, str second)
{
    struct number a = {0}, b = {0};
    enum number_result result_a = dynamodb_number_parse(first, &a);
    enum number_result result_b = dynamodb_number_parse(second, &b);

    show(arena, result_a, &a);
    show(arena, result_b, &b);
    if (result_a == NUMBER_OK && result_b == NUMBER_OK)
        show_sums(arena, &a, &b);
    putchar('\n');
}

int main(void)
{
    char line[LINE_BYTES], first[LINE_BYTES], second[LINE_BYTES];
    struct arena arena = {0};

    while (fgets(line, sizeof line, stdin)) {
        if (sscanf(line, "%1023s %1023s", first, second) != 2)
            return EXIT_FAILURE;
        calculate(&arena, str_of(first), str_of(second));
        arena_reset(&arena);
    }
    arena_free(&arena);
    return EXIT_SUCCESS;
}
