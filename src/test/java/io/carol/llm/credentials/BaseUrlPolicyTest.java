package io.carol.llm.credentials;

import static io.carol.llm.credentials.Verdict.ACCEPTED;
import static io.carol.llm.credentials.Verdict.ALL_HOSTS;
import static io.carol.llm.credentials.Verdict.PUBLIC_HOSTS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class BaseUrlPolicyTest {
  private static final String MALFORMED = "base_url_malformed";
  private static final String FORBIDDEN = "base_url_forbidden_host";
  private static final String INSECURE = "base_url_insecure";

  private static void assertVerdict(String expected, String url) {
    assertEquals(expected, Verdict.onBaseUrl(ALL_HOSTS, url), url);
  }

  @Nested
  final class TheOriginIsCanonical {
    @ParameterizedTest
    @CsvSource({
      "https://api.openai.com, https://api.openai.com",
      "https://api.openai.com/, https://api.openai.com",
      "https://api.openai.com/v1, https://api.openai.com",
      "https://api.openai.com/V1/A:80@b, https://api.openai.com",
      "HTTPS://API.OpenAI.com/v1, https://api.openai.com",
      "https://api.openai.com:443/v1, https://api.openai.com",
      "https://api.openai.com:80/v1, https://api.openai.com:80",
      "https://api.openai.com:8443, https://api.openai.com:8443",
      "hTTp://LocalHost:80/v1, http://localhost",
      "http://localhost:443, http://localhost:443",
      "http://localhost:11434/v1, http://localhost:11434",
      "http://My_Ollama:11434, http://my_ollama:11434",
      "http://10.0.0.1:80/, http://10.0.0.1",
      "https://223.1.20.100, https://223.1.20.100",
      "https://8.8.4.4:443, https://8.8.4.4",
      "https://XN--BCHER-KVA.example, https://xn--bcher-kva.example",
      "http://[0:0:0:0:0:0:0:1]:80, http://[::1]",
      "http://[::0001]:11434, http://[::1]:11434",
      "http://[0::1], http://[::1]",
      "http://[FC00:0:0:0:0:0:0:0], http://[fc00::]",
      "https://[2001:DB8:0:0:1:0:0:1], https://[2001:db8::1:0:0:1]",
      "https://[2001:db8:0:1:1:1:1:1], https://[2001:db8:0:1:1:1:1:1]",
      "https://[2001:db8::1:1:1:1:1], https://[2001:db8:0:1:1:1:1:1]",
      "https://[2001:0db8:0:0:1:0:0:0], https://[2001:db8:0:0:1::]",
      "https://[2a00:1450::192.0.2.33]:443/v1, https://[2a00:1450::c000:221]",
    })
    void whateverTheSpelling(String url, String origin) {
      assertEquals(new BaseUrl(url, origin), ALL_HOSTS.parse(url));
      assertEquals(origin, ALL_HOSTS.parse(origin).origin());
    }
  }

  @Nested
  final class Schemes {
    @ParameterizedTest
    @ValueSource(strings = {"https", "HTTPS", "hTtPs"})
    void httpsReachesPublicHosts(String scheme) {
      assertVerdict(ACCEPTED, scheme + "://llm.example.com/v1");
    }

    @Test
    void httpToAPublicHostIsInsecure() {
      assertVerdict(INSECURE, "http://llm.example.com/v1");
      assertVerdict(INSECURE, "HTTP://1.1.1.1");
      assertVerdict(INSECURE, "http://[2606:4700::1111]");
      assertEquals(INSECURE, Verdict.onBaseUrl(PUBLIC_HOSTS, "http://llm.example.com/v1"));
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "ftp://a.example",
          "ws://a.example",
          "httpss://a.example",
          "https+unix://a.example",
          "https:a.example",
          "https:/a.example",
          "https//a.example",
          "https;//a.example",
          "a.example",
          "a.example/v1",
          "a.example://",
          "view-source:https://a.example",
          "url:https://a.example",
          "https:https://a.example",
        })
    void everythingElseIsMalformed(String url) {
      assertVerdict(MALFORMED, url);
    }
  }

  @Nested
  final class Names {
    @ParameterizedTest
    @CsvSource({
      "ollama, accepted",
      "my_ollama, accepted",
      "my_stack__vllm-1, accepted",
      "3090, base_url_malformed",
      "3090-box, accepted",
      "7b, accepted",
      "localhost, accepted",
      "a.b.localhost, accepted",
      "host.docker.internal, accepted",
      "gateway.docker.internal, accepted",
      "nas.lan, accepted",
      "gpu.home.arpa, accepted",
      "mac.local, accepted",
      "ollama.ai.svc, accepted",
      "ollama.ai.svc.cluster.local, accepted",
      "home.arpa, base_url_insecure",
      "arpa.home, base_url_insecure",
      "gpu.home, base_url_insecure",
      "notlan.xlan, base_url_insecure",
      "local.example, base_url_insecure",
      "internal.example.com, base_url_insecure",
      "svc.cluster.example, base_url_insecure",
      "localhost.localdomain, base_url_insecure",
      "xn--bcher-kva.example, base_url_insecure",
      "a--b.example, base_url_insecure",
      "my_host.example, base_url_malformed",
      "my_host.local, base_url_malformed",
      "_ollama, base_url_malformed",
      "ollama_, base_url_malformed",
      "-ollama, base_url_malformed",
      "ollama-, base_url_malformed",
      "a.-b.local, base_url_malformed",
      "a-.b.local, base_url_malformed",
      "xn--.local, base_url_malformed",
      "xn--localhost-, base_url_malformed",
      "_, base_url_malformed",
      "-, base_url_malformed",
      "., base_url_malformed",
      "localhost., base_url_malformed",
      ".localhost, base_url_malformed",
      "a..local, base_url_malformed",
      "'a,b', base_url_malformed",
      "a*b, base_url_malformed",
      "*.local, base_url_malformed",
      "a!b.local, base_url_malformed",
      "a~b.local, base_url_malformed",
      "{host}, base_url_malformed",
      "$HOST, base_url_malformed",
      "<host>, base_url_malformed",
      "a|b, base_url_malformed",
      "a%62, base_url_malformed",
      "[localhost], base_url_malformed",
      "localhost], base_url_malformed",
      "'loc[alhost', base_url_malformed",
    })
    void overHttp(String host, String verdict) {
      assertVerdict(verdict, "http://" + host);
      assertVerdict(verdict, "http://" + host + ":8080/v1");
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "metadata",
          "METADATA",
          "instance-data",
          "metadata.internal",
          "metadata.goog",
          "metadata.google.internal",
          "v1.metadata.google.internal",
          "Metadata.Google.Internal",
          "metadata.azure.internal",
          "metadata.tencentyun.com",
          "instance-data.ec2.internal",
          "x.instance-data.ec2.internal",
        })
    void ofMetadataServicesAreForbiddenInEitherScheme(String host) {
      assertVerdict(FORBIDDEN, "http://" + host);
      assertVerdict(FORBIDDEN, "https://" + host + "/v1");
      assertEquals(FORBIDDEN, Verdict.onBaseUrl(PUBLIC_HOSTS, "https://" + host));
    }

    @Test
    void thatOnlyResembleMetadataServicesAreNames() {
      assertVerdict(ACCEPTED, "https://metadata.example.com");
      assertVerdict(ACCEPTED, "http://metadata.lan");
      assertVerdict(ACCEPTED, "http://mymetadata");
      assertVerdict(ACCEPTED, "https://notmetadata.goog");
      assertVerdict(ACCEPTED, "http://google.internal");
    }

    @Test
    void haveLabelsOfUpTo63Characters() {
      assertVerdict(ACCEPTED, "http://" + "a".repeat(63));
      assertVerdict(MALFORMED, "http://" + "a".repeat(64));
      assertVerdict(ACCEPTED, "http://" + "a".repeat(63) + ".local");
      assertVerdict(MALFORMED, "http://" + "a".repeat(64) + ".local");
      assertVerdict(MALFORMED, "http://b." + "a".repeat(64));
    }

    @Test
    void haveUpTo253Characters() {
      String name = "a.".repeat(123) + "b.local";
      assertEquals(253, name.length());
      assertVerdict(ACCEPTED, "https://" + name);
      assertVerdict(MALFORMED, "https://a" + name);
    }
  }

  @Nested
  final class Ipv4Spellings {
    @ParameterizedTest
    @ValueSource(
        strings = {
          "127.1",
          "127.0.1",
          "127.0.0.01",
          "127.0.0.1.",
          "0127.0.0.1",
          "127.0.0.0x1",
          "127.0.0.256",
          "127.0.0.1000",
          "127.0.0.1.1",
          "127..0.1",
          ".127.0.0.1",
          "+127.0.0.1",
          "127.0.0.+1",
          "127.0.0.-1",
          "127.0.0",
          "1",
          "0",
          "00",
          "0x",
          "0xff",
          "0XFF",
          "017700000001",
          "4294967295",
          "4294967296",
          "99999999999999999999999",
          "foo.1",
          "foo.0x1",
          "foo.bar.0x",
          "a.b.c.1",
          "10.0.0.1e0.5",
          "[127.0.0.1]",
          "127.0.0.1%00",
          "\u0661\u0662\u0667.0.0.1",
          "\u0967.1.1.1",
        })
    void butFourDecimalPartsAreMalformed(String host) {
      assertVerdict(MALFORMED, "https://" + host);
      assertVerdict(MALFORMED, "http://" + host + ":8080/v1");
    }

    @Test
    void doNotTakeNamesForAddresses() {
      assertVerdict(ACCEPTED, "https://1.2.3.4.example");
      assertVerdict(ACCEPTED, "http://0x7f.local");
      assertVerdict(ACCEPTED, "http://0xg");
      assertVerdict(ACCEPTED, "https://1.2.3.4a");
      assertVerdict(ACCEPTED, "http://127-0-0-1.local");
    }
  }

  @Nested
  final class Ports {
    @ParameterizedTest
    @ValueSource(strings = {"1", "80", "443", "1023", "8080", "11434", "65535"})
    void from1To65535AreAccepted(String port) {
      assertVerdict(ACCEPTED, "http://localhost:" + port);
      assertVerdict(ACCEPTED, "http://127.0.0.1:" + port + "/");
      assertVerdict(ACCEPTED, "http://[::1]:" + port + "/v1");
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "",
          "0",
          "00",
          "080",
          "0443",
          "65536",
          "99999",
          "100000",
          "4294967376",
          "-1",
          "+80",
          "8_0",
          "80a",
          "a",
          "0x50",
          "8 0",
          "80:80",
          ":80",
          "1e3",
          "\u0668\u0660",
          "%38%30",
          "80.",
          "{port}",
        })
    void ofAnyOtherKindAreMalformed(String port) {
      assertVerdict(MALFORMED, "http://localhost:" + port);
      assertVerdict(MALFORMED, "http://127.0.0.1:" + port + "/");
      assertVerdict(MALFORMED, "http://[::1]:" + port + "/v1");
    }

    @Test
    void standBehindTheBracketsOfAnIpv6Address() {
      assertVerdict(MALFORMED, "http://[::1]8080");
      assertVerdict(MALFORMED, "http://[::1]x:8080");
      assertVerdict(MALFORMED, "http://[::1:8080");
      assertVerdict(MALFORMED, "http://::1]:8080");
      assertVerdict(MALFORMED, "http://[[::1]]:8080");
      assertVerdict(MALFORMED, "http://x[::1]:8080");
    }
  }

  @Nested
  final class Paths {
    @ParameterizedTest
    @ValueSource(
        strings = {
          "",
          "/",
          "/v1",
          "/v1/",
          "/api/v1/openai/",
          "/v1beta/openai/",
          "/openai/deployments/gpt-4o_mini.2024~08",
          "/client/v4/accounts/0123abcd/ai/v1",
          "/@scope/a:b",
          "/a!$&'()*+,;=b",
          "/a;b=c/d",
          "/my%20model",
          "/caf%C3%A9/%e4%bd%a0",
          "/%7Bname%7D",
          "/.well-known",
          "/...",
          "/..a/a../.a./a.b",
          "/%2e%2e%2e",
          "/a%2Eb",
        })
    void ofRfc3986AreAccepted(String path) {
      assertVerdict(ACCEPTED, "https://llm.example.com" + path);
      assertVerdict(ACCEPTED, "http://[::1]:8080" + path);
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "/.",
          "/..",
          "/./v1",
          "/../v1",
          "/v1/.",
          "/v1/..",
          "/v1/./",
          "/v1/../admin",
          "/%2e",
          "/%2E%2e",
          "/.%2e/x",
          "/%2e./x",
          "/a/%2E",
          "/..;/admin",
          "/..;a=b/admin",
          "/.;",
          "/%2e%2e;x",
          "/..%3b/x",
          "/..%3Bx",
        })
    void withDotSegmentsAreMalformed(String path) {
      assertVerdict(MALFORMED, "https://llm.example.com" + path);
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "//",
          "//v1",
          "/v1//",
          "/v1//chat",
          "///",
          "//evil.example/v1",
          "/https://evil.example",
        })
    void withEmptySegmentsAreMalformed(String path) {
      assertVerdict(MALFORMED, "https://llm.example.com" + path);
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "/%",
          "/%4",
          "/a%",
          "/a%2",
          "/%zz",
          "/%4g",
          "/%g4",
          "/%%34",
          "/%u0041",
          "/%+1",
          "/% 1",
          "/%\uff11\uff11",
          "/%\u0661\u0661",
        })
    void withBrokenEscapesAreMalformed(String path) {
      assertVerdict(MALFORMED, "https://llm.example.com" + path);
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "/%2f",
          "/a%2Fb",
          "/..%2fadmin",
          "/%5c",
          "/..%5C",
          "/%3f",
          "/%3Fx",
          "/%23",
          "/%25",
          "/%252e",
          "/%252f",
          "/%00",
          "/v1%00",
          "/%0a",
          "/%0D%0aHost:%20x",
          "/%09",
          "/%1f",
          "/%7F",
          "/%c2%85",
        })
    void withEscapesThatSomebodyMayDecodeTooEarlyAreMalformed(String path) {
      assertVerdict(MALFORMED, "https://llm.example.com" + path);
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "/%80",
          "/%e4",
          "/%c0%ae",
          "/%C0%AF",
          "/%e0%80%ae",
          "/%ff",
          "/%ed%a0%80",
          "/%f4%90%80%80"
        })
    void withEscapesThatAreNotUtf8AreMalformed(String path) {
      assertVerdict(MALFORMED, "https://llm.example.com" + path);
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "/{deployment}/v1",
          "/<name>",
          "/a|b",
          "/a^b",
          "/a`b",
          "/\"a\"",
          "/[a]",
          "/a b",
          "/a\\b",
          "/a\tb",
          "/a\nb",
          "/a\u0000",
          "/caf\u00e9",
          "/\u2028",
          "/\ud83d",
          "?",
          "/?",
          "?x=y",
          "#",
          "/#",
          "/v1?",
          "/v1#a",
          "/v1?a=b#c",
          " ",
          "/ ",
        })
    void withOtherCharactersAreMalformed(String path) {
      assertVerdict(MALFORMED, "https://llm.example.com" + path);
    }
  }

  @Nested
  final class Lengths {
    @Test
    void upTo2048CharactersAreAccepted() {
      String start = "https://llm.example.com/";
      assertVerdict(ACCEPTED, start + "a".repeat(2048 - start.length()));
      assertVerdict(ACCEPTED, start + "%41".repeat((2048 - start.length()) / 3));
    }

    @Test
    void aboveThatAreTooLongWhateverElseIsWrong() {
      assertVerdict("too_long", "https://llm.example.com/" + "a".repeat(2025));
      assertVerdict("too_long", "\u0000".repeat(2049));
      assertVerdict(MALFORMED, "\u0000".repeat(2048));
      assertVerdict("too_long", "a".repeat(1_000_000));
    }
  }

  @Nested
  final class WithPrivateHostsOff {
    @ParameterizedTest
    @ValueSource(
        strings = {
          "localhost",
          "LOCALHOST",
          "api.localhost",
          "127.0.0.1",
          "127.255.255.255",
          "[::1]",
          "[0:0:0:0:0:0:0:1]",
          "10.0.0.1",
          "172.16.0.1",
          "172.31.255.255",
          "192.168.0.1",
          "100.64.0.1",
          "100.127.255.255",
          "[fc00::1]",
          "[fdff::1]",
          "ollama",
          "my_ollama",
          "mac.local",
          "vm.internal",
          "host.docker.internal",
          "nas.lan",
          "gpu.home.arpa",
          "ollama.ai.svc",
          "ollama.ai.svc.cluster.local",
        })
    void privateHostsAreForbiddenInEitherScheme(String host) {
      for (String scheme : new String[] {"http://", "https://"}) {
        String url = scheme + host + ":8080/v1";
        assertVerdict(ACCEPTED, url);
        assertEquals(FORBIDDEN, Verdict.onBaseUrl(PUBLIC_HOSTS, url), url);
      }
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "https://api.openai.com/v1",
          "https://8.8.8.8",
          "https://172.15.255.255",
          "https://172.32.0.0",
          "https://100.128.0.0",
          "https://[2606:4700::1111]:8443/v1",
          "https://localhost.example",
        })
    void publicHostsAreAccepted(String url) {
      assertEquals(ACCEPTED, Verdict.onBaseUrl(PUBLIC_HOSTS, url));
    }

    @Test
    void syntaxIsCheckedFirst() {
      assertEquals(MALFORMED, Verdict.onBaseUrl(PUBLIC_HOSTS, "http://localhost:0"));
      assertEquals(MALFORMED, Verdict.onBaseUrl(PUBLIC_HOSTS, "http://localhost/?x"));
    }
  }

  @Nested
  final class Messages {
    @ParameterizedTest
    @CsvSource({
      "http://llm.example.com, Use https",
      "ftp://llm.example.com, https://",
      "https://b\u00fccher.example, xn--",
      "https://u:p@llm.example.com, user name or password",
      "https://llm.example.com?x, query",
      "https://llm.example.com/{name}, Placeholders",
      "https://llm.example.com., end in a dot",
      "https://my_llm.example.com, Underscores",
      "https://2130706433, four decimal numbers",
      "http://::1:8080, brackets",
      "http://[fe80::1%25eth0], zone",
      "http://localhost:0, 1 to 65535",
      "http://0.0.0.0:11434, localhost",
      "http://[::ffff:10.0.0.1], IPv4 address itself",
    })
    void sayWhatToDo(String url, String advice) {
      InvalidValueException refusal =
          assertThrows(InvalidValueException.class, () -> ALL_HOSTS.parse(url));
      assertTrue(refusal.getMessage().contains(advice), refusal.getMessage());
    }

    @Test
    void doNotAdviseAPrivateHostWherePrivateHostsAreOff() {
      InvalidValueException refusal =
          assertThrows(
              InvalidValueException.class, () -> PUBLIC_HOSTS.parse("http://llm.example.com"));
      assertFalse(refusal.getMessage().contains("private"), refusal.getMessage());
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "s3cr3t",
          "s3cr3t://a.example",
          "https://s3cr3t@a.example",
          "https://a:s3cr3t@a.example",
          "http://s3cr3t.example",
          "https://s3cr3t_.example",
          "https://[s3cr3t]",
          "https://a.example:s3cr3t",
          "https://a.example/{s3cr3t}",
          "https://a.example/s3cr3t/%zz",
          "https://a.example/s3cr3t/%ff",
          "https://a.example/s3cr3t/..",
          "https://a.example/?key=s3cr3t",
          "https://a.example/#s3cr3t",
          "https://169.254.169.254/s3cr3t",
          "https://s3cr3t.metadata.google.internal",
          "https://s3cr3t\u00e9.example",
        })
    void neverHoldTheValue(String url) {
      InvalidValueException refusal =
          assertThrows(InvalidValueException.class, () -> ALL_HOSTS.parse(url));
      StringWriter printed = new StringWriter();
      refusal.printStackTrace(new PrintWriter(printed));
      assertFalse(printed.toString().contains("s3cr3t"), printed.toString());
    }
  }
}
