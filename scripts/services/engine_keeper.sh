#!/bin/sh
# Keeps a place for one container engine of the tests: a control group, a number
# that no other one has, and a folder. Says `NUMBER GROUP`, waits until its
# input is closed, which also happens when the tests are killed, and then ends
# all that was started in the group and takes away what that left behind.
#
# Usage: engine_keeper.sh FOLDER [COMMAND...]
# COMMAND is run first of all in the end.
set -u
# Those who end the tests may tell the whole group, and this here comes last.
trap '' TERM INT HUP QUIT
folder=$1
shift

root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
if [ -z "$root" ]; then
  echo "No cgroup2 file system is mounted" >&2
  exit 1
fi

# A group without its keeper is left over from tests that were killed with it.
take() {
  mkdir "$1" 2>/dev/null && return 0
  [ -e "$1/keeper" ] && [ -z "$(cat "$1/keeper/cgroup.procs")" ] || return 1
  end "$1" && mkdir "$1" 2>/dev/null
}

# Control groups of version 1 that an engine made for its containers go as well.
end() {
  echo 1 >"$1/cgroup.kill" || return 1
  for _ in $(seq 100); do
    grep -q '^populated 0' "$1/cgroup.events" && break
    sleep 0.05
  done
  for each in /sys/fs/cgroup/*/"${1##*/}" "$1"; do
    [ -d "$each" ] && find "$each" -depth -type d -exec rmdir {} + 2>/dev/null
  done
  [ ! -d "$1" ]
}

exec 9>/run/dewy-tests.lock
flock 9
number=1
until take "$root/dewy-tests-$number"; do
  number=$((number + 1))
  [ $number -lt 250 ] || exit 1
done
group=$root/dewy-tests-$number
mkdir "$group/keeper" "$group/engine"
echo $$ >"$group/keeper/cgroup.procs"
exec 9>&-
bridge=dewy$number
for each in "$bridge" "${bridge}b"; do ip link del "$each" 2>/dev/null; done

echo "$number $group"
cat >/dev/null

# The keeper itself must outlive the group.
"$@" >/dev/null 2>&1
echo $$ >"$root/cgroup.procs"
end "$group"
for each in "$bridge" "${bridge}b"; do ip link del "$each" 2>/dev/null; done
awk -v under="$folder/" 'index($2, under) == 1 { print $2 }' /proc/mounts |
  sort -r | xargs -r umount -l
# Rules that forward ports to containers that are no more.
for iptables in iptables-nft iptables-legacy; do
  $iptables -t nat -S 2>/dev/null | grep -F " 10.237.$number." | sed 's/^-A/-D/' |
    while read -r rule; do echo "$rule" | xargs $iptables -t nat; done
done
rm -rf "$folder"
