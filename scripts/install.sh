#!/bin/sh
# Installs dewy, or brings an installed one to another version. Nothing is
# installed that does not have the checksum its release publishes.
#
#   curl -fsSL URL-OF-RELEASES/latest/download/install.sh | sh
#
# POSIX sh. `install.sh --help` has the options.
set -eu

# Where releases are; the build writes it into the copy that is published.
releases_url=''

# A download is given up after so many seconds without a byte, and is tried so often.
stall_s=60
tries=3
# More than any file of a release has, in blocks of 512 bytes.
largest=1048576

usage() {
  cat <<'EOF'
Usage: install.sh [options] [-- DEWY_COMMAND_LINE...]

  --version VERSION  install this version (default: the latest)
  --dir DIR          install into DIR (default: where dewy is already, else
                     /usr/local/bin when it can be written, else ~/.local/bin)
  --systemd NAME     also write NAME.service for the command line behind "--",
                     with this folder as its working directory
  --uninstall        remove the program; units and working directories stay
  --help

Environment:
  DEWY_VERSION        as --version
  DEWY_INSTALL_DIR    as --dir
  DEWY_DOWNLOAD_BASE  where releases are: BASE/latest/download/FILE and
                      BASE/download/vVERSION/FILE
  DEWY_UNIT_DIR       where units go (default: /etc/systemd/system)
  HTTPS_PROXY, HTTP_PROXY, NO_PROXY
                      as curl and wget take them

Exit codes: 0 done, 1 failed and nothing is changed, 2 wrong use.
EOF
}

say() { printf '%s\n' "$*"; }

fail() {
  printf 'install.sh: %s\n' "$1" >&2
  shift
  for hint in "$@"; do printf '  %s\n' "$hint" >&2; done
  exit 1
}

misused() {
  printf 'install.sh: %s\n  install.sh --help lists the options\n' "$1" >&2
  exit 2
}

# Prints the beginning of a file's first line, without what a terminal would obey.
shown() { head -c 200 "$1" | head -n 1 | tr -cd '[:print:]' | cut -c 1-80; }

has() { command -v "$1" >/dev/null 2>&1; }

