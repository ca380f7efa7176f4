# Sourced by scripts that need packages of Debian.
# shellcheck shell=bash

# Installs the packages that are named, as root or through sudo; says so first, and what to do if it cannot.
install_debian_packages() {
    local as_root=()
    if ! command -v apt-get > /dev/null; then
        echo "This needs Debian 12: there is no apt-get to install $* with." >&2
        return 1
    fi
    if ((EUID)); then
        if ! command -v sudo > /dev/null; then
            echo "Run this as root, then try again: apt-get install $*" >&2
            return 1
        fi
        as_root=(sudo)
    fi
    echo "Installing $*"
    if ! { "${as_root[@]}" apt-get -qq update &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$@"; } > /dev/null; then
        echo "apt-get could not install $*; its message is above. This needs Debian 12." >&2
        return 1
    fi
}
