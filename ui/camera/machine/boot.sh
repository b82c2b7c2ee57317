#!/bin/sh
# Boots a small machine (QEMU without acceleration, no network) whose kernel has two Video4Linux
# devices, and runs a test program in it: v4l2loopback, which the tests feed, and vivid, which
# makes pictures of its own. Usage: boot.sh WORK PROGRAM. Needs Debian packages: see `make camera`.
set -eu
work=$1 program=$2
mkdir -p "$work"
cd "$work"

release=$(ls /usr/src | sed -n 's/^linux-headers-\(.*\)-amd64$/\1-amd64/p' | sort -V | tail -1)
if [ ! -e "kernel/boot/vmlinuz-$release" ]; then
	apt-get download -q "linux-image-$release" v4l2loopback-dkms
	for p in ./*.deb; do dpkg -x "$p" kernel; done
fi
modules=kernel/lib/modules/$release
if [ ! -e v4l2loopback.ko ]; then
	rm -rf source && cp -r kernel/usr/src/v4l2loopback-* source
	make -s -C "/usr/src/linux-headers-$release" M="$PWD/source" modules
	cp source/v4l2loopback.ko .
fi
test -e "$modules/modules.dep" || depmod -b kernel "$release"

rm -rf root && mkdir -p root/bin root/modules root/proc root/sys root/dev root/tmp
cp "$(command -v busybox)" root/bin/busybox
cp "$program" root/test
: >root/modules/order
for m in $(modprobe -d kernel -S "$release" --show-depends videodev | sed -n 's/^insmod //p') "$PWD/v4l2loopback.ko" \
	$(modprobe -d kernel -S "$release" --show-depends vivid | sed -n 's/^insmod //p'); do
	name=$(basename "$m")
	test -e "root/modules/$name" || { cp "$m" root/modules/ && echo "$name" >>root/modules/order; }
done
cat >root/init <<'INIT'
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin HOME=/tmp TMPDIR=/tmp
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev; mount -t tmpfs tmp /tmp
while read -r m; do
	case $m in
	v4l2loopback.ko) insmod "/modules/$m" video_nr=10 card_label="Fed by the test" ;;
	vivid.ko) insmod "/modules/$m" n_devs=1 node_types=0x1 vid_cap_nr=20 ;;
	*) insmod "/modules/$m" ;;
	esac
done </modules/order
export HANDSLAG_V4L2_FED=/dev/video10 HANDSLAG_V4L2_OWN=/dev/video20
if /test -test.v; then echo "machine: all passed"; else echo "machine: failed"; fi
poweroff -f
INIT
chmod +x root/init
(cd root && find . | cpio -o -H newc --quiet | gzip -1) >initrd
timeout 600 qemu-system-x86_64 -accel tcg -m 768 -nic none -nographic -no-reboot \
	-kernel "kernel/boot/vmlinuz-$release" -initrd initrd -append "console=ttyS0 quiet panic=-1" </dev/null | tee log
grep -q "^machine: all passed" log
