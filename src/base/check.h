#pragma once

/*
 * check.h: assertions that are always compiled in.
 *
 * A failed check is a bug of ours, never a client's fault: it prints file and line and aborts, and
 * the store's journal takes care of what was acknowledged.
 */
_Noreturn void check_failed(const char *file, int line, const char *condition);

#define check(condition) ((condition) ? (void)0 : check_failed(__FILE__, __LINE__, #condition))
