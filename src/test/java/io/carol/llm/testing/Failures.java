package io.carol.llm.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.carol.llm.crypto.CryptoException;
import io.carol.llm.crypto.CryptoException.Reason;
import org.junit.jupiter.api.function.Executable;

/** What must fail, and why. */
public final class Failures {
  private Failures() {}

  /** Fails unless the call ends with a {@link CryptoException} for this reason. */
  public static CryptoException assertFails(Reason reason, Executable call) {
    return assertFails(reason, call, "");
  }

  /** The same, with what the test says when it does not. */
  public static CryptoException assertFails(Reason reason, Executable call, String message) {
    CryptoException failure = assertThrows(CryptoException.class, call, message);
    assertEquals(reason, failure.reason(), message);
    return failure;
  }
}
