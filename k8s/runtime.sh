#!/bin/sh
# Makes a folder that runs the service: a Java runtime of the modules it needs, the jar with its libraries, and the
# ahead-of-time cache of just these (JEP 514). Nothing in it may change afterwards, not even a time stamp, or the cache
# no longer fits.
#
#   k8s/runtime.sh FOLDER
#
# Takes what `make package` leaves in target/, and JAVA_HOME.
set -eu
folder=$1
java=$JAVA_HOME/bin/java

rm -rf "$folder"
mkdir -p "$folder"
# java.desktop for java.beans, which reading YAML takes; what it draws with stays out.
"$JAVA_HOME/bin/jlink" \
  --add-modules java.base,java.desktop,java.logging,java.management,java.naming,java.net.http,java.security.jgss,java.sql,jdk.jcmd,jdk.jfr,jdk.management,jdk.net,jdk.unsupported \
  --exclude-files '**/libawt*,**/libfontmanager*,**/libfreetype*,**/libjavajpeg*,**/libjsound*,**/liblcms*,**/libmlib_image*,**/libsplashscreen*' \
  --strip-java-debug-attributes --no-header-files --no-man-pages --compress zip-6 --output "$folder/jre"
cp -r target/carol-llm-settings target/java.args target/carol-llm-settings.jar target/libs "$folder"
find "$folder" -exec touch -d "@${SOURCE_DATE_EPOCH:-0}" {} +

JAVA_HOME=$folder/jre "$java" -cp 'target/test-classes:target/training/*:target/libs/*' \
  io.carol.llm.k8s.TrainingRun "$folder"
# The image has no shell to run it.
rm "$folder/carol-llm-settings"
touch -d "@${SOURCE_DATE_EPOCH:-0}" "$folder/carol-llm-settings.aot" "$folder"
