/*
 * test_sqlc.c: what sqlc generates from a source, and its complaints about a bad one.
 *
 *     test_sqlc PATH_OF_SQLC
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TABLES "-- migration: 1\ncreate table t (id integer primary key, name text not null, size integer);\n"

struct output {
    int status;
    char said[4096];
    char header[8192];
    char code[8192];
};

static char *sqlc;

static void read_stream(FILE *stream, char *text, size_t capacity)
{
    size_t size = stream ? fread(text, 1, capacity - 1, stream) : 0;

    text[size] = '\0';
}

static void read_and_remove(const char *folder, const char *name, char *text, size_t capacity)
{
    char path[128];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    read_stream(file, text, capacity);
    if (file)
        fclose(file);
    unlink(path);
}

static struct output compile(const char *source)
{
    char folder[] = "/tmp/sqlc-test-XXXXXX", path[128], command[512], ignored[8192];
    struct output output;

    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/t.sql", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(source, file);
    fclose(file);

    snprintf(command, sizeof command, "cd %s && %s demo t.sql t.h t.c 2>&1", folder, sqlc);
    FILE *running = popen(command, "r");
    assert_non_null(running);
    read_stream(running, output.said, sizeof output.said);
    output.status = pclose(running);

    read_and_remove(folder, "t.h", output.header, sizeof output.header);
    read_and_remove(folder, "t.c", output.code, sizeof output.code);
    read_and_remove(folder, "t.sql", ignored, sizeof ignored);
    rmdir(folder);
    return output;
}

static void assert_refused(const char *source, const char *message)
{
    struct output output = compile(source);

    assert_int_not_equal(output.status, 0);
    assert_string_equal(output.said, message);
}

static void assert_contains(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("no \"%s\" in:\n%s", part, text);
}

static void types_and_null_come_from_the_tables(void **state)
{
    (void)state;
    struct output output =
        compile(TABLES "-- statement: find :one\nselect id, name, size from t where size = :size;\n");

    assert_string_equal(output.said, "");
    assert_contains(output.header, "struct demo_find_params {\n    const int64_t *size;\n};");
    assert_contains(output.header,
                    "struct demo_find_row {\n    int64_t id;\n    str name;\n    const int64_t *size;\n};");
}

static void a_declaration_overrides_the_tables(void **state)
{
    (void)state;
    struct output output =
        compile(TABLES "-- statement: find :one\n-- param: size integer\n-- column: id text null\n"
                       "select id from t where size = :size;\n");

    assert_string_equal(output.said, "");
    assert_contains(output.header, "struct demo_find_params {\n    int64_t size;\n};");
    assert_contains(output.header, "    str id; /* or absent */\n");
}

static void each_kind_has_its_signature(void **state)
{
    (void)state;
    struct output output = compile(TABLES "-- statement: a :one\nselect id from t;\n"
                                          "-- statement: b :many\nselect id from t;\n"
                                          "-- statement: c :each\nselect id from t;\n"
                                          "-- statement: d :exec\ndelete from t;\n"
                                          "-- statement: e :insert\ninsert into t (name) values (:name);\n");

    assert_string_equal(output.said, "");
    assert_contains(output.header, "bool demo_a(struct txn *txn, struct demo_a_row *row);");
    assert_contains(output.header, "struct demo_b_rows demo_b(struct txn *txn);");
    assert_contains(output.header, "struct demo_c_cursor demo_c_open(struct txn *txn);");
    assert_contains(output.header, "int64_t demo_d(struct txn *txn);");
    assert_contains(output.header, "int64_t demo_e(struct txn *txn, const struct demo_e_params *params);");
}

static void a_comment_right_above_is_the_functions(void **state)
{
    (void)state;
    struct output output = compile(
        TABLES
        "-- Not this one.\n\n-- All of them,\n-- at once.\n-- statement: a :many\nselect id from t;\n");

    assert_contains(output.header, "\n/*\n * All of them,\n * at once.\n */\nstruct demo_a_row {");
    assert_null(strstr(output.header, "Not this one"));
}

static void text_is_escaped_for_c(void **state)
{
    (void)state;
    struct output output =
        compile(TABLES "-- statement: a :exec\ndelete from t where name = '\\ \"\?\?/';\n");

    assert_string_equal(output.said, "");
    assert_contains(output.code, "\"delete from t where name = '\\\\ \\\"\\?\\?/'\"");
}

