#!/bin/sh
# Makes the ahead-of-time cache of the packed jar, which only the Java runtime in JAVA_HOME can use, and the sum by which
# the launcher knows the jars that the cache is of. Without PostgreSQL, for example, there is a warning and no cache.
#
#   src/main/launcher/train.sh target
export LC_ALL=C
cd "$1" || exit
rm -f carol-llm-settings.aot carol-llm-settings.aot.cksum
if "$JAVA_HOME/bin/java" -cp 'test-classes:training/*:libs/*' io.carol.llm.k8s.TrainingRun .; then
  cat carol-llm-settings.jar libs/*.jar | cksum > carol-llm-settings.aot.cksum
else
  echo "WARNING: There is no ahead-of-time cache, for the reason above." \
    "target/carol-llm-settings works without it, but takes longer to start." >&2
fi
