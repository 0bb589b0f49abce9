#!/bin/sh
# enter.sh ROOT COMMAND...: the checkout's COMMAND in ROOT, with nothing of our
# own environment that does not lead to packages.
exec env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin \
	${http_proxy:+http_proxy="$http_proxy"} \
	${https_proxy:+https_proxy="$https_proxy"} \
	chroot "$1" sh -c 'shift; cd /dnsd; exec "$@"' sh "$@"
