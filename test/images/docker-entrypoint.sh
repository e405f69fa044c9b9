#!/bin/sh
# Starts a server the way the official images do, with their two traps for a drill: as root it takes over the data
# folder and drops privileges (which dies where capabilities are dropped), and a bare option gets `redis-server` put
# before it. Written anew from what https://github.com/redis/docker-library-redis documents.
set -e

case "$1" in
  -* | *.conf) set -- redis-server "$@" ;;
esac

if [ "$1" = redis-server ] && [ "$(id -u)" = 0 ]; then
  find . ! -user redis -exec chown redis '{}' +
  exec setpriv --reuid=redis --regid=redis --clear-groups "$0" "$@"
fi

if [ "$(umask)" = 0022 ]; then
  umask 0077
fi
exec "$@"
