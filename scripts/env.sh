# SPDX-License-Identifier: Apache-2.0
# Sourced by the other scripts and by people: puts the tools that scripts/setup
# installed on PATH. They live outside the checkout, in $LANNER_CACHE.
: "${LANNER_CACHE:=${XDG_CACHE_HOME:-$HOME/.cache}/lanner}"
export LANNER_CACHE
case ":$PATH:" in
*":$LANNER_CACHE/tools/bin:"*) ;;
*) export PATH="$LANNER_CACHE/tools/bin:$PATH" ;;
esac
# zig keeps what it compiled of its own C library here.
export ZIG_GLOBAL_CACHE_DIR="$LANNER_CACHE/zig" ZIG_LOCAL_CACHE_DIR="$LANNER_CACHE/zig"
# Deno otherwise knows only its own certificates, not those of a company's proxy.
export DENO_TLS_CA_STORE="${DENO_TLS_CA_STORE:-mozilla,system}"
export DENO_NO_UPDATE_CHECK=1
