import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Spring Authorization Server as Boot sets it up, with one client and one person. Prints its URL. */
@Configuration
@EnableAutoConfiguration
public class Spring {
    public static void main(String[] arguments) {
        SpringApplication.run(Spring.class, arguments);
    }

    @Bean
    ApplicationListener<WebServerInitializedEvent> started() {
        return event -> System.out.println("http://127.0.0.1:" + event.getWebServer().getPort());
    }
}
