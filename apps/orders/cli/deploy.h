#pragma once

/*
 * deploy.h: the parts of the order system, each made if it is missing and changed if it differs.
 *
 * Internal to `orderly orders deploy`.
 */
#include "orders/cli/orders.h"

enum deploy_change { CHANGE_FAILED, CHANGE_NONE, CHANGE_CREATED, CHANGE_UPDATED };

enum flavor_kind { FUNCTION_C = 1, FUNCTION_NODEJS = 2, FUNCTION_PYTHON = 4 };

/* Which of the three functions handles the orders. */
struct flavor {
    enum flavor_kind function;
    const char *name, *runtime, *handler;
    const char *file; /* under apps/orders: a zip, or the source file to pack into one */
    int64_t memory_mb;
    bool reports_failures; /* reports single messages as failed: ReportBatchItemFailures */
    bool is_native;        /* machine code of this machine's architecture */
};

/* The flavor of that name, or NULL. */
const struct flavor *flavor_find(const char *name);
/* The package to upload.  False: the reason has been printed. */
bool package_load(struct arena *arena, const struct flavor *flavor, const char *zip_path, str *zip);

struct deployment {
    struct orders *orders;
    const struct flavor *flavor;
    str zip;
    int64_t visibility_seconds, timeout_seconds;
    str table_arn, topic_arn, queue_arn, dead_letter_arn, role_arn;
    str queue_url, dead_letter_url; /* known once the steps of the queues have run */
};

/* CHANGE_FAILED: orders->failure says why. */
enum deploy_change deploy_table(struct deployment *deployment);
enum deploy_change deploy_dead_letter_queue(struct deployment *deployment);
enum deploy_change deploy_queue(struct deployment *deployment);
enum deploy_change deploy_topic(struct deployment *deployment);
enum deploy_change deploy_subscription(struct deployment *deployment);
enum deploy_change deploy_role(struct deployment *deployment);
enum deploy_change deploy_permissions(struct deployment *deployment);
enum deploy_change deploy_function(struct deployment *deployment);
enum deploy_change deploy_trigger(struct deployment *deployment);

/* A deadline for what takes AWS some time to become true. */
struct patience {
    int64_t until_us;
};
struct patience patience_of(int64_t seconds);
/* Wait a little; false when the deadline has passed. */
bool patience_wait(struct patience *patience);