static void a_new_database_gets_the_tables_without_their_history(void **state)
{
    struct output output = compile(TABLES "create index t_name on t (name);\n"
                                          "-- migration: 2\nalter table t drop column size;\n"
                                          "alter table t add column shape text;\n"
                                          "-- migration: 3\ncreate table u (id integer primary key);\n");

    (void)state;
    assert_int_equal(output.status, 0);
    assert_contains(output.code,
                    "newest[] = {\n    (\n"
                    "        \"CREATE TABLE t (id integer primary key, name text not null, shape text)\"),\n"
                    "    (\n        \"CREATE TABLE u (id integer primary key)\"),\n"
                    "    (\n        \"CREATE INDEX t_name on t (name)\"),\n};\n");
    assert_refused(TABLES "insert into t (name) values ('x');\n",
                   "t.sql:1: error: the migrations put rows into the new table t\n");
}

static void mistakes_are_reported_with_their_line(void **state)
{
    (void)state;
    assert_refused("select 1;\n", "t.sql:1: error: SQL before any -- migration: or -- statement:\n");
    assert_refused("-- migration: 2\n", "t.sql:1: error: migrations are numbered 1, 2, 3, ...\n");
    assert_refused("-- migration: 1\n\ncreate table a (id integer);\ncreate tabel b;\n",
                   "t.sql:4: error: near \"tabel\": syntax error\n");
    assert_refused(TABLES "-- statement: a :one\nselect id,\n    nmae\nfrom t;\n",
                   "t.sql:5: error: no such column: nmae\n");
    assert_refused(TABLES "-- statement: a :some\n",
                   "t.sql:3: error: the kind is one of :one :cached :many :each :exec :insert\n");
    assert_refused(TABLES "-- statement: a :exec\ndelete from t;\n\ndelete from t;\n",
                   "t.sql:4: error: more than one statement\n");
    assert_refused(TABLES "-- statement: a :one\n-- param: x integer\nselect id from t;\n",
                   "t.sql:4: error: the statement has no x\n");
}

static void a_cached_statement_only_reads_and_is_known_by_its_parameters(void **state)
{
    (void)state;
    assert_refused(TABLES "-- statement: a :cached\nselect id from t;\n",
                   "t.sql:3: error: a :cached statement has 1 to 4 parameters\n");
    assert_refused(
        TABLES "-- statement: a :cached\nselect id from t where size = :size;\n",
        "t.sql:3: error: the parameters of a :cached statement are integer, text or blob, and never "
        "null\n");
    assert_refused(TABLES "-- statement: a :cached\ndelete from t where id = :id returning id;\n",
                   "t.sql:3: error: a :cached statement only reads\n");
    assert_refused(TABLES "-- statement: a :cached\n-- param: a text\n-- param: b text\n-- param: c text\n"
                          "select id from t where id = :id and name in (:name, :a, :b, :c);\n",
                   "t.sql:3: error: a :cached statement has 1 to 4 parameters\n");
    assert_string_equal(compile(TABLES "-- statement: a :cached\n-- param: a text\n-- param: b text\n"
                                       "select id from t where id = :id and name in (:name, :a, :b);\n")
                            .said,
                        "");
}

static void what_has_no_type_is_refused(void **state)
{
    (void)state;
    assert_refused(TABLES "-- statement: a :one\nselect id from t limit :most;\n",
                   "t.sql:3: error: no column is named as the parameter :most: declare it with -- param:\n");
    assert_refused(TABLES "-- statement: a :one\nselect count(*) as n from t;\n",
                   "t.sql:3: error: the result n is no column of a table: declare it with -- column:\n");
    assert_refused("-- migration: 1\ncreate table a (x integer);\ncreate table b (x text, y text);\n"
                   "-- statement: a :one\nselect b.y from a, b where a.x = :x;\n",
                   "t.sql:4: error: x is not the same in a and b: declare it with -- param: or -- column:\n");
    assert_refused("-- migration: 1\ncreate table a (x varchar(3));\n",
                   "t.sql:1: error: a.x: a column is integer, real, text or blob, not \"varchar(3)\"\n");
}

static void a_kind_must_fit_what_the_statement_returns(void **state)
{
    (void)state;
    assert_refused(TABLES "-- statement: a :one\ndelete from t;\n",
                   "t.sql:3: error: it returns no columns: use :exec or :insert\n");
    assert_refused(TABLES "-- statement: a :exec\nselect id from t;\n",
                   "t.sql:3: error: it returns columns: use :one, :many or :each\n");
}

