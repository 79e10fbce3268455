#pragma once

/*
 * backups.h: backups, point-in-time recovery, and tables that are restored.
 */
#include "dynamodb_internal.h"

struct change;
/* backup_copy.c */
/* Keep the item as it is before the change: for tables whose row.is_kept is true. */
void dynamodb_version_keep(const struct call *call, const struct change *change);
/* The moment between the last change and the next one. */
int64_t dynamodb_version_now(const struct call *call);
/* Begin the copy; its id and its place are filled in. */
void dynamodb_copy_begin(const struct call *call, struct dynamodb_copy_row *copy);

/* backup_trim.c */
void dynamodb_history_trim_later(const struct call *call, int64_t table_id, int64_t due_ms);

/* backups.c */
str dynamodb_backup_arn(const struct call *call, const struct dynamodb_backup_row *row);
str dynamodb_backup_table_arn(const struct call *call, const struct dynamodb_backup_row *row);
/* The backup of call_resource(call, index); NULL, after fail(), when it does not exist. */
const struct dynamodb_backup_row *dynamodb_backup_at(const struct call *call, size_t index);
/* What CreateTable needs to make such a table. */
struct dynamodb_create_table_input dynamodb_definition_of(const struct call *call, const struct table *table,
                                                          const struct dynamodb_settings_row *row);
struct dynamodb_create_table_input dynamodb_backup_definition(const struct call *call,
                                                              const struct dynamodb_backup_row *row);
/* Call this before a table with point-in-time recovery is deleted. */
void dynamodb_backup_deleted(const struct call *call, const struct table *table);

/* recovery.c */
/* For a request about backups: false, after fail(), when the table does not exist or is being made. */
bool dynamodb_table_backed(const struct call *call, const struct table *table);
/* The moments as of which a table can be restored. */
struct recovery {
    int64_t days, earliest_ms, latest_ms;
};
/* False: point-in-time recovery is off. */
bool dynamodb_recovery_of(const struct call *call, int64_t table_id, struct recovery *recovery);

/* restore.c */
/* NULL: the table is not being restored. */
const struct dynamodb_restore_summary *dynamodb_restore_summary_of(const struct call *call, int64_t table_id);
