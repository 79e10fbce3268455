/*
 * packages.c: uploaded packages, of functions and of layers: checked, and stored in the database.
 *
 * A worker checks a package completely before the call that stores it, and nothing is written to the disk:
 * unpacked.c does that when a sandbox starts.  So a refused request leaves nothing behind.
 *
 * A package is stored in pieces, because no call may hold the engine thread as long as 50 MB take.  The call
 * that stores it parks after some pieces, and writes the row that names it last.  RemovePackage deletes some
 * pieces at a time.  Pieces are appended after the last one and removed from the end: so the existing pieces
 * are always the first ones, and a package has an owner only while it is complete.  The call that begins
 * to write sets the timer of RemovePackage, in case it never finishes.
 */
#include "code.h"
#include "lambda_internal.h"

#include "base/hash.h"
#include "base/log.h"
#include "unzip.h"

#include <errno.h>
#include <string.h>

enum {
    ZIPPED_BYTES = 50 * 1024 * 1024,
    PIECE_BYTES = 256 * 1024,
    PIECES_PER_RUN = 4,
    UNFINISHED_MS = 60 * MS_PER_S, /* this long after its last piece no call is still writing it */
};

struct checked {
    struct package package;
    enum unzip_result result;
    int error; /* errno */
};

bool lambda_unzip_check_result(const struct call *call, enum unzip_result result)
{
    switch (result) {
    case UNZIP_OK:
        return true;
    case UNZIP_EMPTY:
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Uploaded file must be a non-empty zip");
        return false;
    case UNZIP_BROKEN:
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION,
             "Could not unzip uploaded file. Please check your file, then try to upload again.");
        return false;
    case UNZIP_TOO_LARGE:
        fail(call, &LAMBDA_INVALID_PARAMETER_VALUE_EXCEPTION, "Unzipped size must be smaller than %d bytes",
             UNZIPPED_BYTES);
        return false;
    case UNZIP_DISK:
        break;
    }
    log_error("cannot unpack a function", log_field("error", strerror(errno)));
    fail(call, &LAMBDA_SERVICE_EXCEPTION, "The package could not be unpacked.");
    return false;
}

static bool size_check(const struct call *call, str zip)
{
    if (zip.size <= ZIPPED_BYTES)
        return true;
    fail(call, &LAMBDA_REQUEST_ENTITY_TOO_LARGE_EXCEPTION, "Zipped size must be smaller than %d bytes",
         ZIPPED_BYTES);
    return false;
}

str lambda_package_digest(struct arena *arena, str zip)
{
    struct sha256 digest = sha256(zip);

    return hex_encode(arena, HASH_STR(digest));
}

static struct checked *check_package(const struct call *call, str zip)
{
    struct checked *checked = arena_new(call->arena, struct checked);

    checked->package =
        (struct package){.sha256 = lambda_package_digest(call->arena, zip), .size = (int64_t)zip.size};
    checked->result = unzip_check(zip, UNZIPPED_BYTES, &checked->package.unpacked_size);
    checked->error = errno;
    return checked;
}

void lambda_package_prepare(const struct call *call, str zip)
{
    if (!str_present(zip) || !size_check(call, zip))
        return;
    read_anew(call);
    leave_prepared(call, check_package(call, zip));
}

bool lambda_package_check(const struct call *call, str zip, struct package *package)
{
    const struct checked *checked = prepared(call);

    if (!size_check(call, zip))
        return false;
    if (!checked)
        checked = check_package(call, zip);
    errno = checked->error;
    if (!lambda_unzip_check_result(call, checked->result))
        return false;
    *package = checked->package;
    return true;
}

/* ---- storing ---- */

int64_t lambda_package_size(const struct call *call, str sha256)
{
    struct lambda_get_package_size_row row;

    return lambda_get_package_size(call->txn, &(struct lambda_get_package_size_params){.sha256 = sha256},
                                   &row)
               ? row.package_size
               : -1;
}

static bool is_owned(const struct call *call, str sha256)
{
    return lambda_package_size(call, sha256) >= 0;
}

static bool is_whole(const struct call *call, str sha256)
{
    struct lambda_is_package_whole_row found;

    return lambda_is_package_whole(call->txn, &(struct lambda_is_package_whole_params){.sha256 = sha256},
                                   &found);
}

/* The number of stored pieces. */
static int64_t count_pieces(const struct call *call, str sha256)
{
    struct lambda_next_piece_row next;

    return lambda_next_piece(call->txn, &(struct lambda_next_piece_params){.sha256 = sha256}, &next)
               ? next.number
               : 0;
}

/*
 * False: there are more pieces to write.  A call that has lost its preparation writes all pieces in one run,
 * because it would have to check the package again in each run.
 */
