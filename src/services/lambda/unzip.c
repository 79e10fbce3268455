/*
 * unzip.c: libarchive reads; this file decides which entries are allowed, and writes them.
 *
 * Links are made after all other entries of all packages, so no path leads through a link while files are
 * written.  A link's target may go up only at its beginning, where it goes up from real folders; all other
 * links lead to places inside, so a path through them stays inside.
 */
#include "unzip.h"

#include "base/list.h"
#include "base/map.h"
#include "base/text.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READABLE = 0444, EXECUTABLE = 0111, FOLDER_MODE = 0555, END_RECORD_BYTES = 22 };

/* A name that is taken, and the number of the package that took it. */
struct entry {
    bool is_folder, is_link;
    size_t package;
};

struct link {
    str name, target;
    const struct entry *entry;
};

struct unpacking {
    struct arena arena;
    struct archive *from;
    const struct unzip_source *source;
    size_t package; /* the number of the one that is read */
    int folder;     /* -1: check only */
    int file;       /* being written; -1: no file */
    int64_t left_bytes;
    size_t names_bytes, folder_count;
    struct map entries; /* by their names */
    struct {
        str *items;
        size_t count;
    } folders;
    struct {
        struct link *items;
        size_t count;
    } links;
    enum unzip_result result;
    int error; /* errno */
};

/* ---- names ---- */

/* Is the piece empty or "."? */
static bool is_empty_piece(str piece)
{
    return str_empty(piece) || str_equal(piece, S("."));
}

/* May a package contain an entry of that name? */
static bool name_is_safe(str name)
{
    str rest = name, piece;
    size_t depth = 0;

    if (str_empty(name) || name.size > UNZIP_MOST_NAME_BYTES || str_starts_with(name, S("/")) ||
        str_index(name, '\\') >= 0)
        return false;
    while (str_next(&rest, '/', &piece)) {
        if (str_equal(piece, S("..")) || piece.size > UNZIP_MOST_PIECE_BYTES)
            return false;
        depth += !is_empty_piece(piece);
    }
    return depth <= UNZIP_MOST_DEPTH;
}

/* The number of folders above a name. */
static size_t depth_of(str name)
{
    size_t depth = 0;
    str piece;

    while (str_next(&name, '/', &piece))
        depth += !is_empty_piece(piece);
    return depth > 0 ? depth - 1 : 0;
}

bool unzip_link_is_safe(str name, str target)
{
    size_t may_go_up = depth_of(name);
    bool has_gone_down = false;
    str rest = target, piece;

    if (str_empty(target) || target.size > UNZIP_MOST_NAME_BYTES || str_starts_with(target, S("/")))
        return false;
    while (str_next(&rest, '/', &piece)) {
        bool up = str_equal(piece, S(".."));
        if (up && (has_gone_down || may_go_up == 0))
            return false;
        may_go_up -= up;
        has_gone_down = has_gone_down || (!up && !is_empty_piece(piece));
    }
    return true;
}

/* The name without empty pieces. */
static str plain_name(struct arena *arena, str name)
{
    struct text text = text_in(arena);
    str piece;

    while (str_next(&name, '/', &piece)) {
        if (is_empty_piece(piece))
            continue;
        if (text.size > 0)
            text_add_char(&text, '/');
        text_add(&text, piece);
    }
    return arena_copy(arena, text_str(&text));
}

/* ---- existing entries ---- */

/* Take away what an earlier package has put there; its links are not made yet. */
static enum unzip_result replace(struct unpacking *unpacking, str name, const struct entry *old)
{
    if (old->is_folder || old->package == unpacking->package)
        return UNZIP_BROKEN;
    if (unpacking->folder >= 0 && !old->is_link &&
        unlinkat(unpacking->folder, arena_cstr(&unpacking->arena, name), 0) != 0)
        return UNZIP_DISK;
    return UNZIP_OK;
}

/* *entry is new, and has that name from now on. */
static enum unzip_result note(struct unpacking *unpacking, str name, struct entry **entry)
{
    const struct entry *old = map_get(&unpacking->entries, name);
    size_t packages = unpacking->package + 1;
    enum unzip_result result = old ? replace(unpacking, name, old) : UNZIP_OK;

    unpacking->names_bytes += name.size;
    if (result != UNZIP_OK)
        return result;
    if ((!old && unpacking->entries.count >= UNZIP_MOST_ENTRIES * packages) ||
        unpacking->names_bytes > UNZIP_MOST_NAMES_BYTES * packages)
        return UNZIP_TOO_LARGE;
    *entry = arena_new(&unpacking->arena, struct entry);
    (*entry)->package = unpacking->package;
    map_put(&unpacking->entries, name, *entry);
    return UNZIP_OK;
}

static str parent_of(str name)
{
    ptrdiff_t slash = str_last_index(name, '/');

    return str_head(name, slash < 0 ? 0 : (size_t)slash);
}

static enum unzip_result make_folder(struct unpacking *unpacking, str name)
{
    struct entry *entry;
    enum unzip_result result = note(unpacking, name, &entry);

