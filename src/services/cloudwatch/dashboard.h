#pragma once

/*
 * dashboard.h: what the files of dashboards share.
 */
#include "cloudwatch_internal.h"

struct arn;

/* dashboards.c.  The ARN is one of a dashboard of the call's account. */
bool cloudwatch_dashboard_exists(const struct call *call, const struct arn *arn);

/* dashboard_check.c */
/* What is wrong with a dashboard's body; an empty list: nothing. */
struct cloudwatch_dashboard_validation_message_list cloudwatch_dashboard_check(struct arena *arena, str body);