static void statements_of_one_row_share_its_struct(void **state)
{
    (void)state;
    struct output output = compile(
        TABLES "-- statement: add :insert\n-- row: thing\ninsert into t (name, size) values (:name, :size);\n"
               "-- statement: find :one\n-- row: thing\nselect id, name, size from t where id = :id;\n"
               "-- statement: list :many\n-- row: thing\nselect id, name from t;\n");

    assert_string_equal(output.said, "");
    assert_contains(output.header,
                    "struct demo_thing_row {\n    str name;\n    const int64_t *size;\n    int64_t id;\n"
                    "};\nstruct demo_thing_rows {\n    struct demo_thing_row *items;\n");
    assert_contains(output.header, "int64_t demo_add(struct txn *txn, const struct demo_thing_row *row);");
    assert_contains(output.header, "bool demo_find(struct txn *txn, const struct demo_find_params *params, "
                                   "struct demo_thing_row *row);");
    assert_contains(output.header, "struct demo_thing_rows demo_list(struct txn *txn);");
    assert_null(strstr(output.header, "demo_add_params"));
    assert_null(strstr(output.header, "demo_find_row"));
}

static void what_cannot_share_a_row_is_refused(void **state)
{
    (void)state;
    assert_refused(
        TABLES "-- statement: a :one\n-- row: thing\nselect id, size from t;\n"
               "-- statement: b :exec\n-- row: thing\n-- param: size integer\n"
               "update t set size = :size;\n",
        "t.sql:6: error: size is not the same in the row thing above: declare it with -- param: or "
        "-- column:\n");
    assert_refused(TABLES "-- statement: a :exec\n-- row: thing\ndelete from t;\n",
                   "t.sql:3: error: it has no parameters to take from a row\n");
    assert_refused(TABLES "-- statement: a :one\n-- row: a thing\nselect id from t;\n",
                   "t.sql:4: error: \"a thing\" cannot name a C struct\n");
    assert_refused(TABLES "-- row: thing\n-- statement: a :one\nselect id from t;\n",
                   "t.sql:3: error: -- row: stands between -- statement: and its SQL\n");
}

#define STATES                                                                                               \
    "-- migration: 1\ncreate table t (id integer primary key, state text not null check (state in ('on', "   \
    "'off')), last text);\n-- enum: t.state on off\n"

static void a_column_may_be_an_enum(void **state)
{
    (void)state;
    struct output output = compile(STATES "-- statement: a :one\nselect state from t where id = :id;\n"
                                          "-- statement: b :exec\nupdate t set state = :state;\n");

    assert_int_equal(output.status, 0);
    assert_contains(output.header, "enum t_state {\n    T_STATE_ON = 1,\n    T_STATE_OFF,\n};\n");
    assert_contains(output.header, "str t_state_text(enum t_state value);\n");
    assert_contains(output.header, "enum t_state t_state_of(str text);\n");
    assert_contains(output.header, "struct demo_a_row {\n    enum t_state state;\n};\n");
    assert_contains(output.header, "struct demo_b_params {\n    enum t_state state;\n};\n");
    assert_contains(output.code, "row->state = t_state_of(statement_read_bytes(statement, 0));\n");
    assert_contains(output.code, "statement_bind_text(statement, 1, t_state_text(params->state));\n");
}

static void a_misspelt_state_is_refused(void **state)
{
    (void)state;
    assert_refused(STATES "-- statement: a :exec\ndelete from t where state = 'onn';\n",
                   "t.sql:5: error: 'onn' is no value of state\n");
    assert_refused(STATES "-- statement: a :exec\ndelete from t\nwhere state <> 'onn';\n",
                   "t.sql:6: error: 'onn' is no value of state\n");
    assert_refused(STATES "-- statement: a :exec\ninsert into t (state) values ('onn');\n",
                   "t.sql:5: error: 'onn' is no value of an enum of these tables\n");
    assert_int_equal(compile(STATES "-- statement: a :exec\nupdate t set state = 'on', last = 'onn' "
                                    "where state in ('on', 'off');\n")
                         .status,
                     0);
}

static void a_table_checks_the_values_of_its_enum(void **state)
{
    (void)state;
    assert_refused(TABLES "-- enum: t.name a b\n",
                   "t.sql:3: error: the table t lacks check (name in ('a', 'b'))\n");
    assert_refused(STATES "-- enum: t.state on\n", "t.sql:4: error: t.state is declared twice\n");
    assert_refused(TABLES "-- enum: t.name a a\n", "t.sql:3: error: t.name has the value a twice\n");
    assert_refused(TABLES "-- enum: t.name\n", "t.sql:3: error: t.name has no values\n");
    assert_refused(TABLES "-- enum: name a\n",
                   "t.sql:3: error: expected -- enum: table.column value value ...\n");
    assert_refused(TABLES "-- enum: t.name a-b\n", "t.sql:3: error: \"a-b\" cannot be part of a name in C\n");
}

