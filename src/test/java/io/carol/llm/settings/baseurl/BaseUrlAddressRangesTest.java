package io.carol.llm.settings.baseurl;

import static io.carol.llm.testing.Outcome.ACCEPTED;
import static io.carol.llm.testing.Outcome.FORBIDDEN;
import static io.carol.llm.testing.Outcome.INSECURE;
import static io.carol.llm.testing.TestPolicy.ALL_HOSTS;
import static io.carol.llm.testing.TestPolicy.PUBLIC_HOSTS;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.carol.llm.testing.Outcome;
import io.carol.llm.testing.Words;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Both edges of every address range, from inside and outside, in both schemes. */
final class BaseUrlAddressRangesTest {
  enum Expected {
    PUBLIC(INSECURE, ACCEPTED, INSECURE, ACCEPTED),
    PRIVATE(ACCEPTED, ACCEPTED, FORBIDDEN, FORBIDDEN),
    SPECIAL(INSECURE, ACCEPTED, FORBIDDEN, FORBIDDEN),
    NEVER(FORBIDDEN, FORBIDDEN, FORBIDDEN, FORBIDDEN);

    private final String http;
    private final String https;
    private final String httpPrivateOff;
    private final String httpsPrivateOff;

    Expected(String http, String https, String httpPrivateOff, String httpsPrivateOff) {
      this.http = http;
      this.https = https;
      this.httpPrivateOff = httpPrivateOff;
      this.httpsPrivateOff = httpsPrivateOff;
    }

    void of(String address) {
      String host = address.contains(":") ? "[" + address + "]" : address;
      String http = "http://" + host + ":8080/v1";
      String https = "https://" + host + "/v1";
      assertEquals(this.http, Outcome.ofBaseUrl(ALL_HOSTS, http), http);
      assertEquals(this.https, Outcome.ofBaseUrl(ALL_HOSTS, https), https);
      assertEquals(httpPrivateOff, Outcome.ofBaseUrl(PUBLIC_HOSTS, http), http + ", private off");
      assertEquals(
          httpsPrivateOff, Outcome.ofBaseUrl(PUBLIC_HOSTS, https), https + ", private off");
    }
  }

