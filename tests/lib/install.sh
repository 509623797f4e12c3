# Installs what the tests need and this machine lacks, to be sourced. Nothing here asks anything.

as_root=()
if ((EUID != 0)); then as_root=(sudo --non-interactive); fi
apt_updated=0

# apt PACKAGE…: installs from Debian; the lists are brought up to date once.
apt() {
    echo "install: $* (Debian)"
    if ((EUID != 0)) && ! command -v sudo >/dev/null; then
        echo "install: this needs root or sudo; as root: apt-get install $*" >&2
        return 1
    fi
    if ((!apt_updated)); then
        "${as_root[@]}" apt-get update -qq || return
        apt_updated=1
    fi
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

# What every run needs. `postgresql` also makes a server of its own; the tests do not touch that one.
install_tools() {
    local missing=() component
    command -v cc >/dev/null || missing+=(gcc libc6-dev)
    # libFuzzer is C++.
    command -v c++ >/dev/null || missing+=(g++)
    command -v git >/dev/null || missing+=(git)
    if ! command -v python3 >/dev/null; then
        missing+=(python3 python3-pip)
    elif ! python3 -m pip --version >/dev/null 2>&1; then
        missing+=(python3-pip)
    fi
    postgres_programs >/dev/null || missing+=(postgresql)
    command -v softhsm2-util >/dev/null || missing+=(softhsm2)
    # What the tests of faults hold the program with: another clock, and calls that fail.
    command -v strace >/dev/null || missing+=(strace)
    command -v faketime >/dev/null || missing+=(faketime)
    # The peer and the eye of the documents' tests.
    command -v pdftoppm >/dev/null || missing+=(poppler-utils)
    if ((${#missing[@]})); then apt "${missing[@]}" || return; fi
    python3 -c 'import tomllib' 2>/dev/null || {
        echo "install: Python 3.11 or later is needed (Debian 12 has it)" >&2
        return 1
    }
    command -v cargo >/dev/null || {
        echo "install: Rust is needed: cargo was not found" >&2
        return 1
    }
    for component in fmt clippy; do
        cargo "$component" --version >/dev/null || {
            echo "install: the toolchain lacks \`cargo $component\`: rustup component add rustfmt clippy" >&2
            return 1
        }
    done
    cargo --version
    python3 --version
}

# What pictures of pages need: Chromium from Debian, and its driver library from npm.
install_browser() {
    local missing=()
    command -v chromium >/dev/null || missing+=(chromium)
    command -v npm >/dev/null || missing+=(nodejs npm)
    if ((${#missing[@]})); then apt "${missing[@]}" || return; fi
    node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)' || {
        echo "install: pictures of pages need Node 20 or later; this is $(node --version)" >&2
        return 1
    }
    if ! cmp -s tests/shots/package-lock.json tests/shots/node_modules/.installed; then
        npm --prefix tests/shots ci --ignore-scripts --no-audit --no-fund || return
        cp tests/shots/package-lock.json tests/shots/node_modules/.installed
    fi
    chromium --version 2>/dev/null
}

# What the stories of signing in need: Node from Debian, and a real OpenID Connect provider from npm.
install_provider() {
    if ! command -v npm >/dev/null; then apt nodejs npm || return; fi
    node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)' || {
        echo "install: the provider of the tests needs Node 20 or later; this is $(node --version)" >&2
        return 1
    }
    if ! cmp -s tests/oidc/package-lock.json tests/oidc/node_modules/.installed; then
        npm --prefix tests/oidc ci --ignore-scripts --no-audit --no-fund || return
        cp tests/oidc/package-lock.json tests/oidc/node_modules/.installed
    fi
    echo "oidc-provider $(node -p 'require("./tests/oidc/node_modules/oidc-provider/package.json").version')"
}
