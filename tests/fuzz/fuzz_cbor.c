/*
 * fuzz_cbor.c: a value that was read can be written, reads back as the same value, and is then written the
 * same.
 */
#include "fuzz.h"
#include "wire/cbor.h"

#include <math.h>

static void write(struct text *text, const struct cbor *value)
{
    int64_t number;

    switch (value->type) {
    case CBOR_UNSIGNED:
    case CBOR_NEGATIVE:
        if (cbor_to_i64(value, &number))
            cbor_add_i64(text, number);
        else
            cbor_add_null(text); /* no code of ours writes it */
        break;
    case CBOR_BYTES:
        cbor_add_bytes(text, value->text);
        break;
    case CBOR_TEXT:
        cbor_add_text(text, value->text);
        break;
    case CBOR_ARRAY:
        cbor_add_array(text, value->count);
        for (uint32_t i = 0; i < value->count; i++)
            write(text, &value->items[i]);
        break;
    case CBOR_MAP:
        cbor_open_map(text);
        for (uint32_t i = 0; i < value->count; i++) {
            cbor_add_text(text, value->pairs[i].key);
            write(text, &value->pairs[i].value);
        }
        cbor_close_map(text);
        break;
    case CBOR_TAG:
        cbor_add_tag(text, value->tag.number);
        write(text, value->tag.value);
        break;
    case CBOR_FALSE:
    case CBOR_TRUE:
        cbor_add_bool(text, value->type == CBOR_TRUE);
        break;
    case CBOR_NULL:
        cbor_add_null(text);
        break;
    case CBOR_FLOAT:
        cbor_add_double(text, isnan(value->real) ? (double)NAN : value->real);
        break;
    }
}

static str written(struct arena *arena, const struct cbor *value)
{
    struct text text = text_in(arena);

    write(&text, value);
    return text_str(&text);
}

FUZZ(arena, input)
{
    const struct cbor *value = cbor_parse(arena, input);

    if (!value)
        return;
    str first = written(arena, value);
    const struct cbor *again = cbor_parse(arena, first);
    check(again != NULL && str_equal(first, written(arena, again)));
}
