/*
 * test_unzip.c: packages from strangers: what is unpacked, and that nothing is written outside the folder.
 */
#include "base/folder.h"
#include "base/text.h"
#include "services/lambda/unzip.h"

#include "unit.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MIB = 1024 * 1024, ROOM = 32 * MIB };

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

/*
 * Change the type in the central directory: the upper half of the entry's external attributes.  libarchive
 * also writes them into the local header, as an extension "xl".
 */
static void change_type(str zip, const char *name, mode_t type)
{
    enum { TO_NAME = 46, TO_TYPE = 41 };
    unsigned char *bytes = (unsigned char *)(uintptr_t)zip.data;

    for (size_t at = 0; at + TO_NAME < zip.size; at++) {
        str rest = str_from(zip, at);
        if (str_starts_with(rest, S("xl")))
            bytes[at] = 'y';
        if (str_starts_with(rest, S("PK\001\002")) && str_starts_with(str_from(rest, TO_NAME), str_of(name)))
            bytes[at + TO_TYPE] = (unsigned char)((bytes[at + TO_TYPE] & 0x0f) | (type >> 8 & 0xf0));
    }
}

/* ---- a folder to unpack into ---- */

static char folder[64];

static int make_folder(void **state)
{
    (void)state;
    setenv("TZ", "UTC", 1); /* otherwise libc looks at /etc/localtime for each entry */
    strcpy(folder, "/dev/shm/unzip-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    folder_remove(folder);
    return free_arena(state);
}

static bool read_package(void *context, size_t number, str *zip)
{
    *zip = ((const str *)context)[number];
    return true;
}

static enum unzip_result unpacked_together(str *zips, size_t count)
{
    return unzip(&(struct unzip_source){read_package, zips, count}, folder, MIB);
}

static enum unzip_result checked(str zip)
{
    int64_t bytes;

    return unzip_check(zip, MIB, &bytes);
}

static enum unzip_result unpacked(str zip)
{
    enum unzip_result result = checked(zip);

    assert_int_equal(unpacked_together(&zip, 1), result); /* on a disk that has room */
    return result;
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
    assert_false(unzip_link_is_safe(S("a/b"), S("../../c")));
    assert_true(unzip_link_is_safe(S("a/b"), S("../c")));
    assert_true(unzip_link_is_safe(S("a/./b"), S("./../c/./d/")));
    assert_false(unzip_link_is_safe(S("a/./b"), S("../../c")));
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

/* "d/up" is the folder itself, so "d/up/.." is above the folder, although it looks as if it were not. */
TEST(links_that_lead_out_together_are_refused)
{
    struct package package = package_begin();

    open_package(&package);
    add(&package, "d/up", AE_IFLNK, "..", S(""));
    add(&package, "out", AE_IFLNK, "d/up/..", S(""));
    assert_int_equal(unpacked(finished(&package)), UNZIP_BROKEN);
}

TEST(bits_that_lend_rights_are_dropped)
{
    struct package package = package_begin();
    struct archive_entry *entry = archive_entry_new();
    struct stat status;

    open_package(&package);
    archive_entry_set_pathname(entry, "tool");
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 07777);
    archive_entry_set_size(entry, 0);
    assert_int_equal(archive_write_header(package.archive, entry), ARCHIVE_OK);
    archive_entry_free(entry);
    assert_int_equal(unpacked(finished(&package)), UNZIP_OK);
    assert_int_equal(stat(path("tool"), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0555);
}

TEST(what_is_neither_file_nor_folder_nor_link_is_refused)
{
    static const mode_t types[] = {AE_IFREG, AE_IFCHR, AE_IFBLK, AE_IFSOCK};

    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct package package = package_begin();
        open_package(&package);
        add(&package, "good", AE_IFREG, NULL, S("x"));
        add(&package, "strange", AE_IFREG, NULL, S("x"));
        str zip = finished(&package);
        change_type(zip, "strange", types[i]);
        assert_int_equal(unpacked(zip), types[i] == AE_IFREG ? UNZIP_OK : UNZIP_BROKEN);
        folder_remove(folder);
        mkdir(folder, 0700);
    }
}

static str package_of_two(const char *first, mode_t first_type, const char *second, mode_t second_type)
{
    struct package package = package_begin();

    open_package(&package);
    add(&package, first, first_type, first_type == AE_IFLNK ? "x" : NULL, S(""));
    add(&package, second, second_type, second_type == AE_IFLNK ? "x" : NULL, S(""));
    return finished(&package);
}

TEST(a_name_stands_only_once)
{
    static const struct {
        const char *first;
        mode_t first_type;
        const char *second;
        mode_t second_type;
        enum unzip_result result;
    } cases[] = {
        {"a", AE_IFREG, "b", AE_IFREG, UNZIP_OK},
        {"a", AE_IFREG, "a", AE_IFREG, UNZIP_BROKEN},
        {"a", AE_IFREG, "./a", AE_IFREG, UNZIP_BROKEN},
        {"a/b", AE_IFREG, "a//b", AE_IFREG, UNZIP_BROKEN},
        {"a", AE_IFREG, "a", AE_IFLNK, UNZIP_BROKEN},
        {"a", AE_IFLNK, "a/b", AE_IFREG, UNZIP_BROKEN},
        {"a/b", AE_IFREG, "a", AE_IFLNK, UNZIP_BROKEN},
        {"a", AE_IFREG, "a/", AE_IFDIR, UNZIP_BROKEN},
        {"a/", AE_IFDIR, "a", AE_IFREG, UNZIP_BROKEN},
        {"a", AE_IFREG, "a/b", AE_IFREG, UNZIP_BROKEN},
        {"a/b", AE_IFREG, "a", AE_IFREG, UNZIP_BROKEN},
        {"a/b", AE_IFREG, "a/", AE_IFDIR, UNZIP_OK}, /* a folder's entry may come after the entries in it */
        {"a/", AE_IFDIR, "a/", AE_IFDIR, UNZIP_OK},
        {"./", AE_IFDIR, "a", AE_IFREG, UNZIP_OK},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        str zip = package_of_two(cases[i].first, cases[i].first_type, cases[i].second, cases[i].second_type);
        assert_int_equal(unpacked(zip), cases[i].result);
        folder_remove(folder);
        mkdir(folder, 0700);
    }
}

static str repeated(const char *part, size_t times)
{
    struct text text = text_in(&scratch);

    while (times-- > 0)
        text_add(&text, str_of(part));
    return text_str(&text);
}

static enum unzip_result named(str name)
{
    enum unzip_result result = unpacked(package_of(arena_cstr(&scratch, name), AE_IFREG, NULL, S("x")));

    folder_remove(folder);
    mkdir(folder, 0700);
    return result;
}

TEST(names_have_a_length_and_a_depth)
{
    assert_int_equal(named(repeated("a", UNZIP_MOST_PIECE_BYTES)), UNZIP_OK);
    assert_int_equal(named(repeated("a", UNZIP_MOST_PIECE_BYTES + 1)), UNZIP_BROKEN);
    assert_int_equal(named(arena_join(&scratch, repeated("a/", UNZIP_MOST_DEPTH - 1), S("a"))), UNZIP_OK);
    assert_int_equal(named(arena_join(&scratch, repeated("a/", UNZIP_MOST_DEPTH), S("a"))), UNZIP_BROKEN);
    str deep = arena_join(&scratch, repeated("abcdefghijklmno/", UNZIP_MOST_NAME_BYTES / 16 - 1),
                          S("0123456789abcdef"));
    assert_int_equal(deep.size, UNZIP_MOST_NAME_BYTES);
    assert_int_equal(named(deep), UNZIP_OK);
    assert_int_equal(named(arena_join(&scratch, deep, S("x"))), UNZIP_BROKEN);
}

TEST(names_are_utf8_whatever_the_locale_is)
{
    assert_int_equal(unpacked(package_of("\xc3\xbc/\xe6\x97\xa5.txt", AE_IFREG, NULL, S("x"))), UNZIP_OK);
    assert_int_equal(access(path("\xc3\xbc/\xe6\x97\xa5.txt"), F_OK), 0);
}

static str package_of_many(size_t count, mode_t type, const char *format)
{
    struct package package = package_begin();
    char name[UNZIP_MOST_NAME_BYTES + 1];

    archive_write_zip_set_compression_store(package.archive); /* else zlib starts and ends for each entry */
    open_package(&package);
    for (size_t i = 0; i < count; i++) {
        snprintf(name, sizeof name, format, (unsigned)i);
        add(&package, name, type, NULL, S(""));
    }
    return finished(&package);
}

static void assert_most(size_t count, mode_t type, const char *format)
{
    assert_int_equal(checked(package_of_many(count, type, format)), UNZIP_OK);
    assert_int_equal(checked(package_of_many(count + 1, type, format)), UNZIP_TOO_LARGE);
}

TEST(a_package_has_so_many_entries_and_no_more)
{
    assert_most(UNZIP_MOST_ENTRIES, AE_IFREG, "%05x");
    assert_most(UNZIP_MOST_ENTRIES - 2, AE_IFREG,
                "a/b/%05x"); /* including the folders that only names of files mention */
}

TEST(a_package_has_so_many_folders_and_no_more)
{
    assert_most(UNZIP_MOST_FOLDERS, AE_IFDIR, "%05x/");
    assert_most(UNZIP_MOST_FOLDERS, AE_IFREG, "%05x/file");
    assert_most(UNZIP_MOST_FOLDERS / 2, AE_IFDIR, "%05x/x/");
}

TEST(all_names_together_have_a_length)
{
    assert_most(UNZIP_MOST_NAMES_BYTES / 250, AE_IFREG, "%0250u");
}

/* ---- several packages, one over the other ---- */

static str content_of(const char *name)
{
    char bytes[64];
    FILE *file = fopen(path(name), "r");
    size_t size = file ? fread(bytes, 1, sizeof bytes, file) : 0;

    if (!file)
        return (str){0};
    fclose(file);
    return arena_copy(&scratch, (str){bytes, size});
}

static enum unzip_result two_entries(const char *first, mode_t first_type, const char *second,
                                     mode_t second_type)
{
    str zips[] = {package_of(first, first_type, first_type == AE_IFLNK ? "target" : NULL,
                             first_type == AE_IFREG ? S("first") : S("")),
                  package_of(second, second_type, second_type == AE_IFLNK ? "target" : NULL,
                             second_type == AE_IFREG ? S("second") : S(""))};

    return unpacked_together(zips, 2);
}

TEST(packages_share_folders)
{
    assert_int_equal(two_entries("lib/a", AE_IFREG, "lib/b", AE_IFREG), UNZIP_OK);
    assert_text(content_of("lib/a"), "first");
    assert_text(content_of("lib/b"), "second");
}

TEST(a_later_package_replaces_a_file)
{
    assert_int_equal(two_entries("lib/a", AE_IFREG, "lib/a", AE_IFREG), UNZIP_OK);
    assert_text(content_of("lib/a"), "second");
}

TEST(a_later_package_replaces_a_link)
{
    struct stat status;

    assert_int_equal(two_entries("lib/a", AE_IFLNK, "lib/a", AE_IFREG), UNZIP_OK);
    assert_int_equal(lstat(path("lib/a"), &status), 0);
    assert_true(S_ISREG(status.st_mode));
    assert_text(content_of("lib/a"), "second");
}

TEST(a_later_package_replaces_a_file_by_a_link)
{
    struct stat status;

    assert_int_equal(two_entries("lib/a", AE_IFREG, "lib/a", AE_IFLNK), UNZIP_OK);
    assert_int_equal(lstat(path("lib/a"), &status), 0);
    assert_true(S_ISLNK(status.st_mode));
}

TEST(a_later_package_writes_nothing_through_a_link)
{
    struct stat status;

    assert_int_equal(two_entries("lib", AE_IFLNK, "lib/a", AE_IFREG), UNZIP_OK);
    assert_int_equal(lstat(path("lib"), &status), 0);
    assert_true(S_ISDIR(status.st_mode));
    assert_text(content_of("lib/a"), "second");
}

TEST(a_later_package_replaces_no_folder)
{
    assert_int_equal(two_entries("lib/a", AE_IFREG, "lib", AE_IFREG), UNZIP_BROKEN);
}

TEST(each_package_may_have_as_many_entries)
{
    str zips[] = {package_of_many(UNZIP_MOST_FOLDERS, AE_IFDIR, "a%05x/"),
                  package_of_many(UNZIP_MOST_FOLDERS, AE_IFDIR, "b%05x/"),
                  package_of_many(1, AE_IFDIR, "c%05x/")};

    assert_int_equal(unpacked_together(zips, 3), UNZIP_OK);
}

#define on_disk(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)

TESTS(on_disk(a_file_is_unpacked_readable_and_executable_and_not_writable),
      on_disk(what_is_no_zip_file_is_broken), on_disk(a_cut_off_zip_file_is_broken),
      on_disk(a_zip_file_without_entries_is_empty), on_disk(a_name_that_leads_out_of_the_folder_is_refused),
      on_disk(a_link_within_the_folder_is_made), on_disk(a_link_that_leads_out_of_the_folder_is_refused),
      on_disk(nothing_is_written_through_a_link), on_disk(a_package_that_grows_too_large_is_refused),
      on_disk(links_that_lead_out_together_are_refused), on_disk(bits_that_lend_rights_are_dropped),
      on_disk(what_is_neither_file_nor_folder_nor_link_is_refused), on_disk(a_name_stands_only_once),
      on_disk(names_have_a_length_and_a_depth), on_disk(names_are_utf8_whatever_the_locale_is),
      on_disk(a_package_has_so_many_entries_and_no_more), on_disk(a_package_has_so_many_folders_and_no_more),
      on_disk(all_names_together_have_a_length), on_disk(packages_share_folders),
      on_disk(a_later_package_replaces_a_file), on_disk(a_later_package_replaces_a_link),
      on_disk(a_later_package_replaces_a_file_by_a_link),
      on_disk(a_later_package_writes_nothing_through_a_link), on_disk(a_later_package_replaces_no_folder),
      on_disk(each_package_may_have_as_many_entries))