parse_options() {
  action=install
  wanted=${DEWY_VERSION:-}
  folder=${DEWY_INSTALL_DIR:-}
  base=${DEWY_DOWNLOAD_BASE:-$releases_url}
  unit=
  while [ $# -gt 0 ]; do
    case $1 in
      --version | --dir | --systemd)
        if [ $# -lt 2 ] || [ -z "$2" ]; then misused "$1 needs a value"; fi
        case $1 in
          --version) wanted=$2 ;;
          --dir) folder=$2 ;;
          --systemd) unit=$2 ;;
        esac
        shift
        ;;
      --uninstall) action=uninstall ;;
      --help | -h) action=help ;;
      --) break ;;
      *) misused "unknown argument: $1" ;;
    esac
    shift
  done
  [ -n "$unit" ] || return 0
  [ $# -gt 1 ] || misused '--systemd needs a command line of dewy behind "--"'
  case $unit in
    */*) misused "--systemd takes the name of a unit, not a path: $unit" ;;
  esac
  unit_file=${DEWY_UNIT_DIR:-/etc/systemd/system}/$unit.service
}

# Prints how the release names this system.
detect_platform() {
  system=$(uname -s)
  machine=$(uname -m)
  case $system in
    Linux) os=linux ;;
    Darwin) os=darwin ;;
    *) fail "there is no dewy for $system" "It is built for Linux and macOS" ;;
  esac
  case $machine in
    x86_64 | amd64) arch=amd64 ;;
    aarch64 | arm64) arch=arm64 ;;
    *) fail "there is no dewy for $machine" "It is built for x86_64 and arm64" ;;
  esac
  if [ "$os" = linux ] && is_musl; then
    fail "there is no dewy for musl, the C library of this system" \
      "Its runtime needs glibc: use a system or a container image with it," \
      "such as Debian's, in place of Alpine's"
  fi
  archive=dewy_${os}_${arch}.tar.gz
}

is_musl() {
  if has ldd; then
    ldd --version 2>&1 | grep -qi musl
    return
  fi
  for loader in /lib/ld-musl-*; do
    if [ -e "$loader" ]; then return 0; fi
  done
  return 1
}

choose_folder() {
  if [ -z "$folder" ]; then
    home=${HOME:-}
    if [ -f /usr/local/bin/dewy ] && [ -w /usr/local/bin ]; then
      folder=/usr/local/bin
    elif [ -n "$home" ] && [ -f "$home/.local/bin/dewy" ]; then
      folder=$home/.local/bin
    elif [ -w /usr/local/bin ]; then
      folder=/usr/local/bin
    elif [ -n "$home" ]; then
      folder=$home/.local/bin
    else
      fail "/usr/local/bin cannot be written, and HOME is not set" \
        "Name a folder with --dir"
    fi
  fi
  case $folder in
    /*) ;;
    *) folder=$(pwd)/$folder ;;
  esac
  program=$folder/dewy
}

# What another tool put there is that tool's to change.
check_program() {
  if [ -L "$program" ]; then
    fail "$program is a symbolic link to $(readlink "$program")" \
      "It is managed by something else: update it there, or install into" \
      "another folder with --dir"
  fi
  if [ -e "$program" ] && [ ! -f "$program" ]; then
    fail "$program is not a file" "Install into another folder with --dir"
  fi
}

make_folder() {
  mkdir -p "$folder" || fail "cannot make the folder $folder" \
    "Run this as another user, or name another folder with --dir"
  # Beside the program, so that the last step is one rename.
  work=$(mktemp -d "$folder/.dewy-install.XXXXXX") ||
    fail "cannot write in $folder" \
      "Run this as another user, or name another folder with --dir"
}

# What a killed run has left; a day old, so that it is no run's that goes on.
remove_leftovers() {
  has find || return 0
  find "$folder/." ! -name . -prune -type d -name '.dewy-install.*' \
    -mtime +0 -exec rm -rf {} + || say "Remove $folder/.dewy-install.* by hand"
}

clean_up() {
  if [ -n "$work" ]; then rm -rf "$work"; fi
  if [ -n "$unit_new" ]; then rm -f "$unit_new"; fi
}

# fetch URL FILE: what hangs or never ends is given up.
fetch() (
  # A lower limit of the user's own holds.
  ulimit -f "$largest" 2>/dev/null || :
  if has curl; then
    set -- "$1" -fsSL --connect-timeout "$stall_s" --speed-limit 1 \
      --speed-time "$stall_s" --retry "$((tries - 1))" -o "$2"
    case $1 in https://*) set -- "$@" --proto '=https' ;; esac
    curl "$@"
  elif is_gnu_wget; then
    told=$(wget -nv -T "$stall_s" -t "$tries" -O "$2" "$1" 2>&1) || {
      printf '%s\n' "$told" >&2
      exit 1
    }
  else
    # That of busybox has a limit of its own, and crashes with -T in 1.35.
    wget -q -O "$2" "$1"
  fi
)

is_gnu_wget() { wget --version 2>/dev/null | grep -q 'GNU Wget'; }

check_downloader() {
  if has curl; then return; fi
  has wget || fail "neither curl nor wget is here" "Install one of them"
  case $base in
    https://*)
      is_gnu_wget || fail "this wget does not check certificates" \
        "Install curl, or GNU wget"
      ;;
  esac
}

sha256_of() {
  if has sha256sum; then
    sha256sum "$1" | cut -d ' ' -f 1
  elif has shasum; then
    shasum -a 256 "$1" | cut -d ' ' -f 1
  elif has openssl; then
    openssl dgst -sha256 -r "$1" | cut -d ' ' -f 1
  else
    fail "nothing here computes SHA-256" \
      "Install sha256sum (coreutils), shasum (perl) or openssl"
  fi
}

is_version() {
  printf '%s\n' "$1" |
    grep -Eq '^v[0-9]+\.[0-9]+\.[0-9]+([.+-][0-9A-Za-z.+-]+)?$' &&
    [ "$(printf '%s\n' "$1" | wc -l)" -eq 1 ]
}

# A stale mirror, or somebody in the middle, must not bring an old version back.
check_not_older() {
  [ -f "$program" ] || return 0
  present=$("$program" --version 2>/dev/null </dev/null |
    sed -n '1s/^dewy version: \([0-9][0-9A-Za-z.+-]*\) .*/\1/p')
  if [ -n "$present" ] && is_older "${wanted#v}" "$present"; then
    fail "the latest release, $wanted, is older than dewy $present in $folder" \
      "Name a version with --version to go back"
  fi
}

# is_older A B: by the three numbers; what follows them does not count.
is_older() {
  awk -v a="$1" -v b="$2" 'BEGIN {
    split(a, x, /[.+-]/)
    split(b, y, /[.+-]/)
    for (i = 1; i <= 3; i++)
      if (x[i] + 0 != y[i] + 0) exit !(x[i] + 0 < y[i] + 0)
    exit 1
  }'
}

