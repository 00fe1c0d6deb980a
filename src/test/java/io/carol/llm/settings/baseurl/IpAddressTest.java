package io.carol.llm.settings.baseurl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.carol.llm.testing.Words;
import java.math.BigInteger;
import java.net.InetAddress;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class IpAddressTest {
  @ParameterizedTest
  @CsvSource({
    "::, ::",
    "0:0:0:0:0:0:0:0, ::",
    "::1, ::1",
    "1::1, 1::1",
    "1:2:3:4:5:6:7::, 1:2:3:4:5:6:7:0",
    "::2:3:4:5:6:7:8, 0:2:3:4:5:6:7:8",
    "1:2:3::5:6:7:8, 1:2:3:0:5:6:7:8",
    "1:0:0:4:0:0:7:8, 1::4:0:0:7:8",
    "1:0:0:4:0:0:0:8, 1:0:0:4::8",
    "0:0:3:0:0:0:7:8, 0:0:3::7:8",
    "0:0:3:4:5:6:0:0, ::3:4:5:6:0:0",
    "0001:0ABC:00de:F::, 1:abc:de:f::",
    "ABCD:EF01:2345:6789:abcd:ef01:2345:6789, abcd:ef01:2345:6789:abcd:ef01:2345:6789",
    "::255.255.255.255, ::ffff:ffff",
    "1:2:3:4:5:6:7.8.9.10, 1:2:3:4:5:6:708:90a",
    "::2:3:4:5:6:1.2.3.4, 0:2:3:4:5:6:102:304",
  })
  void ipv6HasOneCanonicalSpelling(String text, String canonical) {
    assertEquals(Optional.of(canonical), IpAddress.ipv6(text).map(IpAddress::rfc5952));
    assertEquals(IpAddress.ipv6(text), IpAddress.ipv6(canonical));
  }

  @ParameterizedTest
  @Words(
      """
      : ::: :::: 1 1: :1 1:::1 ::1:: 1::2::3 1:2:3:4:5:6:7 1:2:3:4:5:6:7: :2:3:4:5:6:7:8
      1:2:3:4:5:6:7:8:9 1:2:3:4:5:6:7::8 1:2:3:4::5:6:7:8 ::1:2:3:4:5:6:7:8 1:2:3:4:5:6:7:8::
      12345:: g:: -1:: +1:: 0x1:: ::1% ::1%0 ::1%lo ::1%25lo ::1/128 1.2.3.4 ::1.2.3 ::1.2.3.4.5
      ::1.2.3.256 ::1.2.3.04 ::1.2.3.4:5 1.2.3.4:: ::1.2.3.4. ::.1.2.3.4 ::1.2.3.4:1.2.3.4
      1:2:3:4:5:6:7:1.2.3.4 1:2:3:4:5:1.2.3.4 ::ffff:127.1 v1.a \uff1a\uff1a1 ::\uff11 ::\u0661
      """)
  @ValueSource(strings = {"", " ::1", "::1 "})
  void anythingElseIsNotIpv6(String text) {
    assertEquals(Optional.empty(), IpAddress.ipv6(text));
  }

  @ParameterizedTest
  @CsvSource({
    "0.0.0.0, 0",
    "1.2.3.4, 16909060",
    "100.20.3.249, 1679033337",
    "127.0.0.1, 2130706433",
    "255.255.255.255, 4294967295",
  })
  void ipv4IsFourDecimalParts(String text, BigInteger value) {
    assertEquals(Optional.of(new IpAddress(value, 32)), IpAddress.ipv4(text));
  }

  @Test
  void readsWhatTheJdkReadsInTheSameWay() throws Exception {
    Random random = new Random(4291);
    String alphabet = "::::0001f.";
    int accepted = 0;
    for (int i = 0; i < 60_000; i++) {
      StringBuilder text = new StringBuilder("1:0:0:a::1:0:1".substring(random.nextInt(14)));
      for (int edits = 1 + random.nextInt(4); edits > 0; edits--) {
        int at = random.nextInt(text.length() + 1);
        text.insert(at, alphabet.charAt(random.nextInt(alphabet.length())));
      }
      Optional<IpAddress> ours = IpAddress.ipv6(text.toString());
      if (ours.isPresent()) {
        accepted++;
        assertEquals(jdk(text.toString()), ours.get().value(), text.toString());
        assertEquals(ours, IpAddress.ipv6(ours.get().rfc5952()), text.toString());
      }
    }
    assertTrue(accepted > 6_000, accepted + " accepted");
  }

  private static BigInteger jdk(String literal) {
    BigInteger value = new BigInteger(1, InetAddress.ofLiteral(literal).getAddress());
    // The JDK makes IPv4 addresses of mapped ones.
    boolean mapped = InetAddress.ofLiteral(literal).getAddress().length == 4;
    return mapped ? value.or(BigInteger.valueOf(0xffff_0000_0000L)) : value;
  }
}
