package shop;

import com.amazonaws.services.lambda.runtime.Context;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Functions that are methods: the handler is shop.Handlers::NAME. */
public class Handlers {
    private static int calls;

    public static class Order {
        private String id;
        private int count;

        public String getId() {
            return id;
        }

        public void setId(String id) {
            this.id = id;
        }

        public int getCount() {
            return count;
        }

        public void setCount(int count) {
            this.count = count;
        }
    }

    public Order doubled(Order order) {
        order.setCount(order.getCount() * 2);
        return order;
    }

    public Map<String, Object> context(Map<String, Object> event, Context context) {
        Map<String, Object> answer = new HashMap<>();
        answer.put("name", context.getFunctionName());
        answer.put("version", context.getFunctionVersion());
        answer.put("arn", context.getInvokedFunctionArn());
        answer.put("memory", context.getMemoryLimitInMB());
        answer.put("requestId", context.getAwsRequestId());
        answer.put("group", context.getLogGroupName());
        answer.put("stream", context.getLogStreamName());
        answer.put("isInTime", context.getRemainingTimeInMillis() > 0 && context.getRemainingTimeInMillis() <= 60_000);
        answer.put("custom", context.getClientContext() == null ? null : context.getClientContext().getCustom());
        return answer;
    }

    public Map<String, String> environment(List<String> names) {
        Map<String, String> answer = new HashMap<>();
        for (String name : names) answer.put(name, name.contains(".") ? System.getProperty(name) : System.getenv(name));
        return answer;
    }

    public List<String> jvm() {
        List<String> words = new ArrayList<>(java.lang.management.ManagementFactory.getRuntimeMXBean().getInputArguments());
        for (var collector : java.lang.management.ManagementFactory.getGarbageCollectorMXBeans()) words.add(collector.getName());
        words.add("heap " + Runtime.getRuntime().maxMemory() / 1024 / 1024);
        return words;
    }

    public List<String> encodings(String text) throws IOException {
        java.nio.file.Path file = java.nio.file.Paths.get("/tmp/" + text);
        java.nio.file.Files.write(file, text.getBytes());
        return List.of(java.nio.charset.Charset.defaultCharset().name(), new String(java.nio.file.Files.readAllBytes(file)),
            file.getFileName().toString());
    }

    public int calls() {
        return ++calls;
    }

    public String logs(String text, Context context) {
        System.out.println("printed " + text);
        System.out.print("without an end");
        context.getLogger().log("logged " + text);
        context.getLogger().log("two\nlines\n");
        System.err.println("to stderr");
        return text;
    }

    public String levels(String text, Context context) {
        var logger = context.getLogger();
        logger.log("a warning", com.amazonaws.services.lambda.runtime.logging.LogLevel.WARN);
        logger.log("a detail", com.amazonaws.services.lambda.runtime.logging.LogLevel.DEBUG);
        return text;
    }

    public void fails() throws IOException {
        throw new IOException("no such shelf", new IllegalStateException("closed"));
    }

    public void throwsError() {
        throw new StackOverflowError("too deep");
    }

    public void asserts() {
        throw new AssertionError("wrong");
    }

    public void exits(int code) {
        System.exit(code);
    }

    public int fillsHeap() {
        List<byte[]> kept = new ArrayList<>();
        while (true) kept.add(new byte[1024 * 1024]);
    }

    public int fillsMemory() {
        List<java.nio.ByteBuffer> kept = new ArrayList<>();
        while (true) {
            java.nio.ByteBuffer buffer = java.nio.ByteBuffer.allocateDirect(1024 * 1024);
            for (int i = 0; i < buffer.capacity(); i += 4096) buffer.put(i, (byte) 1);
            kept.add(buffer);
        }
    }

    public String prints(int megabytes) {
        byte[] line = new byte[1024];
        java.util.Arrays.fill(line, (byte) 'x');
        line[1023] = '\n';
        for (int i = 0; i < megabytes * 1024; i++) System.out.write(line, 0, line.length);
        return "printed";
    }

    /** A child of its own, and others that it leaves behind. */
    public String forks(int count) throws Exception {
        for (int i = 0; i < count; i++) new ProcessBuilder("sleep", "600").start();
        Process echo = new ProcessBuilder("sh", "-c", "echo from a child").start();
        echo.waitFor();
        return new String(echo.getInputStream().readAllBytes()).trim();
    }

    public int starts(int threads) {
        int started = 0;
        try {
            for (; started < threads; started++) {
                Thread thread = new Thread(() -> sleeps(600_000));
                thread.setDaemon(true);
                thread.start();
            }
        } catch (OutOfMemoryError none) {
            return started;
        }
        return started;
    }

    public String sleeps(int milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException early) {
            return "interrupted";
        }
        return "awake";
    }
}
