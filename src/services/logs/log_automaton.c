/*
 * log_automaton.c: builds the states from the texts.
 *
 * The texts' bytes are numbered, so that a state has as many transitions as there are different bytes; all
 * other bytes lead to the start.  Before the failures are followed, a transition of 0 means that it is
 * missing: no byte of a text leads back to the start.
 */
#include "log_automaton.h"

struct state {
    uint32_t failure; /* the longest proper suffix of this state that is a state, too */
    uint32_t end;     /* this state or the next one along the failures at which a text ends; 0: none */
    uint32_t number;  /* the number of the text that ends here, from 1; 0: none */
};

struct log_automaton {
    uint16_t byte_number[256]; /* 0: in no text */
    size_t width;              /* the number of different bytes */
    struct state *states;
    uint32_t *next; /* width transitions for each state */
    uint32_t count;
};

static uint32_t *transition(const struct log_automaton *automaton, uint32_t state, char byte)
{
    return &automaton->next[state * automaton->width + automaton->byte_number[(unsigned char)byte]];
}

static void number_bytes(struct log_automaton *automaton, str text)
{
    for (size_t i = 0; i < text.size; i++) {
        uint16_t *number = &automaton->byte_number[(unsigned char)text.data[i]];
        if (*number == 0)
            *number = (uint16_t)automaton->width++;
    }
}

/* The text's number: its own, or that of an equal text before it. */
static size_t add_text(struct log_automaton *automaton, str text, size_t number)
{
    uint32_t state = LOG_AUTOMATON_START;

    for (size_t i = 0; i < text.size; i++) {
        uint32_t *next = transition(automaton, state, text.data[i]);
        if (*next == 0)
            *next = automaton->count++;
        state = *next;
    }
    if (automaton->states[state].number == 0)
        automaton->states[state].number = (uint32_t)number + 1;
    return automaton->states[state].number - 1;
}

/* Settle a state that is reached from a state with that failure, by the byte of that number. */
static void settle(struct log_automaton *automaton, uint32_t state, uint32_t failure)
{
    struct state *own = &automaton->states[state];

    own->failure = failure;
    own->end = own->number ? state : automaton->states[failure].end;
}

/* In the order of their length, because longer states need the transitions of shorter ones. */
static void settle_all(struct log_automaton *automaton, uint32_t *queue)
{
    size_t first = 0, last = 0;

    queue[last++] = LOG_AUTOMATON_START;
    while (first < last) {
        uint32_t state = queue[first++];
        uint32_t *own = &automaton->next[state * automaton->width];
        const uint32_t *other = &automaton->next[automaton->states[state].failure * automaton->width];
        for (size_t i = 1; i < automaton->width; i++) {
            if (own[i] == 0) {
                own[i] = other[i];
                continue;
            }
            settle(automaton, own[i], state == LOG_AUTOMATON_START ? LOG_AUTOMATON_START : other[i]);
            queue[last++] = own[i];
        }
    }
}

struct log_automaton *logs_automaton_new(struct arena *arena, const str *texts, size_t count, size_t *numbers)
{
    struct log_automaton *automaton = arena_new(arena, struct log_automaton);
    size_t most = 1;

    automaton->width = 1;
    automaton->count = 1;
    for (size_t i = 0; i < count; i++) {
        number_bytes(automaton, texts[i]);
        most += texts[i].size;
    }
    automaton->states = arena_alloc(arena, most * sizeof *automaton->states);
    automaton->next = arena_alloc(arena, most * automaton->width * sizeof *automaton->next);
    for (size_t i = 0; i < count; i++)
        numbers[i] = add_text(automaton, texts[i], i);
    settle_all(automaton, arena_alloc(arena, most * sizeof(uint32_t)));
    return automaton;
}

size_t logs_automaton_skip(const struct log_automaton *automaton, str text, size_t from)
{
    while (from < text.size &&
           *transition(automaton, LOG_AUTOMATON_START, text.data[from]) == LOG_AUTOMATON_START)
        from++;
    return from;
}

uint32_t logs_automaton_next(const struct log_automaton *automaton, uint32_t state, char byte)
{
    return automaton->byte_number[(unsigned char)byte] ? *transition(automaton, state, byte)
                                                       : LOG_AUTOMATON_START;
}

uint32_t logs_automaton_end(const struct log_automaton *automaton, uint32_t state)
{
    return automaton->states[state].end;
}

uint32_t logs_automaton_found(const struct log_automaton *automaton, uint32_t end, size_t *number)
{
    const struct state *own = &automaton->states[end];

    *number = own->number - 1;
    return automaton->states[own->failure].end;
}
