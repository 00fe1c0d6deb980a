package io.carol.llm.observability;

import com.zaxxer.hikari.HikariPoolMXBean;
import io.carol.llm.database.Database;
import io.carol.llm.database.DatabaseUnavailableException.Reason;
import io.carol.llm.keys.KeyRegistry;
import io.carol.llm.keys.KeyState;
import io.carol.llm.keys.KeyStatus;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.instrumentation.jvm.JvmGarbageCollectorMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmMemoryMetrics;
import io.prometheus.metrics.instrumentation.jvm.JvmThreadsMetrics;
import io.prometheus.metrics.instrumentation.jvm.ProcessMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/**
 * The meters of one service: those of the process, those made here, and those of the parts that the
 * registry is handed to. Micrometer is used directly, since every registry of Helidon's metrics
 * feature shares the meters of the whole process, and a second service would read those of the
 * first. Process and JVM are measured by the Prometheus client, with its standard names.
 */
public final class ServiceMetrics implements AutoCloseable {
  /** The content type of {@link #scrape}. */
  public static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final PrometheusMeterRegistry registry;
  private volatile KeyStatus keyStatus = new KeyStatus(KeyState.UNKNOWN, List.of());
  private Supplier<KeyStatus> currentKeyStatus = () -> keyStatus;

  public ServiceMetrics() {
    PrometheusRegistry process = new PrometheusRegistry();
    ProcessMetrics.builder().register(process);
    JvmMemoryMetrics.builder().register(process);
    JvmGarbageCollectorMetrics.builder().register(process);
    JvmThreadsMetrics.builder().register(process);
    registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT, process, Clock.SYSTEM);
    Gauge.builder("carol.llm.settings.build.info", () -> 1)
        .description("1, with the version and the commit of this program")
        .tag("version", BuildInfo.VERSION)
        .tag("commit", BuildInfo.COMMIT)
        .register(registry);
  }

  /** For further meters. */
  public MeterRegistry registry() {
    return registry;
  }

  /** All meters in the text format of Prometheus. */
  public String scrape() {
    // Once, or the gauges of the states could contradict each other.
    keyStatus = currentKeyStatus.get();
    return registry.scrape(CONTENT_TYPE);
  }

  /** Measures the connection pool, its failures, and the state of the encryption keys. */
  public void measure(Database database, int poolSize, KeyRegistry keys) {
    // By the names that HikariCP's own Micrometer meters have. Those take time in every request.
    HikariPoolMXBean pool = database.pool();
    connections("active", "Connections in use", pool::getActiveConnections);
    connections("idle", "Connections not in use", pool::getIdleConnections);
    connections("max", "Connections at most", () -> poolSize);
    connections("pending", "Statements that wait for a connection", database::waiting);
    Gauge.builder("database.reads.waiting", database, Database::waitingReads)
        .description("Reads that wait until they can go together in one statement")
        .register(registry);
    for (Reason reason : Reason.values()) {
      FunctionCounter.builder("database.failures", database, it -> it.failures(reason))
          .description("Uses of the database that failed, by requests, probes and background work")
          .tag("reason", reason.name().toLowerCase(Locale.ROOT))
          .register(registry);
    }
    currentKeyStatus = keys::status;
    for (KeyState state : KeyState.values()) {
      Gauge.builder("encryption.key.state", () -> keyStatus.state() == state ? 1 : 0)
          .description("1 for the state the encryption key is in")
          .tag("state", state.code())
          .register(registry);
    }
    Gauge.builder("encryption.key.problems", () -> keyStatus.remarks().size())
        .description("Things that are wrong with encryption keys, as readiness details them")
        .register(registry);
  }

  private void connections(String name, String meaning, Supplier<Number> figure) {
    Gauge.builder("hikaricp.connections." + name, figure).description(meaning).register(registry);
  }

  @Override
  public void close() {
    registry.close();
  }
}
