package io.carol.llm.provider;

import io.carol.llm.settings.InvalidValueException;
import java.net.InetAddress;

/**
 * A host leads to no address that the base URL policy allows. Nothing was connected to.
 *
 * <p>The message names the host and an address, says why it is refused and what to do. There is
 * nothing secret in it. The cause has the code of the HTTP contract.
 */
public final class AddressNotAllowedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  AddressNotAllowedException(String host, InetAddress address, InvalidValueException refusal) {
    super(host + " leads to " + address.getHostAddress() + ". " + refusal.getMessage(), refusal);
  }
}
