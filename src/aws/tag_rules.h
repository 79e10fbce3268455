#pragma once

/*
 * tag_rules.h: the rules for tags that all services share; each service has its own sentences.
 * https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html#id_tags_naming_best_practices
 */
#include "base/arena.h"

enum { TAGS_MAX = 50, TAG_KEY_MAX_CHARACTERS = 128, TAG_VALUE_MAX_CHARACTERS = 256 };

/* How a service compares keys: IAM ignores case, all others do not. */
enum tag_case { TAG_CASE_MATTERS, TAG_CASE_IGNORED };

/* The form of the key that is compared. */
str tag_key_compared(struct arena *arena, str key, enum tag_case tag_case);
/* "aws:…", in any case: AWS's own tags. */
bool tag_key_is_reserved(str key);
/*
 * Does a key occur twice?  The keys are `stride` bytes apart, from *first on: members of the structs of a
 * list.
 */
bool tag_keys_repeat(struct arena *arena, const str *first, size_t count, size_t stride,
                     enum tag_case tag_case);
