/*
 * test_folder.c: a folder's fingerprint shows every change that replaces or alters a file.
 */
#include "base/folder.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOBODY = 65534 };

static char folder[64];

static const char *path(const char *name)
{
    return arena_format(&scratch, "%s/%s", folder, name).data;
}

static void write_file(const char *name, const char *content)
{
    int file = open(path(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_int_equal(write(file, content, strlen(content)), strlen(content));
    close(file);
}

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/folder-XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    mkdir(path("below"), 0700);
    write_file("below/file", "content");
    return symlink("below/file", path("link"));
}

static int remove_folder(void **state)
{
    folder_remove(folder);
    return free_arena(state);
}

static struct sha256 fingerprint(void)
{
    struct sha256 found;

    assert_true(folder_fingerprint(folder, INT64_MAX, &found));
    return found;
}

static void assert_seen(struct sha256 before)
{
    struct sha256 after = fingerprint();

    assert_memory_not_equal(after.bytes, before.bytes, sizeof after.bytes);
}

TEST(reading_changes_nothing)
{
    struct sha256 before = fingerprint(), after;
    char byte;
    int file = open(path("below/file"), O_RDONLY);

    assert_int_equal(read(file, &byte, 1), 1);
    close(file);
    after = fingerprint();
    assert_memory_equal(after.bytes, before.bytes, sizeof after.bytes);
}

TEST(what_is_written_added_removed_or_named_anew_is_seen)
{
    struct sha256 before = fingerprint();

    write_file("below/file", "CONTENT");
    assert_seen(before);
    before = fingerprint();
    write_file("below/other", "");
    assert_seen(before);
    before = fingerprint();
    assert_int_equal(rename(path("below/other"), path("below/another")), 0);
    assert_seen(before);
    before = fingerprint();
    assert_int_equal(unlink(path("below/another")), 0);
    assert_seen(before);
    before = fingerprint();
    assert_int_equal(unlink(path("link")), 0);
    assert_int_equal(symlink("below/FILE", path("link")), 0);
    assert_seen(before);
    before = fingerprint();
    assert_int_equal(chmod(path("below/file"), 0700), 0);
    assert_seen(before);
}

/* Its size and its times are set back to the old ones. */
TEST(a_file_that_pretends_to_be_the_old_one_is_seen)
{
    struct sha256 before = fingerprint();
    struct stat status;

    assert_int_equal(stat(path("below/file"), &status), 0);
    write_file("below/file", "CONTENT");
    const struct timespec times[] = {status.st_atim, status.st_mtim};
    assert_int_equal(utimensat(AT_FDCWD, path("below/file"), times, 0), 0);
    assert_seen(before);
}

TEST(a_folder_that_is_not_there_has_no_fingerprint)
{
    struct sha256 found;

    assert_false(folder_fingerprint(path("none"), INT64_MAX, &found));
}

TEST(a_folder_with_too_many_entries_has_no_fingerprint)
{
    struct sha256 found;

    assert_true(folder_fingerprint(folder, 3, &found)); /* below, below/file, link */
    assert_false(folder_fingerprint(folder, 2, &found));
    assert_int_equal(errno, E2BIG);
}

/* Continue as an ordinary user, because root may remove anything. */
static void become_nobody(void)
{
    if (geteuid() == 0) {
        assert_int_equal(chown(folder, NOBODY, NOBODY), 0);
        assert_int_equal(chown(path("below"), NOBODY, NOBODY), 0);
        assert_int_equal(setresuid(NOBODY, NOBODY, NOBODY), 0);
    }
}

TEST(a_folder_that_may_not_be_written_is_removed_too)
{
    assert_int_equal(chmod(path("below"), 0500), 0);
    pid_t child = fork();
    if (child == 0) {
        become_nobody();
        folder_remove(path("below"));
        _exit(folder_exists(path("below")));
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

#define in_folder(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

TESTS(in_folder(reading_changes_nothing), in_folder(what_is_written_added_removed_or_named_anew_is_seen),
      in_folder(a_file_that_pretends_to_be_the_old_one_is_seen),
      in_folder(a_folder_that_is_not_there_has_no_fingerprint),
      in_folder(a_folder_with_too_many_entries_has_no_fingerprint),
      in_folder(a_folder_that_may_not_be_written_is_removed_too))
