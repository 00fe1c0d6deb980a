package io.carol.llm.observability;

import com.zaxxer.hikari.HikariPoolMXBean;
import io.carol.llm.database.Database;
import io.carol.llm.keys.KeyRegistry;
import io.carol.llm.keys.KeyRegistry.Listed;
import io.carol.llm.keys.KeyRegistry.Sealed;
import io.carol.llm.keys.KeyState;
import io.helidon.metrics.api.Gauge;
import io.helidon.metrics.api.Meter;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.Tag;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToIntFunction;

/** What is measured beside requests and the JVM, for as long as the service runs. */
public final class ServiceMetrics implements AutoCloseable {
  private final MeterRegistry meters;
  private final List<Meter> registered = new ArrayList<>();
  private final Map<String, Long> sealedRows = new ConcurrentHashMap<>();
  private final Map<String, Long> seals = new ConcurrentHashMap<>();

  public ServiceMetrics(MeterRegistry meters, Database database, KeyRegistry inventory) {
    this.meters = meters;
    connections(database, "active", HikariPoolMXBean::getActiveConnections);
    connections(database, "idle", HikariPoolMXBean::getIdleConnections);
    register(
        Gauge.builder("database.pool.waiting", database::waiting)
            .description("Requests that wait for a connection to the database"));
    for (KeyState state : KeyState.values()) {
      register(
          Gauge.builder("encryption.key.state", () -> inventory.check().state() == state ? 1 : 0)
              .description("1 for the state the encryption key is in")
              .tags(List.of(Tag.create("state", state.name().toLowerCase(Locale.ROOT)))));
    }
    register(
        Gauge.builder("encryption.key.problems", () -> inventory.check().remarks().size())
            .description("Things that are wrong with encryption keys, as readiness details them"));
  }

  /** What was last known of each encryption key; one that is not mentioned any more counts 0. */
  public void keys(List<Listed> listed, List<Sealed> sealed) {
    sealedRows.replaceAll((kid, rows) -> 0L);
    sealed.forEach(key -> {
      if (sealedRows.put(key.kid(), key.rows()) == null) {
        register(
            Gauge.builder("encryption.key.rows", () -> sealedRows.getOrDefault(key.kid(), 0L))
                .description("Stored API keys by the encryption key they are sealed with")
                .tags(List.of(Tag.create("kid", key.kid()))));
      }
    });
    listed.forEach(key -> {
      if (seals.put(key.kid(), key.seals()) == null) {
        register(
            Gauge.builder("encryption.key.seals", () -> seals.getOrDefault(key.kid(), 0L))
                .description("API keys ever sealed with an encryption key, on all replicas")
                .tags(List.of(Tag.create("kid", key.kid()))));
      }
    });
  }

  private void connections(
      Database database, String state, ToIntFunction<HikariPoolMXBean> figure) {
    register(
        Gauge.builder("database.pool.connections", () -> database.pool(figure))
            .description("Connections to the database by what they do")
            .tags(List.of(Tag.create("state", state))));
  }

  private void register(Gauge.Builder<?> gauge) {
    registered.add(meters.getOrCreate(gauge));
  }

  @Override
  public void close() {
    registered.forEach(meters::remove);
  }
}
