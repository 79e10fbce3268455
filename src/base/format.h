#pragma once

/*
 * format.h: printf for texts with a length.
 *
 * "%.*s" takes all its bytes.  That of the C library ends at the first NUL, which a client's text may have.
 */
#include <stdarg.h>
#include <stddef.h>

/*
 * Write the text and a NUL into the room.  Returns the text's size; when that is not below the room's, the
 * text is not whole.  Knows what this program uses: d, u, x, X, o, c, s, e, E, f, g, G and %%; no lengths but
 * l, ll, j and z.
 */
size_t format_bytes(char *room, size_t size, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));
