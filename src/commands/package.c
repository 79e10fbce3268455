/*
 * package.c: packs a folder; libarchive writes the zip file.
 */
#include "commands/package.h"

#include "base/text.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <fts.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    MOST_UNPACKED_BYTES = 262144000, /* Lambda's bound for a function with its layers */
    TIME_OF_ALL = 315532800,         /* 1980-01-01, the earliest that a zip file can have */
    COPIED_BYTES = 64 * 1024,
};

struct packing {
    struct arena *arena;
    const struct package_options *options;
    struct package *package;
    struct archive *to;
    struct text zip;
    str problem;
};

bool package_leaves_out(const struct package_options *options, const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

    if (strcmp(name, ".git") == 0 || strcmp(name, "__pycache__") == 0)
        return true;
    for (size_t i = 0; i < options->excluded_count; i++)
        if (fnmatch(options->excluded[i], name, 0) == 0 || fnmatch(options->excluded[i], path, 0) == 0)
            return true;
    return false;
}

static bool fail_at(struct packing *packing, const char *path, const char *reason)
{
    packing->problem = arena_format(packing->arena, "%s cannot be packed: %s.", path, reason);
    return false;
}

static la_ssize_t keep(struct archive *to, void *context, const void *bytes, size_t size)
{
    struct packing *packing = context;

    (void)to;
    text_add(&packing->zip, (str){bytes, size});
    return (la_ssize_t)size;
}

/* The mode of a file or folder, which on AWS everybody must be able to read. */
static mode_t mode_of(const struct stat *status)
{
    bool runs = S_ISDIR(status->st_mode) || (status->st_mode & S_IXUSR);

    return (status->st_mode & S_IFMT) | (runs ? 0755 : 0644);
}

static bool begin_entry(struct packing *packing, const FTSENT *found, const char *path, const char *target)
{
    struct archive_entry *entry = archive_entry_new();

    archive_entry_set_pathname(entry, path);
    archive_entry_set_mode(entry, mode_of(found->fts_statp));
    archive_entry_set_mtime(entry, TIME_OF_ALL, 0);
    archive_entry_set_size(entry, S_ISREG(found->fts_statp->st_mode) ? found->fts_statp->st_size : 0);
    if (target)
        archive_entry_set_symlink(entry, target);
    bool begun = archive_write_header(packing->to, entry) == ARCHIVE_OK;
    archive_entry_free(entry);
    return begun || fail_at(packing, found->fts_path, archive_error_string(packing->to));
}

/* A file that changes its size meanwhile is packed again, because the watcher hears of it. */
static bool copy_file(struct packing *packing, const FTSENT *found, int file)
{
    char bytes[COPIED_BYTES];
    ssize_t size;

    while ((size = read(file, bytes, sizeof bytes)) > 0)
        if (archive_write_data(packing->to, bytes, (size_t)size) < 0)
            return fail_at(packing, found->fts_path, archive_error_string(packing->to));
    return size == 0 || fail_at(packing, found->fts_path, strerror(errno));
}

static bool add_file(struct packing *packing, const FTSENT *found, const char *path)
{
    struct package *package = packing->package;

    package->files++;
    package->unpacked_bytes += found->fts_statp->st_size;
    if (package->unpacked_bytes > MOST_UNPACKED_BYTES)
        return fail_at(packing, found->fts_path, "the files have more than 262144000 bytes, Lambda's limit");
    int file = open(found->fts_path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0)
        return fail_at(packing, found->fts_path, strerror(errno));
    bool added = begin_entry(packing, found, path, NULL) && copy_file(packing, found, file);
    close(file);
    return added;
}

/* An absolute target leads out of the folder, and so does one that goes up too far. */
static bool leads_out(str path, str target)
{
    size_t depth = 0;
    str piece;

    while (str_next(&path, '/', &piece))
        depth++;
    if (str_starts_with(target, S("/")))
        return true;
    for (depth--; str_next(&target, '/', &piece);) {
        bool up = str_equal(piece, S(".."));
        if (up && depth == 0)
            return true;
        depth = up ? depth - 1 : depth + !(str_empty(piece) || str_equal(piece, S(".")));
    }
    return false;
}

static bool add_link(struct packing *packing, const FTSENT *found, const char *path)
{
    char target[1024];
    ssize_t size = readlink(found->fts_path, target, sizeof target - 1);

    if (size < 0)
        return fail_at(packing, found->fts_path, strerror(errno));
    target[size] = '\0';
    if (!str_present(packing->package->outside) && leads_out(str_of(path), str_of(target)))
        packing->package->outside =
            arena_concat(packing->arena, str_of(found->fts_path), S(" -> "), str_of(target));
    return begin_entry(packing, found, path, target);
}

static bool add(struct packing *packing, const FTSENT *found, const char *path)
{
    switch (found->fts_info) {
    case FTS_F:
        return add_file(packing, found, path);
    case FTS_D:
        return *path == '\0' || begin_entry(packing, found, path, NULL);
    case FTS_SL:
    case FTS_SLNONE:
        return add_link(packing, found, path);
    case FTS_DNR:
    case FTS_ERR:
    case FTS_NS:
        return fail_at(packing, found->fts_path, strerror(found->fts_errno));
    default: /* a folder's end; sockets and the like */
        return true;
    }
}

static int by_name(const FTSENT **left, const FTSENT **right)
{
    return strcmp((*left)->fts_name, (*right)->fts_name);
}

static bool add_all(struct packing *packing, const char *folder)
{
    char *paths[] = {(char *)(uintptr_t)folder, NULL};
    FTS *tree = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR | FTS_COMFOLLOW, by_name);
    bool good = tree != NULL || fail_at(packing, folder, strerror(errno));
    FTSENT *found;

    while (good && (found = fts_read(tree))) {
        const char *path = found->fts_path + strlen(folder);
        path += strspn(path, "/");
        if (found->fts_level > 0 && package_leaves_out(packing->options, path))
            fts_set(tree, found, FTS_SKIP);
        else
            good = add(packing, found, path);
    }
    if (tree)
        fts_close(tree);
    return good;
}

bool package_pack(struct arena *arena, const char *folder, const struct package_options *options,
                  struct package *package, str *problem)
{
    struct packing packing = {.arena = arena, .options = options, .package = package, .zip = text_in(arena)};

    *package = (struct package){0};
    packing.to = archive_write_new();
    archive_write_set_format_zip(packing.to);
    archive_write_set_bytes_per_block(packing.to, 0);
    archive_write_open(packing.to, &packing, NULL, keep, NULL);
    bool packed = add_all(&packing, folder);
    if (archive_write_close(packing.to) != ARCHIVE_OK && packed)
        packed = fail_at(&packing, folder, archive_error_string(packing.to));
    archive_write_free(packing.to);
    package->zip = text_str(&packing.zip);
    *problem = packing.problem;
    return packed;
}
