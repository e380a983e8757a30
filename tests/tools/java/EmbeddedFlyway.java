import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Properties;
import java.util.stream.Collectors;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;

/**
 * An application that runs a bundle when it starts, with Flyway as a library.
 *
 * <p>Arguments: the bundle's folder; "own" for connections of Flyway's own, or the size of the pool that it is to
 * use; then further settings, as name=value. Where the database is stands in the environment, as for Flyway itself.
 * The pool stays open until standard input ends, as it would in an application.
 */
public class EmbeddedFlyway {
    public static void main(String[] arguments) throws IOException {
        String url = System.getenv("FLYWAY_URL");
        String user = System.getenv("FLYWAY_USER");
        String password = System.getenv("FLYWAY_PASSWORD");
        boolean own = arguments[1].equals("own");

        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(url);
        config.setUsername(user);
        config.setPassword(password);
        config.setMaximumPoolSize(own ? 1 : Integer.parseInt(arguments[1]));
        config.setConnectionTimeout(2000);
        try (HikariDataSource pool = new HikariDataSource(config)) {
            FluentConfiguration flyway = Flyway.configure().configuration(settings(arguments));
            if (own) {
                flyway.dataSource(url, user, password);
            } else {
                flyway.dataSource(pool);
            }
            int executed = flyway.load().migrate().migrationsExecuted;
            System.out.println("migrated: " + executed);
            System.out.flush();
            while (System.in.read() != -1) {
                // The application is at work.
            }
        }
    }

    /** The settings of the bundle's classic.conf, its locations made absolute. */
    private static Properties settings(String[] arguments) throws IOException {
        Path bundle = Path.of(arguments[0]).toAbsolutePath();
        Properties settings = new Properties();
        try (Reader text = Files.newBufferedReader(bundle.resolve("classic.conf"))) {
            settings.load(text);
        }
        String locations = Arrays.stream(settings.getProperty("flyway.locations").split(","))
                .map(location -> "filesystem:" + bundle.resolve(location.substring("filesystem:".length())))
                .collect(Collectors.joining(","));
        settings.setProperty("flyway.locations", locations);
        for (String more : Arrays.copyOfRange(arguments, 2, arguments.length)) {
            settings.setProperty(more.substring(0, more.indexOf('=')), more.substring(more.indexOf('=') + 1));
        }
        return settings;
    }
}
