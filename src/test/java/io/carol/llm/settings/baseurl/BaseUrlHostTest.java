package io.carol.llm.settings.baseurl;

import static io.carol.llm.testing.Outcome.ACCEPTED;
import static io.carol.llm.testing.Outcome.FORBIDDEN;
import static io.carol.llm.testing.Outcome.MALFORMED;
import static io.carol.llm.testing.Outcome.assertOutcome;
import static io.carol.llm.testing.TestPolicy.PUBLIC_HOSTS;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carol.llm.testing.Outcome;
import io.carol.llm.testing.Words;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Names, IPv4 addresses and ports: what stands between the scheme and the path. */
final class BaseUrlHostTest {
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
      "box.tail1234.ts.net, accepted",
      "ts.net, base_url_insecure",
      "boxts.net, base_url_insecure",
      "box.ts.net.example, base_url_insecure",
      "ollama.ollama, base_url_insecure",
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
      "my_host.local, accepted",
      "my_stack_ollama.internal, accepted",
      "a_b.c_d.home.arpa, accepted",
      "my_host.local.example, base_url_malformed",
      "my_host.internal.example.com, base_url_malformed",
      "_host.local, base_url_malformed",
      "host_.local, base_url_malformed",
      "a._.local, base_url_malformed",
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
    void namesAreAcceptedOverHttpWhenTheyArePrivate(String host, String outcome) {
      assertOutcome(outcome, "http://" + host);
      assertOutcome(outcome, "http://" + host + ":8080/v1");
    }

    @ParameterizedTest
    @Words(
        """
        metadata METADATA instance-data metadata.internal metadata.goog metadata.google.internal
        v1.metadata.google.internal Metadata.Google.Internal metadata.azure.internal
        metadata.tencentyun.com instance-data.ec2.internal x.instance-data.ec2.internal
        """)
    void metadataServicesAreForbiddenInEitherScheme(String host) {
      assertOutcome(FORBIDDEN, "http://" + host);
      assertOutcome(FORBIDDEN, "https://" + host + "/v1");
      assertEquals(FORBIDDEN, Outcome.ofBaseUrl(PUBLIC_HOSTS, "https://" + host));
    }

    @Test
    void namesThatOnlyResembleMetadataServicesAreAccepted() {
      assertOutcome(ACCEPTED, "https://metadata.example.com");
      assertOutcome(ACCEPTED, "http://metadata.lan");
      assertOutcome(ACCEPTED, "http://mymetadata");
      assertOutcome(ACCEPTED, "https://notmetadata.goog");
      assertOutcome(ACCEPTED, "http://google.internal");
    }

    @Test
    void namesHaveLabelsOfUpTo63Characters() {
      assertOutcome(ACCEPTED, "http://" + "a".repeat(63));
      assertOutcome(MALFORMED, "http://" + "a".repeat(64));
      assertOutcome(ACCEPTED, "http://" + "a".repeat(63) + ".local");
      assertOutcome(MALFORMED, "http://" + "a".repeat(64) + ".local");
      assertOutcome(MALFORMED, "http://b." + "a".repeat(64));
    }

    @Test
    void namesHaveUpTo253Characters() {
      String name = "a.".repeat(123) + "b.local";
      assertEquals(253, name.length());
      assertOutcome(ACCEPTED, "https://" + name);
      assertOutcome(MALFORMED, "https://a" + name);
    }
  }

  @Nested
  final class Ipv4Spellings {
    @ParameterizedTest
    @Words(
        """
        127.1 127.0.1 127.0.0.01 127.0.0.1. 0127.0.0.1 127.0.0.0x1 127.0.0.256 127.0.0.1000
        127.0.0.1.1 127..0.1 .127.0.0.1 +127.0.0.1 127.0.0.+1 127.0.0.-1 127.0.0 1 0 00 0x 0xff
        0XFF 017700000001 4294967295 4294967296 99999999999999999999999 foo.1 foo.0x1 foo.bar.0x
        a.b.c.1 10.0.0.1e0.5 [127.0.0.1] 127.0.0.1%00 \u0661\u0662\u0667.0.0.1 \u0967.1.1.1
        """)
    void ipv4SpellingsOtherThanFourDecimalPartsAreMalformed(String host) {
      assertOutcome(MALFORMED, "https://" + host);
      assertOutcome(MALFORMED, "http://" + host + ":8080/v1");
    }

    @Test
    void namesThatStartLikeIpv4AddressesAreNames() {
      assertOutcome(ACCEPTED, "https://1.2.3.4.example");
      assertOutcome(ACCEPTED, "http://0x7f.local");
      assertOutcome(ACCEPTED, "http://0xg");
      assertOutcome(ACCEPTED, "https://1.2.3.4a");
      assertOutcome(ACCEPTED, "http://127-0-0-1.local");
    }
  }

  @Nested
  final class Ports {
    @ParameterizedTest
    @ValueSource(strings = {"1", "80", "443", "1023", "8080", "11434", "65535"})
    void portsFrom1To65535AreAccepted(String port) {
      assertOutcome(ACCEPTED, "http://localhost:" + port);
      assertOutcome(ACCEPTED, "http://127.0.0.1:" + port + "/");
      assertOutcome(ACCEPTED, "http://[::1]:" + port + "/v1");
    }

    @ParameterizedTest
    @Words(
        """
        0 00 080 0443 65536 99999 100000 4294967376 -1 +80 8_0 80a a 0x50 80:80 :80 1e3
        \u0668\u0660 %38%30 80. {port}
        """)
    @ValueSource(strings = {"", "8 0"})
    void portsOfAnyOtherKindAreMalformed(String port) {
      assertOutcome(MALFORMED, "http://localhost:" + port);
      assertOutcome(MALFORMED, "http://127.0.0.1:" + port + "/");
      assertOutcome(MALFORMED, "http://[::1]:" + port + "/v1");
    }

    @Test
    void portsStandBehindTheBracketsOfAnIpv6Address() {
      assertOutcome(MALFORMED, "http://[::1]8080");
      assertOutcome(MALFORMED, "http://[::1]x:8080");
      assertOutcome(MALFORMED, "http://[::1:8080");
      assertOutcome(MALFORMED, "http://::1]:8080");
      assertOutcome(MALFORMED, "http://[[::1]]:8080");
      assertOutcome(MALFORMED, "http://x[::1]:8080");
    }
  }
}