static bool write_pieces(const struct call *call, str sha256, str zip)
{
    int64_t first = count_pieces(call, sha256);

    for (int64_t number = first; number * PIECE_BYTES < (int64_t)zip.size; number++) {
        if (prepared(call) && (number == first + PIECES_PER_RUN || (number > first && slice_is_over(call))))
            return false;
        str rest = str_from(zip, (size_t)(number * PIECE_BYTES));
        lambda_add_piece(call->txn,
                         &(struct lambda_add_piece_params){
                             .sha256 = sha256,
                             .number = number,
                             .content = rest.size > PIECE_BYTES ? str_head(rest, PIECE_BYTES) : rest,
                         });
    }
    return true;
}

static void remove_at(const struct call *call, str sha256, int64_t due_ms)
{
    timer_set(call, &LAMBDA_REMOVE_PACKAGE, sha256, due_ms,
              &(struct lambda_remove_package_request){.sha256 = sha256});
}

enum outcome lambda_package_store(const struct call *call, str zip, str sha256)
{
    if (is_whole(call, sha256) || write_pieces(call, sha256, zip)) {
        timer_cancel(call, &LAMBDA_REMOVE_PACKAGE, sha256);
        return DONE;
    }
    remove_at(call, sha256, call->now_ms + UNFINISHED_MS);
    return park(call, arena_format(call->arena, "lambda/package/%.*s", STR_ARGS(sha256)), call->now_ms + 1);
}

/* ---- reading ---- */

static bool read_whole(const struct call *call, str sha256, str *zip)
{
    struct lambda_get_whole_package_row package;

    if (!lambda_get_whole_package(call->txn, &(struct lambda_get_whole_package_params){.sha256 = sha256},
                                  &package))
        return false;
    *zip = package.content;
    return true;
}

bool lambda_package_read_piece(const struct call *call, str sha256, int64_t from, str *piece)
{
    struct lambda_get_piece_params place = {.sha256 = sha256, .number = from / PIECE_BYTES};
    struct lambda_get_piece_row row;
    size_t offset = (size_t)(from % PIECE_BYTES);

    check(from >= 0);
    if (lambda_get_piece(call->txn, &place, &row))
        *piece = row.content;
    else if (!read_whole(call, sha256, piece))
        return false;
    else
        offset = (size_t)from;
    if (offset >= piece->size)
        return false;
    *piece = str_from(*piece, offset);
    return true;
}

bool lambda_package_read(const struct call *call, str sha256, str *zip)
{
    int64_t count = count_pieces(call, sha256);
    struct lambda_get_piece_row piece;

    if (!is_owned(call, sha256))
        return false;
    if (count == 0)
        return read_whole(call, sha256, zip);
    char *bytes = arena_alloc(call->arena, (size_t)count * PIECE_BYTES);
    size_t size = 0;
    struct arena_mark mark = arena_mark(call->arena);
    for (int64_t number = 0; number < count; number++) {
        struct lambda_get_piece_params place = {.sha256 = sha256, .number = number};
        if (!lambda_get_piece(call->txn, &place, &piece) || piece.content.size > PIECE_BYTES)
            return false;
        memcpy(bytes + size, piece.content.data, piece.content.size);
        size += piece.content.size;
        arena_rewind(call->arena, mark);
    }
    *zip = (str){bytes, size};
    return true;
}

/* ---- removing ---- */

void lambda_packages_forget(const struct call *call)
{
    struct lambda_list_unowned_packages_rows rows = lambda_list_unowned_packages(call->txn);

    for (size_t i = 0; i < rows.count; i++)
        remove_at(call, rows.items[i].sha256, call->now_ms);
}

void lambda_package_release(const struct call *call, str sha256)
{
    if (lambda_code_is_hot(sha256))
        return;
    if (!is_owned(call, sha256))
        remove_at(call, sha256, call->now_ms);
    lambda_unpacked_release(call, sha256);
}

enum outcome lambda_remove_package(const struct call *call, const struct lambda_remove_package_request *in,
                                   struct lambda_remove_package_output *out)
{
    struct lambda_remove_last_piece_params params = {.sha256 = in->sha256};
    struct lambda_remove_last_piece_row removed;
    int count = 0;

    (void)out;
    if (is_owned(call, in->sha256))
        return DONE;
    lambda_remove_whole_package(call->txn,
                                &(struct lambda_remove_whole_package_params){.sha256 = in->sha256});
    while (lambda_remove_last_piece(call->txn, &params, &removed))
        if (++count == PIECES_PER_RUN || slice_is_over(call)) {
            slice_again(call, &LAMBDA_REMOVE_PACKAGE, in->sha256, in);
            break;
        }
    return DONE;
}
