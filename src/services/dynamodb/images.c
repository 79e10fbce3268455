/*
 * images.c: items that are stored once, though several rows keep them.
 *
 * A change of an item may keep it as it was for the table's history, and both items for its stream.  A large
 * item is stored once for all of them, as an image, and the rows name the image.  The image counts the rows;
 * when the last one is gone, a timer removes it, a bounded number of bytes in one run.
 *
 * dynamodb_change_apply() decides what becomes an image.  The statements that read items read images, too.
 */
#include "dynamodb_internal.h"

enum {
    SMALLEST_IMAGE_BYTES = 4 * 1024, /* a smaller blob costs less as a copy in each row */
    REMOVED_PER_RUN = 100,
    REMOVED_BYTES_PER_RUN = 2 * 1024 * 1024,
};

bool dynamodb_image_pays(str blob)
{
    return blob.size >= SMALLEST_IMAGE_BYTES;
}

const int64_t *dynamodb_image_name(const int64_t *id)
{
    return *id ? id : NULL;
}

int64_t dynamodb_image_named(const int64_t *name)
{
    return name ? *name : 0;
}

static int64_t add(const struct call *call, str blob, const struct dynamodb_add_image_params *image)
{
    int64_t id = dynamodb_add_image(call->txn, image);

    dynamodb_add_content(call->txn, &(struct dynamodb_add_content_params){.image_id = id, .content = blob});
    return id;
}

int64_t dynamodb_image_add(const struct call *call, str blob, int64_t uses)
{
    return add(call, blob, &(struct dynamodb_add_image_params){.uses = uses});
}

int64_t dynamodb_image_draft(const struct call *call, str blob, int64_t number)
{
    return add(call, blob, &(struct dynamodb_add_image_params){.draft = &number});
}

void dynamodb_image_take(const struct call *call, int64_t id, int64_t uses)
{
    dynamodb_take_draft(call->txn, &(struct dynamodb_take_draft_params){.id = id, .uses = uses});
}

str dynamodb_image_read(const struct call *call, int64_t id)
{
    struct dynamodb_read_content_row row = {0};

    dynamodb_read_content(call->txn, &(struct dynamodb_read_content_params){.image_id = id}, &row);
    return row.content;
}

void dynamodb_images_remove_later(const struct call *call)
{
    timer_set(call, &DYNAMODB_REMOVE_IMAGES, S("all"), call->now_ms,
              &(struct dynamodb_remove_images_input){0});
}

void dynamodb_image_use(const struct call *call, int64_t id, int64_t by)
{
    struct dynamodb_use_image_row left;

    if (id != 0 && by != 0 &&
        dynamodb_use_image(call->txn, &(struct dynamodb_use_image_params){.id = id, .by = by}, &left) &&
        left.uses == 0)
        dynamodb_images_remove_later(call);
}

void dynamodb_image_drop(const struct call *call, const int64_t *id)
{
    if (id)
        dynamodb_image_use(call, *id, -1);
}

/* ---- removing ---- */

static void remove_image(const struct call *call, int64_t id)
{
    dynamodb_remove_content(call->txn, &(struct dynamodb_remove_content_params){.image_id = id});
    dynamodb_remove_image(call->txn, &(struct dynamodb_remove_image_params){.id = id});
}

enum outcome dynamodb_remove_images(const struct call *call, const struct dynamodb_remove_images_input *in,
                                    struct dynamodb_remove_images_output *out)
{
    struct slice slice = {REMOVED_PER_RUN, REMOVED_BYTES_PER_RUN, false};
    struct dynamodb_find_unused_image_row unused;

    (void)out;
    if (in->draft) {
        dynamodb_drafts_remove(call, *in->draft);
        return DONE;
    }
    while (dynamodb_find_unused_image(call->txn, &unused)) {
        if (slice_is_spent(call, &slice)) {
            slice_again(call, &DYNAMODB_REMOVE_IMAGES, S("all"), &(struct dynamodb_remove_images_input){0});
            break;
        }
        remove_image(call, unused.id);
        slice_spend(&slice, 1, unused.size_bytes);
    }
    return DONE;
}
