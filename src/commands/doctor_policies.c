/*
 * doctor_policies.c: what policies keep services and functions from, as Orderly explains it.
 *
 * AWS's API has no such answer for a service, so nothing is asked there. Where policies do not bind (--iam
 * soft or off), nothing is lost by them.
 */
#include "commands/doctor.h"

#include "aws/arn.h"
#include "wire/json.h"
#include "wire/percent.h"

#include <stdio.h>

static void add_field(struct arena *arena, struct text *query, const char *name, str value)
{
    str encoded = percent_encode(arena, value);

    text_format(query, "%s%s=%.*s", text_str(query).size ? "&" : "", name, STR_ARGS(encoded));
}

static str query_of(struct arena *arena, const struct doctor_question *question)
{
    struct text query = text_in(arena);
    struct arn source;

    add_field(arena, &query, "action", question->action);
    add_field(arena, &query, "resource", question->resource);
    add_field(arena, &query, "as", question->principal);
    if (arn_parse(question->source_arn, &source)) {
        add_field(arena, &query, "context", arena_concat(arena, S("aws:SourceArn="), question->source_arn));
        add_field(arena, &query, "context", arena_concat(arena, S("aws:SourceAccount="), source.account));
    }
    return text_str(&query);
}

bool doctor_ask_about_policies(struct visit *visit)
{
    struct http_reply reply = {0};

    if (!client_get(visit->client, visit->arena, S("/_orderly/console/session"), S(""), &reply,
                    &visit->failure))
        return false;
    if (reply.status == 200)
        visit->asks_policies =
            str_equal(json_get_str(json_parse(visit->arena, reply.body, NULL), S("policies")), S("on"));
    return true;
}

enum { FORBIDDEN = 403 };

/* Said once: nothing more is asked. */
static void give_up(struct visit *visit)
{
    fputs(
        "orderly: What policies allow is not looked at: with --auth strict only the administrator may ask.\n",
        stderr);
    visit->asks_policies = false;
}

bool doctor_denied(struct visit *visit, const struct doctor_question *question, str *reason)
{
    struct http_reply reply = {0};
    struct failure failure = {0};

    if (!visit->asks_policies || !client_get(visit->client, visit->arena, S("/_orderly/iam/explain"),
                                             query_of(visit->arena, question), &reply, &failure))
        return false;
    if (reply.status == FORBIDDEN)
        give_up(visit);
    const struct json *answer = reply.status == 200 ? json_parse(visit->arena, reply.body, NULL) : NULL;
    *reason = json_get_str(answer, S("reason"));
    return json_is(json_get(answer, S("allowed")), JSON_FALSE) && str_present(*reason);
}
