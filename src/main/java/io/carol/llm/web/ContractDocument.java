package io.carol.llm.web;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.carol.llm.http.Responses;
import io.helidon.common.media.type.MediaType;
import io.helidon.common.media.type.MediaTypes;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.openapi.OpenApiFormat;
import io.helidon.openapi.OpenApiManager;
import io.helidon.openapi.OpenApiService;
import io.helidon.webserver.http.HttpRules;
import jakarta.json.spi.JsonProvider;
import java.util.Map;
import java.util.function.Function;
import org.yaml.snakeyaml.Yaml;

/**
 * Two things that Helidon's OpenAPI feature does not do by itself: it would write the contract anew
 * without its comments and the order of its members, and it does not answer HEAD.
 */
public final class ContractDocument implements OpenApiManager<String>, OpenApiService {
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
    return false;
  }

  @Override
  public void setup(HttpRules routing, String path, Function<MediaType, String> content) {
    routing.head(
        path,
        (request, response) -> {
          MediaType type =
              request
                  .headers()
                  .bestAccepted(MediaTypes.APPLICATION_OPENAPI_YAML, MediaTypes.APPLICATION_JSON)
                  .orElse(MediaTypes.APPLICATION_OPENAPI_YAML);
          response.headers().contentType(type);
          Responses.send(request, response, content.apply(type).getBytes(UTF_8));
        });
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
