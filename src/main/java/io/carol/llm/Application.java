package io.carol.llm;

import io.carol.llm.api.SettingsResource;
import io.carol.llm.api.WriteLimit;
import io.carol.llm.auth.Authentication;
import io.carol.llm.auth.TokenVerifier;
import io.carol.llm.config.Configuration;
import io.carol.llm.database.Database;
import io.carol.llm.database.MigrationTask;
import io.carol.llm.http.AccessLog;
import io.carol.llm.http.Problems;
import io.carol.llm.http.RequestFilter;
import io.carol.llm.keys.KeyRegistry;
import io.carol.llm.keys.KeyRingProvider;
import io.carol.llm.observability.BuildInfo;
import io.carol.llm.observability.HealthChecks;
import io.carol.llm.observability.KeyUpkeep;
import io.carol.llm.observability.ServiceMetrics;
import io.carol.llm.settings.LlmSettingsService;
import io.carol.llm.settings.baseurl.BaseUrlPolicy;
import io.carol.llm.web.ContractDocument;
import io.carol.llm.web.Page;
import io.helidon.config.Config;
import io.helidon.http.PathMatchers;
import io.helidon.metrics.api.MeterRegistry;
import io.helidon.metrics.api.Metrics;
import io.helidon.openapi.OpenApiFeature;
import io.helidon.webserver.ListenerConfig;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.observe.ObserveFeature;
import io.helidon.webserver.observe.health.HealthObserver;
import io.helidon.webserver.observe.metrics.MetricsObserver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.slf4j.event.Level;

/** The running service: every package wired together, on two ports. */
public final class Application implements AutoCloseable {
  private static final String OPENAPI = "/openapi";
  private static final String OBSERVE = "observe";
  private static final Set<String> OBSERVE_PATHS =
      Set.of(
          "/observe/health/live",
          "/observe/health/ready",
          "/observe/health/started",
          "/observe/info",
          "/observe/metrics");
  // IPv6 as well, where there is any; the web server's own default is IPv4 only.
  private static final InetAddress EVERY_INTERFACE = new InetSocketAddress(0).getAddress();
  private static final int MAX_OBSERVE_CONNECTIONS = 256;
  // Longer than any request takes: the database answers or is given up within 3 s.
  private static final Duration SHUTDOWN_GRACE = Duration.ofSeconds(10);

  private final WebServer server;
  private final RequestFilter filter;
  private final Duration drain;
  private final MigrationTask migrationTask;
  private final KeyUpkeep keyUpkeep;
  private final ServiceMetrics metrics;
  private final LlmSettingsService settings;

  /**
   * Starts the service and returns once it listens. The database may be away: it is migrated when
   * it comes.
   *
   * @param root the configuration, as {@code application.yaml} describes it
   * @throws io.carol.llm.config.ConfigurationException naming every setting that is missing or not
   *     allowed
   * @throws IllegalStateException when a port cannot be listened on
   */
  public static Application start(Config root) {
    return new Application(root, Configuration.of(root));
  }

  private Application(Config root, Configuration configuration) {
    Config config = root.get("carol");
    Authentication authentication =
        new Authentication(
            new TokenVerifier(
                configuration.auth().keySet().orElseThrow(),
                configuration.auth().issuer(),
                configuration.auth().audience()),
            configuration.auth().cookie());
    KeyRingProvider keys = new KeyRingProvider(config.get("encryption"));
    BaseUrlPolicy policy = new BaseUrlPolicy(configuration.addresses());
    Database database = Database.open(config.get("database"));
    this.settings = new LlmSettingsService(database, keys, policy, configuration.provisionUsers());
    this.migrationTask = MigrationTask.start(database, config.get("database"));
    MeterRegistry meters = Metrics.globalRegistry();
    this.metrics = new ServiceMetrics(meters, database, settings.inventory());
    this.keyUpkeep = KeyUpkeep.start(settings.inventory(), metrics);
    AccessLog accessLog = new AccessLog(meters, Set.of(SettingsResource.PATH, OPENAPI), Level.INFO);
    // Probes and Prometheus ask every few seconds.
    AccessLog observeLog = new AccessLog(meters, OBSERVE_PATHS, Level.DEBUG);
    this.filter = new RequestFilter(accessLog);
    this.drain = configuration.http().drain();
    this.server =
        WebServer.builder()
            .shutdownHook(false)
            .featuresDiscoverServices(false)
            .addFeature(openApi())
            .addFeature(
                observe(
                    filter, database, settings.inventory(), configuration.readinessRequiresKey()))
            .update(server -> {
              listener(server, configuration.http().port(), accessLog);
              server.maxTcpConnections(configuration.http().maxConnections());
            })
            .routing(routing -> {
              routing.addFilter(filter);
              Problems.register(routing);
              new SettingsResource(settings, policy)
                  .register(
                      routing,
                      authentication,
                      new WriteLimit(configuration.http().writesPerMinute()));
              Problems.onlyGet(routing, PathMatchers.exact(OPENAPI));
              new Page().register(routing);
            })
            .putSocket(
                OBSERVE,
                socket -> {
                  listener(socket, configuration.http().observePort(), observeLog);
                  socket
                      .maxTcpConnections(MAX_OBSERVE_CONNECTIONS)
                      .routing(routing -> {
                        routing.addFilter(new RequestFilter(observeLog));
                        Problems.register(routing);
                        Problems.onlyGet(routing, PathMatchers.any());
                        routing.get("/observe/info", BuildInfo::answer);
                      });
                })
            .build()
            .start();
    if (!server.isRunning()) {
      throw new IllegalStateException("The service could not listen on its ports.");
    }
  }

  /** The port of the API. */
  public int port() {
    return server.port();
  }

  /** The port of probes and metrics. */
  public int observePort() {
    return server.port(OBSERVE);
  }

  /**
   * Prepares {@link #close}: the service is not ready any more, answers as before but closes each
   * connection with its response, and returns after {@code shutdown.drain.seconds}.
   */
  public void drain() throws InterruptedException {
    filter.startDraining();
    Thread.sleep(drain);
  }

  /** Waits for the requests under way, stops listening, then closes the connection pool. */
  @Override
  public void close() {
    filter.startDraining();
    server.stop();
    migrationTask.close();
    keyUpkeep.close();
    metrics.close();
    settings.close();
  }

  private static void listener(
      ListenerConfig.BuilderBase<?, ?> listener, int port, AccessLog accessLog) {
    listener
        .address(EVERY_INTERFACE)
        .port(port)
        .shutdownGracePeriod(SHUTDOWN_GRACE)
        .maxPayloadSize(RequestFilter.MAX_DRAINED_BYTES)
        .directHandlers(Problems.directHandlers(accessLog));
  }

  private static OpenApiFeature openApi() {
    return OpenApiFeature.create(openapi ->
        openapi
            .staticFile("openapi/openapi.yaml")
            .manager(new ContractDocument())
            .sockets(Set.of(WebServer.DEFAULT_SOCKET_NAME)));
  }

  private static ObserveFeature observe(
      RequestFilter filter, Database database, KeyRegistry registry, boolean keyRequired) {
    return ObserveFeature.builder()
        .observersDiscoverServices(false)
        .sockets(List.of(OBSERVE))
        .addObserver(
            HealthObserver.builder()
                .details(true)
                .useSystemServices(false)
                .addCheck(HealthChecks.traffic(filter::draining))
                .addCheck(HealthChecks.database(database))
                .addCheck(HealthChecks.encryptionKey(registry, keyRequired))
                .build())
        .addObserver(MetricsObserver.create())
        .build();
  }
}
