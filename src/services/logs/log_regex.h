#pragma once

/*
 * log_regex.h: the regular expressions of filter patterns, "%…%".
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/regex-expressions.html
 *
 * AWS allows letters, digits, : _ # = @ / ; , - and the operators ^ $ ? [ ] { } | \ * + . without
 * parentheses. So an expression is a choice of sequences, and matching takes a bounded number of steps for
 * each byte.
 */
#include "base/arena.h"

struct log_regex;

/* The text between the percent signs.  NULL: it is not valid, and *problem says why. */
const struct log_regex *logs_regex_parse(struct arena *arena, str text, str *problem);
/* Does a part of the text match? */
bool logs_regex_matches(const struct log_regex *regex, str text);
