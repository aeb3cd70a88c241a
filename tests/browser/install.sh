#!/bin/sh
# Chromium for `make test-browser`, from the packages of Debian. Exit status 3: not possible here.
set -eu

cannot() {
  echo "make test-browser: $1" >&2
  exit 3
}

for program in chromium chromium-browser google-chrome; do
  ! command -v "$program" > /dev/null || exit 0
done
[ "$(id -u)" = 0 ] || cannot "there is no Chromium; on Debian: sudo apt-get install chromium"
command -v apt-get > /dev/null || cannot "there is no Chromium and no apt-get; install Chromium"
apt-get update -qq || cannot "apt-get update failed, so Chromium cannot be installed"
DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends chromium > /dev/null \
  || cannot "apt-get could not install chromium"
