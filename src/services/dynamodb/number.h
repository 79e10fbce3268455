#pragma once

/*
 * number.h: DynamoDB's numbers: decimals of up to 38 digits, from 1E-130 to 9.99…E+125 and their negatives.
 *
 * A number has exactly one text (no exponent, no needless zeros), so equal numbers are equal texts, and
 * exactly one key, whose memcmp order is the numbers' order.
 */
#include "base/arena.h"

enum {
    NUMBER_DIGITS = 38,
    NUMBER_MIN_EXPONENT = -130,
    NUMBER_MAX_EXPONENT = 125,
};

/* d.ddd × 10^exponent; digits are 0 to 9, the first and the last are not 0.  Zero has no digits. */
struct number {
    bool negative;
    int exponent;
    int count;
    unsigned char digits[NUMBER_DIGITS];
};

enum number_result { NUMBER_OK, NUMBER_INVALID, NUMBER_OVERFLOW, NUMBER_UNDERFLOW, NUMBER_TOO_PRECISE };

/* A decimal number, with or without an exponent; *number has a meaning only after NUMBER_OK. */
enum number_result dynamodb_number_parse(str text, struct number *number);
/* The same as AWS's older layer reads it, by Java's BigDecimal: exponents and scales have 32 bits. */
enum number_result dynamodb_number_parse_older(str text, struct number *number);
str dynamodb_number_text(struct arena *arena, const struct number *number);
str dynamodb_number_key(struct arena *arena, const struct number *number);
/* Negative, 0 or positive, as memcmp(). */
int dynamodb_number_compare(const struct number *a, const struct number *b);
/* What it counts towards an item's size, in bytes. */
size_t dynamodb_number_size(const struct number *number);
/*
 * Is the text an integer in its standard form?  Most numbers are, and this check is quick: *size is the
 * result of dynamodb_number_size().
 */
bool dynamodb_number_is_plain(str text, size_t *size);
/* a + b; fails as dynamodb_number_parse() does when the sum cannot be stored. */
enum number_result dynamodb_number_add(const struct number *a, const struct number *b, struct number *sum);
