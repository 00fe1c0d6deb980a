package io.carol.llm;

import io.carol.llm.api.SettingsResource;
import io.carol.llm.auth.Authentication;
import io.carol.llm.auth.TokenVerifier;
import io.carol.llm.database.Database;
import io.carol.llm.database.MigrationTask;
import io.carol.llm.http.AccessLog;
import io.carol.llm.http.Connections;
import io.carol.llm.http.Exchanges;
import io.carol.llm.http.Problems;
import io.carol.llm.http.RequestFilter;
import io.carol.llm.http.StrictHttp1;
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
import io.helidon.webserver.WebServer;
import io.helidon.webserver.observe.ObserveFeature;
import io.helidon.webserver.observe.health.HealthObserver;
import io.helidon.webserver.observe.metrics.MetricsObserver;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.logging.Logger;

/** The running service: all rooms put together, on two ports. */
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
  // Longer than any request that does not dawdle: the database answers or is given up within 3 s.
  private static final Duration LONGEST_EXCHANGE = Duration.ofSeconds(10);
  // With more, whoever asked it to stop would have killed it by then.
  private static final int LONGEST_DRAIN_SECONDS = 300;

  // Probes and Prometheus.
  private static final int MOST_OBSERVERS = 256;

  // They write targets and headers to the log as they were sent. Held here: a logger that nobody
  // holds forgets its level.
  private static final List<Logger> LOGGERS_OF_REQUESTS =
      List.of(
          Logger.getLogger("io.helidon.webserver.http.ErrorHandlers"),
          Logger.getLogger("io.helidon.openapi.OpenApiHttpFeature"));

  private final WebServer server;
  private final List<Connections> connections;
  private final Exchanges exchanges;
  private final Duration drain;
  private final MigrationTask upkeep;
  private final KeyUpkeep keyUpkeep;
  private final ServiceMetrics serviceMeters;
  private final LlmSettingsService credentials;

  private Application(
      WebServer server,
      List<Connections> connections,
      Exchanges exchanges,
      Duration drain,
      MigrationTask upkeep,
      KeyUpkeep keyUpkeep,
      ServiceMetrics serviceMeters,
      LlmSettingsService credentials) {
    this.server = server;
    this.connections = connections;
    this.exchanges = exchanges;
    this.drain = drain;
    this.upkeep = upkeep;
    this.keyUpkeep = keyUpkeep;
    this.serviceMeters = serviceMeters;
    this.credentials = credentials;
  }

  /**
   * Starts the service and returns once it listens. The database may be away: it is migrated when
   * it comes.
   *
   * @param root the configuration, as {@code application.yaml} describes it
   * @throws io.helidon.config.ConfigException when a value is missing or not of its type
   * @throws IllegalArgumentException when a value is not allowed; the message names its variable
   * @throws IllegalStateException when a port cannot be listened on
   */
  public static Application start(Config root) {
    // Here and not in logging.properties, which can be replaced.
    LOGGERS_OF_REQUESTS.forEach(logger -> logger.setLevel(java.util.logging.Level.OFF));
    Config config = root.get("carol");
    int port = port(config.get("port").asInt().orElse(8080), "CAROL_PORT");
    int observePort = port(config.get("observe.port").asInt().orElse(8081), "CAROL_OBSERVE_PORT");
    if (port == observePort && port != 0) {
      throw new IllegalArgumentException("CAROL_PORT and CAROL_OBSERVE_PORT must not be the same");
    }
    int drainSeconds = config.get("shutdown.drain.seconds").asInt().orElse(5);
    if (drainSeconds < 0 || drainSeconds > LONGEST_DRAIN_SECONDS) {
      throw new IllegalArgumentException(
          "CAROL_SHUTDOWN_DRAIN_SECONDS must be from 0 to " + LONGEST_DRAIN_SECONDS);
    }
    TokenVerifier verifier =
        new TokenVerifier(
            config.get("auth.jwks").asString().get(),
            config.get("auth.issuer").asString().get(),
            config.get("auth.audience").asString().get());
    Authentication authentication =
        new Authentication(verifier, config.get("auth.cookie").asString().orElse("carol_session"));
    KeyRingProvider keys = new KeyRingProvider(config.get("encryption"));
    Limits limits = Limits.of(config);
    BaseUrlPolicy policy =
        new BaseUrlPolicy(config.get("allow.private.hosts").asBoolean().orElse(true));
    boolean provisionUsers = config.get("users.provision").asBoolean().orElse(true);
    boolean keyRequired = config.get("readiness.requires.key").asBoolean().orElse(false);
    requireFree(port, "CAROL_PORT");
    requireFree(observePort, "CAROL_OBSERVE_PORT");
    // Last, so that nothing stays open when the configuration is wrong.
    Database database = Database.open(config.get("database"));
    LlmSettingsService credentials = new LlmSettingsService(database, keys, policy, provisionUsers);
    MigrationTask upkeep = MigrationTask.start(database, config.get("database"));

    MeterRegistry meters = Metrics.globalRegistry();
    ServiceMetrics serviceMeters = new ServiceMetrics(meters, database, credentials.inventory());
    KeyUpkeep keyUpkeep = KeyUpkeep.start(credentials.inventory(), serviceMeters);
    Exchanges exchanges = new Exchanges();
    AccessLog accessLog = new AccessLog(meters, Set.of(SettingsResource.PATH, OPENAPI), Level.INFO);
    // Probes and Prometheus ask every few seconds.
    AccessLog observeLog = new AccessLog(meters, OBSERVE_PATHS, Level.DEBUG);
    Connections connections = Connections.watched(limits.connections(), limits.patience());
    Connections observeConnections = Connections.watched(MOST_OBSERVERS, limits.patience());
    WebServer server =
        WebServer.builder()
            .address(EVERY_INTERFACE)
            .port(port)
            .shutdownHook(false)
            .maxPayloadSize(RequestFilter.MAX_DRAINED_BYTES)
            .protocolsDiscoverServices(false)
            .addConnectionSelector(new StrictHttp1(connections))
            .connectionOptions(connections.socketOptions())
            .maxTcpConnections(Connections.withSpare(limits.connections()))
            .directHandlers(Problems.directHandlers(accessLog))
            .featuresDiscoverServices(false)
            .addFeature(
                OpenApiFeature.create(openapi ->
                    openapi
                        .staticFile("openapi/openapi.yaml")
                        .manager(new ContractDocument())
                        .cors(cors -> cors.enabled(false))
                        .sockets(Set.of(WebServer.DEFAULT_SOCKET_NAME))))
            .addFeature(observe(exchanges, database, credentials.inventory(), keyRequired))
            .putSocket(
                OBSERVE,
                socket ->
                    socket
                        .address(EVERY_INTERFACE)
                        .port(observePort)
                        .maxPayloadSize(RequestFilter.MAX_DRAINED_BYTES)
                        .protocolsDiscoverServices(false)
                        .addConnectionSelector(new StrictHttp1(observeConnections))
                        .connectionOptions(observeConnections.socketOptions())
                        .maxTcpConnections(Connections.withSpare(MOST_OBSERVERS))
                        .routing(routing -> {
                          routing.addFilter(new RequestFilter(observeLog, exchanges));
                          Problems.register(routing);
                          Problems.onlyGet(routing, PathMatchers.any());
                          routing.get("/observe/info", BuildInfo::answer);
                        }))
            .routing(routing -> {
              routing.addFilter(new RequestFilter(accessLog, exchanges));
              routing.addFilter(limits.requests());
              Problems.register(routing);
              new SettingsResource(credentials, policy)
                  .register(routing, authentication, limits.writes());
              Problems.onlyGet(routing, PathMatchers.exact(OPENAPI));
              new Page().register(routing);
            })
            .build()
            .start();
    if (!server.isRunning()) {
      throw new IllegalStateException(
          "The service could not listen on its ports " + port + " and " + observePort + ".");
    }
    return new Application(
        server,
        List.of(connections, observeConnections),
        exchanges,
        Duration.ofSeconds(drainSeconds),
        upkeep,
        keyUpkeep,
        serviceMeters,
        credentials);
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
   * Has others take the traffic over before {@link #close}: is not ready any more, answers as
   * before but closes each connection with its response, and returns after {@code
   * shutdown.drain.seconds}.
   */
  public void drain() throws InterruptedException {
    exchanges.drain();
    Thread.sleep(drain);
  }

  /** Waits for the exchanges under way, stops listening, then lets go of the database. */
  @Override
  public void close() {
    exchanges.drain();
    try {
      exchanges.awaitEnd(LONGEST_EXCHANGE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    server.stop();
    connections.forEach(Connections::close);
    upkeep.close();
    keyUpkeep.close();
    serviceMeters.close();
    credentials.close();
  }

  private static int port(int number, String variable) {
    if (number < 0 || number > 65_535) {
      throw new IllegalArgumentException(
          variable + " must be a port number: 1 to 65535, or 0 for any free port");
    }
    return number;
  }

  /** Says which port is taken; the web server would only log a stack trace. */
  private static void requireFree(int port, String variable) {
    try (ServerSocket probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(new InetSocketAddress(port));
    } catch (IOException e) {
      throw new IllegalStateException(
          "Port "
              + port
              + " cannot be used ("
              + e.getMessage()
              + "). Stop the program that listens there, or set "
              + variable
              + " to another port.");
    }
  }

  private static ObserveFeature observe(
      Exchanges exchanges, Database database, KeyRegistry inventory, boolean keyRequired) {
    return ObserveFeature.builder()
        .observersDiscoverServices(false)
        .cors(cors -> cors.enabled(false))
        .sockets(List.of(OBSERVE))
        .addObserver(
            HealthObserver.builder()
                .details(true)
                .useSystemServices(false)
                .addCheck(HealthChecks.traffic(exchanges))
                .addCheck(HealthChecks.database(database))
                .addCheck(HealthChecks.encryptionKey(inventory, keyRequired))
                .build())
        .addObserver(MetricsObserver.create())
        .build();
  }
}
