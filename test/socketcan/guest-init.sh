#!/bin/busybox sh
# First process of the guest. The root of the host is its own, read-only below a layer in memory: what is written is gone afterwards.
# Its arguments are the command that it runs there; when that ends, so does the guest.
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t devtmpfs dev /dev
for module in /modules/*; do $b insmod "$module"; done
$b mount -t 9p -o trans=virtio,version=9p2000.L,ro,msize=1048576,cache=loose host /host &&
  $b mount -t tmpfs upper /upper && $b mkdir /upper/files /upper/work &&
  $b mount -t overlay -o lowerdir=/host,upperdir=/upper/files,workdir=/upper/work overlay /root &&
  $b mount -t proc proc /root/proc && $b mount -t sysfs sys /root/sys && $b mount -t devtmpfs dev /root/dev
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root $b chroot /root "$@"
code=$?
$b printf "\n{\"ended\":%d}\n" "$code"
$b reboot -f
