#!/bin/sh
# Makes the two bases of the image from Debian packages and the JDK in JAVA_HOME, for machines that reach no image
# registry: localhost/carol-build-base and localhost/carol-image-base. Takes Debian, buildah and root. Ends with 69 when no
# package can be fetched.
#
#   k8s/debian-bases.sh [TAG]
set -eu
tag=${1:-latest}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fetch() {
  rm -f "$folder"/*.deb
  (cd "$folder" && apt-get -o APT::Sandbox::User=root download -qq "$@")
}

# A fresh container has no lists of packages, and old lists name versions that are gone.
download() {
  fetch "$@" || { apt-get update -qq && fetch "$@"; }
}

# unpack FOLDER PACKAGE...
unpack() {
  root=$folder/$1
  shift
  mkdir -p "$root"
  download "$@"
  for package in "$folder"/*.deb; do
    dpkg-deb -x "$package" "$root"
  done
  # What is of no use to a service. Some of /var every user could write to.
  rm -rf "$root"/var "$root"/usr/share/doc "$root"/usr/share/man "$root"/usr/share/locale "$root"/usr/share/lintian
}

# image NAME FOLDER
image() {
  container=$(buildah from scratch)
  buildah add --quiet "$container" "$folder/$2" / >/dev/null
  buildah config --env JAVA_HOME=/opt/jdk "$container"
  buildah commit --quiet --rm "$container" "$1" >/dev/null
}

download base-files || exit 69
unpack run base-files libc6
image "localhost/carol-image-base:$tag" run
unpack build base-files base-passwd libc6 dash coreutils findutils libselinux1 libpcre2-8-0 libacl1 libattr1 libgmp10 \
  libgcc-s1 libstdc++6
cp "$folder/build/usr/share/base-passwd/passwd.master" "$folder/build/etc/passwd"
cp "$folder/build/usr/share/base-passwd/group.master" "$folder/build/etc/group"
mkdir -p "$folder/build/opt"
cp -rL "$JAVA_HOME" "$folder/build/opt/jdk"
image "localhost/carol-build-base:$tag" build