/* Compile t.sql beside other.sql, which it uses. */
static struct output compile_beside(const char *other, const char *source)
{
    char folder[] = "/tmp/sqlc-used-XXXXXX", path[128], text[8192];

    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/other.sql", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(other, file);
    fclose(file);

    snprintf(text, sizeof text, "-- uses: ..%s\n%s", path + strlen("/tmp"), source);
    struct output output = compile(text);
    unlink(path);
    rmdir(folder);
    return output;
}

static void migrations_may_name_the_tables_of_a_source_that_is_used(void **state)
{
    struct output output = compile_beside(
        "-- migration: 1\ncreate table other (a integer);\n-- migration: 2\nalter table other add b text;\n",
        TABLES "insert into other (a, b) select id, name from t;\n"
               "-- statement: a :many\nselect id from t;\n");

    (void)state;
    assert_int_equal(output.status, 0);
    assert_contains(output.code, "extern const struct schema OTHER_SCHEMA;\n");
    assert_contains(output.code, "static const struct schema *const uses[] = {&OTHER_SCHEMA, NULL};\n");
    assert_contains(output.code, "    .uses = uses,\n");
    assert_contains(output.code, "tables[] = {\n    \"t\",\n};\n");
    assert_null(strstr(output.code, "create table other"));
}

static void assert_refused_beside(const char *other, const char *source, const char *message)
{
    struct output output = compile_beside(other, source);

    assert_int_not_equal(output.status, 0);
    assert_contains(output.said, message);
}

static void a_used_source_is_refused_in_statements_and_where_it_uses_others(void **state)
{
    const char *other = "-- migration: 1\ncreate table other (a integer, c text);\n";

    (void)state;
    assert_refused_beside(other, TABLES "-- statement: a :exec\ndelete from other;\n",
                          "t.sql:4: error: only migrations may name other, the table of another source\n");
    assert_refused_beside(other, TABLES "-- statement: a :many\nselect id from t join other on a = id;\n",
                          "t.sql:4: error: only migrations may name other, the table of another source\n");
    assert_refused_beside(other, TABLES "-- statement: a :exec\nupdate t set size = :c;\n",
                          "no column is named as the parameter :c");
    assert_refused_beside("-- uses: t.sql\n", TABLES, "error: No such file or directory\n");
    assert_refused_beside("-- migration: 1\ncreate tabel other (a integer);\n", TABLES,
                          "other.sql:2: error: near \"tabel\": syntax error\n");
    assert_refused(TABLES "-- uses: other.sql\n",
                   "t.sql:3: error: -- uses: stands before all migrations and statements\n");
    assert_refused("-- uses: other\n", "t.sql:1: error: expected -- uses: the path of an .sql file\n");
    assert_refused("-- uses: other.sql\n", "other.sql:0: error: No such file or directory\n");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_and_null_come_from_the_tables),
        cmocka_unit_test(a_declaration_overrides_the_tables),
        cmocka_unit_test(each_kind_has_its_signature),
        cmocka_unit_test(a_comment_right_above_is_the_functions),
        cmocka_unit_test(text_is_escaped_for_c),
        cmocka_unit_test(a_new_database_gets_the_tables_without_their_history),
        cmocka_unit_test(mistakes_are_reported_with_their_line),
        cmocka_unit_test(a_cached_statement_only_reads_and_is_known_by_its_parameters),
        cmocka_unit_test(what_has_no_type_is_refused),
        cmocka_unit_test(a_kind_must_fit_what_the_statement_returns),
        cmocka_unit_test(statements_of_one_row_share_its_struct),
        cmocka_unit_test(what_cannot_share_a_row_is_refused),
        cmocka_unit_test(a_column_may_be_an_enum),
        cmocka_unit_test(a_misspelt_state_is_refused),
        cmocka_unit_test(a_table_checks_the_values_of_its_enum),
        cmocka_unit_test(migrations_may_name_the_tables_of_a_source_that_is_used),
        cmocka_unit_test(a_used_source_is_refused_in_statements_and_where_it_uses_others),
    };

    if (argc != 2) {
        fputs("usage: test_sqlc PATH_OF_SQLC\n", stderr);
        return 2;
    }
    sqlc = realpath(argv[1], NULL);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(sqlc);
    return failed;
}
