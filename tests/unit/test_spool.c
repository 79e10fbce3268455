#include "base/spool.h"
#include "base/text.h"
#include "unit.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>

static struct arena arena;

/* A mapped file with that text. */
static struct spool *spool_of(str text, size_t piece, str *content)
{
    struct spool *spool = spool_open("/tmp");

    assert_non_null(spool);
    for (str rest = text; rest.size > 0; rest = str_from(rest, str_head(rest, piece).size))
        assert_true(spool_add(spool, str_head(rest, piece)));
    assert_true(spool_map(spool, content));
    return spool;
}

static str random_str(size_t size)
{
    char *bytes = arena_alloc(&arena, size + 1);

    random_bytes(bytes, size);
    return (str){bytes, size};
}

TEST(what_was_added_is_mapped_and_hashed)
{
    str text = random_str(100001), content;
    struct spool *spool = spool_of(text, 7777, &content);
    struct sha256 hash = sha256(text);

    assert_true(str_equal(content, text));
    assert_memory_equal(spool_hash(spool)->bytes, hash.bytes, SHA256_SIZE);
    spool_close(spool);
    arena_free(&arena);
}

TEST(a_folder_that_is_not_there_has_no_spools)
{
    assert_null(spool_open("/nowhere/at/all"));
}

TEST(only_text_of_the_file_is_its_own)
{
    str content, other = S("0123456789");
    struct spool *spool = spool_of(other, 3, &content);

    assert_true(spool_holds(spool, content));
    assert_true(spool_holds(spool, str_from(content, 9)));
    assert_false(spool_holds(spool, (str){content.data + 1, content.size}));
    assert_false(spool_holds(spool, other));
    spool_close(spool);
}

/* A step is 64 KiB of text, which is 48 KiB of bytes. */
TEST(base64_is_decoded_where_it_is)
{
    enum { STEP = 48 * 1024 };
    static const size_t sizes[] = {0, 1, 2, 3, STEP - 1, STEP, STEP + 1, 2 * STEP, 3 * STEP + 2};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        str bytes = random_str(sizes[i]), content, decoded;
        str text = base64_encode(&arena, bytes);
        struct spool *spool = spool_of(arena_concat(&arena, S("{\""), text, S("\"}")), 10000, &content);

        assert_true(spool_decode_base64(spool, &arena, (str){content.data + 2, text.size}, &decoded));
        assert_true(str_equal(decoded, bytes));
        assert_ptr_equal(decoded.data, content.data + 2);
        assert_true(str_equal(str_head(content, 2), S("{\"")) && str_ends_with(content, S("\"}")));
        spool_close(spool);
    }
    arena_free(&arena);
}

static bool is_good(str text)
{
    str content, decoded;
    struct spool *spool = spool_of(text, 1 << 20, &content);
    bool good = spool_decode_base64(spool, &arena, content, &decoded);

    assert_false(spool_failed(spool));
    spool_close(spool);
    return good;
}

TEST(base64_that_is_none_is_refused_wherever_it_goes_wrong)
{
    enum { STEP = 64 * 1024 };
    char *text = arena_alloc(&arena, 2 * STEP);

    memset(text, 'A', 2 * STEP);
    assert_true(is_good((str){text, 2 * STEP}));
    assert_false(is_good((str){text, 2 * STEP - 1}));
    for (size_t at = 0; at < 2 * STEP; at += STEP - 1) {
        text[at] = '-';
        assert_false(is_good((str){text, 2 * STEP}));
        text[at] = 'A';
    }
    text[STEP - 1] = '='; /* padding, but not at the end */
    assert_false(is_good((str){text, 2 * STEP}));
    text[STEP - 1] = 'A';
    text[2 * STEP - 1] = '=';
    assert_true(is_good((str){text, 2 * STEP}));
    arena_free(&arena);
}

TEST(a_disk_that_refuses_the_decoded_bytes_is_told_apart_from_a_text_that_is_not_base64)
{
    struct rlimit usual, none;
    str content, decoded;
    struct spool *spool = spool_of(S("QUJD"), 100, &content);

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &usual), 0);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = usual.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    bool decodes = spool_decode_base64(spool, &arena, content, &decoded);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &usual), 0);
    assert_false(decodes);
    assert_true(spool_failed(spool));
    spool_close(spool);
    arena_free(&arena);
}

TESTS(test(what_was_added_is_mapped_and_hashed), test(a_folder_that_is_not_there_has_no_spools),
      test(only_text_of_the_file_is_its_own), test(base64_is_decoded_where_it_is),
      test(base64_that_is_none_is_refused_wherever_it_goes_wrong),
      test(a_disk_that_refuses_the_decoded_bytes_is_told_apart_from_a_text_that_is_not_base64))
