package io.carol.llm.testing;

import io.carol.llm.config.AddressConfig;
import io.carol.llm.settings.baseurl.BaseUrlPolicy;
import java.util.List;

/** Base URL policies by what an operator has set. */
public final class TestPolicy {
  public static final BaseUrlPolicy ALL_HOSTS =
      new BaseUrlPolicy(new AddressConfig(true, List.of(), List.of()));

  public static final BaseUrlPolicy PUBLIC_HOSTS =
      new BaseUrlPolicy(new AddressConfig(false, List.of(), List.of()));

  private TestPolicy() {}

  /** Private hosts are allowed, and these count as private besides. */
  public static BaseUrlPolicy withPrivateHosts(String... hosts) {
    return new BaseUrlPolicy(new AddressConfig(true, List.of(hosts), List.of()));
  }

  /** Private hosts are allowed, and no others than these. */
  public static BaseUrlPolicy withAllowedHosts(String... hosts) {
    return new BaseUrlPolicy(new AddressConfig(true, List.of(), List.of(hosts)));
  }
}
