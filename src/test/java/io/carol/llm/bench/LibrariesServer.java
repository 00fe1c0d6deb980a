package io.carol.llm.bench;

import com.zaxxer.hikari.HikariDataSource;
import io.carol.llm.database.SqlStatements;
import io.helidon.dbclient.DbClient;
import io.helidon.dbclient.DbRow;
import io.helidon.dbclient.jdbc.JdbcClientBuilder;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.ServerResponse;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import jakarta.json.spi.JsonProvider;
import jakarta.json.stream.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.sql.SQLException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;

/**
 * What a GET costs in the libraries alone, on {@code CAROL_PORT}: web server, pool of ten, DbClient
 * with the statement of the service, JSON. Every request reads the settings of a random user;
 * nothing is limited, logged or measured. Requests queue in front of the pool, which is quicker
 * than in it.
 *
 * <p>Argument: the step between the ids of two users.
 */
final class LibrariesServer {
  private static final JsonProvider JSON = JsonProvider.provider();

  private static final int CONNECTIONS = 10;
  private static final Semaphore TURNS = new Semaphore(CONNECTIONS, true);

  private LibrariesServer() {}

  public static void main(String[] args) {
    int step = Integer.parseInt(args[0]);
    HikariDataSource pool = new HikariDataSource();
    pool.setMaximumPoolSize(CONNECTIONS);
    pool.setJdbcUrl(System.getenv("CAROL_DATABASE_URL"));
    pool.setUsername(System.getenv("CAROL_DATABASE_USER"));
    DbClient client =
        JdbcClientBuilder.create()
            .connectionPool(() -> {
              try {
                return pool.getConnection();
              } catch (SQLException e) {
                throw new IllegalStateException(e);
              }
            })
            .statements(SqlStatements::text)
            .build();
    WebServer.builder()
        .protocolsDiscoverServices(false)
        .addConnectionSelector(
            Http1ConnectionSelector.builder().config(Http1Config.create()).build())
        .featuresDiscoverServices(false)
        .port(Integer.parseInt(System.getenv("CAROL_PORT")))
        .routing(routing -> routing.any((request, response) -> find(client, step, response)))
        .build()
        .start();
  }

  private static void find(DbClient client, int step, ServerResponse response) {
    int number = ThreadLocalRandom.current().nextInt(1, ServiceBenchmark.USERS + 1);
    String user = Integer.toString(step * number);
    TURNS.acquireUninterruptibly();
    DbRow row;
    try {
      row =
          client
              .execute()
              .createNamedGet("find")
              .addParam(user)
              .addParam(user)
              .execute()
              .orElseThrow();
    } finally {
      TURNS.release();
    }
    ByteArrayOutputStream body = new ByteArrayOutputStream(256);
    try (JsonGenerator json = JSON.createGenerator(body)) {
      json.writeStartObject()
          .write("provider", row.column("provider").get(String.class))
          .write("model", row.column("model").get(String.class))
          .write("baseUrl", row.column("base_url").get(String.class))
          .write("keyConfigured", row.column("key_configured").get(Boolean.class))
          .writeEnd();
    }
    response.headers().set(HeaderValues.CONTENT_TYPE_JSON);
    response.headers().set(HeaderNames.ETAG, '"' + row.column("version").get(String.class) + '"');
    response.send(body.toByteArray());
  }
}