choose_version() {
  if [ -z "$wanted" ]; then
    fetch "$base/latest/download/VERSION" "$work/VERSION" ||
      fail "cannot read the latest version from $base/latest/download/VERSION" \
        "Check the network and DEWY_DOWNLOAD_BASE, or name one with --version"
    wanted=$(head -c 200 "$work/VERSION" | tr -d '\r')
    is_version "v${wanted#v}" ||
      fail "$base/latest/download/VERSION holds no version" \
        "It begins with \"$(shown "$work/VERSION")\": is that a proxy's page?"
    check_not_older
  fi
  tag=v${wanted#v}
  is_version "$tag" || fail "not a version: \"$wanted\"" "Versions are like 1.2.3"
}

download() {
  from=$base/download/$tag
  say "Downloading dewy $tag from $from"
  fetch "$from/SHA256SUMS" "$work/SHA256SUMS" ||
    fail "cannot download $from/SHA256SUMS" \
      "Without checksums nothing is installed; is there a release $tag?"
  expected=$(tr -d '\r' <"$work/SHA256SUMS" | awk -v name="$archive" \
    '$2 == name || $2 == "*" name { print $1 }')
  printf '%s\n' "$expected" | grep -Eq '^[0-9a-f]{64}$' ||
    fail "$from/SHA256SUMS has no checksum of $archive" \
      "Without it nothing is installed"
  fetch "$from/$archive" "$work/$archive" ||
    fail "cannot download $from/$archive" \
      "Check the network, and that $folder has 300 MB of free space"
  actual=$(sha256_of "$work/$archive")
  [ "$actual" = "$expected" ] ||
    fail "$from/$archive has the wrong checksum" \
      "expected $expected" "but it is $actual" \
      "It is cut short or changed: try again, and do not use it"
}

unpack() {
  # As the one who installs, not as an owner that the archive names.
  tar -xzof "$work/$archive" -C "$work" dewy ||
    fail "cannot unpack $archive into $work" \
      "Check that $folder has 300 MB of free space"
  if [ ! -f "$work/dewy" ] || [ -L "$work/dewy" ]; then
    fail "$archive holds no program"
  fi
  chmod 755 "$work/dewy"
  "$work/dewy" --version >"$work/says" 2>&1 ||
    fail "the program of $archive does not run here: $(shown "$work/says")" \
      "Check that programs may run in $folder (mount option noexec)"
  grep -qF "dewy version: ${tag#v} " "$work/says" ||
    fail "the program of $tag says \"$(shown "$work/says")\"" \
      "It is of another version than its release: do not use it"
  if [ -n "$unit" ]; then write_unit "$@"; fi
}

# write_unit [OPTION...] -- COMMAND_LINE: asks the new program, before anything is changed.
write_unit() {
  while [ "$1" != -- ]; do shift; done
  # The unit is to name the program where it will be, not where it is now.
  unpacked=$(cd "$work" && pwd -P)/dewy
  "$work/dewy" init systemd --unit "$unit" "$@" >"$work/unit.as-unpacked" ||
    fail "dewy refused the command line for $unit.service"
  awk -v from="$unpacked" -v to="$program" '{
    rest = $0
    line = ""
    while ((at = index(rest, from)) > 0) {
      line = line substr(rest, 1, at - 1) to
      rest = substr(rest, at + length(from))
    }
    print line rest
  }' "$work/unit.as-unpacked" >"$work/unit"
  if grep -q dewy-install "$work/unit"; then
    fail "cannot write $unit_file: dewy names itself in an unknown way"
  fi
  unit_new=$unit_file.new-$$
  cp "$work/unit" "$unit_new" ||
    fail "cannot write $unit_file" "Run this as root"
}

activate() {
  if [ -n "$unit" ]; then mv -f "$unit_new" "$unit_file"; fi
  mv -f "$work/dewy" "$program" || {
    if [ -n "$unit" ]; then rm -f "$unit_file"; fi
    fail "cannot replace $program"
  }
  say "Installed $("$program" --version) as $program"
  if [ -n "$unit" ]; then
    say "Wrote $unit_file; start it with: systemctl enable --now $unit"
  fi
  case :${PATH:-}: in
    *:"$folder":*) ;;
    *) say "$folder is not in PATH: call $program, or add it" ;;
  esac
}

install_program() {
  [ -n "$base" ] || fail "this copy does not know where releases are" \
    "Set DEWY_DOWNLOAD_BASE to the address that has latest/download/"
  base=${base%/}
  detect_platform
  choose_folder
  check_program
  if [ -n "$unit" ] && [ -e "$unit_file" ]; then
    fail "$unit_file is there already" "Leave --systemd out, or remove it first"
  fi
  work=
  unit_new=
  trap clean_up EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  make_folder
  remove_leftovers
  check_downloader
  choose_version
  download
  unpack "$@"
  activate
}

uninstall_program() {
  choose_folder
  check_program
  if [ ! -e "$program" ]; then
    say "There is no $program"
    return
  fi
  rm -f "$program" || fail "cannot remove $program" "Run this as another user"
  say "Removed $program; units and working directories are left as they are"
}

main() {
  parse_options "$@"
  case $action in
    help) usage ;;
    uninstall) uninstall_program ;;
    install) install_program "$@" ;;
  esac
}

# The last line, and in braces, so that a script that was cut short does nothing.
{ main "$@"; }
