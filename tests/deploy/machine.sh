#!/usr/bin/env bash
# machine.sh LKT COMMAND...: runs a command, as root, on a machine of its own as far as deploy/ is
# concerned: its own network, /etc, /run, /var/log and /usr/local/bin, with lkt, the user of
# lkt.sysusers and what /etc/lkt is to hold. Nothing of it is left afterwards. With BARE=yes, it is a machine
# on which nothing of lkt is installed.
set -euo pipefail
if [[ ${1:-} != --inside ]]; then
    exec unshare --mount --net "$0" --inside "$@"
fi
lkt=$2
shift 2
here=$(cd "$(dirname "$0")/../.." && pwd)

ip link set lo up
# Caddy is to run as nobody in particular, as its packages have it.
echo 0 > /proc/sys/net/ipv4/ip_unprivileged_port_start
scratch=$(mktemp -d)
mount -t tmpfs tmpfs "$scratch"
cp -a /etc "$scratch/etc"
cp "$lkt" "$scratch/lkt"
mkdir -p "$scratch/log/nginx"
mount --bind "$scratch/etc" /etc
mount --bind "$scratch/log" /var/log
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /usr/local/bin
[[ -n ${BARE:-} ]] || cp "$scratch/lkt" /usr/local/bin/lkt
umount --lazy "$scratch"
rmdir "$scratch"

echo '127.0.0.1 localhost tokens.example.com' > /etc/hosts
[[ -z ${BARE:-} ]] || exec "$@"

systemd-sysusers "$here/deploy/lkt.sysusers"
usermod --append --groups lkt www-data

install -d -m 755 /etc/lkt /etc/lkt/tls
cp "$here/deploy/lkt.toml" /etc/lkt/lkt.toml
openssl rand -hex 32 | install -m 600 /dev/stdin /etc/lkt/api-secret
openssl rand -hex 32 | install -m 600 /dev/stdin /etc/lkt/auth-tokens
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
    -subj /CN=tokens.example.com -addext subjectAltName=DNS:tokens.example.com \
    -keyout /etc/lkt/tls/privkey.pem -out /etc/lkt/tls/fullchain.pem 2> /dev/null
exec "$@"
