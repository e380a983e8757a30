import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import javax.sql.DataSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.Configuration;

/**
 * An application of Spring Boot that migrates when it starts, as its properties and its other classes say.
 *
 * <p>Prints what the first connection of its pool has been left with, and stays up until standard input ends.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
@ComponentScan
public class Application {
    private static final String LEFT = "SELECT string_agg(name || '=' || setting, ', ' ORDER BY name) FROM pg_settings"
            + " WHERE source = 'session' AND name <> 'application_name'";

    public static void main(String[] arguments) throws Exception {
        try (ConfigurableApplicationContext context = SpringApplication.run(Application.class, arguments);
                Connection connection = context.getBean(DataSource.class).getConnection();
                Statement statement = connection.createStatement();
                ResultSet left = statement.executeQuery(LEFT)) {
            left.next();
            System.out.println("started; its connection was left with " + left.getString(1));
            System.out.flush();
            while (System.in.read() != -1) {
                // The application is at work.
            }
        }
    }
}
