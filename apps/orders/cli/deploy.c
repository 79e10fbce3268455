/*
 * deploy.c: `orderly orders deploy`: the order system's parts, one after the other.
 *
 * To add a part, write a function that returns an enum deploy_change, declare it in deploy.h, and add a row
 * to the table of steps.
 */
#include "orders/cli/deploy.h"

#include "orders/cli/commands.h"
#include "orders/cli/files.h"

#include "aws/arn.h"
#include "base/time.h"
#include "cli/output.h"

#include <errno.h>
#include <stdlib.h>

enum {
    WAIT_MS = 200,
    TIMEOUT_SHARE = 6, /* AWS: a queue's visibility timeout is six times its function's timeout */
    MAX_TIMEOUT_SECONDS = 900,
};

struct step {
    const char *kind, *name;
    enum deploy_change (*run)(struct deployment *deployment);
};

static const struct step STEPS[] = {
    {"table", ORDERS_TABLE, deploy_table},
    {"dead-letter queue", ORDERS_DEAD_LETTERS, deploy_dead_letter_queue},
    {"queue", ORDERS_QUEUE, deploy_queue},
    {"topic", ORDERS_TOPIC, deploy_topic},
    {"subscription", ORDERS_TOPIC " -> " ORDERS_QUEUE, deploy_subscription},
    {"role", ORDERS_ROLE, deploy_role},
    {"permissions", ORDERS_ROLE, deploy_permissions},
    {"function", ORDERS_FUNCTION, deploy_function},
    {"trigger", ORDERS_QUEUE " -> " ORDERS_FUNCTION, deploy_trigger},
};

struct patience patience_of(int64_t seconds)
{
    return (struct patience){monotonic_us() + seconds * 1000000};
}

bool patience_wait(struct patience *patience)
{
    if (monotonic_us() >= patience->until_us)
        return false;
    pause_ms(WAIT_MS);
    return true;
}

static const char *change_name(enum deploy_change change)
{
    switch (change) {
    case CHANGE_FAILED:
        return "failed";
    case CHANGE_NONE:
        return "there already";
    case CHANGE_CREATED:
        return "created";
    case CHANGE_UPDATED:
        return "updated";
    }
    return "";
}

static bool run_step(struct deployment *deployment, const struct step *step)
{
    struct arena *arena = deployment->orders->arena;
    int64_t began_us = monotonic_us();
    enum deploy_change change;

    printf("  %-18s %-28s ", step->kind, step->name);
    fflush(stdout);
    change = step->run(deployment);
    str took = output_duration(arena, monotonic_us() - began_us);
    printf("%-14s %8.*s\n", change_name(change), STR_ARGS(took));
    fflush(stdout);
    return change != CHANGE_FAILED ||
           orders_complain(deployment->orders, arena_format(arena, "The %s", step->kind).data);
}

static void name_resources(struct deployment *deployment)
{
    struct orders *orders = deployment->orders;

    deployment->table_arn = orders_arn(orders, "dynamodb", "table/" ORDERS_TABLE);
    deployment->topic_arn = orders_arn(orders, "sns", ORDERS_TOPIC);
    deployment->queue_arn = orders_arn(orders, "sqs", ORDERS_QUEUE);
    deployment->dead_letter_arn = orders_arn(orders, "sqs", ORDERS_DEAD_LETTERS);
    deployment->role_arn = arn_build(orders->arena, &(struct arn){.partition = orders->partition,
                                                                  .service = S("iam"),
                                                                  .account = orders->account,
                                                                  .resource = S("role/" ORDERS_ROLE)});
}

static void print_next(struct arena *arena)
{
    const char *samples = files_find(arena, "orders.jsonl");
    str submit = arena_join(arena, S("submit "), samples ? files_shown(arena, samples) : S("FILE"));
    int width = (int)output_width(submit);

    puts("\nThe order system is up. Next:");
    const char *program = program_invocation_name; /* as it was called, so that the lines can be copied */
    printf("  %s orders %.*s   publish the sample orders\n", program, STR_ARGS(submit));
    printf("  %s orders %-*s   one order's way\n", program, width, "show O1234");
    printf("  %s orders %-*s   follow all orders\n", program, width, "watch");
}

static int64_t timeout_for(int64_t visibility_seconds)
{
    int64_t seconds = visibility_seconds / TIMEOUT_SHARE;

    return seconds < MAX_TIMEOUT_SECONDS ? seconds : MAX_TIMEOUT_SECONDS;
}

int orders_deploy(struct orders *orders)
{
    const char *function = orders->arguments->function ? orders->arguments->function : "c";
    struct deployment deployment = {
        .orders = orders,
        .flavor = flavor_find(function),
        .visibility_seconds = orders->arguments->visibility_seconds,
        .timeout_seconds = timeout_for(orders->arguments->visibility_seconds),
    };

    if (!deployment.flavor) {
        fprintf(
            stderr,
            "orderly: --function takes c, nodejs or python, not \"%s\". See orderly orders deploy --help.\n",
            function);
        return CLI_EXIT_WRONG;
    }
    if (!package_load(orders->arena, deployment.flavor, orders->arguments->zip, &deployment.zip) ||
        !orders_who_am_i(orders))
        return EXIT_FAILURE;
    name_resources(&deployment);
    str where = orders_where(orders);
    printf("Deploying to %.*s, account %.*s, %.*s, with the %s function:\n\n", STR_ARGS(where),
           STR_ARGS(orders->account), STR_ARGS(orders->config->region), deployment.flavor->name);
    for (size_t i = 0; i < sizeof STEPS / sizeof *STEPS; i++)
        if (!run_step(&deployment, &STEPS[i]))
            return EXIT_FAILURE;
    print_next(orders->arena);
    return EXIT_SUCCESS;
}
