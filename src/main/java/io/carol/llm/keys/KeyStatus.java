package io.carol.llm.keys;

import java.util.List;

/**
 * How the sealing key stands to the database.
 *
 * @param remarks one sentence each: why the state is what it is, and what is wrong beside it
 */
public record KeyStatus(KeyState state, List<String> remarks) {}
