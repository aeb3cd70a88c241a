#!/bin/sh
# SLURM and munge for `make test-slurm`, from the packages of Debian or Ubuntu. Exit status 3: not possible here.
set -eu
PATH=$PATH:/usr/sbin:/sbin

cannot() {
  echo "make test-slurm: $1" >&2
  exit 3
}

for file in /etc/slurm/slurm.conf /etc/slurm/gres.conf; do
  [ ! -e "$file" ] || cannot "$file exists, so this machine has a SLURM of its own, which is left alone; run it elsewhere"
done
[ "$(id -u)" = 0 ] || cannot "it starts daemons and writes /etc/slurm/slurm.conf, so it needs root, as in a container"

missing=
for program in munged slurmctld slurmd sbatch srun squeue scontrol; do
  command -v "$program" > /dev/null || missing="$missing $program"
done
[ -n "$missing" ] || exit 0
command -v apt-get > /dev/null || cannot "there is no$missing and no apt-get; install SLURM and munge, and do not configure them"
apt-get update -qq || cannot "apt-get update failed, so SLURM cannot be installed"
DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends slurm-wlm munge > /dev/null \
  || cannot "apt-get could not install slurm-wlm and munge"
