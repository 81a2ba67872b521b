#!/bin/sh
# images/system.sh DEPLOYABLE: installs what an image needs of the system beside Python.
set -eu
case $1 in
reports) packages="libpango-1.0-0 libpangoft2-1.0-0 fonts-dejavu-core" ;;
*) exit 0 ;;
esac
apt-get update --quiet
# shellcheck disable=SC2086  # several packages, one word each
apt-get install --yes --quiet --no-install-recommends $packages
rm -rf /var/lib/apt/lists/*
