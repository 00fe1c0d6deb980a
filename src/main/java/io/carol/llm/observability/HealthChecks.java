package io.carol.llm.observability;

import io.carol.llm.database.Database;
import io.carol.llm.database.DatabaseUnavailableException;
import io.carol.llm.database.Migrations;
import io.carol.llm.database.RepeatedWarnings;
import io.carol.llm.database.StartupTask;
import io.carol.llm.keys.KeyState;
import io.carol.llm.keys.KeyStatus;
import io.helidon.health.HealthCheckResponse;
import io.helidon.health.HealthCheckResponse.Status;
import org.slf4j.LoggerFactory;

/**
 * What the readiness probe asks. Liveness asks nothing: that the process answers is enough.
 * Thread-safe.
 */
public final class HealthChecks {
  private final Database database;
  private final StartupTask startupTask;
  private final RepeatedWarnings warnings =
      new RepeatedWarnings(LoggerFactory.getLogger(HealthChecks.class));
  private volatile boolean databaseWasUsable;

  public HealthChecks(Database database, StartupTask startupTask) {
    this.database = database;
    this.startupTask = startupTask;
  }

  /**
   * Not ready until the database was usable once: it answered, had the tables, and let the service
   * use them. From then on its state is reported only. A database that goes away would end the
   * readiness of all replicas at once, and users would get the error page of a proxy in place of
   * this service's page and its 503.
   */
  public HealthCheckResponse database() {
    Status failed = databaseWasUsable ? Status.UP : Status.DOWN;
    try {
      String missing = Migrations.missingPrivileges(database).orElse("");
      if (!missing.isEmpty()) {
        return response(
            failed,
            "permission denied",
            "The role lacks " + missing + ". Grant what sql/README.md lists");
      }
      databaseWasUsable = true;
      return response(Status.UP, "ok");
    } catch (DatabaseUnavailableException e) {
      String message = String.valueOf(e.getMessage());
      return switch (e.reason()) {
        case BUSY -> response(failed, "busy");
        case NOT_MIGRATED -> {
          if (startupTask.hasMigrated()) {
            warnings.warn(message);
            yield response(failed, "not migrated", message);
          }
          String reason = startupTask.failure().orElse("The migration has not ended yet");
          yield response(failed, "not migrated", reason);
        }
        case NOT_PERMITTED -> response(failed, "permission denied", message);
        case POOLED -> response(failed, "pooled", message);
        case UNREACHABLE -> response(failed, "unreachable");
      };
    }
  }

  /**
   * Not ready until the identity provider's key set was read once: until then no token can be
   * checked. Afterwards the last known keys stay in use.
   */
  public static HealthCheckResponse identityProvider(boolean keySetKnown) {
    return keySetKnown ? response(Status.UP, "ok") : response(Status.DOWN, "key set not read yet");
  }

  /** Not ready any more once the service is about to stop. */
  public static HealthCheckResponse traffic(boolean draining) {
    return draining ? response(Status.DOWN, "draining") : response(Status.UP, "accepted");
  }

  /**
   * Reported only, because most requests need no encryption key, unless it is required.
   *
   * @param required whether anything but the right key makes the service not ready
   */
  public static HealthCheckResponse encryptionKey(KeyStatus keys, boolean required) {
    Status status = !required || keys.state() == KeyState.OK ? Status.UP : Status.DOWN;
    String state = keys.state().code();
    return response(status, state, String.join("; ", keys.remarks()));
  }

  private static HealthCheckResponse response(Status status, String state) {
    return response(status, state, "");
  }

  private static HealthCheckResponse response(Status status, String state, String reason) {
    HealthCheckResponse.Builder response =
        HealthCheckResponse.builder().status(status).detail("state", state);
    return (reason.isEmpty() ? response : response.detail("reason", reason)).build();
  }
}
