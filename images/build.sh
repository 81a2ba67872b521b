#!/bin/sh
# images/build.sh DEPLOYABLE TARGET: makes the environment that an image holds, with what it is made of beside it.
# The Dockerfile runs it, and so does a test, in a clean directory: what works here works there.
set -eu
deployable=$1 target=$2
source=$(cd "$(dirname "$0")/.." && pwd)

case $deployable in
shell | users) extras=postgresql,mariadb,telemetry ;;
settlement) extras=settlement,postgresql,telemetry ;;
reports) extras=reports,pdf,postgresql,telemetry ;;
sandbox) extras=settlement,reports ;;
*) echo "There is no deployable $deployable: shell, settlement, reports, users or sandbox." >&2 && exit 2 ;;
esac

tools=${TOOLS:-}  # a folder to keep the tools in, where several are made
if [ -z "$tools" ]; then
	tools=$(mktemp -d)
	trap 'rm -rf "$tools"' EXIT
fi
if [ ! -x "$tools/bin/pip-licenses" ]; then
	"${PYTHON:-python3}" -m venv "$tools"
	"$tools/bin/pip" install --quiet --disable-pip-version-check uv
	"$tools/bin/uv" pip install --quiet --python "$tools/bin/python" cyclonedx-bom pip-licenses
fi

# Copies, not links: the environment stands on the interpreter of the image alone.
"${PYTHON:-python3}" -m venv --copies --without-pip "$target"
"$tools/bin/uv" pip install --quiet --compile-bytecode --python "$target/bin/python" \
	--constraint "$source/requirements.lock" "bizops-portal[$extras] @ file://$source"

# Stylesheet, scripts and icons are compressed now: the running image writes nothing.
"$target/bin/python" -m static >/dev/null

# Tests travel with their packages; nobody runs them in an image.
find "$target"/lib/python3*/site-packages/bff "$target"/lib/python3*/site-packages/shell \
	"$target"/lib/python3*/site-packages/microfrontends "$target"/lib/python3*/site-packages/sandbox \
	-type d -name tests -prune -exec rm -rf {} +

# Nor has an app any use for demo people, their passwords and a hub that plays one.
[ "$deployable" = sandbox ] || rm -rf "$target"/lib/python3*/site-packages/sandbox

mkdir -p "$target/share/bizops"
"$tools/bin/cyclonedx-py" environment --output-reproducible --pyproject "$source/pyproject.toml" \
	--output-file "$target/share/bizops/sbom.cdx.json" "$target/bin/python"
"$tools/bin/pip-licenses" --python "$target/bin/python" --from=mixed --format=json --with-urls \
	--output-file "$target/share/bizops/licences.json" >/dev/null
printf '%s\n' "$deployable" >"$target/share/bizops/deployable"
