package io.carol.llm.k8s;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.carol.llm.testing.Api;
import io.carol.llm.testing.Reply;
import io.carol.llm.testing.TestService;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The proxies' configurations in the documents let through what the settings page sends. */
@Tag("faults")
final class ProxyExamplesTest {
  private static final String K8S = "k8s/README.md";
  private static final String BODY =
      "{\"provider\":\"anthropic\",\"model\":\"m\",\"apiKey\":\"sk-ant-1\"}";

  @AutoClose private static final TestService service = TestService.start();

  @TempDir private Path folder;

  @Test
  void nginx() throws Exception {
    try (ProxyProcess proxy =
        ProxyExample.in("README.md", "nginx", 0).to(service.port()).startNginx(folder)) {
      assertThePageCanSave(proxy, "nginx", "");
    }
  }

  @Test
  void nginxWithThePageUnderAPath() throws Exception {
    try (ProxyProcess proxy =
        ProxyExample.in(K8S, "nginx", 0).to(service.port()).startNginx(folder)) {
      assertThePageCanSave(proxy, "under-a-path", "/llm-settings");
      Reply withoutSlash = new Api(proxy.port(), null).send("GET", "/llm-settings", null);
      assertEquals(302, withoutSlash.status());
      assertTrue(withoutSlash.header("location").endsWith("/llm-settings/"));
    }
  }

  @Test
  void haproxy() throws Exception {
    try (ProxyProcess proxy =
        ProxyExample.in(K8S, "haproxy", 0).to(service.port()).startHaproxy(folder)) {
      assertThePageCanSave(proxy, "haproxy", "");
    }
  }

  @Test
  void apache() throws Exception {
    try (ProxyProcess proxy =
        ProxyExample.in(K8S, "apache", 0).to(service.port()).startApache(folder)) {
      assertThePageCanSave(proxy, "apache", "");
    }
  }

  @Test
  void caddy() throws Exception {
    try (ProxyProcess proxy =
        ProxyExample.in(K8S, "caddy", 0).to(service.port()).startCaddy(folder)) {
      assertThePageCanSave(proxy, "caddy", "");
    }
  }

  /** As oauth2-proxy answers with {@code --set-authorization-header}: 202 and the user's token. */
  @Test
  void nginxThatAsksOauth2ProxyForTheToken() throws Exception {
    String token = TestService.identity().token("oauth2");
    HttpServer oauth2Proxy =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    oauth2Proxy.createContext(
        "/oauth2/auth",
        exchange -> {
          boolean signedIn =
              "_oauth2_proxy=session".equals(exchange.getRequestHeaders().getFirst("Cookie"));
          if (signedIn) {
            exchange.getResponseHeaders().add("Authorization", "Bearer " + token);
          }
          exchange.sendResponseHeaders(signedIn ? 202 : 401, -1);
          exchange.close();
        });
    oauth2Proxy.start();
    try (ProxyProcess proxy =
        ProxyExample.in(K8S, "nginx", 1)
            .with("127.0.0.1:4180", "127.0.0.1:" + oauth2Proxy.getAddress().getPort())
            .to(service.port())
            .startNginx(folder)) {
      Api browser = new Api(proxy.port(), null);
      assertEquals(201, put(browser, "", "Cookie", "_oauth2_proxy=session").status());
      assertEquals("m", service.as("oauth2").get().text("model"));
      // nginx answers these itself.
      assertEquals(401, get(proxy, "Cookie", "_oauth2_proxy=other"));
      assertEquals(401, get(proxy, "Authorization", "Bearer " + token));
    } finally {
      oauth2Proxy.stop(0);
    }
  }

  private static void assertThePageCanSave(ProxyProcess proxy, String user, String path) {
    String[] session = {
      "Cookie",
      "carol_session=" + TestService.identity().token(user),
      "Origin",
      "http://localhost:" + proxy.port()
    };
    Api browser = new Api(proxy.port(), null);
    Reply saved = put(browser, path, session);
    assertEquals(201, saved.status(), saved::body);
    assertEquals("m", service.as(user).get().text("model"));
    Reply read = browser.send("GET", path + Api.PATH, null, session);
    assertEquals(200, read.status(), read::body);
    assertEquals(saved.header("etag"), read.header("etag"));
    Reply contract = browser.send("GET", path + "/openapi", null);
    assertEquals(200, contract.status());
  }

  private static int get(ProxyProcess proxy, String header, String value) throws IOException {
    URI address = URI.create("http://localhost:" + proxy.port() + Api.PATH);
    HttpURLConnection connection = (HttpURLConnection) address.toURL().openConnection();
    connection.setRequestProperty(header, value);
    return connection.getResponseCode();
  }

  private static Reply put(Api browser, String path, String... headers) {
    return browser.send("PUT", path + Api.PATH, BODY.getBytes(UTF_8), headers);
  }
}
