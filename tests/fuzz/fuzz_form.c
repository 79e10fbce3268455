/*
 * fuzz_form.c: fields survive being written and read again.
 */
#include "fuzz.h"
#include "wire/form.h"

FUZZ(arena, input)
{
    struct form form, again;
    struct text text = text_in(arena);

    if (!form_parse(arena, input, &form))
        return;
    for (size_t i = 0; i < form.count; i++) {
        check(str_present(form.items[i].name) && str_present(form.items[i].value));
        check(str_present(form_get(&form, form.items[i].name)));
        form_add(&text, form.items[i].name, form.items[i].value);
    }
    check(form_parse(arena, text_str(&text), &again) && again.count == form.count);
    for (size_t i = 0; i < form.count; i++) {
        check(str_equal(form.items[i].name, again.items[i].name));
        check(str_equal(form.items[i].value, again.items[i].value));
    }
}
