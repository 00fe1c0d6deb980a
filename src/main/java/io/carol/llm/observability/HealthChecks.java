package io.carol.llm.observability;

import io.carol.llm.database.Database;
import io.carol.llm.database.DatabaseUnavailableException;
import io.carol.llm.database.MigrationTask;
import io.carol.llm.database.Migrations;
import io.carol.llm.keys.KeyState;
import io.carol.llm.keys.KeyStatus;
import io.helidon.health.HealthCheckResponse;
import io.helidon.health.HealthCheckResponse.Status;
import java.util.Locale;

/** What the readiness probe asks. Liveness asks nothing: that the process answers is enough. */
public final class HealthChecks {
  private HealthChecks() {}

  /** Ready when the database answers, has the tables, and lets the service use them. */
  public static HealthCheckResponse database(Database database, MigrationTask migrationTask) {
    try {
      return Migrations.missingPrivileges(database)
          .map(missing -> response(Status.DOWN, "permission denied", "The role lacks " + missing))
          .orElse(response(Status.UP, "ok"));
    } catch (DatabaseUnavailableException e) {
      return switch (e.reason()) {
        // Too much to do is no reason to have the other replicas do it as well.
        case BUSY -> response(Status.UP, "busy");
        case NOT_MIGRATED ->
            response(
                Status.DOWN,
                "not migrated yet",
                migrationTask.failure().orElse("The migration has not ended yet"));
        case NOT_PERMITTED ->
            response(Status.DOWN, "permission denied", String.valueOf(e.getMessage()));
        case UNREACHABLE -> response(Status.DOWN, "unreachable");
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
    String state = keys.state().name().toLowerCase(Locale.ROOT);
    return keys.remarks().isEmpty()
        ? response(status, state)
        : response(status, state, String.join("; ", keys.remarks()));
  }

  private static HealthCheckResponse response(Status status, String state) {
    return HealthCheckResponse.builder().status(status).detail("state", state).build();
  }

  private static HealthCheckResponse response(Status status, String state, String reason) {
    return HealthCheckResponse.builder()
        .status(status)
        .detail("state", state)
        .detail("reason", reason)
        .build();
  }
}
