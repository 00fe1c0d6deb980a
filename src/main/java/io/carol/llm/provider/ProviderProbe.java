package io.carol.llm.provider;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.carol.llm.provider.CheckResult.KeyCheck;
import io.carol.llm.provider.CheckResult.ModelCheck;
import io.carol.llm.provider.CheckResult.Reason;
import io.carol.llm.settings.ApiKey;
import io.carol.llm.settings.DecryptedLlmSettings;
import io.carol.llm.settings.InvalidValueException;
import io.carol.llm.settings.Provider;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.net.BindException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpEntity;
import org.jspecify.annotations.Nullable;

/**
 * One check of a connection: at most three requests to the provider, one after the other. Nothing
 * that fails in here is logged, because the message may quote what the provider has sent.
 */
final class ProviderProbe {
  private static final int MAX_ERROR_BYTES = 64 * 1024;

  /** In the error of a provider that knows the key, which must not list models. */
  private static final Pattern NOT_PERMITTED =
      Pattern.compile("permission|scope", Pattern.CASE_INSENSITIVE);

  /** In the error of a provider that answers a wrong or missing key with 400, as Google does. */
  private static final Pattern KEY_NOT_VALID =
      Pattern.compile("api[ _-]?key|authorization header", Pattern.CASE_INSENSITIVE);

  private final GuardedHttpClient client;
  private final Optional<ApiKey> key;
  private final Provider provider;
  private final String model;
  // All of them before the first is sent, so that cancel() finds each.
  private final HttpGet list;
  private final HttpGet listWithoutKey;
  private final HttpGet openRouterKey;
  private volatile @Nullable CheckResult soFar;

  ProviderProbe(GuardedHttpClient client, DecryptedLlmSettings llm) {
    this.client = client;
    key = llm.apiKey();
    provider = llm.provider();
    model = llm.model();
    String path = provider == Provider.ANTHROPIC ? "/v1/models?limit=1000" : "/models";
    list = get(llm, path, key);
    listWithoutKey = get(llm, path, Optional.empty());
    openRouterKey = get(llm, "/key", key);
  }

  private static HttpGet get(DecryptedLlmSettings llm, String path, Optional<ApiKey> key) {
    HttpGet request = new HttpGet(llm.url(path));
    request.setHeader("Accept", "application/json");
    if (llm.provider() == Provider.ANTHROPIC) {
      request.setHeader("anthropic-version", "2023-06-01");
      key.ifPresent(sent -> request.setHeader("x-api-key", sent.reveal()));
    } else {
      key.ifPresent(sent -> request.setHeader("Authorization", "Bearer " + sent.reveal()));
    }
    return request;
  }

  CheckResult run() {
    try {
      CheckResult result = client.execute(list, this::read);
      if (result.reason() != null || key.isEmpty()) {
        return result;
      }
      soFar = result;
      KeyCheck judged = judgeKey();
      Reason reason = judged == KeyCheck.REFUSED ? Reason.KEY_REFUSED : null;
      return new CheckResult(reason, judged, result.model(), result.models());
    } catch (IOException | InvalidValueException | AddressNotAllowedException e) {
      return soFarOr(reason(e));
    }
  }

  /** Ends the request under way on another thread, and those that would follow. */
  void cancel() {
    List.of(list, listWithoutKey, openRouterKey).forEach(HttpGet::cancel);
  }

  /** What is known by now; the reason alone when nothing is. */
  CheckResult soFarOr(Reason reason) {
    CheckResult known = soFar;
    return known == null ? unlisted(reason) : known;
  }

  private int status(HttpGet request) throws IOException {
    return client.execute(request, ClassicHttpResponse::getCode);
  }

  private CheckResult read(ClassicHttpResponse response) throws IOException {
    int status = response.getCode();
    HttpEntity entity = response.getEntity();
    if (status == 200 && entity != null) {
      return listed(entity.getContent());
    }
    CheckResult byStatus = unlisted(reason(status, ""));
    if (entity == null || (status != 400 && status != 401)) {
      return byStatus;
    }
    // Stands when the body does not come to its end.
    soFar = byStatus;
    byte[] error = entity.getContent().readNBytes(MAX_ERROR_BYTES);
    return unlisted(reason(status, new String(error, UTF_8)));
  }

  private Reason reason(int status, String error) {
    return switch (status) {
      case 400 -> KEY_NOT_VALID.matcher(error).find() ? Reason.KEY_REFUSED : Reason.PROVIDER_ERROR;
      case 401 ->
          key.isPresent() && NOT_PERMITTED.matcher(error).find()
              ? Reason.KEY_NOT_PERMITTED
              : Reason.KEY_REFUSED;
      case 402 -> Reason.NO_CREDIT;
      case 403 -> Reason.KEY_NOT_PERMITTED;
      case 404, 405, 501 -> Reason.NO_MODEL_LIST;
      case 429 -> Reason.RATE_LIMITED;
      default ->
          status / 100 == 3
              ? Reason.REDIRECTED
              : status / 100 == 2 ? Reason.NOT_AN_LLM : Reason.PROVIDER_ERROR;
    };
  }

  private CheckResult listed(InputStream body) throws IOException {
    Reader json = new LimitedReader(new InputStreamReader(body, UTF_8));
    return ModelList.read(json, provider, model, key)
        .map(models ->
            new CheckResult(
                null,
                key.isEmpty() ? KeyCheck.NONE : KeyCheck.UNJUDGED,
                models.hasModel() ? ModelCheck.LISTED : ModelCheck.NOT_LISTED,
                models.names()))
        .orElseGet(() -> unlisted(Reason.NOT_AN_LLM));
  }

  /** A provider that lists its models without a key as well tells nothing about the key. */
  private KeyCheck judgeKey() throws IOException {
    int withoutKey = status(listWithoutKey);
    String host = openRouterKey.getAuthority().getHostName();
    if (withoutKey == 200 && host.equalsIgnoreCase("openrouter.ai")) {
      return switch (status(openRouterKey)) {
        case 200 -> KeyCheck.ACCEPTED;
        case 401 -> KeyCheck.REFUSED;
        default -> KeyCheck.UNJUDGED;
      };
    }
    // Google and Cloudflare answer 400 where there is no key.
    return Set.of(400, 401, 403).contains(withoutKey) ? KeyCheck.ACCEPTED : KeyCheck.UNJUDGED;
  }

  private CheckResult unlisted(Reason reason) {
    KeyCheck judged =
        key.isEmpty()
            ? KeyCheck.NONE
            : switch (reason) {
              case KEY_REFUSED -> KeyCheck.REFUSED;
              case NO_CREDIT -> KeyCheck.ACCEPTED;
              default -> KeyCheck.UNJUDGED;
            };
    return new CheckResult(reason, judged, ModelCheck.UNJUDGED, List.of());
  }

  private static Reason reason(Exception e) {
    return switch (e) {
      case UnknownHostException _ -> Reason.NAME_NOT_FOUND;
      case SocketTimeoutException _ -> Reason.TIMEOUT;
      // Bind: the last address of a name is often an IPv6 one, in a container that has no IPv6.
      case ConnectException _, NoRouteToHostException _, BindException _ ->
          Reason.CONNECTION_REFUSED;
      case SocketException socket when "Network is unreachable".equals(socket.getMessage()) ->
          Reason.CONNECTION_REFUSED;
      case SSLException _ -> Reason.TLS;
      case LimitedReader.TooLongException _ -> Reason.NO_MODEL_LIST;
      case IOException _ -> Reason.NOT_AN_LLM;
      default -> Reason.ADDRESS_NOT_ALLOWED;
    };
  }
}
