#include "engine/protocol/rest_path.h"

#include "base/text.h"
#include "wire/uri.h"

/* One step through a pattern and a path side by side. */
struct step {
    str pattern, path; /* the rest of both */
    str part;          /* of the pattern: a literal or "{Label}" */
    str segment;       /* of the path */
    bool label, greedy;
    bool fits; /* the path has a segment for the part */
};

static str path_of_pattern(str pattern)
{
    ptrdiff_t mark = str_index(pattern, '?');

    return mark < 0 ? pattern : str_head(pattern, (size_t)mark);
}

static struct step begin(str pattern, str path)
{
    struct step step = {.pattern = str_from(path_of_pattern(pattern), 1), .path = str_from(path, 1)};

    if (path.size > 1 && str_ends_with(path, S("/")))
        step.path.size--;
    return step;
}

/* False at the end of the pattern. */
static bool next(struct step *step)
{
    if (!str_next(&step->pattern, '/', &step->part))
        return false;
    step->label = str_starts_with(step->part, S("{"));
    step->greedy = str_ends_with(step->part, S("+}"));
    if (step->greedy) {
        step->segment = step->path;
        step->path = (str){0};
    } else if (!str_next(&step->path, '/', &step->segment)) {
        step->segment = (str){0};
    }
    step->fits = step->label ? step->segment.size > 0 : str_equal(step->part, step->segment);
    return true;
}

static str label_name(const struct step *step)
{
    return str_head(str_from(step->part, 1), step->part.size - (step->greedy ? 3 : 2));
}

/* The number of literals in the pattern's query; -1 when the request lacks one of them. */
static int query_fit(str pattern, const struct form *query)
{
    str rest = str_from(pattern, path_of_pattern(pattern).size + 1), pair, name;
    int fit = 0;

    while (rest.size > 0 && str_next(&rest, '&', &pair)) {
        str value = pair;
        str_next(&value, '=', &name);
        str given = form_get(query, name);
        if (!str_present(given) || (value.size > 0 && !str_equal(given, value)))
            return -1;
        fit++;
    }
    return fit;
}

int rest_path_fit(str pattern, str path, const struct form *query)
{
    struct step step = begin(pattern, path);
    int literals = 0, of_query = query_fit(pattern, query);

    while (next(&step)) {
        if (!step.fits)
            return 0;
        literals += !step.label;
    }
    return !str_present(step.path) && of_query >= 0 ? literals + of_query : 0;
}

str rest_path_label(str pattern, str path, str label)
{
    struct step step = begin(pattern, path);

    while (next(&step))
        if (step.label && str_equal(label_name(&step), label))
            return step.segment;
    return (str){0};
}

str rest_path_fill(struct arena *arena, str pattern, str (*value_of)(void *context, str label), void *context)
{
    struct text text = text_in(arena);
    str rest = path_of_pattern(pattern), part;

    rest = str_from(rest, 1);
    while (str_next(&rest, '/', &part)) {
        struct step step = {.part = part, .greedy = str_ends_with(part, S("+}"))};
        text_add_char(&text, '/');
        if (str_starts_with(part, S("{")))
            uri_encode(&text, value_of(context, label_name(&step)), step.greedy);
        else
            text_add(&text, part);
    }
    return text_str(&text);
}
