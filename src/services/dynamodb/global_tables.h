#pragma once

/*
 * global_tables.h: global tables of one region.
 */
#include "dynamodb_internal.h"

/* global_tables.c */
/*
 * When the table became global; NULL, after fail(), when there is no such global table.  table may be NULL.
 */
const int64_t *dynamodb_global_exists(const struct call *call, const struct table *table);
/* Fail because the region has no replica of the global table; returns false. */
bool dynamodb_refuse_no_replica(const struct call *call);
/* Refuse UpdateTable's updates of replicas, of which there is at least one. */
bool dynamodb_refuse_replicas(const struct call *call,
                              const struct dynamodb_replication_group_update_list *updates);
