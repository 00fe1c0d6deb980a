package io.carol.llm;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.carol.llm.api.CheckResource;
import io.carol.llm.api.RateLimit;
import io.carol.llm.api.SettingsResource;
import io.carol.llm.auth.Authentication;
import io.carol.llm.auth.TokenVerifier;
import io.carol.llm.config.Configuration;
import io.carol.llm.config.ConfigurationException;
import io.carol.llm.config.HttpConfig;
import io.carol.llm.database.Database;
import io.carol.llm.database.StartupTask;
import io.carol.llm.http.AccessLog;
import io.carol.llm.http.Problems;
import io.carol.llm.http.RequestFilter;
import io.carol.llm.http.Responses;
import io.carol.llm.keys.KeyRingProvider;
import io.carol.llm.observability.BuildInfo;
import io.carol.llm.observability.HealthChecks;
import io.carol.llm.observability.ServiceMetrics;
import io.carol.llm.observability.UserHash;
import io.carol.llm.provider.ConnectionCheck;
import io.carol.llm.settings.LlmSettingsService;
import io.carol.llm.settings.baseurl.BaseUrlPolicy;
import io.carol.llm.web.ContractDocument;
import io.carol.llm.web.Page;
import io.helidon.common.media.type.MediaTypes;
import io.helidon.config.Config;
import io.helidon.health.HealthCheckType;
import io.helidon.http.HeaderNames;
import io.helidon.http.PathMatchers;
import io.helidon.openapi.OpenApiFeature;
import io.helidon.webserver.ListenerConfig;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.observe.ObserveFeature;
import io.helidon.webserver.observe.health.HealthObserver;
import io.helidon.webserver.observe.health.HealthObserverConfig;
import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** The running service: every package wired together, on two ports. */
public final class Application implements AutoCloseable {
  private static final Logger LOGGER = LoggerFactory.getLogger(Application.class);
  private static final String OPENAPI = "/openapi";
  private static final Set<String> API_PATHS =
      Set.of(
          SettingsResource.PATH,
          SettingsResource.KEY_PATH,
          SettingsResource.STATUS_PATH,
          CheckResource.PATH,
          OPENAPI);
  private static final int CHECKS_PER_MINUTE = 10;
  private static final String OBSERVE = "observe";
  private static final String INFO = "/observe/info";
  private static final String METRICS = "/observe/metrics";
  private static final Set<String> OBSERVE_PATHS =
      Set.of(
          "/observe/health/live",
          "/observe/health/ready",
          "/observe/health/started",
          INFO,
          METRICS);
  private static final int MAX_OBSERVE_CONNECTIONS = 256;
  // A check takes longest: 5 s for its row, or 7 s when reads wait for each other, and 5 s for its
  // provider. What is still under way after this time is cut off.
  private static final Duration SHUTDOWN_GRACE = Duration.ofSeconds(10);

  private final HttpConfig http;
  private final RequestFilter filter;
  private final WebServer server;
  // What has to be stopped, the last that was started first.
  private final Deque<Runnable> started = new ArrayDeque<>();

  /**
   * Starts the service and returns once it listens. The database may be down: it is migrated when
   * it is up. When the start fails, nothing stays running.
   *
   * @param root the configuration; {@link io.carol.llm.config.Setting} has the keys
   * @throws ConfigurationException naming every setting that is missing or has the wrong form; when
   *     there is none, the first that cannot be used, such as a port that is taken
   */
  public static Application start(Config root) {
    return new Application(root, Configuration.of(root));
  }

