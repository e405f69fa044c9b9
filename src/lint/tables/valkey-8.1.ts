/** Made by scripts/directive-tables.mjs from valkey 8.1.1: not to be changed by hand. */
export const valkey8_1 = {
  product: 'valkey',
  line: '8.1',
  rows: `
acl-pubsub-default enum(allchannels|resetchannels) "resetchannels"
aclfile string ""
acllog-max-len int(0..9223372036854775807) "128"
active-defrag-cycle-max int(1..99) "25"
active-defrag-cycle-min int(1..99) "1"
active-defrag-cycle-us int(0..100000) "500"
active-defrag-ignore-bytes memory "104857600"
active-defrag-max-scan-fields int(1..9223372036854775807) "1000"
active-defrag-threshold-lower int(0..1000) "10"
active-defrag-threshold-upper int(0..1000) "100"
active-expire-effort int(1..10) "1"
activedefrag bool "no"
activerehashing bool "yes"
always-show-logo bool "no"
aof-disable-auto-gc bool
aof-load-truncated bool "yes"
aof-rewrite-cpulist string ""
aof-rewrite-incremental-fsync bool "yes"
aof-timestamp-enabled bool "no"
aof-use-rdb-preamble bool "yes"
aof_rewrite_cpulist string ""
appenddirname string "appendonlydir"
appendfilename string "appendonly.aof"
appendfsync enum(everysec|always|no) "everysec"
appendonly bool "no"
auto-aof-rewrite-min-size memory "67108864"
auto-aof-rewrite-percentage int(0..2147483647) "100"
availability-zone string ""
bgsave-cpulist string ""
bgsave_cpulist string ""
bind string "* -::*"
bind-source-addr string ""
bio-cpulist string ""
bio_cpulist string ""
busy-reply-threshold int(0..9223372036854775807) "5000"
client-output-buffer-limit special "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60"
client-query-buffer-limit memory "1073741824"
cluster-allow-pubsubshard-when-down bool "yes"
cluster-allow-reads-when-down bool "no"
cluster-allow-replica-migration bool "yes"
cluster-announce-bus-port int(0..65535) "0"
cluster-announce-client-ipv4 special ""
cluster-announce-client-ipv6 special ""
cluster-announce-hostname special ""
cluster-announce-human-nodename string ""
cluster-announce-ip string ""
cluster-announce-port int(0..65535) "0"
cluster-announce-tls-port int(0..65535) "0"
cluster-blacklist-ttl int "60"
cluster-config-file string "nodes.conf"
cluster-enabled bool "no"
cluster-link-sendbuf-limit memory "0"
cluster-manual-failover-timeout int(1..2147483647) "5000"
cluster-migration-barrier int(0..2147483647) "1"
cluster-node-timeout int(0..9223372036854775807) "15000"
cluster-ping-interval int(0..9223372036854775807)
cluster-port int(0..65535) "0"
cluster-preferred-endpoint-type enum(ip|hostname|unknown-endpoint) "ip"
cluster-replica-no-failover bool "no"
cluster-replica-validity-factor int(0..2147483647) "10"
cluster-require-full-coverage bool "yes"
cluster-slave-no-failover = cluster-replica-no-failover
cluster-slave-validity-factor = cluster-replica-validity-factor
cluster-slot-stats-enabled bool "no"
commandlog-execution-slower-than int(-1..9223372036854775807) "10000"
commandlog-large-reply-max-len int(0..9223372036854775807) "128"
commandlog-large-request-max-len int(0..9223372036854775807) "128"
commandlog-reply-larger-than int(-1..9223372036854775807) "1048576"
commandlog-request-larger-than int(-1..9223372036854775807) "1048576"
commandlog-slow-execution-max-len int(0..9223372036854775807) "128"
crash-log-enabled bool "yes"
crash-memcheck-enabled bool "yes"
daemonize bool "no"
databases int(1..2147483647) "16"
dbfilename string "dump.rdb"
debug-context string
dir special "./"
disable-thp bool "yes"
dual-channel-replication-enabled bool "no"
dynamic-hz string
enable-debug-assert bool
enable-debug-command enum(no|yes|local) "no"
enable-module-command enum(no|yes|local) "no"
enable-protected-configs enum(no|yes|local) "no"
events-per-io-thread int(0..2147483647)
extended-redis-compatibility bool "no"
hash-max-listpack-entries int(0..9223372036854775807) "512"
hash-max-listpack-value memory "64"
hash-max-ziplist-entries = hash-max-listpack-entries
hash-max-ziplist-value = hash-max-listpack-value
hide-user-data-from-log bool "yes"
hll-sparse-max-bytes memory "3000"
hz int(0..2147483647) "10"
ignore-warnings string ""
import-mode bool "no"
include lines
io-threads int(1..256) "1"
io-threads-do-reads string
jemalloc-bg-thread bool "yes"
key-load-delay int(-2147483648..2147483647)
latency-monitor-threshold int(0..9223372036854775807) "0"
latency-tracking bool "yes"
latency-tracking-info-percentiles special "50 99 99.9"
lazyfree-lazy-eviction bool "yes"
lazyfree-lazy-expire bool "yes"
lazyfree-lazy-server-del bool "yes"
lazyfree-lazy-user-del bool "yes"
lazyfree-lazy-user-flush bool "yes"
lfu-decay-time int(0..2147483647) "1"
lfu-log-factor int(0..2147483647) "10"
list-compress-depth int(0..2147483647) "0"
list-max-listpack-size int(-2147483648..2147483647) "-2"
list-max-ziplist-entries string
list-max-ziplist-size int(-2147483648..2147483647) "-2"
list-max-ziplist-value string
loading-process-events-interval-bytes int(1024..2147483647)
loadmodule lines
locale-collate string ""
log-format enum(legacy|logfmt) "legacy"
log-timestamp-format enum(legacy|iso8601|milliseconds) "legacy"
logfile string ""
loglevel enum(debug|verbose|notice|warning|nothing) "notice"
lua-enable-deprecated-api bool
lua-enable-insecure-api bool
lua-replicate-commands string
lua-time-limit = busy-reply-threshold
masterauth = primaryauth
masteruser = primaryuser
max-new-connections-per-cycle int(1..1000) "10"
max-new-tls-connections-per-cycle int(1..1000) "1"
maxclients int(1..4294967295) "10000"
maxmemory memory "0"
maxmemory-clients memory-or-percent "0"
maxmemory-eviction-tenacity int(0..100) "10"
maxmemory-policy enum(volatile-lru|volatile-lfu|volatile-random|volatile-ttl|allkeys-lru|allkeys-lfu|allkeys-random|noeviction) "noeviction"
maxmemory-samples int(1..64) "5"
min-replicas-max-lag int(0..2147483647) "10"
min-replicas-to-write int(0..2147483647) "0"
min-slaves-max-lag = min-replicas-max-lag
min-slaves-to-write = min-replicas-to-write
no-appendfsync-on-rewrite bool "no"
notify-keyspace-events special ""
oom-score-adj enum(no|yes|relative|absolute) "no"
oom-score-adj-values special "0 200 800"
pidfile string ""
port int(0..65535) "6379"
prefetch-batch-max-size int(0..128) "16"
primaryauth string ""
primaryuser string ""
proc-title-template string "{title} {listen-addr} {server-mode}"
propagation-error-behavior enum(ignore|panic|panic-on-replicas) "ignore"
protected-mode bool "yes"
proto-max-bulk-len memory "536870912"
rdb-del-sync-files bool "no"
rdb-key-save-delay int(-2147483648..2147483647)
rdb-save-incremental-fsync bool "yes"
rdb-version-check enum(strict|relaxed) "strict"
rdbchecksum bool "yes"
rdbcompression bool "yes"
rdma-bind string ""
rdma-completion-vector int(-1..1024) "-1"
rdma-port int(0..65535) "0"
rdma-rx-size int(65536..16777216) "1048576"
rename-command lines
repl-backlog-size memory "10485760"
repl-backlog-ttl int(0..9223372036854775807) "3600"
repl-disable-tcp-nodelay bool "no"
repl-diskless-load enum(disabled|on-empty-db|swapdb|flush-before-load) "disabled"
repl-diskless-sync bool "yes"
repl-diskless-sync-delay int(0..2147483647) "5"
repl-diskless-sync-max-replicas int(0..2147483647) "0"
repl-ping-replica-period int(1..2147483647) "10"
repl-ping-slave-period = repl-ping-replica-period
repl-timeout int(1..2147483647) "60"
replica-announce-ip string ""
replica-announce-port int(0..65535) "0"
replica-announced bool "yes"
replica-ignore-disk-write-errors bool "no"
replica-ignore-maxmemory bool "yes"
replica-lazy-flush bool "yes"
replica-priority int(0..2147483647) "100"
replica-read-only bool "yes"
replica-serve-stale-data bool "yes"
replicaof special ""
requirepass string ""
sanitize-dump-payload enum(no|yes|clients) "no"
save special "3600 1 300 100 60 10000"
sentinel special
server-cpulist string ""
server_cpulist string ""
set-max-intset-entries int(0..9223372036854775807) "512"
set-max-listpack-entries int(0..9223372036854775807) "128"
set-max-listpack-value int(0..9223372036854775807) "64"
set-proc-title bool "yes"
shutdown-on-sigint enum(default|save|nosave|now|force) "default"
shutdown-on-sigterm enum(default|save|nosave|now|force) "default"
shutdown-timeout int(0..2147483647) "10"
slave-announce-ip = replica-announce-ip
slave-announce-port = replica-announce-port
slave-ignore-maxmemory = replica-ignore-maxmemory
slave-lazy-flush = replica-lazy-flush
slave-priority = replica-priority
slave-read-only = replica-read-only
slave-serve-stale-data = replica-serve-stale-data
slaveof = replicaof
slowlog-log-slower-than = commandlog-execution-slower-than
slowlog-max-len = commandlog-slow-execution-max-len
socket-mark-id int(0..4294967295) "0"
stop-writes-on-bgsave-error bool "yes"
stream-node-max-bytes memory "4096"
stream-node-max-entries int(0..9223372036854775807) "100"
supervised enum(upstart|systemd|auto|no) "no"
syslog-enabled bool "no"
syslog-facility enum(user|local0|local1|local2|local3|local4|local5|local6|local7) "local0"
syslog-ident string "valkey"
tcp-backlog int(0..2147483647) "511"
tcp-keepalive int(0..2147483647) "300"
timeout int(0..2147483647) "0"
tls-auth-clients enum(no|yes|optional) "yes"
tls-ca-cert-dir string ""
tls-ca-cert-file string ""
tls-cert-file string ""
tls-ciphers string ""
tls-ciphersuites string ""
tls-client-cert-file string ""
tls-client-key-file string ""
tls-client-key-file-pass string ""
tls-cluster bool "no"
tls-dh-params-file string ""
tls-key-file string ""
tls-key-file-pass string ""
tls-port int(0..65535) "0"
tls-prefer-server-ciphers bool "no"
tls-protocols string ""
tls-replication bool "no"
tls-session-cache-size int(0..2147483647) "20480"
tls-session-cache-timeout int(0..2147483647) "300"
tls-session-caching bool "yes"
tracking-table-max-keys int(0..9223372036854775807) "1000000"
unixsocket string ""
unixsocketgroup string ""
unixsocketperm octal "0"
use-exit-on-panic bool
user lines
watchdog-period int(0..2147483647)
zset-max-listpack-entries int(0..9223372036854775807) "128"
zset-max-listpack-value memory "64"
zset-max-ziplist-entries = zset-max-listpack-entries
zset-max-ziplist-value = zset-max-listpack-value
`,
} as const;
