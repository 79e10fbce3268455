/*
 * options.c: Lambda's options, which main sets.
 */
#include "lambda_internal.h"

static struct lambda_options configured; /* written once, before other threads start */

void lambda_configure(const struct lambda_options *options)
{
    configured = *options;
}

const struct lambda_options *lambda_options(void)
{
    return &configured;
}
