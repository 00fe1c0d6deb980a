package io.carol.llm;

import com.zaxxer.hikari.HikariPoolMXBean;
import io.carol.llm.credentials.EncryptionKeys;
import io.carol.llm.database.Database;
import io.helidon.metrics.api.Gauge;
import io.helidon.metrics.api.Meter;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.Tag;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToIntFunction;

/** What is measured beside requests and the JVM, for as long as the service runs. */
final class ServiceMeters implements AutoCloseable {
  private final MeterRegistry meters;
  private final List<Meter> registered = new ArrayList<>();

  ServiceMeters(MeterRegistry meters, Database database, EncryptionKeys keys) {
    this.meters = meters;
    connections(database, "active", HikariPoolMXBean::getActiveConnections);
    connections(database, "idle", HikariPoolMXBean::getIdleConnections);
    register(
        Gauge.builder(
                "database.pool.waiting",
                () -> database.pool(HikariPoolMXBean::getThreadsAwaitingConnection))
            .description("Requests that wait for a connection to the database"));
    for (EncryptionKeys.State state : EncryptionKeys.State.values()) {
      register(
          Gauge.builder("encryption.key.state", () -> keys.state() == state ? 1 : 0)
              .description("1 for the state the encryption key is in")
              .tags(List.of(Tag.create("state", state.name().toLowerCase(Locale.ROOT)))));
    }
  }

  private void connections(
      Database database, String state, ToIntFunction<HikariPoolMXBean> figure) {
    register(
        Gauge.builder("database.pool.connections", () -> database.pool(figure))
            .description("Connections to the database by what they do")
            .tags(List.of(Tag.create("state", state))));
  }

  private void register(Gauge.Builder<Integer> gauge) {
    registered.add(meters.getOrCreate(gauge));
  }

  @Override
  public void close() {
    registered.forEach(meters::remove);
  }
}
