/*
 * java.c: the command of a function in Java: AWS's own runtime interface client in the machine's JVM.
 *
 * https://docs.aws.amazon.com/lambda/latest/dg/java-customization.html
 */
#include "lambda_internal.h"
#include "runtimes.h"

#include <stdlib.h>

enum {
    HEAP_PERCENT = 85, /* of the function's memory, as on AWS */
    OWN_MB = 64,       /* what the JVM uses beside its heap, at least */
    LEAST_HEAP_MB = 16,
    KB_PER_MB = 1024,
};

#define CLIENT "com.amazonaws.services.lambda.runtime.api.client."

/*
 * The JVM's defaults.  What the command says wins over the function's JAVA_TOOL_OPTIONS, so an option is left
 * out when these mention its word.
 */
static const struct {
    const char *option, *word;
    int from_runtime, from_jdk; /* versions */
} defaults[] = {
    {"-XX:+UseSerialGC", "GC", 0, 0},
    {"-XX:TieredStopAtLevel=1", "Tiered", 17, 0},
    {"-XX:-UsePerfData", "PerfData", 0, 0}, /* a file in /tmp for tools of the same machine */
    /* The client's own needs: the descriptor of its log, and its native library. */
    {"--add-opens=java.base/java.io=ALL-UNNAMED", NULL, 0, 9},
    {"--enable-native-access=ALL-UNNAMED", NULL, 0, 24},
};

static bool mentions(str options, const char *word)
{
    return word && str_present(options) && str_find(options, str_of(word)) >= 0;
}

static void add(const struct call *call, struct sandbox_start_input *in, str argument)
{
    *list_add(call->arena, &in->command) = argument;
}

/*
 * With an archive, which knows its classes by the place where it was made, the client is used from there.
 * The function's own choice of an archive wins.
 */
static void add_client(const struct call *call, const struct interpreter *interpreter, str options,
                       struct sandbox_start_input *in)
{
    bool archived = *interpreter->library && !mentions(options, "SharedArchiveFile") &&
                    !mentions(options, "AOT") && !mentions(options, "-Xshare");
    str folder = archived ? arena_concat(call->arena, in->runtime, S("/lib/")) : S("/var/runtime/lib/");
    const str jars[] = {S("aws-lambda-java-core.jar:"), S("aws-lambda-java-runtime-interface-client.jar:"),
                        S("aws-lambda-java-serialization.jar")};
    str path = {0};

    if (archived)
        add(call, in, arena_concat(call->arena, S("-XX:SharedArchiveFile="), str_of(interpreter->library)));
    if (archived && !mentions(options, "-Xlog")) /* what an archive cannot give is no news for the function */
        add(call, in, S("-Xlog:cds*=off"));
    for (size_t i = 0; i < sizeof jars / sizeof *jars; i++)
        path = arena_concat(call->arena, path, folder, jars[i]);
    /* Else the client unpacks its library into /tmp at each start. */
    add(call, in, S("-D" CLIENT "runtimeapi.NativeClient.JNI=/var/runtime/lib/libaws-lambda-jni.so"));
    add(call, in, S("-classpath"));
    add(call, in, path);
    add(call, in, S(CLIENT "AWSLambda"));
}

/* When the heap is full, the function gets an OutOfMemoryError; the JVM's other memory must fit beside it. */
static void add_heap(const struct call *call, const struct function *function, str options,
                     struct sandbox_start_input *in)
{
    int64_t heap_mb = function->row.memory_mb * HEAP_PERCENT / 100;

    if (mentions(options, "-Xmx") || mentions(options, "MaxHeapSize") || mentions(options, "MaxRAM"))
        return;
    if (heap_mb > function->row.memory_mb - OWN_MB)
        heap_mb = function->row.memory_mb - OWN_MB;
    if (heap_mb < LEAST_HEAP_MB)
        heap_mb = LEAST_HEAP_MB;
    add(call, in, arena_format(call->arena, "-XX:MaxHeapSize=%lldk", (long long)heap_mb * KB_PER_MB));
}

/* Since Java 25 functions that wait for their first event may take their time to compile. */
static bool applies(size_t i, str options, int runtime, int jdk, bool provisioned)
{
    bool is_tiered = defaults[i].from_runtime > 0;

    return runtime >= defaults[i].from_runtime && jdk >= defaults[i].from_jdk &&
           !mentions(options, defaults[i].word) && !(is_tiered && provisioned && runtime >= 25);
}

void lambda_java_command(const struct call *call, const struct function *function,
                         const struct lambda_get_sandbox_row *sandbox, const struct interpreter *interpreter,
                         struct sandbox_start_input *in)
{
    str options = str_map_get(&in->environment, S("JAVA_TOOL_OPTIONS"));
    int runtime = atoi(lambda_runtime_find(function->row.runtime)->version);
    int jdk = atoi(interpreter->version);

    add(call, in, str_of(interpreter->path));
    add_heap(call, function, options, in);
    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
        if (applies(i, options, runtime, jdk, sandbox->provisioned))
            add(call, in, str_of(defaults[i].option));
    add_client(call, interpreter, options, in);
    add(call, in, function->row.handler);
}