  private Application(Config root, Configuration configuration) {
    http = configuration.http();
    requireFree("CAROL_PORT", http.port());
    requireFree("CAROL_OBSERVE_PORT", http.observePort());
    try {
      ServiceMetrics metrics = new ServiceMetrics();
      started.push(metrics::close);
      KeyRingProvider keys = new KeyRingProvider(root);
      BaseUrlPolicy policy = new BaseUrlPolicy(configuration.addresses());
      Database database = Database.open(configuration.database());
      LlmSettingsService settings =
          new LlmSettingsService(
              database, keys, policy, configuration.provisionUsers(), metrics.registry());
      started.push(settings::close);
      // After all else that may refuse the configuration, because it begins to read the key set.
      TokenVerifier verifier = new TokenVerifier(configuration.auth());
      started.push(verifier::close);
      ConnectionCheck connectionCheck = new ConnectionCheck(settings, SSLContext::getDefault);
      started.push(connectionCheck::close);
      // Registers the keys once the tables are there, even when no probe or request comes.
      StartupTask startupTask =
          StartupTask.start(database, configuration.database(), settings.keyRegistry()::findAnew);
      started.push(startupTask::close);
      metrics.measure(database, configuration.database().poolSize(), settings.keyRegistry());

      HealthChecks checks = new HealthChecks(database, startupTask);
      UserHash users = new UserHash(keys);
      AccessLog accessLog = new AccessLog(metrics.registry(), users, API_PATHS, Level.INFO);
      filter = new RequestFilter(accessLog, Set.copyOf(http.corsOrigins()));
      server =
          WebServer.builder()
              .shutdownHook(false)
              .featuresDiscoverServices(false)
              .addFeature(openApi())
              .addFeature(
                  health(
                      HealthObserver.builder()
                          .addCheck(
                              () -> HealthChecks.traffic(filter.draining()),
                              HealthCheckType.READINESS,
                              "traffic")
                          .addCheck(checks::database, HealthCheckType.READINESS, "database")
                          .addCheck(
                              () -> HealthChecks.identityProvider(verifier.ready()),
                              HealthCheckType.READINESS,
                              "identity-provider")
                          .addCheck(
                              () ->
                                  HealthChecks.encryptionKey(
                                      settings.keyRegistry().status(),
                                      configuration.readinessRequiresKey()),
                              HealthCheckType.READINESS,
                              "encryption-key")))
              .update(api -> listener(api, http.port(), http.maxConnections(), accessLog))
              .routing(routing -> {
                routing.addFilter(filter);
                Problems.register(routing);
                Authentication authentication =
                    new Authentication(verifier, configuration.auth().cookie(), metrics.registry());
                new SettingsResource(settings)
                    .register(
                        routing, authentication, new RateLimit(http.writesPerMinute(), "writes"));
                if (http.checkEnabled()) {
                  new CheckResource(settings, connectionCheck)
                      .register(
                          routing, authentication, new RateLimit(CHECKS_PER_MINUTE, "checks"));
                }
                Problems.readOnly(routing, PathMatchers.exact(OPENAPI));
                routing.any(OPENAPI, ContractDocument::refuseFormat);
                routing.register(new Page(http.signInUrl()));
              })
              .putSocket(OBSERVE, socket -> observe(socket, http.observePort(), metrics, users))
              .build();
      started.push(server::stop);
      started.push(filter::startDraining);
      server.start();
      // Helidon 4.5.0 logs that it could not start, and returns.
      if (!server.isRunning()) {
        throw new IllegalStateException("The service could not listen on its ports.");
      }
    } catch (RuntimeException | Error e) {
      close();
      throw e;
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
    Thread.sleep(http.drain());
  }

  /**
   * Waits for the requests under way, stops listening, then closes the connection pool. A part that
   * fails to close is logged and does not keep the others open.
   */
  @Override
  public void close() {
    while (!started.isEmpty()) {
      try {
        started.pop().run();
      } catch (RuntimeException e) {
        LOGGER.error("A part of the service could not be closed", e);
      }
    }
  }

  /** Before Helidon tries, which says it with a stack trace and not which variable is meant. */
  private static void requireFree(String variable, int port) {
    try {
      new ServerSocket(port).close();
    } catch (IOException e) {
      throw new ConfigurationException(
          "%s: port %d cannot be listened on: %s. Choose another port"
              .formatted(variable, port, e.getMessage()));
    }
  }

  private static void listener(
      ListenerConfig.BuilderBase<?, ?> listener, int port, int connections, AccessLog accessLog) {
    listener
        .port(port)
        .maxTcpConnections(connections)
        .maxPayloadSize(Problems.MAX_DRAINED_BYTES)
        .shutdownGracePeriod(SHUTDOWN_GRACE)
        .directHandlers(Problems.directHandlers(accessLog));
  }

  private static void observe(
      ListenerConfig.Builder socket, int port, ServiceMetrics metrics, UserHash users) {
    // At DEBUG, because probes and Prometheus send a request every few seconds.
    AccessLog accessLog = new AccessLog(metrics.registry(), users, OBSERVE_PATHS, Level.DEBUG);
    listener(socket, port, MAX_OBSERVE_CONNECTIONS, accessLog);
    socket.routing(routing -> {
      routing.addFilter(new RequestFilter(accessLog, Set.of()));
      Problems.register(routing);
      Problems.readOnly(routing, PathMatchers.any());
      routing.any(METRICS, text(ServiceMetrics.CONTENT_TYPE, metrics::scrape));
      routing.any(INFO, text(MediaTypes.APPLICATION_JSON_VALUE, BuildInfo::json));
    });
  }

  private static Handler text(String type, Supplier<String> text) {
    return (request, response) -> {
      response.header(HeaderNames.CONTENT_TYPE, type);
      Responses.send(request, response, text.get().getBytes(UTF_8));
    };
  }

  private static OpenApiFeature openApi() {
    ContractDocument document = new ContractDocument();
    return OpenApiFeature.create(openapi ->
        openapi
            .staticFile("openapi/openapi.yaml")
            .manager(document)
            .addService(document)
            .servicesDiscoverServices(false)
            .sockets(Set.of(WebServer.DEFAULT_SOCKET_NAME)));
  }

  private static ObserveFeature health(HealthObserverConfig.Builder checks) {
    return ObserveFeature.builder()
        .observersDiscoverServices(false)
        .sockets(List.of(OBSERVE))
        .addObserver(checks.details(true).useSystemServices(false).build())
        .build();
  }
}
