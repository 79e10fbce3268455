import io.awspring.cloud.sqs.annotation.SqsListener;
import io.awspring.cloud.sqs.config.SqsBootstrapConfiguration;
import io.awspring.cloud.sqs.config.SqsMessageListenerContainerFactory;
import java.net.URI;
import java.time.Duration;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.messaging.Message;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sqs.SqsAsyncClient;

/**
 * Spring Cloud AWS's listener of a FIFO queue, as an application declares it: a bean with @SqsListener and the default
 * container factory.  ../run says what bodies and output mean.
 *
 * <pre>java Consumer ENDPOINT QUEUE_URL</pre>
 */
public class Consumer {
    static class Listener {
        @SqsListener("${queue}")
        void handle(Message<String> message) throws InterruptedException {
            String[] words = message.getPayload().split(" ");
            String receives = (String) message.getHeaders().get("Sqs_Msa_ApproximateReceiveCount");
            String what = words[2];
            boolean fails = what.equals("never") || what.equals("again") && Integer.parseInt(receives) < 3;

            if (what.equals("late"))
                Thread.sleep(1000);
            System.out.println((fails ? "failed " : "handled ") + words[0] + " " + words[1] + " " + receives);
            if (fails)
                throw new IllegalStateException(what);
        }
    }

    @Configuration
    @Import(SqsBootstrapConfiguration.class)
    static class Beans {
        @Bean
        SqsAsyncClient client() {
            return SqsAsyncClient.builder()
                    .endpointOverride(URI.create(System.getProperty("endpoint")))
                    .region(Region.US_EAST_1)
                    .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
                    .build();
        }

        @Bean
        SqsMessageListenerContainerFactory<Object> defaultSqsListenerContainerFactory(SqsAsyncClient client) {
            return SqsMessageListenerContainerFactory.builder()
                    .configure(options -> options.messageVisibility(Duration.ofSeconds(5)).pollTimeout(Duration.ofSeconds(5)))
                    .sqsAsyncClient(client)
                    .build();
        }

        @Bean
        Listener listener() {
            return new Listener();
        }
    }

    public static void main(String[] arguments) throws InterruptedException {
        System.setProperty("endpoint", arguments[0]);
        System.setProperty("queue", arguments[1]);
        new AnnotationConfigApplicationContext(Beans.class);
        Thread.currentThread().join();
    }
}
