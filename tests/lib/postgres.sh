# A PostgreSQL server for one test run, to be sourced. It lives in a temporary folder, listens on
# loopback only, and holds nothing that outlives the run, so it may skip every wait for the disk.

postgres_url=
postgres_folder=
postgres_watcher=
postgres_as=()

# The folder of initdb and pg_ctl. Debian keeps them out of PATH, one folder a version.
postgres_programs() {
    local found
    if found=$(command -v initdb); then
        dirname -- "$(readlink -f -- "$found")"
        return
    fi
    found=$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)
    [[ -x $found ]] && dirname -- "$found"
}

# Starts it and sets postgres_url, or says why not and returns 1.
postgres_start() {
    local bin port try
    if ! bin=$(postgres_programs); then
        echo "postgres: initdb was not found; install Debian's \`postgresql\` package"
        return 1
    fi
    # PostgreSQL refuses to run as root.
    postgres_as=()
    if ((EUID == 0)); then
        local user=postgres
        id -u "$user" >/dev/null 2>&1 || user=nobody
        postgres_as=(setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups)
    fi
    postgres_folder=$(mktemp -d "${TMPDIR:-/tmp}/urval-postgres.XXXXXX") || return 1
    if ((EUID == 0)); then chown -- "$(id -u "$user"):$(id -g "$user")" "$postgres_folder"; fi
    postgres_watch "$bin"

    # From /, which every user may enter.
    (cd / && "${postgres_as[@]}" "$bin/initdb" --pgdata "$postgres_folder/data" --username urval \
        --auth trust --encoding UTF8 --locale C.UTF-8 --no-sync) || return 1
    # Another program may take the port between asking for it and listening on it.
    for try in 1 2 3; do
        port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
        if (cd / && "${postgres_as[@]}" "$bin/pg_ctl" start --wait --timeout 60 --silent \
            --pgdata "$postgres_folder/data" --log "$postgres_folder/log" --options "-p $port \
            -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c max_connections=300 \
            -c fsync=off -c synchronous_commit=off -c full_page_writes=off"); then
            postgres_url=postgres://urval@127.0.0.1:$port/postgres
            echo "postgres: $("$bin/postgres" --version) on port $port"
            return 0
        fi
        echo "postgres: try $try of 3 did not start:"
        cat -- "$postgres_folder/log"
    done
    return 1
}

# Stops the server and removes its folder. May be called at any time, and more than once.
postgres_stop() {
    if [[ -n $postgres_watcher ]]; then
        # The watcher does the work, so that there is one place for it.
        kill -TERM "$postgres_watcher" 2>/dev/null
        wait "$postgres_watcher" 2>/dev/null
        postgres_watcher=
        # Only left when the watcher was told to stop before it had begun: then no server runs yet.
        rm -rf -- "$postgres_folder"
    fi
}

# Stops the server when told to, and also when this script is gone without having been able to say
# so (kill -9, a lost terminal).
postgres_watch() {
    setsid bash -c '
        trap "" INT HUP
        trap : TERM
        tail --pid="$1" -f /dev/null &
        waiting=$!
        wait "$waiting"
        kill "$waiting" 2>/dev/null
        cd /
        if [[ -e $2/data/postmaster.pid ]]; then
            "${@:4}" "$3/pg_ctl" stop --mode immediate --silent --pgdata "$2/data"
        fi
        rm -rf -- "$2"
    ' watcher $$ "$postgres_folder" "$1" "${postgres_as[@]}" </dev/null >/dev/null 2>&1 &
    postgres_watcher=$!
}
