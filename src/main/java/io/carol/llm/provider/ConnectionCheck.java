package io.carol.llm.provider;

import static io.carol.llm.provider.CheckResult.wireName;

import io.carol.llm.crypto.CryptoException;
import io.carol.llm.observability.Audit;
import io.carol.llm.provider.CheckResult.KeyCheck;
import io.carol.llm.provider.CheckResult.ModelCheck;
import io.carol.llm.provider.CheckResult.Reason;
import io.carol.llm.settings.DecryptedLlmSettings;
import io.carol.llm.settings.InvalidValueException;
import io.carol.llm.settings.KeyChange;
import io.carol.llm.settings.LlmSettings;
import io.carol.llm.settings.LlmSettingsService;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Tries whether LLM settings work: asks the provider for its models, in the way the agent calls it.
 * Generates nothing, costs nothing at the provider, stores nothing.
 *
 * <p>A check takes 5 s at most once the stored settings are read, and at most 8 are under way at a
 * time, of which 2 may be of one user. Of what the provider sends, the names of models alone leave
 * this package. Thread-safe; one for the process.
 */
public final class ConnectionCheck implements AutoCloseable {
  private static final Duration DEADLINE = Duration.ofSeconds(5);
  private static final int MAX_CHECKS = 8;
  private static final int MAX_CHECKS_OF_A_USER = 2;

  private final LlmSettingsService settings;
  private final Callable<SSLContext> tls;
  // The user of each check that is under way.
  private final List<String> users = new ArrayList<>();
  // Not virtual ones: while a name is resolved, they hold one of the few threads that carry them.
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofPlatform().daemon().name("check-", 0).factory());
  private @Nullable GuardedHttpClient client;

  /**
   * Connects to nothing yet.
   *
   * @param tls which certificates are trusted, such as {@code SSLContext::getDefault}; called at
   *     the first check
   */
  public ConnectionCheck(LlmSettingsService settings, Callable<SSLContext> tls) {
    this.settings = settings;
    this.tls = tls;
  }

  /**
   * Tries a user's stored settings.
   *
   * @throws io.carol.llm.settings.LlmNotConfiguredException when there are none
   * @throws TooManyChecksException when 8 checks are under way, or 2 of this user
   * @throws io.carol.llm.database.DatabaseUnavailableException when the database is away
   */
  public CheckResult check(String userId) {
    return check(userId, () -> settings.getDecryptedLlmSettings(userId));
  }

  /**
   * Tries settings as {@link LlmSettingsService#save} would store them. Throws as {@link
   * #check(String)}, but needs no stored settings.
   *
   * @throws io.carol.llm.settings.WriteRefusedException when the stored key is to be kept and
   *     belongs to another provider or origin
   */
  public CheckResult check(String userId, LlmSettings unsaved, KeyChange keyChange) {
    return check(userId, () -> settings.getUnsavedLlmSettings(userId, unsaved, keyChange));
  }

  private CheckResult check(String userId, Supplier<DecryptedLlmSettings> source) {
    String origin = "";
    CheckResult result;
    try {
      DecryptedLlmSettings llm = source.get();
      URI address = URI.create(llm.url(""));
      origin = address.getScheme() + "://" + address.getRawAuthority();
      result = probe(llm);
    } catch (CryptoException e) {
      // The audit log has the line of the key that could not be opened.
      result = withoutRequest(Reason.KEY_UNREADABLE);
    } catch (InvalidValueException e) {
      result = withoutRequest(Reason.ADDRESS_NOT_ALLOWED);
    }
    Reason reason = result.reason();
    settings
        .audit()
        .checked(
            userId,
            origin,
            wireName(result.verdict()),
            reason == null ? Audit.NONE : wireName(reason));
    return result;
  }

  private CheckResult probe(DecryptedLlmSettings llm) {
    String userId = llm.userId();
    if (!begin(userId)) {
      throw new TooManyChecksException();
    }
    ProviderProbe probe;
    Future<CheckResult> result;
    try {
      probe = new ProviderProbe(client(), llm);
      result =
          threads.submit(() -> {
            try {
              return probe.run();
            } finally {
              // Not when the deadline is over: a resolver that hangs goes on holding its thread.
              end(userId);
            }
          });
    } catch (RuntimeException | Error e) {
      // An Error too: where the system has no more threads, none is there to release it.
      end(userId);
      throw e;
    }
    try {
      return result.get(DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      return probe.soFarOr(Reason.TIMEOUT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return probe.soFarOr(Reason.TIMEOUT);
    } catch (ExecutionException e) {
      throw new IllegalStateException("A check ended with an error of its own", e.getCause());
    } finally {
      probe.cancel();
    }
  }

  private boolean begin(String userId) {
    synchronized (users) {
      return users.size() < MAX_CHECKS
          && Collections.frequency(users, userId) < MAX_CHECKS_OF_A_USER
          && users.add(userId);
    }
  }

  private void end(String userId) {
    synchronized (users) {
      users.remove(userId);
    }
  }

  private static CheckResult withoutRequest(Reason reason) {
    return new CheckResult(reason, KeyCheck.UNJUDGED, ModelCheck.UNJUDGED, List.of());
  }

  private synchronized GuardedHttpClient client() {
    GuardedHttpClient made = client;
    if (made == null) {
      try {
        made = new GuardedHttpClient(settings.baseUrlPolicy(), DEADLINE, tls.call());
      } catch (Exception e) {
        throw new IllegalStateException("TLS cannot be set up", e);
      }
      client = made;
    }
    return made;
  }

  /** Ends all checks. */
  @Override
  public synchronized void close() {
    threads.shutdownNow();
    GuardedHttpClient made = client;
    if (made != null) {
      made.close();
    }
  }
}
