#!/usr/bin/env bash
# The first process of a guest (guest.js). On the kernel's command line: `folder`, which is seen as /guest there and is the
# only one whose changes stay; `systemd`, when that is to start the script. Everything else is changed in memory alone.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
set -eu
trap 'echo "guest: line $LINENO failed"; mount -t proc proc /proc; echo o > /proc/sysrq-trigger; sleep 60' ERR
insmod "/usr/lib/uml/modules/$(uname -r)/kernel/fs/overlayfs/overlay.ko"
mount -t tmpfs tmpfs /mnt
mkdir /mnt/{upper,work,all}
mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/all
cd /mnt/all
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t devtmpfs devtmpfs dev
mkdir -p guest dev/shm
mount -t hostfs -o "$folder" none guest
ip link set lo up
pivot_root . mnt
if [[ -z "${systemd:-}" ]]; then
  mount -t tmpfs tmpfs /run
  mount -t tmpfs tmpfs /dev/shm
  code=0
  chroot . /bin/bash /guest/script > /guest/output 2>&1 || code=$?
  echo "$code" > /guest/code
  echo o > /proc/sysrq-trigger
  sleep 60 # It takes a moment, and without this process the kernel panics.
fi
# None of this machine's own services; a machine that has started before.
rm -rf etc/systemd/system/*.wants
: > etc/fstab
echo 0123456789abcdef0123456789abcdef > etc/machine-id
mkdir -p etc/systemd/system/multi-user.target.wants
cat > etc/systemd/system/guest-script.service <<'END'
[Unit]
After=multi-user.target
[Service]
Type=oneshot
TimeoutStartSec=infinity
ExecStart=/bin/bash /guest/script
ExecStopPost=/bin/bash -c 'echo $EXIT_STATUS > /guest/code'
ExecStopPost=/bin/systemctl poweroff --force --force
StandardOutput=append:/guest/output
StandardError=append:/guest/output
END
ln -s /etc/systemd/system/guest-script.service etc/systemd/system/multi-user.target.wants/
exec chroot . /lib/systemd/systemd --show-status=no --log-target=console --log-level=notice --unit=multi-user.target </dev/console >/dev/console 2>&1