    if (result != UNZIP_OK)
        return result;
    entry->is_folder = true;
    if (++unpacking->folder_count > UNZIP_MOST_FOLDERS * (unpacking->package + 1))
        return UNZIP_TOO_LARGE;
    if (unpacking->folder < 0)
        return UNZIP_OK;
    *list_add(&unpacking->arena, &unpacking->folders) = name;
    return mkdirat(unpacking->folder, arena_cstr(&unpacking->arena, name), S_IRWXU) == 0 ? UNZIP_OK
                                                                                         : UNZIP_DISK;
}

/* Add the folder with its missing parents, as deep as a name may be. */
static enum unzip_result add_folder(struct unpacking *unpacking, str name)
{
    const struct entry *entry = str_empty(name) ? NULL : map_get(&unpacking->entries, name);

    if (str_empty(name) || (entry && entry->is_folder))
        return UNZIP_OK;
    enum unzip_result result = add_folder(unpacking, parent_of(name));
    return result == UNZIP_OK ? make_folder(unpacking, name) : result;
}

/* ---- files ---- */

static bool write_all(int file, const char *block, size_t size, off_t offset)
{
    while (size > 0) {
        ssize_t written = pwrite(file, block, size, offset);
        if (written < 0)
            return false;
        block += written;
        size -= (size_t)written;
        offset += written;
    }
    return true;
}

/* The sizes in a zip file prove nothing, so the unpacked bytes are counted. */
static enum unzip_result copy_data(struct unpacking *unpacking)
{
    const void *block;
    size_t size;
    la_int64_t offset;

    for (;;) {
        int status = archive_read_data_block(unpacking->from, &block, &size, &offset);
        if (status == ARCHIVE_EOF)
            return UNZIP_OK;
        if (status != ARCHIVE_OK)
            return UNZIP_BROKEN;
        unpacking->left_bytes -= (int64_t)size;
        if (unpacking->left_bytes < 0)
            return UNZIP_TOO_LARGE;
        if (unpacking->file >= 0 && !write_all(unpacking->file, block, size, offset))
            return UNZIP_DISK;
    }
}

static enum unzip_result write_file(struct unpacking *unpacking, str name, mode_t mode)
{
    const char *path = arena_cstr(&unpacking->arena, name);
    int file = openat(unpacking->folder, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                      S_IRUSR | S_IWUSR);

    if (file < 0)
        return UNZIP_DISK;
    unpacking->file = file;
    enum unzip_result result = copy_data(unpacking);
    if (result != UNZIP_OK)
        return result;
    unpacking->file = -1;
    bool good = fchmod(file, mode) == 0;
    return close(file) == 0 && good ? UNZIP_OK : UNZIP_DISK;
}

static enum unzip_result add_file(struct unpacking *unpacking, struct archive_entry *entry, str name)
{
    mode_t executable = archive_entry_perm(entry) & EXECUTABLE ? EXECUTABLE : 0;

    if (archive_entry_size_is_set(entry) && archive_entry_size(entry) > unpacking->left_bytes)
        return UNZIP_TOO_LARGE;
    struct entry *added;
    enum unzip_result result = note(unpacking, name, &added);
    if (result != UNZIP_OK)
        return result;
    return unpacking->folder < 0 ? copy_data(unpacking)
                                 : write_file(unpacking, name, (mode_t)READABLE | executable);
}

/* ---- links, and the end ---- */

static enum unzip_result add_link(struct unpacking *unpacking, struct archive_entry *entry, str name)
{
    str target = str_of(archive_entry_symlink(entry));
    struct entry *added;

    if (!unzip_link_is_safe(name, target))
        return UNZIP_BROKEN;
    enum unzip_result result = note(unpacking, name, &added);
    if (result != UNZIP_OK)
        return result;
    added->is_link = true;
    *list_add(&unpacking->arena, &unpacking->links) =
        (struct link){name, arena_copy(&unpacking->arena, target), added};
    return UNZIP_OK;
}

/* But for those that a later package has replaced. */
static enum unzip_result make_links(struct unpacking *unpacking)
{
    struct arena *arena = &unpacking->arena;

    for (size_t i = 0; i < unpacking->links.count; i++) {
        const struct link *link = &unpacking->links.items[i];
        if (map_get(&unpacking->entries, link->name) == link->entry &&
            symlinkat(arena_cstr(arena, link->target), unpacking->folder, arena_cstr(arena, link->name)) != 0)
            return UNZIP_DISK;
    }
    return UNZIP_OK;
}

/* No entry is added to any folder afterwards. */
static enum unzip_result close_folders(struct unpacking *unpacking)
{
    for (size_t i = 0; i < unpacking->folders.count; i++) {
        const char *name = arena_cstr(&unpacking->arena, unpacking->folders.items[i]);
        if (fchmodat(unpacking->folder, name, FOLDER_MODE, 0) != 0)
            return UNZIP_DISK;
    }
    return UNZIP_OK;
}

/* ---- the whole ---- */

