# Sourced by the scripts beside it: the repository's root, messages, and the build.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

# Paths below the repository do not count for ccache: another clone finds what this one compiled.
export CCACHE_BASEDIR="$root" CCACHE_NOHASHDIR=1

# Messages go to standard error, so that standard output is the program's own.
say() { printf '== %s\n' "$*" >&2; }
die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# Ninja's `[n/m] …` lines become one line that is rewritten (on a terminal) or a line for each tenth of
# the way; everything else, such as a compiler's message, passes.
show_progress() {
  local terminal=0
  [[ -t 2 ]] && terminal=1
  awk -v terminal="$terminal" '
    /^\[[0-9]+\/[0-9]+\] / {
      split(substr($1, 2), count, "/"); sub(/\]/, "", count[2])
      tenth = int(count[1] * 10 / count[2])
      if (terminal) { printf "\r   %d/%d\033[K", count[1], count[2]; fflush(); open = 1 }
      else if (tenth != last) { printf "   built %d of %d\n", count[1], count[2]; fflush() }
      last = tenth
      next
    }
    /^ninja: (no work to do|Entering directory)/ { next }
    { if (open) printf "\n"; open = 0; print; fflush() }
    END { if (open) printf "\n" }
  ' >&2
}

# Configures PRESET unless it is configured; CMake itself notices changes later.
configure() {
  local preset="$1" directory="$root/build/$1"
  [[ -f "$directory/build.ninja" ]] && return
  say "configuring $preset"
  mkdir -p "$directory"
  (cd "$root" && cmake --preset "$preset") >"$directory/configure.log" 2>&1 || {
    cat "$directory/configure.log" >&2
    die "cmake --preset $preset failed"
  }
}

# build PRESET [TARGET…]: configures when it must, and builds the targets, or everything.
build() {
  local preset="$1" directory="$root/build/$1" targets=()
  shift
  [[ $# -gt 0 ]] && targets=(--target "$@")
  configure "$preset"
  say "building $preset${*:+: $*}"
  (cd "$root" && cmake --build "$directory" "${targets[@]}" 2>&1) | show_progress ||
    die "the build of $preset failed"
}

# Targets of the configured preset $1 whose names end in $2, e.g. all *_test.
targets_ending_in() {
  ninja -C "$root/build/$1" -t targets all |
    sed -nE "s/^([a-z0-9_]*$2): (phony|CXX_EXECUTABLE.*)\$/\1/p" | grep -v '^cmake_' | sort -u || true
}