  @ParameterizedTest(name = "{2} to {3} is {4}")
  @CsvSource(
      nullValues = "-",
      textBlock =
          """
          # below, is, first, last, are, above, is
          -, -, 0.0.0.0, 0.255.255.255, NEVER, 1.0.0.0, PUBLIC
          9.255.255.255, PUBLIC, 10.0.0.0, 10.255.255.255, PRIVATE, 11.0.0.0, PUBLIC
          100.63.255.255, PUBLIC, 100.64.0.0, 100.100.100.199, PRIVATE, 100.100.100.200, NEVER
          100.100.100.199, PRIVATE, 100.100.100.200, 100.100.100.200, NEVER, 100.100.100.201, PRIVATE
          100.100.100.200, NEVER, 100.100.100.201, 100.127.255.255, PRIVATE, 100.128.0.0, PUBLIC
          126.255.255.255, PUBLIC, 127.0.0.0, 127.255.255.255, PRIVATE, 128.0.0.0, PUBLIC
          168.63.129.15, PUBLIC, 168.63.129.16, 168.63.129.16, NEVER, 168.63.129.17, PUBLIC
          169.253.255.255, PUBLIC, 169.254.0.0, 169.254.255.255, NEVER, 169.255.0.0, PUBLIC
          172.15.255.255, PUBLIC, 172.16.0.0, 172.31.255.255, PRIVATE, 172.32.0.0, PUBLIC
          191.255.255.255, PUBLIC, 192.0.0.0, 192.0.0.191, SPECIAL, 192.0.0.192, NEVER
          192.0.0.191, SPECIAL, 192.0.0.192, 192.0.0.192, NEVER, 192.0.0.193, SPECIAL
          192.0.0.192, NEVER, 192.0.0.193, 192.0.0.255, SPECIAL, 192.0.1.0, PUBLIC
          192.0.1.255, PUBLIC, 192.0.2.0, 192.0.2.255, SPECIAL, 192.0.3.0, PUBLIC
          192.88.98.255, PUBLIC, 192.88.99.0, 192.88.99.255, SPECIAL, 192.88.100.0, PUBLIC
          192.167.255.255, PUBLIC, 192.168.0.0, 192.168.255.255, PRIVATE, 192.169.0.0, PUBLIC
          198.17.255.255, PUBLIC, 198.18.0.0, 198.19.255.255, SPECIAL, 198.20.0.0, PUBLIC
          198.51.99.255, PUBLIC, 198.51.100.0, 198.51.100.255, SPECIAL, 198.51.101.0, PUBLIC
          203.0.112.255, PUBLIC, 203.0.113.0, 203.0.113.255, SPECIAL, 203.0.114.0, PUBLIC
          223.255.255.255, PUBLIC, 224.0.0.0, 239.255.255.255, NEVER, 240.0.0.0, NEVER
          239.255.255.255, NEVER, 240.0.0.0, 255.255.255.255, NEVER, -, -
          """)
  @CsvSource(
      nullValues = "-",
      textBlock =
          """
          # below, is, first, last, are, above, is
          -, -, ::, ::, NEVER, ::1, PRIVATE
          ::, NEVER, ::1, ::1, PRIVATE, ::2, NEVER
          ::1, PRIVATE, ::2, ::ffff:ffff, NEVER, ::1:0:0, PUBLIC
          ::fffe:ffff:ffff, PUBLIC, ::ffff:0:0, ::ffff:ffff:ffff, NEVER, ::1:0:0:0, PUBLIC
          ::fffe:ffff:ffff:ffff, PUBLIC, ::ffff:0:0:0, ::ffff:0:ffff:ffff, NEVER, ::ffff:1:0:0, PUBLIC
          64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff, PUBLIC, 64:ff9b::, 64:ff9b::ffff:ffff, NEVER, 64:ff9b::1:0:0, PUBLIC
          64:ff9b:0:ffff:ffff:ffff:ffff:ffff, PUBLIC, 64:ff9b:1::, 64:ff9b:1:ffff:ffff:ffff:ffff:ffff, NEVER, 64:ff9b:2::, PUBLIC
          ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff, PUBLIC, 100::, 100:0:0:1:ffff:ffff:ffff:ffff, SPECIAL, 100:0:0:2::, PUBLIC
          2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff, PUBLIC, 2001::, 2001:0:ffff:ffff:ffff:ffff:ffff:ffff, NEVER, 2001:1::, SPECIAL
          2001:0:ffff:ffff:ffff:ffff:ffff:ffff, NEVER, 2001:1::, 2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff, SPECIAL, 2001:200::, PUBLIC
          2001:db7:ffff:ffff:ffff:ffff:ffff:ffff, PUBLIC, 2001:db8::, 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff, SPECIAL, 2001:db9::, PUBLIC
          2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff, PUBLIC, 2002::, 2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff, NEVER, 2003::, PUBLIC
          3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff, PUBLIC, 3fff::, 3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff, SPECIAL, 3fff:1000::, PUBLIC
          5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff, PUBLIC, 5f00::, 5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff, SPECIAL, 5f01::, PUBLIC
          fbff:ffff:ffff:ffff:ffff:ffff:ffff:ffff, PUBLIC, fc00::, fd00:41:ffff::, PRIVATE, fd00:42::42, NEVER
          fd00:42::41, PRIVATE, fd00:42::42, fd00:42::42, NEVER, fd00:42::43, PRIVATE
          fd00:c1::a9fe:a9fd, PRIVATE, fd00:c1::a9fe:a9fe, fd00:c1::a9fe:a9fe, NEVER, fd00:c1::a9fe:a9ff, PRIVATE
          fd00:100::100:1ff, PRIVATE, fd00:100::100:200, fd00:100::100:200, NEVER, fd00:100::100:201, PRIVATE
          fd00:ec1:ffff:ffff:ffff:ffff:ffff:ffff, PRIVATE, fd00:ec2::, fd00:ec2:ffff:ffff:ffff:ffff:ffff:ffff, NEVER, fd00:ec3::, PRIVATE
          fd00:a9fe:a9fe::, PRIVATE, fd00:a9fe:a9fe::1, fd00:a9fe:a9fe::1, NEVER, fd00:a9fe:a9fe::2, PRIVATE
          fd20:ce::253, PRIVATE, fd20:ce::254, fd20:ce::254, NEVER, fd20:ce::255, PRIVATE
          fd20:ce::254, NEVER, fd20:ce::255, fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff, PRIVATE, fe00::, PUBLIC
          fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff, PUBLIC, fe80::, febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff, NEVER, fec0::, NEVER
          febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff, NEVER, fec0::, feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff, NEVER, ff00::, NEVER
          feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff, NEVER, ff00::, ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff, NEVER, -, -
          2600:db8:0:0:0:5efd:ffff:ffff, PUBLIC, 2600:db8::5efe:0:0, 2600:db8::5efe:ffff:ffff, NEVER, 2600:db8::5eff:0:0, PUBLIC
          2600:db8::200:5efd:ffff:ffff, PUBLIC, 2600:db8::200:5efe:0:0, 2600:db8::200:5efe:ffff:ffff, NEVER, 2600:db8::200:5eff:0:0, PUBLIC
          fd12:3456::1ff:5efe:a00:1, PRIVATE, fd12:3456::200:5efe:a00:1, fd12:3456::200:5efe:a00:1, NEVER, fd12:3456::201:5efe:a00:1, PRIVATE
          """)
  void bothEdgesOfEveryRangeAreJudged(
      @Nullable String below,
      @Nullable Expected belowIs,
      String first,
      String last,
      Expected are,
      @Nullable String above,
      @Nullable Expected aboveIs) {
    if (below != null && belowIs != null) {
      belowIs.of(below);
    }
    are.of(first);
    are.of(last);
    if (above != null && aboveIs != null) {
      aboveIs.of(above);
    }
  }

  @ParameterizedTest
  @Words(
      """
      ::ffff:10.0.0.1 ::FFFF:127.0.0.1 0:0:0:0:0:ffff:192.168.1.1 ::ffff:8.8.8.8 ::10.0.0.1
      ::127.0.0.1 ::ffff:0:127.0.0.1 64:ff9b::10.0.0.1 64:ff9b:1::169.254.169.254 2002:7f00:1::
      fe80::5efe:169.254.169.254 fd12::200:5efe:10.0.0.1 fd00:ec2::0.0.2.84 FD00:EC2::254
      fd00:0ec2:0:0:0:0:0:0254
      """)
  void noSpellingOfAForbiddenIpv6AddressGetsThrough(String address) {
    Expected.NEVER.of(address);
  }

  @Test
  void dottedTailsCountByTheirValue() {
    Expected.PRIVATE.of("::0.0.0.1");
    Expected.PRIVATE.of("fd12:3456::10.0.0.1");
    Expected.PUBLIC.of("2606:4700::8.8.8.8");
    Expected.NEVER.of("::0.0.0.0");
  }
}
