package io.carol.llm.observability;

import com.zaxxer.hikari.HikariPoolMXBean;
import io.carol.llm.database.Database;
import io.carol.llm.keys.KeyRegistry;
import io.carol.llm.keys.KeyState;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.Locale;
import java.util.function.ToIntFunction;

/**
 * The meters of one service: those of the JVM, those made here, and those of whatever the registry
 * is passed to. Micrometer is used directly, since every registry of Helidon's metrics feature
 * shares the meters of the whole process, and a second service would read those of the first.
 */
public final class ServiceMetrics implements AutoCloseable {
  /** The content type of {@link #scrape}. */
  public static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final JvmGcMetrics garbageCollection = new JvmGcMetrics();

  public ServiceMetrics() {
    garbageCollection.bindTo(registry);
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new FileDescriptorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
  }

  /** For further meters. */
  public MeterRegistry registry() {
    return registry;
  }

  /** All meters in the text format of Prometheus. */
  public String scrape() {
    return registry.scrape(CONTENT_TYPE);
  }

  /** Measures the connection pool and the state of the encryption keys. */
  public void measure(Database database, KeyRegistry keys) {
    connections(database, "active", HikariPoolMXBean::getActiveConnections);
    connections(database, "idle", HikariPoolMXBean::getIdleConnections);
    Gauge.builder("database.pool.waiting", database::waiting)
        .description("Requests that wait for a connection to the database")
        .register(registry);
    for (KeyState state : KeyState.values()) {
      Gauge.builder("encryption.key.state", () -> keys.status().state() == state ? 1 : 0)
          .description("1 for the state the encryption key is in")
          .tag("state", state.name().toLowerCase(Locale.ROOT))
          .register(registry);
    }
    Gauge.builder("encryption.key.problems", () -> keys.status().remarks().size())
        .description("Things that are wrong with encryption keys, as readiness details them")
        .register(registry);
  }

  private void connections(
      Database database, String state, ToIntFunction<HikariPoolMXBean> figure) {
    Gauge.builder("database.pool.connections", () -> database.pool(figure))
        .description("Connections to the database by what they do")
        .tag("state", state)
        .register(registry);
  }

  @Override
  public void close() {
    garbageCollection.close();
    registry.close();
  }
}
