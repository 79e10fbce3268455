/*
 * Packages from strangers: what is unpacked, and what never leaves the folder.
 */
#include "services/lambda/unzip.h"

#include "unit.h"

#include <archive.h>
#include <archive_entry.h>
#include <ftw.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MIB = 1024 * 1024, ROOM = 4 * MIB, OPEN_FOLDERS = 8 };

/* ---- a package under construction ---- */

struct package {
    struct archive *archive;
    char *room;
    size_t size;
};

static struct package package_begin(void)
{
    struct package package = {archive_write_new(), arena_alloc(&scratch, ROOM), 0};

    archive_write_set_format_zip(package.archive);
    return package;
}

static void open_package(struct package *package)
{
    assert_int_equal(archive_write_open_memory(package->archive, package->room, ROOM, &package->size),
                     ARCHIVE_OK);
}

static void add(struct package *package, const char *name, mode_t type, const char *link, str content)
{
    struct archive_entry *entry = archive_entry_new();

    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, type);
    archive_entry_set_perm(entry, type == AE_IFREG ? 0755 : 0777);
    archive_entry_set_size(entry, (la_int64_t)content.size);
    if (link)
        archive_entry_set_symlink(entry, link);
    assert_int_equal(archive_write_header(package->archive, entry), ARCHIVE_OK);
    archive_write_data(package->archive, content.data, content.size);
    archive_entry_free(entry);
}

static str finished(struct package *package)
{
    archive_write_close(package->archive);
    archive_write_free(package->archive);
    return (str){package->room, package->size};
}

static str package_of(const char *name, mode_t type, const char *link, str content)
{
    struct package package = package_begin();

    open_package(&package);
    add(&package, name, type, link, content);
    return finished(&package);
}

/* ---- a folder to unpack into ---- */

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/unzip-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int forget(const char *path, const struct stat *status, int type, struct FTW *at)
{
    (void)status, (void)at;
    return type == FTW_D ? chmod(path, 0700) : 0;
}

static int delete (const char *path, const struct stat *status, int type, struct FTW *at)
{
    (void)status, (void)type, (void)at;
    return remove(path);
}

static int remove_folder(void **state)
{
    nftw(folder, forget, OPEN_FOLDERS, FTW_PHYS);
    nftw(folder, delete, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
    return free_arena(state);
}

static enum unzip_result unpacked(str zip)
{
    return unzip(&scratch, zip, str_of(folder), MIB);
}

static const char *path(const char *name)
{
    return arena_format(&scratch, "%s/%s", folder, name).data;
}

TEST(a_file_is_unpacked_readable_and_executable_and_not_writable)
{
    struct stat status;

    assert_int_equal(unpacked(package_of("bin/bootstrap", AE_IFREG, NULL, S("#!/bin/sh\n"))), UNZIP_OK);
    assert_int_equal(stat(path("bin/bootstrap"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0555);
    assert_int_equal(status.st_size, 10);
}

TEST(what_is_no_zip_file_is_broken)
{
    assert_int_equal(unpacked(S("this is no zip")), UNZIP_BROKEN);
    assert_int_equal(unpacked(S("")), UNZIP_BROKEN);
}

TEST(a_cut_off_zip_file_is_broken)
{
    str zip = package_of("index.py", AE_IFREG, NULL, S("x = 1\n"));

    assert_int_equal(unpacked(str_head(zip, zip.size - 30)), UNZIP_BROKEN);
}

TEST(a_zip_file_without_entries_is_empty)
{
    struct package package = package_begin();

    open_package(&package);
    assert_int_equal(unpacked(finished(&package)), UNZIP_EMPTY);
}

TEST(a_name_that_leads_out_of_the_folder_is_refused)
{
    static const char *const names[] = {"../escaped", "a/../../escaped", "/tmp/escaped"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(unpacked(package_of(names[i], AE_IFREG, NULL, S("x"))), UNZIP_BROKEN);
    assert_int_not_equal(access(path("../escaped"), F_OK), 0);
}

TEST(a_link_within_the_folder_is_made)
{
    char target[64];

    assert_int_equal(unpacked(package_of("node_modules/.bin/tool", AE_IFLNK, "../tool/cli.js", S(""))),
                     UNZIP_OK);
    ssize_t size = readlink(path("node_modules/.bin/tool"), target, sizeof target);
    assert_str(((str){target, (size_t)size}), S("../tool/cli.js"));
}

TEST(a_link_that_leads_out_of_the_folder_is_refused)
{
    assert_false(unzip_link_is_safe(S("a"), S("..")));
    assert_false(unzip_link_is_safe(S("a/b"), S("../../etc/passwd")));
    assert_false(unzip_link_is_safe(S("a"), S("/etc/passwd")));
    assert_false(unzip_link_is_safe(S("a"), S("")));
    assert_true(unzip_link_is_safe(S("a/b"), S("../c")));
    assert_int_equal(unpacked(package_of("link", AE_IFLNK, "../../etc", S(""))), UNZIP_BROKEN);
}

TEST(nothing_is_written_through_a_link)
{
    struct package package = package_begin();

    open_package(&package);
    add(&package, "real/file", AE_IFREG, NULL, S("before"));
    add(&package, "link", AE_IFLNK, "real", S(""));
    add(&package, "link/file", AE_IFREG, NULL, S("through"));
    assert_int_not_equal(unpacked(finished(&package)), UNZIP_OK);
}

TEST(a_package_that_grows_too_large_is_refused)
{
    str zeroes = {arena_alloc(&scratch, MIB + 1), MIB + 1};

    assert_int_equal(unpacked(package_of("zeroes", AE_IFREG, NULL, zeroes)), UNZIP_TOO_LARGE);
    assert_int_equal(unpacked(package_of("zeroes", AE_IFREG, NULL, str_head(zeroes, MIB))), UNZIP_OK);
}

#define on_disk(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

TESTS(on_disk(a_file_is_unpacked_readable_and_executable_and_not_writable),
      on_disk(what_is_no_zip_file_is_broken), on_disk(a_cut_off_zip_file_is_broken),
      on_disk(a_zip_file_without_entries_is_empty), on_disk(a_name_that_leads_out_of_the_folder_is_refused),
      on_disk(a_link_within_the_folder_is_made), on_disk(a_link_that_leads_out_of_the_folder_is_refused),
      on_disk(nothing_is_written_through_a_link), on_disk(a_package_that_grows_too_large_is_refused))
