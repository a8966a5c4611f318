#!/bin/bash
# The document's twenty steps as somebody would script them: ssh, docker and cp, no checks beyond the steps.
#
#   flow.sh SSH-CONFIG MANAGER...
#
# Prints "waited SECONDS" at the end: the part that it spent waiting for a leader.
set -euo pipefail
config=$1
shift
managers=("$@")
scratch=$(mktemp -d)
trap 'for m in "${managers[@]}"; do ssh -F "$config" -S "$scratch/$m" -O exit "$m" 2>/dev/null || true; done; rm -rf "$scratch"' EXIT
waited=0

on() {
    local machine=$1
    shift
    ssh -F "$config" -o ControlMaster=auto -o ControlPersist=yes -S "$scratch/$machine" "$machine" "$@"
}
all() {
    local machine pids=()
    for machine in "${managers[@]}"; do
        on "$machine" "$@" &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do wait "$pid"; done
}
client() { on "${managers[0]}" "$@"; }
now() { date +%s.%N; }
wait_for_leader() {
    local machine start
    start=$(now)
    for machine in "${managers[@]}"; do
        until on "$machine" docker node ls 2> /dev/null | grep -q Leader; do sleep 0.2; done
    done
    waited=$(awk "BEGIN { print $waited + $(now) - $start }")
}
curl_in_task() {
    local container
    until client docker service ps test_backup --filter desired-state=running --format '{{.CurrentState}}' | grep -q ^Running; do
        sleep 0.2
    done
    local node
    node=$(client docker service ps test_backup --filter desired-state=running --format '{{.Node}}')
    container=$(on "$node" docker ps --quiet --filter name=test_backup)
    until [ "$(on "$node" docker exec "$container" curl --silent localhost)" = "backup data" ]; do sleep 0.2; done
}

client "mkdir -p /root/drill && echo backup data > /root/drill/index.html"                                   # 1
client "cat > /root/drill/backup.yaml" <<'COMPOSE'
version: "3.8"
services:
  backup:
    image: nginx
    deploy:
      mode: replicated
      replicas: 1
    configs:
      - source: index
        target: /usr/share/nginx/html/index.html
configs:
  index:
    file: ./index.html
COMPOSE
client docker stack deploy --resolve-image never -c /root/drill/backup.yaml test                             # 3
client "docker stack ls; docker stack services test; docker stack ps test"                                   # 4
client docker config ls                                                                                      # 5
curl_in_task                                                                                                 # 5b
all test -d /var/lib/docker/swarm                                                                            # 6
all systemctl stop docker                                                                                    # 7
all cp -r /var/lib/docker/swarm /var/lib/docker/swarm-bk                                                     # 8
all systemctl start docker                                                                                   # 9
wait_for_leader
client docker stack rm test                                                                                  # 10
until [ -z "$(client docker stack ls --format '{{.Name}}')" ]; do sleep 0.2; done                            # 11
all systemctl stop docker                                                                                    # 12
all rm -r /var/lib/docker/swarm                                                                              # 13
all cp -r /var/lib/docker/swarm-bk /var/lib/docker/swarm                                                     # 14
all test -d /var/lib/docker/swarm                                                                            # 15
all systemctl start docker                                                                                   # 16
wait_for_leader
client "docker stack ls; docker stack services test; docker stack ps test"                                   # 17
client docker config ls                                                                                      # 18
curl_in_task                                                                                                 # 19
client docker stack rm test                                                                                  # 20
until [ -z "$(all docker ps --quiet --filter name=test_backup)" ]; do sleep 0.2; done
echo "waited $waited"
