package io.carol.llm.testing;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.net.spi.InetAddressResolver;
import java.net.spi.InetAddressResolverProvider;
import java.security.Security;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What names lead to in a test; those it does not know are looked up as ever. */
public final class TestNames extends InetAddressResolverProvider {
  private static final Map<String, Name> NAMES = new ConcurrentHashMap<>();

  private static final class Name {
    private final Deque<List<InetAddress>> answers = new ArrayDeque<>();
    private int lookups;

    private synchronized Stream<InetAddress> next(String name) throws UnknownHostException {
      lookups++;
      List<InetAddress> answer = answers.size() > 1 ? answers.removeFirst() : answers.getFirst();
      if (answer.isEmpty()) {
        throw new UnknownHostException(name);
      }
      return answer.stream();
    }

    private synchronized int lookups() {
      return lookups;
    }
  }

  /**
   * Says what a name leads to from now on.
   *
   * @param answers to one lookup after the other, the last for all that follow; each is addresses
   *     with spaces between them, or empty for a name that does not exist
   */
  public static void answer(String name, String... answers) {
    Name entry = new Name();
    for (String answer : answers) {
      List<InetAddress> addresses = new ArrayList<>();
      for (String address : answer.split(" ", -1)) {
        if (!address.isEmpty()) {
          addresses.add(InetAddress.ofLiteral(address));
        }
      }
      entry.answers.add(addresses);
    }
    NAMES.put(name, entry);
  }

  /** How often a name was looked up since it was given its answers. */
  public static int lookups(String name) {
    Name entry = NAMES.get(name);
    return entry == null ? 0 : entry.lookups();
  }

  @Override
  public InetAddressResolver get(Configuration configuration) {
    // The JDK would answer a second lookup by itself for half a minute.
    Security.setProperty("networkaddress.cache.ttl", "0");
    Security.setProperty("networkaddress.cache.negative.ttl", "0");
    InetAddressResolver system = configuration.builtinResolver();
    return new InetAddressResolver() {
      @Override
      public Stream<InetAddress> lookupByName(String host, LookupPolicy policy)
          throws UnknownHostException {
        @Nullable Name name = NAMES.get(host);
        return name == null ? system.lookupByName(host, policy) : name.next(host);
      }

      @Override
      public String lookupByAddress(byte[] address) throws UnknownHostException {
        return system.lookupByAddress(address);
      }
    };
  }

  @Override
  public String name() {
    return "names of tests";
  }
}
