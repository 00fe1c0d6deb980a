package io.carol.llm.settings.baseurl;

import static io.carol.llm.testing.Outcome.ACCEPTED;
import static io.carol.llm.testing.Outcome.FORBIDDEN;
import static io.carol.llm.testing.Outcome.INSECURE;
import static io.carol.llm.testing.Outcome.MALFORMED;
import static io.carol.llm.testing.Outcome.assertOutcome;
import static io.carol.llm.testing.TestPolicy.PUBLIC_HOSTS;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carol.llm.testing.Outcome;
import io.carol.llm.testing.Words;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Names, IPv4 addresses and ports: what stands between the scheme and the path. */
final class BaseUrlHostTest {
  @ParameterizedTest
  @Words(
      """
      ollama my_ollama my_stack__vllm-1 3090-box 7b localhost a.b.localhost
      host.docker.internal gateway.docker.internal nas.lan gpu.home.arpa mac.local
      ollama.ai.svc ollama.ai.svc.cluster.local box.tail1234.ts.net my_host.local
      my_stack_ollama.internal a_b.c_d.home.arpa
      """)
  void privateNamesAreAcceptedOverHttp(String host) {
    assertOutcome(ACCEPTED, "http://" + host);
    assertOutcome(ACCEPTED, "http://" + host + ":8080/v1");
  }

  @ParameterizedTest
  @Words(
      """
      ts.net boxts.net box.ts.net.example ollama.ollama home.arpa arpa.home gpu.home
      notlan.xlan local.example internal.example.com svc.cluster.example
      localhost.localdomain xn--bcher-kva.example a--b.example
      """)
  void otherNamesAreInsecureOverHttp(String host) {
    assertOutcome(INSECURE, "http://" + host);
    assertOutcome(INSECURE, "http://" + host + ":8080/v1");
  }

  @ParameterizedTest
  @Words(
      """
      3090 my_host.example my_host.local.example my_host.internal.example.com _host.local
      host_.local a._.local _ollama ollama_ -ollama ollama- a.-b.local a-.b.local
      xn--.local xn--localhost- _ - . localhost. .localhost a..local a,b a*b *.local
      a!b.local a~b.local {host} $HOST <host> a|b a%62 [localhost] localhost] loc[alhost
      """)
  void whatIsNoNameIsMalformed(String host) {
    assertOutcome(MALFORMED, "http://" + host);
    assertOutcome(MALFORMED, "http://" + host + ":8080/v1");
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
    assertOutcome(MALFORMED, "http://b." + "a".repeat(64));
  }

  @Test
  void namesHaveUpTo253Characters() {
    String name = "a.".repeat(123) + "b.local";
    assertEquals(253, name.length());
    assertOutcome(ACCEPTED, "https://" + name);
    assertOutcome(MALFORMED, "https://a" + name);
  }

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
    assertOutcome(ACCEPTED, "http://0xg");
    assertOutcome(ACCEPTED, "https://1.2.3.4a");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "80", "8080", "11434", "65535"})
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
