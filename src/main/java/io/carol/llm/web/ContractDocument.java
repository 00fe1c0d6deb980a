package io.carol.llm.web;

import io.helidon.openapi.OpenApiFormat;
import io.helidon.openapi.OpenApiManager;
import jakarta.json.spi.JsonProvider;
import java.util.Map;
import org.yaml.snakeyaml.Yaml;

/**
 * The contract as it is written. Helidon's own manager would take it apart and write it anew,
 * without its comments and its order of words.
 */
public final class ContractDocument implements OpenApiManager<String> {
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
  public String name() {
    return "as-written";
  }

  @Override
  public String type() {
    return name();
  }
}