/* The compressions that clients' tools use; others take more memory than a package is worth. */
static bool is_compressed_as_usual(struct archive *from)
{
    str format = str_of(archive_format_name(from));

    return str_ends_with(format, S("(uncompressed)")) || str_ends_with(format, S("(deflation)"));
}

static enum unzip_result unpack_entry(struct unpacking *unpacking, struct archive_entry *entry)
{
    str name = str_of(archive_entry_pathname(entry));

    if (!str_present(name) || !name_is_safe(name) || archive_entry_hardlink(entry) ||
        !is_compressed_as_usual(unpacking->from))
        return UNZIP_BROKEN;
    name = plain_name(&unpacking->arena, name);
    if (archive_entry_filetype(entry) == AE_IFDIR)
        return add_folder(unpacking, name);
    enum unzip_result result = str_empty(name) ? UNZIP_BROKEN : add_folder(unpacking, parent_of(name));
    if (result != UNZIP_OK)
        return result;
    if (archive_entry_filetype(entry) == AE_IFREG)
        return add_file(unpacking, entry, name);
    return archive_entry_filetype(entry) == AE_IFLNK ? add_link(unpacking, entry, name) : UNZIP_BROKEN;
}

static enum unzip_result unpack_entries(struct unpacking *unpacking)
{
    struct archive_entry *entry;
    enum unzip_result result = UNZIP_OK;

    while (result == UNZIP_OK) {
        int status = archive_read_next_header(unpacking->from, &entry);
        if (status == ARCHIVE_EOF)
            return UNZIP_OK;
        result = status == ARCHIVE_OK ? unpack_entry(unpacking, entry) : UNZIP_BROKEN;
    }
    return result;
}

/* Only the end of a central directory, which libarchive does not take for a zip file. */
static bool is_without_entries(str zip)
{
    return zip.size == END_RECORD_BYTES && str_starts_with(zip, S("PK\005\006"));
}

static enum unzip_result unpack_package(struct unpacking *unpacking)
{
    str zip;

    if (!unpacking->source->read(unpacking->source->context, unpacking->package, &zip))
        return UNZIP_DISK;
    if (is_without_entries(zip))
        return UNZIP_EMPTY;
    unpacking->from = archive_read_new();
    if (!unpacking->from) {
        errno = ENOMEM;
        return UNZIP_DISK;
    }
    if (archive_read_support_format_zip_seekable(unpacking->from) != ARCHIVE_OK ||
        archive_read_open_memory(unpacking->from, zip.data, zip.size) != ARCHIVE_OK)
        return UNZIP_BROKEN;
    return unpack_entries(unpacking);
}

static void close_package(struct unpacking *unpacking)
{
    archive_read_free(unpacking->from);
    unpacking->from = NULL;
}

static enum unzip_result unpack(struct unpacking *unpacking)
{
    enum unzip_result result = UNZIP_OK;

    for (; result == UNZIP_OK && unpacking->package < unpacking->source->count; unpacking->package++) {
        result = unpack_package(unpacking);
        close_package(unpacking);
    }
    if (result == UNZIP_OK && unpacking->folder >= 0)
        result = make_links(unpacking);
    if (result == UNZIP_OK && unpacking->folder >= 0)
        result = close_folders(unpacking);
    return result;
}

static void run(void *context)
{
    struct unpacking *unpacking = context;

    unpacking->result = unpack(unpacking);
    unpacking->error = errno;
}

/* Names are UTF-8, whatever the server's locale is; libarchive uses the thread's locale. */
static enum unzip_result unpack_as_utf8(struct unpacking *unpacking)
{
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    locale_t before = utf8 ? uselocale(utf8) : (locale_t)0;

    unpacking->file = -1;
    unpacking->result = UNZIP_DISK; /* unless run() finishes */
    unpacking->error = ENOMEM;
    arena_run(&unpacking->arena, run, unpacking);
    if (unpacking->file >= 0)
        close(unpacking->file);
    close_package(unpacking);
    map_free(&unpacking->entries);
    arena_free(&unpacking->arena);
    if (utf8) {
        uselocale(before);
        freelocale(utf8);
    }
    errno = unpacking->error;
    return unpacking->result;
}

static bool read_single(void *context, size_t number, str *zip)
{
    (void)number;
    *zip = *(const str *)context;
    return true;
}

enum unzip_result unzip_check(str zip, int64_t most_bytes, int64_t *unpacked_bytes)
{
    const struct unzip_source source = {read_single, &zip, 1};
    struct unpacking unpacking = {.source = &source, .folder = -1, .left_bytes = most_bytes};
    enum unzip_result result = unpack_as_utf8(&unpacking);

    *unpacked_bytes = most_bytes - unpacking.left_bytes;
    return result;
}

enum unzip_result unzip(const struct unzip_source *source, const char *folder, int64_t most_bytes)
{
    int opened = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (opened < 0)
        return UNZIP_DISK;
    enum unzip_result result =
        unpack_as_utf8(&(struct unpacking){.source = source, .folder = opened, .left_bytes = most_bytes});
    int error = errno;
    close(opened);
    errno = error;
    return result;
}
