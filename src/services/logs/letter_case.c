/*
 * letter_case.c: capital and small letters, one for one, by the C library: "ß" stays, whose capital form is
 * two letters.
 */
#include "letter_case.h"

#include "base/utf8.h"

#include <locale.h>
#include <pthread.h>
#include <string.h>
#include <wctype.h>

/* All letters have their case in it, whatever the server's own locale is. */
static locale_t utf8;

static void open_locale(void)
{
    utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (!utf8)
        utf8 = newlocale(LC_CTYPE_MASK, "C", (locale_t)0);
}

static str change(struct arena *arena, str text, wint_t (*other_of)(wint_t letter, locale_t locale))
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    const char *at = text.data, *end = text.data + text.size;
    char *changed = arena_alloc(arena, 2 * text.size + 1), *to = changed; /* some letters grow by a byte */

    pthread_once(&once, open_locale);
    while (at < end) {
        size_t size = utf8_sequence(at, end);
        if (size > 0)
            to = utf8_write(to, other_of(utf8_read(at, size), utf8));
        else
            *to++ = *at;
        at += size ? size : 1;
    }
    return (str){changed, (size_t)(to - changed)};
}

str logs_upper_case(struct arena *arena, str text)
{
    return change(arena, text, towupper_l);
}

str logs_lower_case(struct arena *arena, str text)
{
    return change(arena, text, towlower_l);
}
