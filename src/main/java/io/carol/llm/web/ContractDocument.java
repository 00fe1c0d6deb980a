package io.carol.llm.web;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.carol.llm.http.ProblemException;
import io.carol.llm.http.ProblemType;
import io.carol.llm.http.Responses;
import io.helidon.common.media.type.MediaType;
import io.helidon.common.media.type.MediaTypes;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.openapi.OpenApiFormat;
import io.helidon.openapi.OpenApiManager;
import io.helidon.openapi.OpenApiService;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import jakarta.json.spi.JsonProvider;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.yaml.snakeyaml.Yaml;

/**
 * Three things that Helidon's OpenAPI feature does not do by itself: it would write the contract
 * anew without its comments and the order of its members, it does not answer HEAD, and it copies
 * the document for each response.
 */
public final class ContractDocument implements OpenApiManager<String>, OpenApiService {
  // The first for a client that takes any.
  private static final MediaType[] TYPES = {
    MediaTypes.APPLICATION_OPENAPI_YAML,
    MediaTypes.APPLICATION_YAML,
    MediaTypes.APPLICATION_X_YAML,
    MediaTypes.TEXT_YAML,
    MediaTypes.TEXT_X_YAML,
    MediaTypes.APPLICATION_OPENAPI_JSON,
    MediaTypes.APPLICATION_JSON
  };

  @Override
  public String load(String content) {
    return content;
  }

  @Override
  public String format(String content, OpenApiFormat format) {
    if (format != OpenApiFormat.JSON) {
      return content;
    }
    Map<String, Object> document = new Yaml().load(content);
    return JsonProvider.provider().createObjectBuilder(document).build().toString();
  }

  @Override
  public boolean supports(ServerRequestHeaders headers) {
    return true;
  }

  @Override
  public void setup(HttpRules routing, String path, Function<MediaType, String> content) {
    Map<OpenApiFormat, byte[]> documents = new ConcurrentHashMap<>();
    Handler handler =
        (request, response) -> {
          MediaType type = request.headers().bestAccepted(TYPES).orElse(null);
          if (type == null) {
            response.next();
            return;
          }
          response.headers().contentType(type);
          byte[] document =
              documents.computeIfAbsent(
                  OpenApiFormat.valueOf(type), format -> content.apply(type).getBytes(UTF_8));
          Responses.send(request, response, document);
        };
    routing.get(path, handler).head(path, handler);
  }

  /**
   * Refuses a format in the query: Helidon would answer it by itself, with a copy of the document
   * for each client that does not read.
   */
  public static void refuseFormat(ServerRequest request, ServerResponse response) {
    if (request.query().contains("format")) {
      throw new ProblemException(
          ProblemType.BAD_REQUEST,
          "Name the format in the Accept header: application/yaml or application/json.");
    }
    response.next();
  }

  @Override
  public String name() {
    return "as-written";
  }

  @Override
  public String type() {
    return name();
  }
}
